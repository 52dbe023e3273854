/**
 * The durable history in PostgreSQL (12 or later): the adapter for production and for more than one node. Rows go in by
 * binary COPY inside the transaction that locks, compares and moves the watermarks, so of two drainers one waits and then
 * finds them moved. Tables are brought up to date at the start, under a lock, so that many may start at once.
 */
import { historyRecordsMax, postgresSilentMsMax } from "../../limits-of-history.ts";
import { SetupError } from "../../model/errors.ts";
import type { Instant, ProfileId, ShardId } from "../../model/ids.ts";
import { checkDrainWrites, sameWatermark, UNDRAINED } from "../drain-write.ts";
import type { AppliedMigration } from "../migration.ts";
import { digestMigration, pendingMigrations } from "../migration.ts";
import { EventBlockWriter } from "../event-blocks.ts";
import type {
  DrainWrite,
  EventBlock,
  EventScan,
  History,
  HistoryRecord,
  HistoryTotals,
  HistoryWatermark,
  LatestRecord,
  ShardRecord,
} from "../port.ts";
import { gatherPeople, KnownPeople } from "../people-rows.ts";
import { knownReceipt, receiptTotals } from "../receipt-rows.ts";
import type { FoundReceipt, FoundReturn } from "../receipt-rows.ts";
import { copyChunks, writeRow } from "./binary-copy.ts";
import type { Connection } from "./connection-pool.ts";
import { createConnectionPool } from "./connection-pool.ts";
import { MIGRATIONS } from "./migrations.ts";
import { putDocument, readDocument, readDocuments, readSeals, writeSeals } from "./kept-table.ts";
import { compactDays, countAged, removeAged, removePeople, removeRepeated, replaceRecords } from "./aged-rows.ts";
import { createPartitions } from "./partitions.ts";
import { seekPeople, writePeople } from "./people-table.ts";
import { writeReceipt } from "./receipt-copy.ts";
import { finishSnapshot, putSnapshotPage, readSnapshot, readSnapshotPage } from "./snapshot-tables.ts";
import type { Statements } from "./statements.ts";
import { BEGIN_REPORT, createStatements, FETCH_EVENTS, LOCK_NAME } from "./statements.ts";

