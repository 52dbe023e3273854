/**
 * The drain's own cost: journals of real batches, in memory, brought into DuckDB and PostgreSQL (where one answers) by
 * the drainer, as its thread does it. The stores are interleaved over several rounds; each round's totals are compared
 * with what was appended before its time counts. Of each store the round that took the least CPU stands, as what others do
 * on the machine only ever adds; the median says how much they did. CPU is this process's, of it the drainer's own thread
 * (the rest is DuckDB's threads, or the writing to PostgreSQL); a server's own is not in it.
 *
 *     BENCH_ROWS=200_000 BENCH_ROUNDS=5 npm run bench -- history
 */
import { readFileSync, rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createHistory } from "../engine/history/create-history.ts";
import type { HistorySettings } from "../engine/history/create-history.ts";
import { createDrainer } from "../engine/history/drain.ts";
import type { DrainedStore } from "../engine/history/drain-shard.ts";
import { drainRowsMax } from "../engine/limits-of-history.ts";
import type { EventName } from "../engine/model/event.ts";
import { digestText } from "../engine/model/hash.ts";
import type { Position, ProfileId, ShardId, SourceId } from "../engine/model/ids.ts";
import { encodeBatch } from "../engine/model/record-codec.ts";
import type { JournalRecord } from "../engine/model/record.ts";
import type { StoredBatch } from "../engine/store/port.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const SHARDS = 8;
const BATCH_RECORDS = 64;
/** Of one shard at once: all shards of an engine grow together, and so every transaction is of all of them. */
const READ_BATCHES = Math.ceil(drainRowsMax / SHARDS / BATCH_RECORDS);
const PROFILES = 100_000;

const rowsWanted = sizeOf("BENCH_ROWS", 200_000);
const rounds = sizeOf("BENCH_ROUNDS", 5);
const url = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";
const schema = `vif_bench_${process.pid}`;

interface Measured {
  readonly rowsPerSecond: number;
  readonly cpuUsPerRow: number;
  readonly threadCpuUsPerRow: number;
  readonly bytesPerRow: number;
}

function visitRecord(position: Position): JournalRecord {
  const profile = `0a1018bcfe568${((position * 7919) % PROFILES).toString(16).padStart(11, "0")}` as ProfileId;
  if (position % 20 === 0) return { kind: "transition", profile, segment: "recent visitors", entered: true, epoch: 1 };
  const timestamp = Date.UTC(2025, 2, 1, 12) + position * 3;
  const messageId = `ajs-next-${timestamp.toString(16)}-${digestText(String(position)).low.toString(16)}`;
  const fields = {
    product_id: `sku-${position % 4000}`,
    name: `Walking shoe ${position % 4000}`,
    category: ["shoes", "coats", "hats"][position % 3] ?? "shoes",
    price: ((position * 31) % 20_000) / 100,
    quantity: 1 + (position % 3),
    url: `https://shop.example/p/${position % 4000}?ref=${(position * 2654435761) % 4294967296}`,
  };
  const body = JSON.stringify({ fields, context: { page: { path: `/p/${position % 4000}`, title: fields.name } } });
  return {
    kind: "event",
    profile,
    creates: false,
    event: {
      type: "track",
      name: "product_viewed" as EventName,
      source: "web" as SourceId,
      messageId,
      digest: digestText(messageId),
      bodyHash: digestText(body).low,
      identifiers: [{ kind: "anonymous", value: `${profile}-visitor` }],
      proved: false,
      timestamp,
      fields,
      body,
    },
  };
}

/** Journals of `SHARDS` shards with `rows` records each in batches, ready to be read. */
function fillJournals(rows: number): DrainedStore {
  const journals = new Map<ShardId, StoredBatch[]>();
  for (let n = 0; n < SHARDS; n++) {
    const batches: StoredBatch[] = [];
    for (let first = 1; first <= rows; first += BATCH_RECORDS) {
      const count = Math.min(BATCH_RECORDS, rows - first + 1);
      const records = Array.from({ length: count }, (_, index) => visitRecord((first + index) * SHARDS + n));
      const bytes = encodeBatch({ firstPosition: first, instant: Date.UTC(2025, 2, 1, 12) + first, records });
      batches.push({ firstPosition: first, count, epoch: 1, bytes });
    }
    journals.set(n as ShardId, batches);
  }
  const of = (shard: ShardId) => journals.get(shard) ?? [];
  return {
    journal: {
      last: async (shard) => {
        const end = of(shard).at(-1);
        return end === undefined ? 0 : end.firstPosition + end.count - 1;
      },
      read: async (shard, after, bytesMax) => {
        const found: StoredBatch[] = [];
        let bytes = 0;
        for (let at = Math.floor(after / BATCH_RECORDS); bytes < bytesMax && found.length < READ_BATCHES; at++) {
          const batch = of(shard)[at];
          if (batch === undefined) break;
          found.push(batch);
          bytes += batch.bytes.length;
        }
        return found;
      },
      trim: async () => undefined,
    },
    state: { loadMeta: async () => undefined },
  };
}

