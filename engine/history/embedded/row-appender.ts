/**
 * Rows into DuckDB's appender, in data chunks of the `record_rows` table. The caller has opened a transaction; when a row
 * fails, that transaction is to be rolled back, the appender is void, and `names` are to be forgotten.
 *
 * Numbers are gathered in arrays as DuckDB has them in memory, a column each, and go into a chunk with one native call a
 * column: through the objects that the library makes a value, a row's nineteen cost more than all else in a drain. Only
 * bytes take a call each; so texts of which there are few are numbers (name-numbers.ts), and those that stand in the
 * record's bytes are told by their place in them.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { BIGINT, BLOB, DuckDBDataChunk, INTEGER, TIMESTAMP_MS, UINTEGER, UTINYINT } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import type { ProfileId } from "../../model/ids.ts";
import type { EventRow, HistoryRow } from "../port.ts";
import type { NameNumbers } from "./name-numbers.ts";
import { RECORDS_TABLE } from "./statements.ts";

/** Of `record_rows`, in order. */
const TYPES = [
  INTEGER, // shard
  BIGINT, // position
  INTEGER, // kind
  TIMESTAMP_MS, // accepted_at
  BIGINT, // epoch
  UINTEGER, // profile_1
  UINTEGER, // profile_2
  UINTEGER, // profile_3
  INTEGER, // event_name
  TIMESTAMP_MS, // event_at
  INTEGER, // source
  INTEGER, // segment
  UTINYINT, // entered
  UINTEGER, // record_length
  UINTEGER, // message_id_at
  UINTEGER, // message_id_length
  UINTEGER, // body_at
  UINTEGER, // body_length
  BLOB, // bytes
];
/** What DuckDB holds in one chunk. */
const CHUNK_ROWS = 2048;
const NOTHING = new Uint8Array(0);
const TWO_TO_32 = 2 ** 32;

const words = () => new Uint32Array(CHUNK_ROWS);
/** A column of 64-bit integers: low and high half of each. */
const longs = () => new Uint32Array(CHUNK_ROWS * 2);

/** The columns but the last, for one chunk after another. */
const shards = words();
const positions = longs();
const kinds = words();
const acceptedAt = longs();
const epochs = longs();
const profiles = [words(), words(), words()] as const;
const eventNames = words();
const eventAt = longs();
const sources = words();
const segments = words();
const entered = new Uint8Array(CHUNK_ROWS);
const recordLengths = words();
const messageIdsAt = words();
const messageIdLengths = words();
const bodiesAt = words();
const bodyLengths = words();
const COLUMNS = [
  shards,
  positions,
  kinds,
  acceptedAt,
  epochs,
  ...profiles,
  eventNames,
  eventAt,
  sources,
  segments,
  entered,
  recordLengths,
  messageIdsAt,
  messageIdLengths,
  bodiesAt,
  bodyLengths,
];

export async function appendRows(
  connection: DuckDBConnection,
  groups: readonly (readonly HistoryRow[])[],
  names: NameNumbers,
): Promise<void> {
  await names.know(connection, namesOf(groups));
  const appender = await connection.createAppender(RECORDS_TABLE);
  try {
    let chunk: readonly HistoryRow[] = [];
    const add = (rows: readonly HistoryRow[]): void => {
      chunk = chunk.length === 0 ? rows : chunk.concat(rows);
      let from = 0;
      for (; chunk.length - from >= CHUNK_ROWS; from += CHUNK_ROWS)
        appender.appendDataChunk(chunkOf(chunk.slice(from, from + CHUNK_ROWS), names));
      chunk = chunk.slice(from);
    };
    for (const rows of groups) add(rows);
    if (chunk.length > 0) appender.appendDataChunk(chunkOf(chunk, names));
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function namesOf(groups: readonly (readonly HistoryRow[])[]): ReadonlySet<string> {
  const names = new Set<string>();
  let last: EventRow | undefined;
  let lastKind: string | undefined;
  for (const rows of groups)
    for (const { kind, event, transition } of rows) {
      if (kind !== lastKind) names.add(kind);
      lastKind = kind;
      if (event !== undefined && (event.name !== last?.name || event.source !== last.source)) {
        names.add(event.name).add(event.source);
        last = event;
      }
      if (transition !== undefined) names.add(transition.segment);
    }
  return names;
}

function chunkOf(rows: readonly HistoryRow[], names: NameNumbers): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(TYPES, rows.length);
  const bytes = duckdb.data_chunk_get_vector(chunk.chunk, COLUMNS.length);
  let at = 0;
  for (const row of rows) {
    fill(row, at, names);
    duckdb.vector_assign_string_element_len(bytes, at, bytesOf(row.event, row.record));
    at += 1;
  }
  for (const [index, column] of COLUMNS.entries()) {
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
    duckdb.copy_data_to_vector(vector, 0, column.buffer, 0, (column.byteLength / CHUNK_ROWS) * rows.length);
  }
  return chunk;
}

function fill(row: HistoryRow, at: number, names: NameNumbers): void {
  const { event, transition, record } = row;
  shards[at] = row.shard;
  put(positions, at, row.position);
  kinds[at] = names.of(row.kind);
  put(acceptedAt, at, row.instant);
  put(epochs, at, row.epoch);
  putProfile(row, at);
  segments[at] = transition === undefined ? 0 : names.of(transition.segment);
  entered[at] = transition === undefined ? 0 : transition.entered ? 2 : 1;
  recordLengths[at] = record.length;
  eventNames[at] = event === undefined ? 0 : names.of(event.name);
  put(eventAt, at, event?.timestamp ?? 0);
  sources[at] = event === undefined ? 0 : names.of(event.source);
  messageIdsAt[at] = event === undefined ? 0 : messageIdAt(event, record);
  messageIdLengths[at] = event?.messageIdLength ?? 0;
  bodiesAt[at] = event === undefined ? 0 : bodyAt(event, record);
  bodyLengths[at] = event?.bodyLength ?? 0;
}

/** @param value rounded to an integer, which may be negative (a time before 1970), in two's complement */
function put(column: Uint32Array, at: number, value: number): void {
  const integer = Math.round(value);
  if (!Number.isSafeInteger(integer)) throw new RangeError(`A row holds ${value} where an integer belongs.`);
  // On every processor that DuckDB runs on the low half stands first.
  column[at * 2] = integer;
  column[at * 2 + 1] = Math.floor(integer / TWO_TO_32);
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
  return event.bodyAt ?? record.length + (event.messageIdAt === undefined ? event.messageIdLength : 0);
}

function putProfile(row: HistoryRow, at: number): void {
  const { record, profileAt } = row;
  const [first, second, third] = profiles;
  if (profileAt === undefined) {
    const { profile } = row;
    first[at] = hexDigits(profile, 0);
    second[at] = hexDigits(profile, 8);
    third[at] = hexDigits(profile, 16);
  } else {
    first[at] = bigEndian(record, profileAt);
    second[at] = bigEndian(record, profileAt + 4);
    third[at] = bigEndian(record, profileAt + 8);
  }
}

/** The number in the four bytes from `at`, as an id has them. */
function bigEndian(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return ((high << 16) | low) >>> 0;
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