export interface PostgresHistoryOptions {
  /** `postgres://user:password@host:port/database?sslmode=...` */
  readonly url: string;
  /** Made when absent; `vif` by default. Lower case letters, digits and underscores. */
  readonly schema?: string;
  /** Until a step of a drain that hears nothing is given up, ms; to be repeated. */
  readonly drainSilentMsMax?: number;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

interface WatermarkRow extends HistoryWatermark {
  readonly shard: ShardId;
}

/** Connects and brings the tables up to date. Rejects with HistoryUnavailable or SetupError. */
export async function createPostgresHistory(options: PostgresHistoryOptions): Promise<History> {
  const { url, schema = "vif", drainSilentMsMax = postgresSilentMsMax } = options;
  if (!SCHEMA.test(schema)) {
    throw new SetupError(
      `"${schema}" is no schema name.`,
      "Use lower case letters, digits and underscores, at most 63.",
    );
  }
  const pool = createConnectionPool(url);
  const statements = createStatements(schema);
  const inTime = { within: drainSilentMsMax };
  const partitions = createPartitions(pool, statements, inTime);
  const people = new KnownPeople();
  try {
    await pool.transact((connection) => migrate(connection, statements));
  } catch (error) {
    await pool.close();
    throw error;
  }

  const history: History = {
    watermarks: () =>
      pool.transact(async (connection) => watermarksOf(await connection.query(statements.selectWatermarks)), inTime),

    async drain(writes) {
      checkDrainWrites(writes);
      try {
        await partitions.ensure(instantsOf(writes));
        const context = { statements, people };
        return await pool.transact((connection) => writeDrain(connection, context, writes), inTime);
      } catch (error) {
        partitions.forget();
        people.forget();
        throw error;
      }
    },

    records: (shard, after, limit) =>
      pool.transact(
        (connection) =>
          connection.query<HistoryRecord>(statements.selectRecords, [shard, after, Math.min(limit, historyRecordsMax)]),
        inTime,
      ),

    events: (scan) => pool.stream((connection) => readEvents(connection, statements, scan), BEGIN_REPORT),

    seals: (shard, after, limit) =>
      pool.transact((connection) => readSeals(connection, statements, { shard, after, limit })),
    document: (name) => pool.transact((connection) => readDocument(connection, statements, name), inTime),
    documents: (kind, limit) =>
      pool.transact((connection) => readDocuments(connection, statements, { kind, limit }), inTime),
    putDocument: (name, content, from) =>
      pool.transact((connection) => putDocument(connection, statements, { ...name, content, from }), inTime),

    snapshot: (shard) => pool.transact((connection) => readSnapshot(connection, statements, shard), inTime),
    snapshotPage: (name, page) =>
      pool.transact((connection) => readSnapshotPage(connection, statements, { ...name, page }), inTime),
    putSnapshotPage: (name, page, content) =>
      pool.transact((connection) => putSnapshotPage(connection, statements, { ...name, page, content }), inTime),
    finishSnapshot: (head, kept = "") =>
      pool.transact((connection) => finishSnapshot(connection, statements, { ...head, kept })),
    forgetPages: (shard, kept) =>
      pool.transact(async (connection) => void (await connection.query(statements.deleteOtherPages, [shard, kept]))),
    countAged: (scan) => pool.transact((connection) => countAged(connection, statements, scan)),
    removePeople: (shard, people) =>
      pool.transact((connection) => removePeople(connection, statements, { shard, people })),
    removeAged: (scan, limit) => pool.transact((connection) => removeAged(connection, statements, { ...scan, limit })),
    replaceRecords: (shard, kind, records) =>
      pool.transact((connection) => replaceRecords(connection, statements, { shard, kind, records })),
    removeRepeated: (shard, position) =>
      pool.transact((connection) => removeRepeated(connection, statements, { shard, position })),
    forgetSeals: (shard, upTo) =>
      pool.transact(async (connection) => void (await connection.query(statements.deleteSeals, [shard, upTo]))),
    async compact(acceptedBefore) {
      const compacted = await compactDays(pool, statements, acceptedBefore);
      partitions.forget();
      return compacted;
    },

    // `pg_dump` does it better.
    copyTo: async () => undefined,

    recordsOf: (kinds) => pool.transact((connection) => connection.query<ShardRecord>(statements.selectKinds, [kinds])),
    latestOf: (kinds, most, behind) =>
      pool.transact((connection) => {
        const { instant = null, shard = null, position = null } = behind ?? {};
        return connection.query<LatestRecord>(statements.selectLatest, [kinds, most, instant, shard, position]);
      }),
    countEvents: (names) =>
      pool.transact(async (connection) => {
        const [row] = await connection.query<{ events: number }>(statements.countEvents, [names]);
        return row?.events ?? 0;
      }),

    receipt: (digest) =>
      pool.transact(async (connection) => {
        const [found] = await connection.query<FoundReceipt>(statements.selectReceipt, [digest]);
        if (found === undefined) return undefined;
        return knownReceipt(found, await connection.query<FoundReturn>(statements.selectReturns, [digest]));
      }),

    totals: () => pool.transact((connection) => readTotals(connection, statements), { begin: BEGIN_REPORT }),
    people: (words, limit) =>
      pool.transact((connection) => seekPeople(connection, statements, { words, limit }), { begin: BEGIN_REPORT }),
    async rebuildPeople() {
      await pool.transact((connection) => connection.query(statements.deleteAllPeople));
      people.forget();
      await gatherPeople(history, (said) => pool.transact((connection) => writePeople(connection, statements, said)));
      const [row] = await pool.transact((connection) =>
        connection.query<{ readonly people: number }>(statements.countPeople),
      );
      return row?.people ?? 0;
    },
    transitions: () => pool.transact((connection) => readTransitions(connection, statements), { begin: BEGIN_REPORT }),
    close: () => pool.close(),
  };
  return history;
}

async function migrate(connection: Connection, statements: Statements): Promise<void> {
  await connection.query(LOCK_NAME, [statements.lockName]);
  await connection.query(statements.createSchema);
  await connection.query(statements.createMigrations);
  const applied = await connection.query<AppliedMigration>(statements.selectMigrations);
  for (const migration of pendingMigrations(MIGRATIONS, applied)) {
    for (const statement of migration.statements) await connection.query(statements.migration(statement));
    const { number, name } = migration;
    await connection.query(statements.insertMigration, [number, name, digestMigration(migration)]);
  }
}

async function writeDrain(
  connection: Connection,
  { statements, people }: { readonly statements: Statements; readonly people: KnownPeople },
  writes: readonly DrainWrite[],
): Promise<readonly ("ok" | "moved")[]> {
  const shards = writes.map(({ shard }) => shard);
  await connection.query(statements.insertMissingWatermarks, [shards]);
  const standing = watermarksOf(await connection.query(statements.lockWatermarks, [shards]));
  const outcomes = writes.map(({ shard, from }) =>
    sameWatermark(standing.get(shard) ?? UNDRAINED, from) ? ("ok" as const) : ("moved" as const),
  );
  const winning = writes.filter((_, index) => outcomes[index] === "ok");
  const rows = winning.map((write) => write.rows).filter((group) => group.length > 0);
  if (rows.length > 0) await connection.copy(statements.copyRecords, copyChunks(rows, writeRow));
  const receipts = rows.map((group) => group.filter(({ receipt }) => receipt !== undefined));
  if (receipts.some((group) => group.length > 0))
    await connection.copy(statements.copyReceipts, copyChunks(receipts, writeReceipt));
  const merges = rows.flatMap((group) => group.flatMap(({ merge }) => merge ?? []));
  if (merges.length > 0)
    await connection.query(statements.insertMerges, [
      merges.map(({ loser }) => loser),
      merges.map(({ winner }) => winner),
    ]);
  if (winning.length > 0) {
    const epochs = winning.map(({ to }) => to.epoch);
    const positions = winning.map(({ to }) => to.position);
    await connection.query(statements.moveWatermarks, [winning.map(({ shard }) => shard), epochs, positions]);
    await writeSeals(connection, statements, winning);
    await writePeople(connection, statements, people.of(rows));
  }
  return outcomes;
}

async function* readEvents(
  connection: Connection,
  statements: Statements,
  { names, profiles, upTo, exposures }: EventScan,
): AsyncGenerator<EventBlock> {
  const bounds = upTo === undefined ? [] : [[...upTo.keys()], [...upTo.values()]];
  const values = [names ?? null, profiles ?? null, ...bounds];
  await connection.query(
    statements.declareEvents({ bounded: upTo !== undefined, exposed: exposures === true }),
    values,
  );
  const block = new EventBlockWriter();
  for (;;) {
    const rows = await connection.query<{ person: ProfileId; record: Buffer }>(FETCH_EVENTS);
    for (const { person, record } of rows) {
      block.add(person, record);
      if (!block.isFull) continue;
      const full = block.take();
      if (full !== undefined) yield full;
    }
    if (rows.length === 0) break;
  }
  const last = block.take();
  if (last !== undefined) yield last;
}

async function readTotals(connection: Connection, statements: Statements): Promise<HistoryTotals> {
  interface Whole {
    readonly events: number;
    readonly profiles: number;
    readonly first_at: Instant | null;
    readonly last_at: Instant | null;
  }
  const [whole] = await connection.query<Whole>(statements.selectTotals);
  const byEvent = await connection.query<HistoryTotals["byEvent"][number]>(statements.selectEventTotals);
  const transitions = await readTransitions(connection, statements);
  const receipts = await connection.query<Readonly<Record<string, unknown>>>(statements.selectReceiptTotals);
  const watermarks = await connection.query<WatermarkRow>(statements.selectWatermarks);
  return {
    events: whole?.events ?? 0,
    profiles: whole?.profiles ?? 0,
    firstTimestamp: whole?.first_at ?? undefined,
    lastTimestamp: whole?.last_at ?? undefined,
    byEvent,
    transitions,
    receipts: receiptTotals(receipts),
    watermarks,
  };
}

async function readTransitions(connection: Connection, statements: Statements): Promise<HistoryTotals["transitions"]> {
  const rows = await connection.query<{ segment: string; entered: number; left_count: number }>(
    statements.selectTransitionTotals,
  );
  return rows.map(({ segment, entered, left_count: left }) => ({ segment, entered, left }));
}

function watermarksOf(rows: readonly WatermarkRow[]): ReadonlyMap<ShardId, HistoryWatermark> {
  return new Map(rows.map(({ shard, epoch, position }) => [shard, { epoch, position }]));
}

function* instantsOf(writes: readonly DrainWrite[]): Generator<Instant> {
  for (const { rows } of writes) for (const { instant } of rows) yield instant;
}
