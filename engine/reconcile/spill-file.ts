/**
 * Rows put away by part, to be read again part by part, in order: one file, in chunks of one part each, of which the places are
 * kept in memory. The file has no name any more once it is open, so that nothing is left of it whatever ends the process.
 *
 * A row is its position and instant, the length of its record, and the record. The first part has a row of everybody's, without
 * the record where that is another part's, as what a shard keeps as a whole goes by all positions.
 */
import { closeSync, mkdirSync, openSync, read as readFile, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { threadId } from "node:worker_threads";
import { spilledChunkBytes } from "../limits-of-reconcile.ts";
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

/** Whether it is an error of the file system: no room, no right. */
export function isOfFiles(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Modes: rows are added; after `end` they are read. */
export class SpillFile {
  readonly #file: number;
  readonly #parts: readonly Part[];
  #size = 0;

  /** @throws an error of the file system, as `add` and `end` do */
  constructor(folder: string, parts: number) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `rows-${process.pid}-${threadId}.tmp`);
    this.#file = openSync(path, "w+", 0o600);
    unlinkSync(path);
    this.#parts = Array.from({ length: parts }, () => ({
      chunks: [],
      open: Buffer.allocUnsafeSlow(spilledChunkBytes),
      used: 0,
    }));
  }

  add(row: FoundRow, to: number | "all" | "none"): void {
    for (const [number, part] of this.#parts.entries())
      if (to === "all" || to === number) this.#put(part, row);
      else if (number === 0) this.#put(part, withoutRecord(row));
  }

  end(): void {
    for (const part of this.#parts) {
      this.#write(part);
      part.open = Buffer.alloc(0);
    }
  }

  /** Those of a part with position <= upTo. */
  async *read(number: number, upTo: Position): AsyncGenerator<readonly FoundRow[]> {
    for (const { at, bytes } of this.#parts[number]?.chunks ?? []) {
      // Of its own: what is read of a record may stay for longer than the page.
      const chunk = Buffer.allocUnsafeSlow(bytes);
      await readAt(this.#file, chunk, 0, bytes, at);
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
    for (let done = 0; done < used; ) done += writeSync(this.#file, open, done, used - done, this.#size + done);
    if (used > 0) part.chunks.push({ at: this.#size, bytes: used });
    this.#size += used;
    part.used = 0;
  }
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
    if (cause !== undefined) page.push({ flaw: { cause, from: position, to: instant } });
    else if (length === NO_RECORD) page.push({ position, instant, record: undefined });
    else {
      page.push({ position, instant, record: chunk.subarray(at, at + length) });
      at += length;
    }
  }
  return { page, isWhole: true };
}
