/**
 * The bytes of a journal's segment files. A segment is a header and entries one after the other; an entry is a batch of
 * one shard, or the note of where a shard's journal stands (its last position, and up to where it has been trimmed). The
 * client lays a batch out as it will lie in the file, checksum included, so that the journal's thread writes it as it came.
 *
 * An entry counts when its salt is its segment's and its checksum is right. The salt is drawn for each use of a file, so
 * neither what an earlier use has left behind nor bytes that a customer sends can pass for an entry.
 */
import { crc32 } from "node:zlib";
import type { Epoch, Position, ShardId } from "../../model/ids.ts";
import type { AppendRequest } from "../port.ts";

/** crc u32 | bytes behind this head u32 | salt u32 */
export const ENTRY_HEAD_BYTES = 12;
/** kind u8 | - u8 | shard u16 | position f64 | epoch f64 | digest f64 | count u32 */
const BATCH_HEAD_BYTES = 32;
/** kind u8 | - u8 | shard u16 | last f64 | floor f64 */
const NOTE_BYTES = 20;
export const batchOverheadBytes = ENTRY_HEAD_BYTES + BATCH_HEAD_BYTES;

const KIND_BATCH = 1;
const KIND_NOTE = 2;

export interface BatchEntry {
  readonly kind: "batch";
  readonly shard: ShardId;
  readonly firstPosition: Position;
  readonly epoch: Epoch;
  readonly digest: number;
  readonly count: number;
  /** The whole entry as it lies in the file. */
  readonly whole: Buffer;
}

export interface NoteEntry {
  readonly kind: "note";
  readonly shard: ShardId;
  /** The journal's last position. */
  readonly last: Position;
  /** Batches that end at or before this are trimmed. */
  readonly floor: Position;
}

export type JournalEntry = BatchEntry | NoteEntry;

/** One entry a request; salts are filled in by the writer. */
export function encodeBatches(requests: readonly AppendRequest[]): ArrayBuffer {
  let size = 0;
  for (const { bytes } of requests) size += batchOverheadBytes + bytes.length;
  const frame = new ArrayBuffer(size);
  const target = Buffer.from(frame);
  let at = 0;
  for (const request of requests) {
    const body = at + ENTRY_HEAD_BYTES;
    target.writeUInt8(KIND_BATCH, body);
    target.writeUInt16BE(request.shard, body + 2);
    target.writeDoubleBE(request.firstPosition, body + 4);
    target.writeDoubleBE(request.epoch, body + 12);
    target.writeDoubleBE(request.digest, body + 20);
    target.writeUInt32BE(request.count, body + 28);
    target.set(request.bytes, body + BATCH_HEAD_BYTES);
    at = closeEntry(target, at, BATCH_HEAD_BYTES + request.bytes.length);
  }
  return frame;
}

export function encodeNotes(notes: readonly Omit<NoteEntry, "kind">[]): Buffer {
  const target = Buffer.alloc(notes.length * (ENTRY_HEAD_BYTES + NOTE_BYTES));
  let at = 0;
  for (const { shard, last, floor } of notes) {
    const body = at + ENTRY_HEAD_BYTES;
    target.writeUInt8(KIND_NOTE, body);
    target.writeUInt16BE(shard, body + 2);
    target.writeDoubleBE(last, body + 4);
    target.writeDoubleBE(floor, body + 12);
    at = closeEntry(target, at, NOTE_BYTES);
  }
  return target;
}

function closeEntry(target: Buffer, at: number, bodyBytes: number): number {
  const end = at + ENTRY_HEAD_BYTES + bodyBytes;
  target.writeUInt32BE(crc32(target.subarray(at + ENTRY_HEAD_BYTES, end)), at);
  target.writeUInt32BE(bodyBytes, at + 4);
  return end;
}

/** Marks all entries of `entries` as lying in the segment of this salt. */
export function saltEntries(entries: Buffer, salt: number): void {
  for (let at = 0; at < entries.length; at += ENTRY_HEAD_BYTES + entries.readUInt32BE(at + 4)) {
    entries.writeUInt32BE(salt, at + 8);
  }
}

/** The batches of a client's frame; they are whole, as they come from this program. */
export function decodeBatches(frame: ArrayBuffer): readonly BatchEntry[] {
  const source = Buffer.from(frame);
  const batches: BatchEntry[] = [];
  for (let at = 0; at < source.length; ) {
    const whole = source.subarray(at, at + ENTRY_HEAD_BYTES + source.readUInt32BE(at + 4));
    batches.push(decodeBatch(whole));
    at += whole.length;
  }
  return batches;
}

function decodeBatch(whole: Buffer): BatchEntry {
  return {
    kind: "batch",
    shard: whole.readUInt16BE(14) as ShardId,
    firstPosition: whole.readDoubleBE(16),
    epoch: whole.readDoubleBE(24),
    digest: whole.readDoubleBE(32),
    count: whole.readUInt32BE(40),
    whole,
  };
}

/**
 * The entry that begins at `at`.
 * @returns undefined where no entry of this segment lies whole: its end, or a write that was cut short
 */
export function parseEntry(
  segment: Buffer,
  at: number,
  salt: number,
): (JournalEntry & { readonly end: number }) | undefined {
  if (at + ENTRY_HEAD_BYTES > segment.length || segment.readUInt32BE(at + 8) !== salt) return undefined;
  const end = at + ENTRY_HEAD_BYTES + segment.readUInt32BE(at + 4);
  if (end > segment.length) return undefined;
  const whole = segment.subarray(at, end);
  if (!isIntact(whole)) return undefined;
  if (whole.readUInt8(ENTRY_HEAD_BYTES) === KIND_BATCH) return { ...decodeBatch(whole), end };
  return {
    kind: "note",
    shard: whole.readUInt16BE(14) as ShardId,
    last: whole.readDoubleBE(16),
    floor: whole.readDoubleBE(24),
    end,
  };
}

export function isIntact(whole: Buffer): boolean {
  return whole.readUInt32BE(0) === crc32(whole.subarray(ENTRY_HEAD_BYTES));
}

/** The batch's own bytes. */
export function bytesOfBatch(whole: Buffer): Buffer {
  return whole.subarray(batchOverheadBytes);
}

/** magic u32 | format u32 | number f64 | salt u32 | crc u32 */
export const SEGMENT_HEAD_BYTES = 24;
const MAGIC = 0x5669664a;
export const journalFormat = 1;

export interface SegmentHead {
  readonly number: number;
  readonly salt: number;
}

export function encodeSegmentHead({ number, salt }: SegmentHead): Buffer {
  const head = Buffer.alloc(SEGMENT_HEAD_BYTES);
  head.writeUInt32BE(MAGIC, 0);
  head.writeUInt32BE(journalFormat, 4);
  head.writeDoubleBE(number, 8);
  head.writeUInt32BE(salt, 16);
  head.writeUInt32BE(crc32(head.subarray(0, 20)), 20);
  return head;
}

/** @returns undefined when the file was never begun (a crash in between), or `format` when it is another version's */
export function parseSegmentHead(segment: Buffer): SegmentHead | { readonly format: number } | undefined {
  if (segment.length < SEGMENT_HEAD_BYTES || segment.readUInt32BE(0) !== MAGIC) return undefined;
  if (segment.readUInt32BE(20) !== crc32(segment.subarray(0, 20))) return undefined;
  const format = segment.readUInt32BE(4);
  if (format !== journalFormat) return { format };
  return { number: segment.readDoubleBE(8), salt: segment.readUInt32BE(16) };
}
