/**
 * What stands in the durable history, read from the file or the database itself after the engine has let go of it: neither
 * the engine's own reading of it nor its own counts are believed here.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import pg from "pg";

export interface HistoryRows {
  /** How many event rows each messageId has. */
  readonly events: ReadonlyMap<string, number>;
  /** By shard: rows, distinct positions, and the highest of them. */
  readonly shards: readonly {
    readonly shard: number;
    readonly rows: number;
    readonly positions: number;
    readonly last: number;
  }[];
  /** Segments that one profile entered more than once without leaving. */
  readonly enteredTwice: readonly string[];
}

/** Rows as both databases give them; counts may be bigints or texts. */
type Query = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

export async function readDuckDbRows(file: string): Promise<HistoryRows> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY", threads: "1" });
  const connection = await instance.connect();
  try {
    return await readRows(
      async (statement) => (await connection.runAndReadAll(statement)).getRowObjectsJS(),
      "records",
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export async function readPostgresRows(url: string): Promise<HistoryRows> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await readRows(async (statement) => (await client.query(statement)).rows, "vif.records");
  } finally {
    await client.end();
  }
}

async function readRows(query: Query, records: string): Promise<HistoryRows> {
  const events = await query(
    `select message_id, count(*) as rows from ${records} where kind = 'event' group by message_id`,
  );
  const shards = await query(
    `select shard, count(*) as rows, count(distinct position) as positions, max(position) as last
     from ${records} group by shard order by shard`,
  );
  const entered = await query(
    `select segment, profile from ${records} where kind = 'transition'
     group by segment, profile
     having sum(case when entered then 1 else 0 end) > 1 + sum(case when entered then 0 else 1 end)`,
  );
  return {
    events: new Map(events.map((row) => [String(row["message_id"]), Number(row["rows"])])),
    shards: shards.map((row) => ({
      shard: Number(row["shard"]),
      rows: Number(row["rows"]),
      positions: Number(row["positions"]),
      last: Number(row["last"]),
    })),
    enteredTwice: entered.map((row) => `${String(row["profile"])} entered ${String(row["segment"])} again`),
  };
}
