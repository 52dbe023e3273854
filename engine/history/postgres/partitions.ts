/**
 * One partition of each table a day of acceptance (UTC), made before the first row of that day is written: those of the rows at hand
 * and the day after the last, so that midnight makes nobody wait. Made in a transaction of their own under the schema's
 * lock; which exist is remembered until `forget`, after an error that may mean that one has gone.
 */
import type { Instant } from "../../model/ids.ts";
import type { ConnectionPool, TransactionOptions } from "./connection-pool.ts";
import type { Partition, Statements } from "./statements.ts";
import { LOCK_NAME, PARTITIONED } from "./statements.ts";
import { DAY_MS } from "../../model/local-time.ts";

/** Bounds that PostgreSQL can name without an era; an instant beyond them is a broken clock's and is filed at the bound. */
const FIRST_INSTANT = Date.UTC(1000, 0, 1);
const LAST_INSTANT = Date.UTC(9999, 11, 30);

export interface Partitions {
  /** Makes what is missing for these instants. */
  ensure(instants: Iterable<Instant>): Promise<void>;
  forget(): void;
}

export function createPartitions(pool: ConnectionPool, statements: Statements, how: TransactionOptions): Partitions {
  const known = new Set<number>();

  async function create(days: readonly number[]): Promise<void> {
    await pool.transact(async (connection) => {
      await connection.query(LOCK_NAME, [statements.lockName]);
      for (const partition of days.flatMap(partitionsOf)) {
        const table = statements.partitionTable(partition.name);
        const [standing] = await connection.query<{ found: boolean }>(statements.selectPartition, [table]);
        if (standing?.found === true) continue;
        await connection.query(statements.createPartition(partition));
        await connection.query(statements.attachPartition(partition));
      }
    }, how);
  }

  return {
    async ensure(instants) {
      const days = new Set<number>();
      for (const instant of instants) days.add(dayOf(instant));
      if (days.size > 0) days.add(Math.max(...days) + 1);
      const missing = [...days].filter((day) => !known.has(day)).sort((a, b) => a - b);
      if (missing.length === 0) return;
      await create(missing);
      for (const day of missing) known.add(day);
    },
    forget: () => known.clear(),
  };
}

/** The instant a row is filed under. */
export function filedInstant(instant: Instant): Instant {
  return Math.min(Math.max(instant, FIRST_INSTANT), LAST_INSTANT);
}

/** Days since 1970-01-01. */
function dayOf(instant: Instant): number {
  return Math.floor(filedInstant(instant) / DAY_MS);
}

/** `records_2025_03_01`, and so for each table. */
function partitionsOf(day: number): readonly Partition[] {
  const from = isoDay(day);
  const to = isoDay(day + 1);
  return PARTITIONED.map((table) => ({ table, name: `${table}_${from.replaceAll("-", "_")}`, from, to }));
}

function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
