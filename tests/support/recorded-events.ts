/** The events that an embedded history holds, read from its file after the engine has let go of it. */
import { DuckDBInstance } from "@duckdb/node-api";

export interface RecordedEvent {
  readonly name: string;
  readonly messageId: string;
  readonly source: string;
  readonly profile: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** In the order of their names, then message ids. */
export async function readRecordedEvents(file: string): Promise<readonly RecordedEvent[]> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY", threads: "1" });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(
      `select event_name, message_id, source, profile, body::varchar as body from records where kind = 'event'
       order by event_name, message_id`,
    );
    return result.getRowObjectsJS().map((row) => ({
      name: String(row["event_name"]),
      messageId: String(row["message_id"]),
      source: String(row["source"]),
      profile: String(row["profile"]),
      fields: (JSON.parse(String(row["body"])) as { fields: Record<string, unknown> }).fields,
    }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
