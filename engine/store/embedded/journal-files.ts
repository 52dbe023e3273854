/**
 * The segment files of all shards' journals together, written strictly one after the other. At level `disk` the file is
 * opened so that a write returns when it is on disk (O_DSYNC): one flush a commit, a third of what a transaction in LMDB
 * costs, and none of the work that LMDB has with long values in freed pages (measured: 100 ms a commit after a trim of
 * 35,000 pages).
 *
 * A segment is written from its head to `segmentBytes`, then the next begins. A segment none of whose batches is wanted
 * any more is kept as a spare, or removed; spares are files whose blocks are on disk already, so that a write into them
 * changes no file length and is flushed at once (half the time, and a tenth under load). Where no spare is ready a
 * segment grows ahead of its entries, by zeros. Each segment begins with a note of every shard, so the older ones are
 * never needed to know where a journal stands.
 *
 * A write that fails (disk full) is as if it had never been: the next begins at the same place.
 */
import * as fs from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { journalSparesMax } from "../../limits.ts";
import { encodeSegmentHead, saltEntries } from "./journal-entries.ts";
import type { Flushing } from "./lmdb-tree.ts";

export interface Segment {
  readonly number: number;
  readonly salt: number;
  /** Batches in it that are not trimmed. */
  live: number;
}

export interface JournalFilesOptions {
  readonly folder: string;
  readonly flushing: Flushing;
  /** `journalSegmentBytes`, less in tests. */
  readonly segmentBytes: number;
  /** A fresh salt for every segment, unsigned 32 bits. */
  createSalt(): number;
}

/** Where writing goes on: the newest segment and the end of its last entry. */
export interface JournalEnd {
  readonly segment: Segment;
  readonly position: number;
}

