/**
 * All streams of one profile. Most profiles have a few streams with a few contributions each, so all short ones lie in one
 * array: first a directory in order of stream index, then their contributions. A stream that grows past a few moves into
 * an array of its own (tall-stream.ts). A stream without contributions takes nothing.
 *
 * A directory entry is index x 2^26 + flags x 2^24 + offset of the contributions behind the directory.
 */
import type { Instant } from "../model/ids.ts";
import { DAY_MS, dayOfKey } from "./contribution.ts";
import type { DaySums } from "./day-sums.ts";
import { lowerBound, NO_CELLS, resizeCells, roomFor } from "./number-cells.ts";
import type { PlanLayout } from "./plan-layout.ts";
import { readSpan, type Span, span, spanValidUntil } from "./span.ts";
import { type Kept, TallStream } from "./tall-stream.ts";

const INDEX = 2 ** 26;
const FLAGS = 2 ** 24;
const WIDE = 1;
const TALL = 2;
/** Contributions beyond which a stream gets an array of its own: moving those behind it costs more by then. */
const SHORT_MAX = 16;
/** Kept this much longer than any window needs, so that a read a little in the past is exact too. */
const READ_BACK_MS = DAY_MS;

export class StreamSet {
  /** Directory and contributions; `used` of them are meant. */
  #cells: number[] = NO_CELLS;
  #used = 0;
  /** Streams in the directory. */
  #count = 0;
  #tall: TallStream[] | undefined;

  get count(): number {
    return this.#count;
  }

