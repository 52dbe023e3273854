/**
 * All streams of one profile. Most profiles have a few streams with a few contributions each, so all short ones lie in one
 * array: first a directory in order of stream index, then their contributions. A stream that grows past a few moves into
 * an array of its own (tall-stream.ts). A stream without contributions takes nothing.
 *
 * A directory entry is index x 2^26 + flags x 2^24 + offset of the contributions behind the directory.
 */
import { streamTextsMax } from "../limits.ts";
import { hashText48 } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { instantOfKey } from "./contribution.ts";
import type { DaySums } from "./day-sums.ts";
import { createCells, lowerBound, NO_CELLS, resizeCells, roomFor } from "./number-cells.ts";
import { type Kept, keptAt, type PlanLayout, REDUCE_SEQUENCE, type Sequence } from "./plan-layout.ts";
import { completionsIn, nextBegin, nextCompletion } from "./sequence.ts";
import { addNewestValues, readShort, readSpan, type Span, span, spanValidUntil, spanValidUntilTurn } from "./span.ts";
import { TallStream } from "./tall-stream.ts";
import { contributedText, TextShelf } from "./text-shelf.ts";
import { createBounds, type Local, setBounds, turnOf } from "./window-bounds.ts";

const INDEX = 2 ** 26;
const FLAGS = 2 ** 24;
const WIDE = 1;
const TALL = 2;
/** Contributions beyond which a stream gets an array of its own: moving those behind it costs more by then. */
export const SHORT_MAX = 16;

/** By whose plan and as of when streams are kept: a profile. */
export interface Keeping {
  readonly layout: PlanLayout;
  readonly clock: Instant;
}

/**
 * What has been read of one profile at one instant: a change's segments, its contents and its next wake-up ask for the
 * same aggregates one after the other. One for all profiles, as one is worked on at a time; forgotten when it changes.
 */
const memo = {
  owner: undefined as StreamSet | undefined,
  layout: undefined as PlanLayout | undefined,
  at: Number.NaN,
  /** `values[i]` holds when `seen[i]` is the present generation. */
  generation: 0,
  seen: new Uint32Array(64),
  values: new Float64Array(64),
};

/** Of the read at hand. */
const bounds = createBounds();

export class StreamSet {
  /** Directory and contributions; `used` of them are meant. */
  #cells: number[] = NO_CELLS;
  #used = 0;
  /** Streams in the directory. */
  #count = 0;
  #tall: TallStream[] | undefined;
  #texts: TextShelf | undefined;
  /** A bit for each of 32 classes of indexes that may have something: most reads are of what is not there. */
  #mask = 0;

  get count(): number {
    return this.#count;
  }

  /** Numbers held, for the estimate of resident bytes; tall streams count their own objects as 40 numbers. */
  get slots(): number {
    let slots = this.#cells.length;
    if (this.#tall !== undefined) for (const tall of this.#tall) slots += tall.slots + 40;
    return slots;
  }

  read(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): number {
    if (memo.owner !== this || memo.at !== at || memo.layout !== layout) this.#remember(layout, at);
    if (memo.seen[aggregate] === memo.generation) return memo.values[aggregate] as number;
    const value = this.#read(layout, aggregate, at, whose);
    memo.seen[aggregate] = memo.generation;
    memo.values[aggregate] = value;
    return value;
  }

  #remember(layout: PlanLayout, at: Instant): void {
    memo.owner = this;
    memo.layout = layout;
    memo.at = at;
    memo.generation = (memo.generation + 1) >>> 0;
    const count = layout.reduceOf.length;
    if (memo.generation !== 0 && memo.seen.length >= count) return;
    memo.generation = 1;
    memo.seen = new Uint32Array(count + 64);
    memo.values = new Float64Array(count + 64);
  }

  /** What was read of these streams holds no more; said too when the clock has changed by which they are read. */
  changed(): void {
    if (memo.owner === this) memo.owner = undefined;
  }

