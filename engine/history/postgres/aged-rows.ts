/**
 * PostgreSQL's rows that are too old, or stand twice: counted, removed, or put in place of by others that say less; and the
 * disk given back what they took, day by day of acceptance: a day of which nothing is left goes as a table, another one that
 * has lost any is written anew.
 */
import { HistoryUnavailable } from "../../model/errors.ts";
import type { Instant, Position, ShardId } from "../../model/ids.ts";
import type { AgedCount, AgedScan, Compacted, EmptiedPerson, ReplacedRecord } from "../port.ts";
import type { Connection, ConnectionPool } from "./connection-pool.ts";
import { putDocument, readDocuments } from "./kept-table.ts";
import { LOCK_NAME, type Statements } from "./statements.ts";

export async function countAged(
  connection: Connection,
  statements: Statements,
  scan: AgedScan,
): Promise<readonly AgedCount[]> {
  const found = await connection.query<{ readonly name: string; readonly trait: string; readonly rows: number }>(
    statements.countAged,
    valuesOf(scan),
  );
  return found.map(({ name, trait, rows }) => ({ name, trait: trait === ANY ? undefined : trait, rows }));
}

/** Within a transaction, which notes of which days rows have gone. */
export async function removeAged(
  connection: Connection,
  statements: Statements,
  { limit, ...scan }: AgedScan & { readonly limit: number },
): Promise<number> {
  const gone = await connection.query<DayOfGone>(statements.deleteAged, [...valuesOf(scan), limit]);
  return noteGone(connection, statements, gone);
}

/** Within a transaction, which notes the same. */
export async function removePeople(
  connection: Connection,
  statements: Statements,
  { shard, people }: { readonly shard: ShardId; readonly people: readonly EmptiedPerson[] },
): Promise<number> {
  const profiles = people.map(({ profile }) => profile);
  const values = [shard, profiles, people.map(({ upTo }) => upTo)];
  const rows = await noteGone(connection, statements, await connection.query(statements.deleteRowsOf, values));
  // Last: a drain that names anybody waits for whoever has written people, and rows are looked for long.
  await connection.query(statements.deletePeopleOf, [profiles]);
  return rows;
}

/** Within a transaction, which notes the same: what stood there takes room until its day is written anew. */
export async function replaceRecords(
  connection: Connection,
  statements: Statements,
  {
    shard,
    kind,
    records,
  }: { readonly shard: ShardId; readonly kind: string; readonly records: readonly ReplacedRecord[] },
): Promise<number> {
  if (records.length === 0) return 0;
  const bytes = records.map(({ record }) => Buffer.from(record.buffer, record.byteOffset, record.length));
  const instants = records.map(({ instant }) => instant);
  const around = [Math.min(...instants), Math.max(...instants)];
  const values = [shard, kind, records.map(({ position }) => position), bytes, ...around];
  return noteGone(connection, statements, await connection.query<DayOfGone>(statements.replaceRecords, values));
}

/** Within a transaction, which notes the same. */
export async function removeRepeated(
  connection: Connection,
  statements: Statements,
  { shard, position }: { readonly shard: ShardId; readonly position: Position },
): Promise<number> {
  return noteGone(connection, statements, await connection.query(statements.deleteRepeated, [shard, position]));
}

interface DayOfGone {
  readonly name: string;
  readonly rows: number;
}

async function noteGone(connection: Connection, statements: Statements, gone: readonly DayOfGone[]): Promise<number> {
  for (const { name } of gone)
    await putDocument(connection, statements, { kind: GONE_FROM, key: name, content: NOTHING, from: undefined });
  return gone.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Only of days that are over by then: nobody writes to them. Killed at any point, it goes on where it was, and so it does
 * where not all of it could be done.
 */
export async function compactDays(
  pool: ConnectionPool,
  statements: Statements,
  acceptedBefore: Instant,
): Promise<Compacted> {
  const before = await daysOf(pool, statements);
  const noted = await pool.transact((connection) =>
    readDocuments(connection, statements, { kind: GONE_FROM, limit: Number.MAX_SAFE_INTEGER }),
  );
  for (const { key: name } of noted) {
    if (!(endOfDay(name) <= acceptedBefore)) continue;
    try {
      const stands = before.some((day) => day.name === name);
      if (stands && !(await dropEmpty(pool, statements, name))) await pool.run(statements.rewritePartition(name));
    } catch (error) {
      const refused = REFUSED.get(codeOf(error));
      if (refused === undefined) throw error;
      return refused;
    }
    const document = { kind: GONE_FROM, key: name, content: undefined, from: undefined };
    await pool.transact((connection) => putDocument(connection, statements, document));
  }
  const after = await daysOf(pool, statements);
  return { before: bytesOf(before), after: bytesOf(after) };
}

/** lock_not_available, disk_full */
const REFUSED: ReadonlyMap<unknown, "busy" | "no_room"> = new Map([
  ["55P03", "busy"],
  ["53100", "no_room"],
]);

function codeOf(error: unknown): unknown {
  const cause = error instanceof HistoryUnavailable ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

/** Documents whose key is the table of a day. */
const GONE_FROM = "gone-from";
const NOTHING = new Uint8Array(0);

interface Day {
  readonly name: string;
  readonly bytes: number;
}

function daysOf(pool: ConnectionPool, statements: Statements): Promise<readonly Day[]> {
  return pool.transact((connection) =>
    connection.query<Day>(statements.selectPartitions, [statements.partitionedTable("records")]),
  );
}

/** Who makes days holds the same lock, so that none is made while it goes. */
async function dropEmpty(pool: ConnectionPool, statements: Statements, name: string): Promise<boolean> {
  return pool.transact(async (connection) => {
    await connection.query(LOCK_NAME, [statements.lockName]);
    const [standing] = await connection.query<{ found: boolean }>(statements.selectAnyOf(name));
    if (standing?.found !== false) return false;
    await connection.query(statements.waitLittle);
    await connection.query(statements.dropPartition(name));
    return true;
  });
}

/** Of `records_2025_03_01`; NaN for a table that is no day's. */
function endOfDay(name: string): Instant {
  const [, year, month, day] = /_(\d{4})_(\d{2})_(\d{2})$/.exec(name) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day) + 1);
}

function bytesOf(days: readonly Day[]): number {
  return days.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** In place of a trait. */
const ANY = "";

function valuesOf({ shard, upTo, acceptedBefore, events }: AgedScan): readonly unknown[] {
  const [names, befores] = [events.map(({ name }) => name), events.map(({ before }) => before)];
  return [shard, upTo, acceptedBefore, names, befores, events.map(({ trait = ANY }) => trait)];
}