  /** Numbers held, for the estimate of resident bytes; tall streams count their own objects as 40 numbers. */
  get slots(): number {
    let slots = this.#cells.length;
    if (this.#tall !== undefined) for (const tall of this.#tall) slots += tall.slots + 40;
    return slots;
  }

  read(layout: PlanLayout, aggregate: number, at: Instant): number {
    const reduce = layout.reduceOf[aggregate] as number;
    if (!this.point(layout.streamOf[aggregate] as number, span)) return reduce < 2 ? 0 : Number.NaN;
    return readSpan(reduce, layout.windowMsOf[aggregate] as number, at);
  }

  validUntil(layout: PlanLayout, aggregate: number, at: Instant): Instant {
    if (!this.point(layout.streamOf[aggregate] as number, span)) return Number.POSITIVE_INFINITY;
    return spanValidUntil(layout.reduceOf[aggregate] as number, layout.windowMsOf[aggregate] as number, at);
  }

  /** Points `span` at a stream; false when it has nothing. */
  point(index: number, to: Span): boolean {
    const entry = this.#find(index);
    if (entry === this.#count) return false;
    const word = this.#cells[entry] as number;
    if (word >= (index + 1) * INDEX) return false;
    const flags = Math.floor(word / FLAGS) & 3;
    if ((flags & TALL) !== 0) {
      this.#tallOf(index).point(to);
      return true;
    }
    to.cells = this.#cells;
    to.from = this.#count + offsetOf(word);
    to.stride = (flags & WIDE) === 0 ? 1 : 2;
    to.count = (this.#endOf(entry) - to.from) / to.stride;
    to.days = undefined;
    to.sums = undefined;
    return true;
  }

  /** @param clock the profile's; keeps what `layout` needs as of then */
  add(layout: PlanLayout, index: number, key: number, value: number, clock: Instant): void {
    let entry = this.#find(index);
    if (entry === this.#count || (this.#cells[entry] as number) >= (index + 1) * INDEX) this.#addEntry(entry, index);
    let flags = Math.floor((this.#cells[entry] as number) / FLAGS) & 3;
    if ((flags & TALL) === 0) {
      if (value !== 1 && (flags & WIDE) === 0) {
        this.#widen(entry);
        flags |= WIDE;
      }
      const stride = (flags & WIDE) === 0 ? 1 : 2;
      const from = this.#count + offsetOf(this.#cells[entry] as number);
      const end = this.#endOf(entry);
      if (end - from < SHORT_MAX * stride) {
        this.#insert(entry, from, end, stride, key, value);
        return;
      }
      this.#makeTall(entry, index, from, end, stride);
      entry = this.#find(index);
    }
    this.#tallOf(index).add(key, value, keptAt(layout, index, clock));
  }

  addDays(layout: PlanLayout, index: number, days: DaySums, clock: Instant): void {
    const entry = this.#find(index);
    if (entry === this.#count || (this.#cells[entry] as number) >= (index + 1) * INDEX) this.#addEntry(entry, index);
    const word = this.#cells[entry] as number;
    const flags = Math.floor(word / FLAGS) & 3;
    if ((flags & TALL) === 0) {
      const from = this.#count + offsetOf(word);
      this.#makeTall(entry, index, from, this.#endOf(entry), (flags & WIDE) === 0 ? 1 : 2);
    }
    this.#tallOf(index).addDays(days, keptAt(layout, index, clock));
  }

  /** Indexes of the streams that have anything, ascending. */
  indexes(): number[] {
    const indexes: number[] = [];
    for (let i = 0; i < this.#count; i++) indexes.push(Math.floor((this.#cells[i] as number) / INDEX));
    return indexes;
  }

  /** Drops what the clock says, stream by stream; what is left no longer depends on when that was done. */
  trim(layout: PlanLayout, clock: Instant): void {
    for (let entry = this.#count - 1; entry >= 0; entry--) {
      const word = this.#cells[entry] as number;
      const index = Math.floor(word / INDEX);
      const kept = keptAt(layout, index, clock);
      if ((Math.floor(word / FLAGS) & TALL) !== 0) {
        const tall = this.#tallOf(index);
        tall.trim(kept);
        if (tall.count > 0 || tall.days !== undefined) continue;
        this.#tall = (this.#tall as TallStream[]).filter((each) => each !== tall);
        this.#removeEntry(entry);
      } else this.#trimShort(entry, kept);
    }
  }

  #trimShort(entry: number, kept: Kept): void {
    const word = this.#cells[entry] as number;
    const stride = (Math.floor(word / FLAGS) & WIDE) === 0 ? 1 : 2;
    const from = this.#count + offsetOf(word);
    const end = this.#endOf(entry);
    let to = from;
    while (to < end && dayOfKey(this.#cells[to] as number) < kept.fromDay) to += stride;
    if (to > from) this.#closeGap(entry, from, to - from);
    if (to === end) this.#removeEntry(entry);
  }

  #find(index: number): number {
    return lowerBound(this.#cells, 0, this.#count, 1, index * INDEX);
  }

  #tallOf(index: number): TallStream {
    const tall = (this.#tall as TallStream[]).find((each) => each.index === index);
    if (tall === undefined) throw new Error(`the directory names a tall stream ${index} that does not exist`);
    return tall;
  }

  #endOf(entry: number): number {
    return entry + 1 < this.#count ? this.#count + offsetOf(this.#cells[entry + 1] as number) : this.#used;
  }

  #addEntry(entry: number, index: number): void {
    const offset = entry < this.#count ? offsetOf(this.#cells[entry] as number) : this.#used - this.#count;
    this.#openGap(entry, 1);
    this.#count += 1;
    this.#cells[entry] = index * INDEX + offset;
  }

  #removeEntry(entry: number): void {
    const cells = this.#cells;
    for (let i = entry + 1; i < this.#used; i++) cells[i - 1] = cells[i] as number;
    this.#used -= 1;
    this.#count -= 1;
  }

  #insert(entry: number, from: number, end: number, stride: 1 | 2, key: number, value: number): void {
    let at = end;
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
    const from = this.#count + offsetOf(this.#cells[entry] as number);
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

  #makeTall(entry: number, index: number, from: number, end: number, stride: 1 | 2): void {
    const tall = new TallStream(index, stride, SHORT_MAX * 2);
    const all: Kept = { fromDay: Number.NEGATIVE_INFINITY, daysFrom: 0 };
    for (let i = from; i < end; i += stride)
      tall.add(this.#cells[i] as number, stride === 1 ? 1 : (this.#cells[i + 1] as number), all);
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

function offsetOf(word: number): number {
  return word - Math.floor(word / FLAGS) * FLAGS;
}

/** Whole days, so that a contribution is dropped at the same moment whether it is exact or folded. */
function keptAt(layout: PlanLayout, index: number, clock: Instant): Kept {
  const keptMs = layout.keptMsOf[index] as number;
  if (keptMs !== Number.POSITIVE_INFINITY) {
    const fromDay = Math.floor((clock - keptMs - READ_BACK_MS) / DAY_MS);
    return { fromDay, daysFrom: fromDay };
  }
  const daysMs = layout.daysMsOf[index] as number;
  const daysFrom = daysMs === 0 ? Number.POSITIVE_INFINITY : Math.floor((clock - daysMs - READ_BACK_MS) / DAY_MS);
  return { fromDay: Number.NEGATIVE_INFINITY, daysFrom };
}