  #read(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): number {
    const index = layout.streamOf[aggregate] as number;
    const reduce = layout.reduceOf[aggregate] as number;
    const entry = (this.#mask & (1 << (index & 31))) === 0 ? -1 : this.#entryOf(index);
    if (entry < 0) return layout.nothingOf[aggregate] as number;
    setBounds(bounds, layout, aggregate, at, whose);
    if (reduce === REDUCE_SEQUENCE) return this.#lastCompletion(layout.sequenceOf[aggregate] as Sequence);
    const cells = this.#cells;
    const flags = flagsOf(cells[entry] as number);
    if ((flags & TALL) === 0)
      return readShort(cells, this.#fromOf(entry), this.#endOf(entry), (flags & WIDE) + 1, reduce, bounds);
    this.#tallOf(index).point(span);
    return readSpan(reduce, bounds);
  }

  /** Within `bounds`. */
  #lastCompletion(sequence: Sequence): number {
    const after = bounds.fromKey === 0 ? Number.NEGATIVE_INFINITY : instantOfKey(bounds.fromKey) - 1;
    return completionsIn(this, sequence, { after, upTo: instantOfKey(bounds.toKey) - 1 }).at(-1) ?? Number.NaN;
  }

  /** Until a sequence comes about by time alone, or passes out of its window. */
  #sequenceValidUntil(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): Instant {
    const sequence = layout.sequenceOf[aggregate] as Sequence;
    const latest = this.read(layout, aggregate, at, whose);
    if (Number.isNaN(latest)) return Math.min(nextBegin(this, sequence, at), nextCompletion(this, sequence, at));
    const windowMs = layout.windowMsOf[aggregate] as number;
    return windowMs === windowMs ? latest + windowMs : turnOf(layout, aggregate, at, whose);
  }

  /** Of an aggregate that is a text. */
  readText(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): string | undefined {
    if (this.#texts === undefined) return undefined;
    return this.#texts.get(this.read(layout, aggregate, at, whose));
  }

  validUntil(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): Instant {
    const index = layout.streamOf[aggregate] as number;
    if ((this.#mask & (1 << (index & 31))) === 0 || !this.point(index, span)) return Number.POSITIVE_INFINITY;
    if (layout.reduceOf[aggregate] === REDUCE_SEQUENCE) return this.#sequenceValidUntil(layout, aggregate, at, whose);
    setBounds(bounds, layout, aggregate, at, whose);
    const windowMs = layout.windowMsOf[aggregate] as number;
    if (windowMs === windowMs) return spanValidUntil(layout.reduceOf[aggregate] as number, bounds);
    return spanValidUntilTurn(bounds, turnOf(layout, aggregate, at, whose), at);
  }

  /** Points `span` at a stream; false when it has nothing. */
  point(index: number, to: Span): boolean {
    const entry = this.#entryOf(index);
    if (entry < 0) return false;
    const flags = flagsOf(this.#cells[entry] as number);
    if ((flags & TALL) !== 0) {
      this.#tallOf(index).point(to);
      return true;
    }
    to.cells = this.#cells;
    to.from = this.#fromOf(entry);
    to.stride = (flags & WIDE) === 0 ? 1 : 2;
    to.count = (this.#endOf(entry) - to.from) / to.stride;
    to.days = undefined;
    to.sums = undefined;
    return true;
  }

  /** @param by keeps what its plan needs as of its clock */
  add(by: Keeping, index: number, key: number, value: number): void {
    this.changed();
    const entry = this.#entryFor(index);
    let flags = flagsOf(this.#cells[entry] as number);
    if ((flags & TALL) === 0) {
      if (value !== 1 && (flags & WIDE) === 0) {
        this.#widen(entry);
        flags |= WIDE;
      }
      const stride = (flags & WIDE) === 0 ? 1 : 2;
      if (this.#endOf(entry) - this.#fromOf(entry) < SHORT_MAX * stride) {
        this.#insert(entry, stride, key, value);
        return;
      }
      this.#makeTall(entry, index);
    }
    this.#tallOf(index).add(key, value, keptAt(by.layout, by.clock)[index] as Kept);
  }

  /** Into an empty set: `shortEntry`s, ascending, and the first `used` of `contributions`; with no room to spare. */
  takeShort(entries: readonly number[], contributions: Float64Array, used: number): void {
    this.#count = entries.length;
    this.#used = entries.length + used;
    const cells = createCells(this.#used);
    for (let at = 0; at < entries.length; at++) cells[at] = entries[at] as number;
    for (let at = 0; at < used; at++) cells[entries.length + at] = contributions[at] as number;
    for (const entry of entries) this.#mask |= 1 << (Math.floor(entry / INDEX) & 31);
    this.#cells = cells;
  }

  /** Adds a text, and keeps it where its stream keeps texts. */
  addText(by: Keeping, index: number, key: number, value: string): void {
    const { text, hash } = contributedText(value);
    this.add(by, index, key, hash);
    if (by.layout.plan.streams[index]?.keepsTexts !== true) return;
    this.#texts ??= new TextShelf();
    this.#texts.keep(hash, text);
    if (this.#texts.size > 2 * streamTextsMax * by.layout.textStreams.length) this.#trimTexts(by.layout);
  }

  /** Texts that contributions of these streams were made of. */
  get texts(): readonly string[] {
    return this.#texts?.inOrder() ?? [];
  }

  get textBytes(): number {
    return this.#texts?.bytes ?? 0;
  }

  /** Those of a row, or of other streams that have come here. */
  takeTexts(texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.changed();
    this.#texts ??= new TextShelf();
    for (const text of texts) this.#texts.keep(hashText48(text), text);
  }

  textOf(hash: number): string | undefined {
    return this.#texts?.get(hash);
  }

  /** Keeps, of each stream, the texts of its newest contributions and that of the first. */
  #trimTexts({ textStreams }: PlanLayout): void {
    const kept = new Set<number>();
    for (const index of textStreams) if (this.point(index, span)) addNewestValues(kept, streamTextsMax);
    this.changed();
    this.#texts?.retain(kept);
    if (this.#texts?.size === 0) this.#texts = undefined;
  }

  addDays(by: Keeping, index: number, days: DaySums): void {
    this.changed();
    const entry = this.#entryFor(index);
    if ((flagsOf(this.#cells[entry] as number) & TALL) === 0) this.#makeTall(entry, index);
    this.#tallOf(index).addDays(days, keptAt(by.layout, by.clock)[index] as Kept);
  }

  /** Indexes of the streams that have anything, ascending. */
  indexes(): number[] {
    const indexes: number[] = [];
    for (let i = 0; i < this.#count; i++) indexes.push(Math.floor((this.#cells[i] as number) / INDEX));
    return indexes;
  }

  /** Drops what the clock says, stream by stream; what is left no longer depends on when that was done. */
  trim(by: Keeping): void {
    this.changed();
    const kept = keptAt(by.layout, by.clock);
    for (let entry = this.#count - 1; entry >= 0; entry--) {
      const word = this.#cells[entry] as number;
      const index = Math.floor(word / INDEX);
      if ((flagsOf(word) & TALL) !== 0) this.#trimTall(entry, index, kept[index] as Kept);
      else this.#trimShort(entry, kept[index] as Kept);
    }
    if (this.#texts !== undefined) this.#trimTexts(by.layout);
  }

  #trimTall(entry: number, index: number, kept: Kept): void {
    const tall = this.#tallOf(index);
    tall.trim(kept);
    if (tall.count > 0 || tall.days !== undefined) return;
    this.#tall = (this.#tall as TallStream[]).filter((each) => each !== tall);
    this.#removeEntry(entry);
  }

  #trimShort(entry: number, kept: Kept): void {
    const stride = (flagsOf(this.#cells[entry] as number) & WIDE) + 1;
    const from = this.#fromOf(entry);
    const end = this.#endOf(entry);
    let to = from;
    while (to < end && (this.#cells[to] as number) < kept.fromKey) to += stride;
    if (to > from) this.#closeGap(entry, from, to - from);
    if (to === end) this.#removeEntry(entry);
  }

  /** -1: nothing there. */
  #entryOf(index: number): number {
    const key = index * INDEX;
    const entry = lowerBound(this.#cells, 0, this.#count, 1, key);
    return entry < this.#count && (this.#cells[entry] as number) < key + INDEX ? entry : -1;
  }

  /** The entry of a stream, which it gets if it has none. */
  #entryFor(index: number): number {
    const key = index * INDEX;
    const entry = lowerBound(this.#cells, 0, this.#count, 1, key);
    if (entry === this.#count || (this.#cells[entry] as number) >= key + INDEX) this.#addEntry(entry, index);
    return entry;
  }

  #tallOf(index: number): TallStream {
    const tall = (this.#tall as TallStream[]).find((each) => each.index === index);
    if (tall === undefined) throw new Error(`the directory names a tall stream ${index} that does not exist`);
    return tall;
  }

  #fromOf(entry: number): number {
    return this.#count + offsetOf(this.#cells[entry] as number);
  }

  #endOf(entry: number): number {
    return entry + 1 < this.#count ? this.#count + offsetOf(this.#cells[entry + 1] as number) : this.#used;
  }

  #addEntry(entry: number, index: number): void {
    const offset = entry < this.#count ? offsetOf(this.#cells[entry] as number) : this.#used - this.#count;
    this.#openGap(entry, 1);
    this.#count += 1;
    this.#mask |= 1 << (index & 31);
    this.#cells[entry] = index * INDEX + offset;
  }

  #removeEntry(entry: number): void {
    const cells = this.#cells;
    for (let i = entry + 1; i < this.#used; i++) cells[i - 1] = cells[i] as number;
    this.#used -= 1;
    this.#count -= 1;
  }

  #insert(entry: number, stride: 1 | 2, key: number, value: number): void {
    const from = this.#fromOf(entry);
    let at = this.#endOf(entry);
    while (at > from) {
      const before = this.#cells[at - stride] as number;
      if (before < key || (before === key && (stride === 1 || (this.#cells[at - 1] as number) <= value))) break;
      at -= stride;
    }
    this.#openGap(at, stride);
    this.#cells[at] = key;
    if (stride === 2) this.#cells[at + 1] = value;
    for (let i = entry + 1; i < this.#count; i++) this.#cells[i] = (this.#cells[i] as number) + stride;
  }

  /** Gives every contribution of a stream the value 1 that was not worth writing. */
  #widen(entry: number): void {
    const from = this.#fromOf(entry);
    const count = this.#endOf(entry) - from;
    this.#cells[entry] = (this.#cells[entry] as number) + WIDE * FLAGS;
    if (count === 0) return;
    this.#openGap(from + count, count);
    for (let i = count - 1; i >= 0; i--) {
      this.#cells[from + i * 2] = this.#cells[from + i] as number;
      this.#cells[from + i * 2 + 1] = 1;
    }
    for (let i = entry + 1; i < this.#count; i++) this.#cells[i] = (this.#cells[i] as number) + count;
  }

  #makeTall(entry: number, index: number): void {
    const from = this.#fromOf(entry);
    const end = this.#endOf(entry);
    const stride = (flagsOf(this.#cells[entry] as number) & WIDE) === 0 ? 1 : 2;
    const tall = new TallStream(index, stride, SHORT_MAX * 2);
    for (let i = from; i < end; i += stride)
      tall.add(this.#cells[i] as number, stride === 1 ? 1 : (this.#cells[i + 1] as number), KEEP_ALL);
    (this.#tall ??= []).push(tall);
    this.#closeGap(entry, from, end - from);
    const word = this.#cells[entry] as number;
    this.#cells[entry] = word + TALL * FLAGS - (stride === 2 ? WIDE * FLAGS : 0);
  }

  #openGap(at: number, width: number): void {
    if (this.#used + width > this.#cells.length)
      this.#cells = resizeCells(this.#cells, this.#used, roomFor(this.#used + width));
    const cells = this.#cells;
    for (let i = this.#used - 1; i >= at; i--) cells[i + width] = cells[i] as number;
    this.#used += width;
  }

  /** Removes numbers of the stream at `entry`; those of later streams move down. */
  #closeGap(entry: number, at: number, width: number): void {
    const cells = this.#cells;
    for (let i = at + width; i < this.#used; i++) cells[i - width] = cells[i] as number;
    this.#used -= width;
    for (let i = entry + 1; i < this.#count; i++) cells[i] = (cells[i] as number) - width;
  }

  /** Gives back room that a profile just read does not need. */
  tighten(): void {
    if (this.#used < this.#cells.length) this.#cells = resizeCells(this.#cells, this.#used, this.#used);
    for (const tall of this.#tall ?? []) tall.tighten();
  }
}

/** Of the directory. @param offset of its contributions, from the first of all */
export function shortEntry(index: number, stride: number, offset: number): number {
  return index * INDEX + (stride - 1) * WIDE * FLAGS + offset;
}

function offsetOf(word: number): number {
  return word - Math.floor(word / FLAGS) * FLAGS;
}

function flagsOf(word: number): number {
  return Math.floor(word / FLAGS) & 3;
}

const KEEP_ALL: Kept = { fromDay: Number.NEGATIVE_INFINITY, fromKey: 0, daysFrom: 0 };
