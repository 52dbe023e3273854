/**
 * Rows into DuckDB's appender, in data chunks, column by column in the order of the `record_rows` table. The caller has
 * opened a transaction; when a row fails, that transaction is to be rolled back, the appender is void, and `names` are to
 * be forgotten.
 *
 * Numbers go into a chunk with no native call a value, texts and bytes with one each; so texts of which there are few are
 * numbers (name-numbers.ts), and those that stand in the record's bytes are told by their place in them.
 */
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import {
  BIGINT,
  BLOB,
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBTimestampMillisecondsValue,
  INTEGER,
  TIMESTAMP_MS,
  UINTEGER,
  UTINYINT,
} from "@duckdb/node-api";
import type { Instant, ProfileId } from "../../model/ids.ts";
import type { EventRow, HistoryRow } from "../port.ts";
import type { NameNumbers } from "./name-numbers.ts";
import { RECORDS_TABLE } from "./statements.ts";

interface Column {
  readonly type: DuckDBType;
  readonly value: (row: HistoryRow, names: NameNumbers) => DuckDBValue;
}

/** Of `record_rows`, in order. */
const COLUMNS: readonly Column[] = [
  { type: INTEGER, value: ({ shard }) => shard },
  { type: BIGINT, value: ({ position }) => BigInt(position) },
  { type: INTEGER, value: ({ kind }, names) => names.of(kind) },
  { type: TIMESTAMP_MS, value: ({ instant }) => timestamp(instant) },
  { type: BIGINT, value: ({ epoch }) => BigInt(epoch) },
  { type: UINTEGER, value: ({ profile }) => hexDigits(profile, 0) },
  { type: UINTEGER, value: ({ profile }) => hexDigits(profile, 8) },
  { type: UINTEGER, value: ({ profile }) => hexDigits(profile, 16) },
  { type: INTEGER, value: ({ event }, names) => names.of(event?.name) },
  { type: TIMESTAMP_MS, value: ({ event }) => timestamp(event?.timestamp ?? 0) },
  { type: INTEGER, value: ({ event }, names) => names.of(event?.source) },
  { type: INTEGER, value: ({ transition }, names) => names.of(transition?.segment) },
  { type: UTINYINT, value: ({ transition }) => (transition === undefined ? 0 : transition.entered ? 2 : 1) },
  { type: UINTEGER, value: ({ record }) => record.length },
  { type: UINTEGER, value: ({ event, record }) => (event === undefined ? 0 : messageIdAt(event, record)) },
  { type: UINTEGER, value: ({ event }) => event?.messageId.length ?? 0 },
  { type: UINTEGER, value: ({ event, record }) => (event === undefined ? 0 : bodyAt(event, record)) },
  { type: UINTEGER, value: ({ event }) => event?.body.length ?? 0 },
  { type: BLOB, value: ({ event, record }) => new DuckDBBlobValue(bytesOf(event, record)) },
];
/** What DuckDB holds in one chunk. */
const CHUNK_ROWS = 2048;
const NOTHING = new Uint8Array(0);

export async function appendRows(
  connection: DuckDBConnection,
  groups: readonly (readonly HistoryRow[])[],
  names: NameNumbers,
): Promise<void> {
  const rows = groups.flat();
  await names.know(connection, namesOf(rows));
  const appender = await connection.createAppender(RECORDS_TABLE);
  try {
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
      appender.appendDataChunk(chunkOf(rows.slice(from, from + CHUNK_ROWS), names));
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function namesOf(rows: readonly HistoryRow[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { kind, event, transition } of rows) {
    names.add(kind);
    if (event !== undefined) names.add(event.name).add(event.source);
    if (transition !== undefined) names.add(transition.segment);
  }
  return names;
}

function chunkOf(rows: readonly HistoryRow[], names: NameNumbers): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(
    COLUMNS.map(({ type }) => type),
    rows.length,
  );
  for (const [index, { value }] of COLUMNS.entries()) {
    const vector = chunk.getColumnVector(index);
    let at = 0;
    for (const row of rows) vector.setItem(at++, value(row, names));
    vector.flush();
  }
  return chunk;
}

function timestamp(instant: Instant): DuckDBTimestampMillisecondsValue {
  return new DuckDBTimestampMillisecondsValue(BigInt(Math.round(instant)));
}

/** Texts that do not stand in the record as they can be queried follow it: the message id, then the body. */
function bytesOf(event: EventRow | undefined, record: Uint8Array): Uint8Array {
  if (event === undefined || (event.messageIdAt !== undefined && event.bodyAt !== undefined)) return record;
  const { messageId, body } = event;
  return Buffer.concat([
    record,
    event.messageIdAt === undefined ? messageId : NOTHING,
    event.bodyAt === undefined ? body : NOTHING,
  ]);
}

function messageIdAt(event: EventRow, record: Uint8Array): number {
  return event.messageIdAt ?? record.length;
}

function bodyAt(event: EventRow, record: Uint8Array): number {
  return event.bodyAt ?? record.length + (event.messageIdAt === undefined ? event.messageId.length : 0);
}

/** The number in the eight digits from `at`; 0 for no profile, as no profile is. */
function hexDigits(profile: ProfileId | undefined, at: number): number {
  if (profile === undefined) return 0;
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const code = profile.charCodeAt(i);
    value = value * 16 + (code > 57 ? code - 87 : code - 48);
  }
  return value;
}
