/**
 * Rows put away by part, to be read again part by part, in order: one file, in chunks of one part each, of which the places are
 * kept in memory. The file has no name any more once it is open, so that nothing is left of it whatever ends the process.
 *
 * A row is its position and instant, the length of its record, and the record. The first part has a row of everybody's, without
 * the record where that is another part's, as what a shard keeps as a whole goes by all positions.
 *
 * It never takes the last of the disk, on which events are written meanwhile.
 */
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, read as readFile, statfsSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { spilledChunkBytes, spillLeavesBytes, spillLookBytes } from "../limits-of-reconcile.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Position } from "../model/ids.ts";
import type { FoundRow, HistoryFlaw } from "./history-records.ts";

const HEADER_BYTES = 20;
const AT_INSTANT = 8;
const AT_LENGTH = 16;
/** In place of a length. */
const NO_RECORD = 0xffff_ffff;
const FIRST_FLAW = 0xffff_fff0;
const FLAWS: readonly HistoryFlaw["cause"][] = ["missing_rows", "repeated_rows", "edited_history"];
const NOTHING = new Uint8Array(0);
const readAt = promisify(readFile);

interface Chunk {
  readonly at: number;
  readonly bytes: number;
}

interface Part {
  readonly chunks: Chunk[];
  /** What is not written yet. */
  open: Buffer;
  used: number;
}

/** Which parts a row is of, and whether it is the shard's as a whole as well, which the first part keeps. */
export interface Sorted {
  readonly parts: readonly number[];
  readonly isShards: boolean;
}

class NoRoomError extends Error {
  override readonly message = "what is left of the disk is for what happens";
}

/** Whether it says that no more can be written there: no room, no right. */
export function isWithoutRoom(error: unknown): boolean {
  return error instanceof NoRoomError || (error instanceof Error && "syscall" in error);
}

/** Modes: rows are added; after `end` they are read. */
export class SpillFile {
  readonly #file: number;
  readonly #parts: readonly Part[];
  readonly #folder: string;
  #size = 0;
  /** How large the file may get until it is looked again what is left of the disk. */
  #sizeMax = 0;

  /** @throws an error of which `isWithoutRoom` is true, as `add` and `end` do */
  constructor(folder: string, parts: number) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `rows-${randomUUID()}.tmp`);
    this.#folder = folder;
    this.#file = openSync(path, "wx+", 0o600);
    try {
      unlinkSync(path);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
    this.#parts = Array.from({ length: parts }, () => ({
      chunks: [],
      open: Buffer.allocUnsafeSlow(spilledChunkBytes),
      used: 0,
    }));
  }

  add(row: FoundRow, { parts, isShards }: Sorted): void {
    let isFirsts = isShards;
    for (const number of parts)
      if (number === 0) isFirsts = true;
      else this.#put(this.#parts[number] as Part, row);
    this.#put(this.#parts[0] as Part, isFirsts ? row : withoutRecord(row));
  }

  end(): void {
    for (const part of this.#parts) {
      this.#write(part);
      part.open = Buffer.alloc(0);
    }
  }

  /** Those of a part with position <= upTo. Rejects with HistoryUnavailable: what they stand for is to be had again. */
  async *read(number: number, upTo: Position): AsyncGenerator<readonly FoundRow[]> {
    for (const { at, bytes } of this.#parts[number]?.chunks ?? []) {
      // Of its own: what is read of a record may stay for longer than the page.
      const chunk = Buffer.allocUnsafeSlow(bytes);
      const { bytesRead } = await readAt(this.#file, chunk, 0, bytes, at).catch(cannotBeRead);
      if (bytesRead !== bytes) cannotBeRead();
      const { page, isWhole } = rowsIn(chunk, upTo);
      if (page.length > 0) yield page;
      if (!isWhole) return;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #put(part: Part, row: FoundRow): void {
    const record = ("record" in row && row.record) || NOTHING;
    const size = HEADER_BYTES + record.byteLength;
    if (part.used > 0 && part.used + size > part.open.length) this.#write(part);
    if (size > part.open.length) part.open = Buffer.allocUnsafeSlow(size);
    const { open, used } = part;
    const isFlaw = "flaw" in row;
    open.writeDoubleLE(isFlaw ? row.flaw.from : row.position, used);
    open.writeDoubleLE(isFlaw ? row.flaw.to : row.instant, used + AT_INSTANT);
    open.writeUInt32LE(lengthOf(row), used + AT_LENGTH);
    open.set(record, used + HEADER_BYTES);
    part.used += size;
  }

  #write(part: Part): void {
    const { open, used } = part;
    if (this.#size + used > this.#sizeMax) this.#lookForRoom();
    for (let done = 0; done < used; ) done += writeSync(this.#file, open, done, used - done, this.#size + done);
    if (used > 0) part.chunks.push({ at: this.#size, bytes: used });
    this.#size += used;
    part.used = 0;
  }

  #lookForRoom(): void {
    const { bavail, bsize } = statfsSync(this.#folder);
    if (bavail * bsize < spillLeavesBytes + spillLookBytes) throw new NoRoomError();
    this.#sizeMax = this.#size + spillLookBytes;
  }
}

function cannotBeRead(cause?: unknown): never {
  throw new HistoryUnavailable("What was put away of history's rows cannot be read again.", { cause });
}

function withoutRecord(row: FoundRow): FoundRow {
  return "flaw" in row ? row : { position: row.position, instant: row.instant, record: undefined };
}

function lengthOf(row: FoundRow): number {
  if ("flaw" in row) return FIRST_FLAW + FLAWS.indexOf(row.flaw.cause);
  return row.record === undefined ? NO_RECORD : row.record.byteLength;
}

function rowsIn(chunk: Buffer, upTo: Position): { readonly page: readonly FoundRow[]; readonly isWhole: boolean } {
  const page: FoundRow[] = [];
  for (let at = 0; at < chunk.length; ) {
    const position = chunk.readDoubleLE(at);
    const instant = chunk.readDoubleLE(at + AT_INSTANT);
    const length = chunk.readUInt32LE(at + AT_LENGTH);
    at += HEADER_BYTES;
    if (position > upTo) return { page, isWhole: false };
    const cause = length === NO_RECORD ? undefined : FLAWS[length - FIRST_FLAW];
    if (cause !== undefined) page.push(...flawUpTo({ cause, from: position, to: instant }, upTo));
    else if (length === NO_RECORD) page.push({ position, instant, record: undefined });
    else {
      page.push({ position, instant, record: chunk.subarray(at, at + length) });
      at += length;
    }
  }
  return { page, isWhole: true };
}

/** As who reads no further would be told of it: of a gap as far as they come, and of nothing else that goes further. */
function flawUpTo({ cause, from, to }: HistoryFlaw, upTo: Position): readonly FoundRow[] {
  if (to > upTo && cause !== "missing_rows") return [];
  return [{ flaw: { cause, from, to: Math.min(to, upTo) } }];
}
