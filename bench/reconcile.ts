/**
 * A night over many people, embedded: history is filled with visits, the live store is rebuilt from it (from the first
 * record, as there is no snapshot yet), then nights follow each other: one that reads all records and leaves snapshots, one
 * day of further visits, and a night that reads the snapshots and that day; at last a rebuild from snapshots alone, and a whole
 * night as the check of it all: no night may find anything. Nothing else runs. CPU is this process's, all threads of it:
 * rates are a second of one core, and hold on a machine that is busy with other things, where seconds of a clock do not.
 *
 *     npm run bench -- reconcile
 *     node dist/bench/reconcile.js [people, 20000] [events a person, 50] [nights, 1]
 *     VIF_BENCH_PEOPLE=1000000 VIF_BENCH_EVENTS=50 npm run bench -- reconcile    the full size: 50,000,000 events
 *
 * A night goes through few records in one thread, as an engine's does; a rebuild here always in all.
 *
 * Beside these: VIF_BENCH_SHARDS (8); VIF_BENCH_ACTIVE, the part of the people to whom a day's visits are (1: all); VIF_BENCH_STORE=redis://…, an
 * empty one, in place of the embedded store: Redis's own CPU is not in the figures.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { createClock, createRandom, createTimers } from "../engine/create-clock.ts";
import { createHistory } from "../engine/history/create-history.ts";
import { createDrainer } from "../engine/history/drain.ts";
import type { DrainedStore } from "../engine/history/drain-shard.ts";
import { serveHistory } from "../engine/history/history-link.ts";
import type { History } from "../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan } from "../engine/language/port.ts";
import type { EventName } from "../engine/model/event.ts";
import { shardThreads } from "../engine/limits-of-reconcile.ts";
import { digestText, slotOfCell } from "../engine/model/hash.ts";
import { cellKey, type Identifier } from "../engine/model/identifier.ts";
import {
  createProfileId,
  type NodeId,
  type ShardId,
  shardOfSlot,
  type Slot,
  type SourceId,
} from "../engine/model/ids.ts";
import { encodeBatch } from "../engine/model/record-codec.ts";
import type { JournalRecord } from "../engine/model/record.ts";
import { decodeProfile, encodeProfile } from "../engine/profile/port.ts";
import { createReconciler } from "../engine/reconcile/create-reconciler.ts";
import { rebuild } from "../engine/reconcile/rebuild.ts";
import { createRebuildThreads } from "../engine/reconcile/create-rebuild-threads.ts";
import { scanPeople } from "../engine/reconcile/live-part.ts";
import { parseMeta } from "../engine/shard/refold-port.ts";
import { createStore, type MadeStore, type StoreSettings } from "../engine/store/create-store.ts";
import type { StoredBatch, StoredProfile } from "../engine/store/port.ts";
import { count, keepResults, printTable } from "./results.ts";
import { type MostMemory, watchMemory } from "./watch-memory.ts";

const SHARDS = Number(process.env["VIF_BENCH_SHARDS"] ?? 8);
const BATCH_RECORDS = 64;
/** Of a day, to all that was before. */
const DAY_PART = 0.02;
const given = process.argv
  .slice(2)
  .filter((text) => /^\d+$/.test(text))
  .map(Number);
const people = given[0] ?? Number(process.env["VIF_BENCH_PEOPLE"] ?? 20_000);
const eventsEach = given[1] ?? Number(process.env["VIF_BENCH_EVENTS"] ?? 50);
const nights = given[2] ?? Number(process.env["VIF_BENCH_NIGHTS"] ?? 1);
const active = Number(process.env["VIF_BENCH_ACTIVE"] ?? 1);
const redis = process.env["VIF_BENCH_STORE"];
const START = Date.now() - 20 * 86_400_000;

const RULES = [
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  {
    path: "events/product_viewed.yaml",
    text: "event: product_viewed\ntitle: Viewed\nproperties:\n  product_id: text\n  price: {type: money, currency: EUR}\n",
  },
  {
    path: "segments/keen.yaml",
    text: "segment: keen\ntitle: Keen\nwhen:\n  all:\n    - count of product_viewed in last 30 days >= 1000000\n    - sum of product_viewed.price in last 30 days >= 1\n    - distinct of product_viewed.product_id in last 7 days >= 3\n",
  },
];

interface Person {
  readonly id: ReturnType<typeof createProfileId>;
  readonly visitor: Identifier;
}

const checked = checkRules(RULES);
if (checked.plan === undefined) throw new Error(JSON.stringify(checked.problems));
const planBytes = encodePlan(checked.plan);
const plan = loadPlan(planBytes);
const visitorOf = (n: number): Identifier => ({ kind: "anonymous", value: `visitor-${n}` });
/** By number: who they are is made when it is asked for, so that a large heap of the bench's own is not walked with the rest. */
const slots = Uint16Array.from({ length: people }, (_, n) => slotOfCell(cellKey(visitorOf(n))));
const byShard = Array.from({ length: SHARDS }, (_, shard) =>
  Uint32Array.from(slots.keys()).filter((n) => shardOfSlot(slots[n] as Slot, SHARDS) === shard),
);

