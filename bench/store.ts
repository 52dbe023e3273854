/**
 * Appends of the hot store alone: how many events a second, at what latency and CPU, for turns of several sizes, with and
 * without checkpoint pieces beside them. One owner of 8 shards, one append in flight, as a worker's turn has it; the
 * journal is read back and counted before a figure is believed.
 *
 *     BENCH_DURABILITY=disk BENCH_FOLDER=/var/tmp/store npm run bench -- store
 *     BENCH_STORE=redis://127.0.0.1:6379 BENCH_DURABILITY=replica npm run bench -- store
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointPieceBytesMax } from "../engine/limits.ts";
import type { Clock } from "../engine/model/clock.ts";
import type { Epoch, NodeId, Position, ProfileId, ShardId } from "../engine/model/ids.ts";
import { createEmbeddedStore } from "../engine/store/embedded/embedded-store.ts";
import type { AppendRequest, HotStore, StoredProfile } from "../engine/store/port.ts";
import { createRedisStore } from "../engine/store/redis/redis-store.ts";

const shards = 8;
const recordBytes = 300;
const rowBytes = 1024;
const measureMs = 3_000;
const warmUpMs = 500;
const clock: Clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

interface Owned {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  last: Position;
}

interface Figures {
  readonly turnEvents: number;
  readonly checkpoints: boolean;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ownCpuUsPerEvent: number;
  readonly piecesPerSecond: number;
}

async function main(): Promise<void> {
  const { BENCH_STORE: where = "embedded", BENCH_DURABILITY: durability, BENCH_FOLDER: folderGiven } = process.env;
  const folder = folderGiven ?? (await mkdtemp(join(tmpdir(), "vif-bench-")));
  const store =
    where === "embedded"
      ? await createEmbeddedStore({ folder, shards, durability: durability === "process" ? "process" : "disk", clock })
      : await createRedisStore({ url: where, shards, durability: parseLevel(durability), unsafe: true });
  try {
    console.log(`store ${where} ${durability ?? ""}, ${shards} shards, ${recordBytes} bytes a record`);
    const owned = await ownAll(store);
    const all: Figures[] = [];
    for (const checkpoints of [false, true]) {
      for (const turnEvents of [8, 64, 256, 512]) all.push(await measure(store, owned, turnEvents, checkpoints));
    }
    console.table(all);
  } finally {
    await store.close();
    if (folderGiven === undefined) await rm(folder, { recursive: true, force: true });
  }
}

function parseLevel(text: string | undefined): "process" | "disk" | "replica" {
  return text === "disk" || text === "replica" ? text : "process";
}

async function ownAll(store: HotStore): Promise<Owned[]> {
  const owned: Owned[] = [];
  for (const lease of await store.leases.readLeases()) {
    const epoch = await store.leases.claim(lease, "bench" as NodeId, 0);
    if (epoch === undefined) throw new Error(`shard ${lease.shard} is another's`);
    owned.push({ shard: lease.shard, epoch, last: await store.journal.last(lease.shard) });
  }
  return owned;
}

async function measure(store: HotStore, owned: Owned[], turnEvents: number, checkpoints: boolean): Promise<Figures> {
  const latencies: number[] = [];
  let events = 0;
  let pieces = 0;
  const before = owned.map(({ last }) => last);
  const startedAt = performance.now();
  let measuredFrom = startedAt;
  let cpu = process.cpuUsage();
  let measuring = false;
  let over = false;

  async function appendTurns(): Promise<void> {
    while (performance.now() - startedAt < warmUpMs + measureMs) {
      if (!measuring && performance.now() - startedAt > warmUpMs) {
        measuring = true;
        measuredFrom = performance.now();
        cpu = process.cpuUsage();
      }
      const turn = owned.map((own) => nextBatch(own, turnEvents / shards));
      const sentAt = performance.now();
      const outcomes = await store.journal.append(turn);
      if (!outcomes.every(({ is }) => is === "ok")) throw new Error(`an append failed: ${JSON.stringify(outcomes)}`);
      for (const [i, { count }] of turn.entries()) (owned[i] as Owned).last += count;
      if (!measuring) continue;
      latencies.push(performance.now() - sentAt);
      events += turnEvents;
    }
    over = true;
  }

  async function writeCheckpoints(): Promise<void> {
    for (let n = 0; checkpoints && !over; n++) {
      const own = owned[n % shards] as Owned;
      const written = await store.state.checkpoint({
        ...own,
        watermark: 0,
        after: 0,
        journalEnd: 0,
        meta: new Uint8Array(64),
        forgotten: [],
        ...piece(own.shard),
      });
      if (written !== "ok") throw new Error("a checkpoint was fenced");
      if (measuring) pieces++;
    }
  }

  await Promise.all([appendTurns(), writeCheckpoints()]);
  const seconds = (performance.now() - measuredFrom) / 1000;
  const used = process.cpuUsage(cpu);
  for (const [i, own] of owned.entries()) await verify(store, own, before[i] ?? 0);
  for (const { shard, last } of owned) await store.journal.trim(shard, last);
  latencies.sort((a, b) => a - b);
  return {
    turnEvents,
    checkpoints,
    eventsPerSecond: Math.round(events / seconds),
    p50Ms: rounded(latencies[Math.floor(latencies.length / 2)]),
    p99Ms: rounded(latencies[Math.floor(latencies.length * 0.99)]),
    ownCpuUsPerEvent: rounded((used.user + used.system) / events),
    piecesPerSecond: Math.round(pieces / seconds),
  };
}

const filler = new Uint8Array(512 * recordBytes).fill(0x61);

function nextBatch({ shard, epoch, last }: Owned, count: number): AppendRequest {
  return { shard, epoch, firstPosition: last + 1, count, digest: last, bytes: filler.subarray(0, count * recordBytes) };
}

/** 100,000 profiles a shard, written at random. */
function piece(shard: ShardId): { readonly profiles: readonly StoredProfile[]; readonly cells: readonly [] } {
  const profiles = Array.from({ length: checkpointPieceBytesMax / rowBytes }, () => {
    const n = Math.floor(Math.random() * 100_000);
    const slot = (shard + shards * (n % 512)).toString(16).padStart(3, "0");
    const id = `${slot}${n.toString(16).padStart(21, "0")}` as ProfileId;
    return { id, row: filler.subarray(0, rowBytes), wakeUp: n % 4 === 0 ? n : Number.POSITIVE_INFINITY };
  });
  return { profiles, cells: [] };
}

async function verify(store: HotStore, { shard, last }: Owned, before: Position): Promise<void> {
  let expected = before + 1;
  for (;;) {
    const page = await store.journal.read(shard, expected - 1, 8 * 1024 * 1024);
    if (page.length === 0) break;
    for (const batch of page) {
      if (batch.firstPosition !== expected || batch.bytes.length !== batch.count * recordBytes) {
        throw new Error(`shard ${shard}: ${batch.firstPosition} stands where ${expected} was written`);
      }
      expected += batch.count;
    }
  }
  if (expected !== last + 1) throw new Error(`shard ${shard}: ends at ${expected - 1}, written to ${last}`);
}

function rounded(value: number | undefined): number {
  return Math.round((value ?? Number.NaN) * 1000) / 1000;
}

await main();
