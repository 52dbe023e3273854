/**
 * The binary form of journal batches: what is appended, checkpointed against, drained and refolded. A batch is a header
 * with a checksum over everything else, then records, each after its length, so that a reader finds every record without
 * reading any body. A torn or altered batch is `CorruptBatchError`, a later form `UnknownRecordError`; never a value. The
 * bytes of one record are in record-form.ts.
 *
 * Header (32 bytes, little-endian): "VF", version u8, 0 u8, checksum u32, firstPosition f64, instant f64, count u32,
 * bytes of the whole u32. The checksum is the CRC-32 of what follows it: it tells every alteration of up to 32
 * neighbouring bits surely. CRC-32 of zlib is computed natively at 3 GB/s; a hash in JavaScript would cost ten times that.
 */
import { crc32 } from "node:zlib";
import { BytesUnreadable, ByteWriter } from "./byte-buffer.ts";
import type { Instant, Position, ProfileId } from "./ids.ts";
import type { Batch, JournalRecord } from "./record.ts";
import { decodeRecord, writeRecord } from "./record-form.ts";
import { kindAt, profileAt, profileOf, UnknownRecordError } from "./record-head.ts";

export { decodeEventToFold, decodeToFold, readRecordSlot } from "./record-to-fold.ts";
export { decodeRecord, locateEventColumns, readEventColumns } from "./record-form.ts";
export { readRecordHead, UnknownRecordError } from "./record-head.ts";
export type { EventColumns, EventPlaces } from "./record-form.ts";

export const BATCH_VERSION = 1;

const HEADER_BYTES = 32;
const AT_CHECKSUM = 4;
const AT_CHECKED = 8;
const AT_FIRST_POSITION = 8;
const AT_INSTANT = 16;
const AT_COUNT = 24;
const AT_LENGTH = 28;

/** The bytes are not what was written: cut, altered, or not a batch at all. */
export class CorruptBatchError extends Error {
  readonly code = "corrupt_batch";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CorruptBatchError";
  }
}

export interface WrittenBatch {
  /** In a buffer of their own, which may be transferred. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly count: number;
  /** The checksum: tells a repetition of this batch from another one at the same position. */
  readonly digest: number;
}

/**
 * Gathers the records of one append after another in one growing buffer.
 * @example writer.begin(1, instant); writer.add(record); const { bytes, count, digest } = writer.finish();
 */
export class BatchWriter {
  readonly #writer = new ByteWriter(64 * 1024);
  #count = 0;
  #firstPosition: Position = 0;
  #instant: Instant = 0;

  /** Records since `begin`. */
  get count(): number {
    return this.#count;
  }

  /** Bytes since `begin`, the header included. */
  get bytes(): number {
    return this.#writer.at;
  }

  /** Forgets what was added since the last `finish`. */
  begin(firstPosition: Position, instant: Instant): void {
    this.#writer.at = HEADER_BYTES;
    this.#count = 0;
    this.#firstPosition = firstPosition;
    this.#instant = instant;
  }

  add(record: JournalRecord): void {
    const writer = this.#writer;
    const from = writer.at;
    writer.u32(0);
    writeRecord(writer, record);
    writer.view.setUint32(from, writer.at - from - 4, true);
    this.#count += 1;
  }

