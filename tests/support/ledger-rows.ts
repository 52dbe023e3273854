/**
 * The ledger as it stands in the durable history, read from the file or the database itself after the engine has let go of
 * it: neither the engine's own sums nor its balances are believed here.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import pg from "pg";

export interface LedgerRows {
  readonly receipts: number;
  /** Receipts that stand there more than once. */
  readonly twice: number;
  readonly customers: number;
  readonly points: number;
  /** Customers whose newest balance is not the sum of their entries. */
  readonly unbalanced: number;
}

const LEDGER = (table: string, position: string): string => `
  with entries as (
    select profile, earned - reversed as points, balance, row_number() over (partition by profile order by ${position} desc) as newest
    from ${table} where profile is not null
  ), customers as (
    select profile, sum(points) as points, max(case when newest = 1 then balance end) as balance from entries group by profile
  )
  select
    (select count(*) from ${table}) as receipts,
    (select count(*) from ${table}) - (select count(distinct digest) from ${table}) as twice,
    count(*) as customers,
    sum(points) as points,
    sum(case when points = balance then 0 else 1 end) as unbalanced
  from customers`;

export async function readDuckDbLedger(file: string): Promise<LedgerRows> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY", threads: "1" });
  const connection = await instance.connect();
  try {
    const [row] = (await connection.runAndReadAll(LEDGER("receipts", "position"))).getRowObjectsJS();
    return ledgerOf(row);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export async function readPostgresLedger(url: string): Promise<LedgerRows> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(LEDGER("vif.receipts", "position"));
    return ledgerOf(rows[0]);
  } finally {
    await client.end();
  }
}

function ledgerOf(row: Readonly<Record<string, unknown>> | undefined): LedgerRows {
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    receipts: number("receipts"),
    twice: number("twice"),
    customers: number("customers"),
    points: number("points"),
    unbalanced: number("unbalanced"),
  };
}