async function measure(
  settings: HistorySettings,
  store: DrainedStore,
  rows: number,
): Promise<Omit<Measured, "bytesPerRow">> {
  const history = await createHistory(settings);
  const shards = Array.from({ length: SHARDS }, (_, n) => ({ shard: n as ShardId, epoch: 1 }));
  const drainer = createDrainer({
    store,
    history,
    shards: () => shards,
    clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
    timers: { after: () => () => undefined },
  });
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const threadUs = threadCpuUs();
  await drainer.flush();
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  const threadUsedUs = threadCpuUs() - threadUs;
  const totals = await history.totals();
  const drained = totals.watermarks.reduce((sum, { position }) => sum + position, 0);
  if (drained !== rows) throw new Error(`${drained} rows were drained of ${rows}`);
  await drainer.close();
  await history.close();
  return {
    rowsPerSecond: rows / seconds,
    cpuUsPerRow: (used.user + used.system) / rows,
    threadCpuUsPerRow: threadUsedUs / rows,
  };
}

/** Of the main thread, since its start. */
function threadCpuUs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1000;
}

async function measureDuckDb(store: DrainedStore, rows: number): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "vif-bench-history-"));
  const file = join(folder, "history.duckdb");
  try {
    const measured = await measure({ kind: "embedded", file }, store, rows);
    return { ...measured, bytesPerRow: statSync(file).size / rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measurePostgres(admin: pg.Pool, store: DrainedStore, rows: number): Promise<Measured> {
  try {
    const measured = await measure({ kind: "postgres", url, schema }, store, rows);
    const size = await admin.query(
      "select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'i')",
      [schema],
    );
    return { ...measured, bytesPerRow: size.rows[0].bytes / rows };
  } finally {
    await admin.query(`drop schema if exists ${schema} cascade`);
  }
}

function summaryOf(measured: readonly Measured[]) {
  const [best] = measured.toSorted((a, b) => a.cpuUsPerRow - b.cpuUsPerRow);
  return {
    ...best,
    cpuUsPerRowMedian: median(measured.map(({ cpuUsPerRow }) => cpuUsPerRow)),
    rounds: measured.length,
  };
}

const perShard = Math.ceil(rowsWanted / SHARDS);
const rows = perShard * SHARDS;
console.log(`${rows} rows in ${SHARDS} shards, batches of ${BATCH_RECORDS}, load ${loadavg()[0]?.toFixed(2)}`);
const store = fillJournals(perShard);
const admin = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 3_000 });
const away = await admin.query("select 1").then(
  () => undefined,
  (error: Error) => error.message,
);
const measured = new Map<string, Measured[]>([["DuckDB", []]]);
if (away === undefined) measured.set("PostgreSQL", []);
for (let round = 0; round < rounds; round++) {
  measured.get("DuckDB")?.push(await measureDuckDb(store, rows));
  measured.get("PostgreSQL")?.push(await measurePostgres(admin, store, rows));
}
const summaries = [...measured].map(([name, each]) => ({ name, ...summaryOf(each) }));
printTable([
  ["least of all rounds", "rows/s", "CPU us a row", "of it the thread", "median CPU us", "bytes a row"],
  ...summaries.map((each) => [
    each.name,
    count(each.rowsPerSecond ?? Number.NaN),
    (each.cpuUsPerRow ?? Number.NaN).toFixed(1),
    (each.threadCpuUsPerRow ?? Number.NaN).toFixed(1),
    each.cpuUsPerRowMedian.toFixed(1),
    count(each.bytesPerRow ?? Number.NaN),
  ]),
]);
if (away !== undefined) console.log(`PostgreSQL was not measured: ${away}`);
await admin.end();
keepResults("history", { rows, shards: SHARDS, stores: summaries });