  finish(): WrittenBatch {
    const writer = this.#writer;
    const length = writer.at;
    writer.at = 0;
    writer.u8(0x56);
    writer.u8(0x46);
    writer.u8(BATCH_VERSION);
    writer.u8(0);
    writer.u32(0);
    writer.f64(this.#firstPosition);
    writer.f64(this.#instant);
    writer.u32(this.#count);
    writer.u32(length);
    const digest = crc32(writer.bytes.subarray(AT_CHECKED, length));
    writer.view.setUint32(AT_CHECKSUM, digest, true);
    writer.at = length;
    return { bytes: writer.copy(), count: this.#count, digest };
  }
}

export interface BatchHead {
  readonly firstPosition: Position;
  readonly instant: Instant;
  readonly count: number;
  readonly digest: number;
}

export function encodeBatch(batch: Batch): Uint8Array<ArrayBuffer> {
  const writer = new BatchWriter();
  writer.begin(batch.firstPosition, batch.instant);
  for (const record of batch.records) writer.add(record);
  return writer.finish().bytes;
}

/** The bytes of one record as they stand in a batch, and in history. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  const writer = new ByteWriter();
  writeRecord(writer, record);
  return writer.copy();
}

/**
 * @throws CorruptBatchError on bytes that are not exactly one batch as it was written
 * @throws UnknownRecordError on a kind or version that this engine does not know
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const { firstPosition, instant } = readBatchHead(bytes);
  const records: JournalRecord[] = [];
  for (const { record } of splitChecked(bytes, firstPosition)) {
    try {
      records.push(decodeRecord(record));
    } catch (cause) {
      throw cause instanceof BytesUnreadable ? new CorruptBatchError("a record cannot be read", { cause }) : cause;
    }
  }
  return { firstPosition, instant, records };
}

/**
 * Checks a batch as a whole and reads its header.
 * @throws CorruptBatchError, UnknownRecordError as `decodeBatch`
 */
export function readBatchHead(bytes: Uint8Array): BatchHead {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0x56 || bytes[1] !== 0x46)
    throw new CorruptBatchError("the bytes do not begin as a batch does");
  if (bytes[2] !== BATCH_VERSION)
    throw new UnknownRecordError(`a batch has form ${String(bytes[2])}; this engine reads ${BATCH_VERSION}`);
  const view = viewOf(bytes);
  if (bytes[3] !== 0 || view.getUint32(AT_LENGTH, true) !== bytes.length)
    throw new CorruptBatchError(`a batch has ${bytes.length} bytes, which is not what was written`);
  const digest = view.getUint32(AT_CHECKSUM, true);
  if (crc32(bytes.subarray(AT_CHECKED)) !== digest) throw new CorruptBatchError("a batch fails its checksum");
  return {
    firstPosition: view.getFloat64(AT_FIRST_POSITION, true),
    instant: view.getFloat64(AT_INSTANT, true),
    count: view.getUint32(AT_COUNT, true),
    digest,
  };
}

/** One record of a batch. An object of its own kind, so that only who asks for a profile pays for its text. */
export class SplitRecord {
  readonly position: Position;
  readonly kind: JournalRecord["kind"];
  /** The record's own bytes, a view into the batch; for `decodeRecord` and `readEventColumns`. */
  readonly record: Buffer;

  constructor(position: Position, kind: JournalRecord["kind"], record: Buffer) {
    this.position = position;
    this.kind = kind;
    this.record = record;
  }

  /** Where the bytes of `profile` stand in the record. */
  get profileAt(): number | undefined {
    return profileAt(this.kind);
  }

  /** Of events, transitions, ledger entries, and of all that messages leave. */
  get profile(): ProfileId | undefined {
    const at = profileAt(this.kind);
    return at === undefined ? undefined : profileOf(this.record, at);
  }
}

/**
 * The records of a batch in order, bodies undecoded; the whole is checked before the first is given.
 * @throws CorruptBatchError, UnknownRecordError as `decodeBatch`
 */
export function splitBatch(bytes: Uint8Array): readonly SplitRecord[] {
  return splitChecked(bytes, readBatchHead(bytes).firstPosition);
}

/**
 * The instant of a batch and its records, checked once.
 * @throws CorruptBatchError, UnknownRecordError as `decodeBatch`
 */
export function openBatch(bytes: Uint8Array): { readonly instant: Instant; readonly records: readonly SplitRecord[] } {
  const { instant, firstPosition } = readBatchHead(bytes);
  return { instant, records: splitChecked(bytes, firstPosition) };
}

function splitChecked(bytes: Uint8Array, firstPosition: Position): readonly SplitRecord[] {
  const view = viewOf(bytes);
  // A view of a Buffer is a Buffer, which readers of records take as it is.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(AT_COUNT, true);
  const records: SplitRecord[] = [];
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new CorruptBatchError("a record's length is cut");
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length || end < at + 6) throw new CorruptBatchError("a record does not fit into its batch");
    const kind = kindAt(buffer, at + 4);
    records.push(new SplitRecord(firstPosition + records.length, kind, buffer.subarray(at + 4, end)));
    at = end;
  }
  if (records.length !== count)
    throw new CorruptBatchError(`a batch holds ${records.length} records and says ${count}`);
  return records;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