function personOf(n: number): Person {
  return { id: createProfileId(slots[n] as Slot, START, n), visitor: visitorOf(n) };
}

function viewOf({ id, visitor }: Person, n: number, position: number): JournalRecord {
  const messageId = `view-${position.toString(36)}-${id.slice(14)}`;
  const fields = { product_id: `sku-${(position * 31) % 4000}`, price: 100_000 + ((position * 7919) % 900_000) };
  const body = JSON.stringify({ fields });
  return {
    kind: "event",
    profile: id,
    creates: n === 0,
    event: {
      type: "track",
      name: "product_viewed" as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: digestText(body).low,
      identifiers: [visitor],
      proved: true,
      timestamp: START + position,
      fields,
      body,
    },
  };
}

/** Position 1 begins the plan; then everybody in turn, again and again; on later days those in turn who still come. */
function recordAt(shard: ShardId, position: number): JournalRecord {
  if (position === 1) return { kind: "plan", digest: plan.digest };
  const ours = byShard[shard] ?? new Uint32Array(0);
  const at = position - 2;
  const round = Math.floor(at / ours.length);
  const coming = round < eventsEach ? ours.length : Math.ceil(ours.length * active);
  return viewOf(personOf(ours[(at % ours.length) % coming] as number), round, position);
}

/** Journals that are made as they are read, so that their size costs no memory. */
function journalsUpTo(lengthOf: (shard: ShardId) => number): DrainedStore {
  return {
    journal: {
      last: async (shard) => lengthOf(shard),
      async read(shard, after, bytesMax) {
        const batches: StoredBatch[] = [];
        let bytes = 0;
        for (let first = after + 1; first <= lengthOf(shard) && bytes < bytesMax; first += BATCH_RECORDS) {
          const size = Math.min(BATCH_RECORDS, lengthOf(shard) - first + 1);
          const records = Array.from({ length: size }, (_, index) => recordAt(shard, first + index));
          const batch = encodeBatch({ firstPosition: first, instant: START + first, records });
          bytes += batch.length;
          batches.push({ firstPosition: first, count: size, epoch: 1, bytes: batch });
        }
        return batches;
      },
      trim: async () => undefined,
    },
    state: { loadMeta: async () => undefined },
  };
}

async function drainUpTo(history: History, events: number): Promise<number> {
  const lengthOf = (shard: ShardId): number =>
    1 + Math.floor((events * (byShard[shard]?.length ?? 0)) / Math.max(1, people));
  const shards = Array.from({ length: SHARDS }, (_, n) => ({ shard: n as ShardId, epoch: 1 }));
  const drainer = createDrainer({
    store: journalsUpTo(lengthOf),
    history,
    shards: () => shards,
    clock: createClock(),
    timers: { after: () => () => undefined },
  });
  await drainer.flush();
  await drainer.close();
  return shards.reduce((sum, { shard }) => sum + lengthOf(shard), 0);
}

const folder = mkdtempSync(join(tmpdir(), "vif-bench-reconcile-"));
const rows: (readonly string[])[] = [["step", "what", "CPU s", "clock s", "a core-second", "own MB", "mapped MB"]];

interface StepFigures {
  readonly name: string;
  readonly amount: number;
  readonly unit: string;
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** The most of the step. */
  readonly memory: MostMemory;
}

/** What is kept of a run, and told to whoever has begun it as a process beside. */
export interface NightFigures {
  readonly people: number;
  readonly eventsEach: number;
  readonly historyBytes: number;
  readonly steps: readonly StepFigures[];
}

const kept: StepFigures[] = [];

async function step<T>(name: string, of: (result: T) => readonly [number, string], work: () => Promise<T>): Promise<T> {
  const [cpu, startedMs, watched] = [process.cpuUsage(), performance.now(), watchMemory()];
  const result = await work();
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  const seconds = (performance.now() - startedMs) / 1000;
  const [amount, unit] = of(result);
  const memory = watched();
  rows.push([
    name,
    `${count(amount)} ${unit}`,
    cpuSeconds.toFixed(1),
    seconds.toFixed(1),
    `${count(amount / cpuSeconds)} ${unit}`,
    count(memory.ownMb),
    count(memory.mappedMb),
  ]);
  kept.push({ name, amount, unit, cpuSeconds, seconds, memory });
  process.stderr.write(`${name}: ${count(amount)} ${unit}, ${cpuSeconds.toFixed(1)} CPU s\n`);
  return result;
}

async function openStore(name: string): Promise<MadeStore> {
  const around = { shards: SHARDS, durability: "process" } as const;
  const settings: StoreSettings =
    redis === undefined
      ? { kind: "embedded", folder: join(folder, name), ...around }
      : { kind: "redis", options: { url: redis, unsafe: true, prefix: name, ...around } };
  return createStore(settings, createClock(), (cause) => {
    throw cause;
  });
}

