/**
 * Rows in PostgreSQL's binary COPY format (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"):
 * an 19-byte head, then for each row a 16-bit column count and every field as a 32-bit length (-1: null) and its bytes,
 * big-endian; a count of -1 ends it. Binary, since record bytes would double in size as hexadecimal text and every text
 * would have to be escaped. Columns in the order of `RECORD_COLUMNS`. Pure.
 */
import type { Instant } from "../../model/ids.ts";
import type { HistoryRow } from "../port.ts";
import { filedInstant } from "./partitions.ts";
import { RECORD_COLUMNS } from "./statements.ts";

const CHUNK_BYTES = 256 * 1024;
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
/** 2000-01-01, from which PostgreSQL counts microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
/** What timestamptz can hold lies beyond what the year 4713 BC to the last instant of JavaScript span. */
const TIMESTAMP_MS_MIN = Date.UTC(-4712, 0, 1);

/** Chunks of about 256 KB; one is never reused, so a stream may keep them. */
export function* copyChunks(
  groups: Iterable<readonly HistoryRow[]>,
  write: (out: CopyBuffer, row: HistoryRow) => void,
): Generator<Buffer> {
  const out = new CopyBuffer();
  out.bytes(SIGNATURE);
  out.int32(0);
  out.int32(0);
  for (const rows of groups) {
    for (const row of rows) {
      write(out, row);
      if (out.length >= CHUNK_BYTES) yield out.take();
    }
  }
  out.int16(-1);
  yield out.take();
}

export function writeRow(out: CopyBuffer, row: HistoryRow): void {
  const { event, transition } = row;
  out.int16(RECORD_COLUMNS.length);
  out.int32Field(row.shard);
  out.int64Field(row.position);
  out.textField(row.kind);
  out.instantField(filedInstant(row.instant));
  out.int64Field(row.epoch);
  out.textField(row.profile);
  out.textField(event?.name);
  out.instantField(event?.timestamp);
  out.optionalBytesField(event?.messageId);
  out.textField(event?.source);
  out.optionalBytesField(event?.body);
  out.textField(transition?.segment);
  out.booleanField(transition?.entered);
  out.bytesField(row.record);
}

/** A buffer that grows; `take` hands it out and starts another. */
export class CopyBuffer {
  length = 0;
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES * 1.25);

  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.length);
    this.#buffer = Buffer.allocUnsafe(CHUNK_BYTES * 1.25);
    this.length = 0;
    return taken;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + bytes));
    this.#buffer.copy(larger, 0, 0, this.length);
    this.#buffer = larger;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.length = this.#buffer.writeInt16BE(value, this.length);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.length = this.#buffer.writeInt32BE(value, this.length);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.length);
    this.length += value.length;
  }

  int32Field(value: number): void {
    this.int32(4);
    this.int32(value);
  }

  /** @param value a safe integer */
  int64Field(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.#reserve(12);
    this.length = this.#buffer.writeInt32BE(8, this.length);
    this.length = this.#buffer.writeInt32BE(high, this.length);
    this.length = this.#buffer.writeUInt32BE(value - high * 2 ** 32, this.length);
  }

  instantField(instant: Instant | undefined): void {
    if (instant === undefined) this.int32(-1);
    else this.int64Field((Math.max(Math.round(instant), TIMESTAMP_MS_MIN) - POSTGRES_EPOCH_MS) * 1000);
  }

  booleanField(value: boolean | undefined): void {
    if (value === undefined) return this.int32(-1);
    this.int32(1);
    this.#reserve(1);
    this.length = this.#buffer.writeUInt8(value ? 1 : 0, this.length);
  }

  /** UTF-8; lone surrogates become U+FFFD. */
  textField(text: string | undefined): void {
    if (text === undefined) return this.int32(-1);
    this.#reserve(4 + text.length * 3);
    const bytes = this.#buffer.write(text, this.length + 4, "utf8");
    this.#buffer.writeInt32BE(bytes, this.length);
    this.length += 4 + bytes;
  }

  optionalBytesField(value: Uint8Array | undefined): void {
    if (value === undefined) this.int32(-1);
    else this.bytesField(value);
  }

  bytesField(value: Uint8Array): void {
    this.int32(value.length);
    this.bytes(value);
  }
}