const SEGMENT_NAME = /^(\d{12})\.segment$/;
const SPARE_NAME = /^spare\.(\d+)$/;
/** Elsewhere O_DSYNC is missing or stops at the drive's cache; fdatasync does not. */
const writesFlush = process.platform === "linux";
const MAKING = "spare-being-made";
const zeroChunkBytes = 1024 * 1024;
/** What a segment grows by: some dozens of writes. */
const growthBytes = 512 * 1024;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(12, "0")}.segment`);
}

/** Numbers of the segment files there are, lowest first. */
export function listSegments(folder: string): readonly number[] {
  const numbers = fs.readdirSync(folder).flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

export class JournalFiles {
  readonly #options: JournalFilesOptions;
  #segment: Segment;
  #descriptor: number;
  #position: number;
  /** The file's blocks are there up to here. */
  #grown: number;
  #spares: string[];
  #sparesMade = 0;
  #making: Promise<void> | undefined;
  #closed = false;

  /** @param end undefined: begin the first segment */
  constructor(options: JournalFilesOptions, end: JournalEnd | undefined, notes: () => Buffer) {
    this.#options = options;
    fs.rmSync(join(options.folder, MAKING), { force: true });
    this.#spares = fs.readdirSync(options.folder).filter((name) => SPARE_NAME.test(name));
    this.#sparesMade = Math.max(0, ...this.#spares.map((name) => Number(SPARE_NAME.exec(name)?.[1])));
    if (end === undefined) {
      const begun = this.#begin(1, notes());
      this.#segment = begun.segment;
      this.#descriptor = begun.descriptor;
      this.#position = begun.position;
      this.#grown = begun.grown;
    } else {
      this.#segment = end.segment;
      this.#position = end.position;
      this.#descriptor = this.#open(segmentPath(options.folder, end.segment.number));
      this.#grown = fs.fstatSync(this.#descriptor).size;
    }
  }

  /**
   * Writes the entries behind all others and returns when they are durable at the level chosen.
   * @param entries each a run of whole entries
   * @param notes of every shard as they stand now, should a new segment begin
   */
  write(entries: readonly Buffer[], notes: () => Buffer): JournalEnd {
    const length = entries.reduce((sum, { length: bytes }) => sum + bytes, 0);
    if (this.#position + length > this.#options.segmentBytes) this.#roll(notes());
    for (const run of entries) saltEntries(run, this.#segment.salt);
    const position = this.#position;
    this.#growTo(position + length);
    writeAll(this.#descriptor, entries, length, position);
    this.#flush(this.#descriptor);
    this.#position += length;
    if (this.#position > this.#options.segmentBytes / 4) this.#makeSpare();
    return { segment: this.#segment, position };
  }

  /** To be called when the last batch of a segment has been trimmed. */
  retire(segment: Segment): void {
    if (segment === this.#segment) return;
    const path = segmentPath(this.#options.folder, segment.number);
    if (this.#spares.length >= journalSparesMax || fs.statSync(path).size < this.#options.segmentBytes) {
      fs.rmSync(path, { force: true });
      return;
    }
    const spare = this.#nextSpareName();
    fs.renameSync(path, join(this.#options.folder, spare));
    this.#spares.push(spare);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#making;
    fs.closeSync(this.#descriptor);
  }

  #roll(notes: Buffer): void {
    const begun = this.#begin(this.#segment.number + 1, notes);
    fs.closeSync(this.#descriptor);
    const full = this.#segment;
    this.#segment = begun.segment;
    this.#descriptor = begun.descriptor;
    this.#position = begun.position;
    this.#grown = begun.grown;
    if (full.live === 0) this.retire(full);
  }

  #begin(number: number, notes: Buffer) {
    const { folder } = this.#options;
    const segment: Segment = { number, salt: this.#options.createSalt(), live: 0 };
    const path = segmentPath(folder, number);
    const spare = this.#spares.pop();
    if (spare !== undefined) fs.renameSync(join(folder, spare), path);
    const descriptor = this.#open(path);
    try {
      const head = encodeSegmentHead(segment);
      saltEntries(notes, segment.salt);
      writeAll(descriptor, [head, notes], head.length + notes.length, 0);
      this.#flush(descriptor);
      if (this.#options.flushing === "flushed") flushFolder(folder);
      const position = head.length + notes.length;
      return { segment, descriptor, position, grown: fs.fstatSync(descriptor).size };
    } catch (cause) {
      fs.closeSync(descriptor);
      throw cause;
    }
  }

  #growTo(end: number): void {
    if (end <= this.#grown) return;
    const ahead = Math.max(end, Math.min(end + growthBytes, this.#options.segmentBytes));
    const zeros = Buffer.alloc(ahead - this.#grown);
    try {
      this.#grown += fs.writeSync(this.#descriptor, zeros, 0, zeros.length, this.#grown);
    } catch {
      // The disk is nearly full: the entries themselves may still fit.
    }
  }

  #open(path: string): number {
    const { O_RDWR, O_CREAT, O_DSYNC } = fs.constants;
    return fs.openSync(path, O_RDWR | O_CREAT | (this.#options.flushing === "flushed" && writesFlush ? O_DSYNC : 0));
  }

  #flush(descriptor: number): void {
    if (this.#options.flushing === "flushed" && !writesFlush) fs.fdatasyncSync(descriptor);
  }

  /** In the background, by the thread pool; a failure (disk full) only means that the next segment grows. */
  #makeSpare(): void {
    if (this.#spares.length > 0 || this.#making !== undefined || this.#closed) return;
    const { folder, segmentBytes } = this.#options;
    const making = join(folder, MAKING);
    this.#making = fillWithZeros(making, segmentBytes, () => this.#closed)
      .then(async () => {
        const spare = this.#nextSpareName();
        await rename(making, join(folder, spare));
        this.#spares.push(spare);
      })
      .catch(() => rm(making, { force: true }))
      .finally(() => {
        this.#making = undefined;
      });
  }

  #nextSpareName(): string {
    this.#sparesMade++;
    return `spare.${this.#sparesMade}`;
  }
}

async function fillWithZeros(path: string, length: number, isStopped: () => boolean): Promise<void> {
  const file = await open(path, "w");
  try {
    const zeros = Buffer.alloc(zeroChunkBytes);
    for (let at = 0; at < length; at += zeroChunkBytes) {
      if (isStopped()) throw new Error("stopped");
      await file.write(zeros, 0, zeroChunkBytes, at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Linux takes 1,024 pieces a call. */
const piecesMax = 1024;

function writeAll(descriptor: number, pieces: readonly Buffer[], length: number, position: number): void {
  let written = 0;
  for (let i = 0; i < pieces.length; i += piecesMax) {
    written += fs.writevSync(descriptor, pieces.slice(i, i + piecesMax), position + written);
  }
  // A file system that runs full may take a part; the whole is repeated, at the same place.
  if (written !== length) throw new Error(`ENOSPC: the journal took ${written} of ${length} bytes`);
}

/** A new or renamed file is durable only when its folder's entry is. */
export function flushFolder(folder: string): void {
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