async function rebuildInto({ store, connection }: MadeStore, history: History) {
  const others = createRebuildThreads({
    threads: shardThreads,
    workMin: 0,
    connection,
    history,
    rules: planBytes,
    scratch: folder,
  });
  try {
    return await rebuild({
      store,
      history,
      loadPlan,
      rules: planBytes,
      now: () => Date.now(),
      random: createRandom(),
      onProgress: () => undefined,
      openLanes: others.openLanes,
    });
  } finally {
    await others.close();
  }
}

/**
 * What an engine does first: everybody is looked at by the plan, which here finds nobody in anything, and is to be woken when
 * that may turn.
 */
async function sweep({ store }: MadeStore): Promise<void> {
  for (const { shard, epoch } of await store.leases.readLeases()) {
    const stored = await store.state.loadMeta(shard);
    if (stored === undefined) continue;
    const { watermark } = stored;
    const meta = new TextEncoder().encode(JSON.stringify({ ...parseMeta(stored.meta), sweep: "done" }));
    const head = { shard, epoch, watermark, after: watermark, journalEnd: watermark, meta, cells: [], forgotten: [] };
    const put = async (profiles: readonly StoredProfile[]): Promise<void> => {
      const outcome = await store.state.checkpoint({ ...head, profiles });
      if (outcome !== "ok") throw new Error(`the store takes no checkpoint: ${outcome}`);
    };
    await put([]);
    for await (const page of scanPeople(store.state, shard)) await put(page.map(awake));
  }
}

function awake({ id, row }: StoredProfile): StoredProfile {
  const profile = decodeProfile(row, plan, id);
  profile.wakeUp = plan.nextFlip(profile, { kind: "everything" }, Date.now());
  return { id, row: encodeProfile(profile), wakeUp: profile.wakeUp };
}

/** As an engine does it: in threads of its own, with history served by this one. */
async function night({ connection }: MadeStore, history: History, whole: boolean) {
  const reconciler = createReconciler({
    node: "bench" as NodeId,
    scratch: folder,
    connection,
    openPort() {
      const { port1, port2 } = new MessageChannel();
      serveHistory(history, port2);
      return port1;
    },
    history,
    flush: async () => undefined,
    kept: async () => ({ events: {}, fields: {} }),
    anonymousKeptMs: undefined,
    lettersKeptMs: undefined,
    tell: (_to, _message, settle) => settle(false),
    clock: createClock(),
    timers: createTimers(),
    makeId: () => randomUUID(),
  });
  const unwatched = {
    onProgress: () => undefined,
    onWaiting: () => undefined,
    signal: new AbortController().signal,
  };
  const report = await reconciler.run({ dryRun: false, whole }, unwatched);
  await reconciler.close();
  if (report.drifts > 0 || report.profiles !== people)
    throw new Error(`a clean store is told to differ: ${JSON.stringify({ ...report, told: report.told.slice(0, 3) })}`);
  return report;
}

try {
  const file = join(folder, "history.duckdb");
  const history = await createHistory({ kind: "embedded", file });
  await history.putDocument({ kind: "plan", key: plan.digest }, planBytes);
  let events = people * eventsEach;
  await step(
    "drain",
    (records) => [records, "records"],
    () => drainUpTo(history, events),
  );
  let store = await openStore("first");
  await step(
    "rebuild, from the first record",
    ({ profiles }) => [profiles, "profiles"],
    () => rebuildInto(store, history),
  );
  await sweep(store);
  await step(
    "night, all records",
    ({ records }) => [records, "records"],
    () => night(store, history, true),
  );
  for (let n = 1; n <= nights; n++) {
    events += Math.ceil(people * eventsEach * DAY_PART);
    await drainUpTo(history, events);
    await store.store.close();
    store = await openStore(`day-${n}`);
    await step(
      `rebuild ${n}, from snapshots and a day`,
      ({ profiles }) => [profiles, "profiles"],
      () => rebuildInto(store, history),
    );
    await sweep(store);
    await step(
      `night ${n}, from snapshots and a day`,
      ({ profiles }) => [profiles, "profiles"],
      () => night(store, history, false),
    );
    await step(
      `night ${n} again, nothing has come`,
      ({ profiles }) => [profiles, "profiles"],
      () => night(store, history, false),
    );
  }
  await store.store.close();
  store = await openStore("last");
  await step(
    "rebuild, from snapshots alone",
    ({ profiles }) => [profiles, "profiles"],
    () => rebuildInto(store, history),
  );
  await sweep(store);
  await night(store, history, true);
  await store.store.close();
  await history.close();
  const historyBytes = statSync(file).size;
  printTable(rows);
  process.stdout.write(`history: ${count(historyBytes / 1e6)} MB\n`);
  const of = {
    people,
    eventsEach,
    active,
    shards: SHARDS,
    threads: shardThreads,
    store: redis === undefined ? "embedded" : "Redis",
  };
  const figures = { ...of, historyBytes, steps: kept } satisfies NightFigures;
  if (process.send === undefined) keepResults(redis === undefined ? "reconcile" : "reconcile-redis", figures);
  else process.send(figures, () => process.disconnect());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
