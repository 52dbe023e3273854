/**
 * Rows into DuckDB's appender, in data chunks, column by column in the order of the `record_rows` table. The caller has
 * opened a transaction; when a row fails, that transaction is to be rolled back, the appender is void, and `names` are to
 * be forgotten.
 *
 * Numbers go into a chunk with no native call a value, texts and bytes with one each; so texts of which there are few are
 * numbers (name-numbers.ts), and the body, which ends its record, is written once. Value by value, every text decoded and
 * encoded again, a row took three times as long.
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
import type { HistoryRow } from "../port.ts";
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
  { type: BLOB, value: ({ event }) => blob(event?.messageId) },
  { type: INTEGER, value: ({ event }, names) => names.of(event?.source) },
  { type: BLOB, value: ({ event }) => blob(event?.body) },
  { type: UTINYINT, value: ({ event }) => (event?.bodyAt === undefined ? 0 : 1) },
  { type: INTEGER, value: ({ transition }, names) => names.of(transition?.segment) },
  { type: UTINYINT, value: ({ transition }) => (transition === undefined ? 0 : transition.entered ? 2 : 1) },
  { type: BLOB, value: ({ event, record }) => blob(record.subarray(0, event?.bodyAt)) },
];
/** What DuckDB holds in one chunk. */
const CHUNK_ROWS = 2048;
const NOTHING = new DuckDBBlobValue(new Uint8Array(0));

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

function blob(bytes: Uint8Array | undefined): DuckDBBlobValue {
  return bytes === undefined ? NOTHING : new DuckDBBlobValue(bytes);
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
