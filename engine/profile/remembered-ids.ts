/**
 * The ids a profile has applied, to tell repetitions: digest, 16 bits of the body's hash, time. Kept for the horizon and
 * an hour more, at most `duplicateIdsMax`; where more come, the oldest go and the floor rises, below which nothing can be
 * told any more. What is kept depends on which ids were added and on the clock, never on their order.
 *
 * Two numbers an id: high 32 bits of the digest, 16 of body, 5 of time; then low 32 bits, 21 of time. Time is counted in
 * units of 16 ms from `base`; 26 bits of it are 12 days. The first `sorted` ids are in order of their numbers, the few
 * behind them as they came: adding is an append, finding a binary search and a short scan.
 */
import { duplicateHorizonMs, duplicateIdsMax } from "../limits.ts";
import type { Event } from "../model/event.ts";
import type { Digest64 } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { createCells, lowerBound, NO_CELLS, resizeCells, roomFor } from "./number-cells.ts";

const UNIT_MS = 16;
const TIME_UNITS = 2 ** 26;
const LOW_TIME = 2 ** 21;
const BODY_SCALE = 32;
/** Ids outlive the horizon by this, as a repetition's time may be corrected a little differently. */
const SLACK_MS = 3_600_000;
const KEPT_UNITS = Math.ceil((duplicateHorizonMs + SLACK_MS) / UNIT_MS);
/** Ids that may wait unsorted: scanning them costs less than keeping order. */
const TAIL_IDS_MAX = 32;
/** Ids beyond the bound before the oldest are dropped together. */
const OVERFLOW_IDS = 1024;

/** One id in full. `unit` is its time in units of 16 ms since 1970. */
export interface RememberedId {
  readonly high: number;
  readonly low: number;
  readonly body16: number;
  readonly unit: number;
}

export function unitOf(instant: Instant): number {
  return Math.floor(instant / UNIT_MS);
}

export function body16Of(bodyHash: number): number {
  return (bodyHash ^ (bodyHash >>> 16)) & 0xffff;
}

export class RememberedIds {
  /** Pairs of numbers; `used` of them are meant. */
  cells: number[] = NO_CELLS;
  used = 0;
  /** Of `used`: in order. */
  #sorted = 0;
  /** Unit from which times are counted. */
  #base = 0;
  /** Ids of this unit and before may have been dropped; -1: none were. */
  floorUnit = -1;

  get count(): number {
    return this.used >> 1;
  }

  /** The 16 bits of body under which the id was applied; -1 when it is not known. */
  bodyOf(digest: Digest64): number {
    const { cells } = this;
    const from = digest.high * LOW_TIME;
    const to = from + LOW_TIME;
    const sorted = this.#sorted;
    for (let i = this.used - 2; i >= sorted; i -= 2) {
      const first = cells[i] as number;
      if (first >= from && first < to && lowOf(cells[i + 1] as number) === digest.low) return bodyIn(first, from);
    }
    if (sorted === 0) return -1;
    const count = sorted >> 1;
    for (let i = lowerBound(cells, 0, count, 2, from); i < count && (cells[i * 2] as number) < to; i++)
      if (lowOf(cells[i * 2 + 1] as number) === digest.low) return bodyIn(cells[i * 2] as number, from);
    return -1;
  }

  /** Whether an event of this time might be one that was applied and forgotten. */
  isForgotten(timestamp: Instant): boolean {
    return unitOf(timestamp) <= this.floorUnit;
  }

  /** @param clock the profile's: what is older than the horizon by then is not kept */
  addEvent({ digest, bodyHash }: Pick<Event, "digest" | "bodyHash">, timestamp: Instant, clock: Instant): void {
    this.#put(digest, body16Of(bodyHash), unitOf(timestamp), clock);
  }

  /** As `addEvent`, for one that another profile or a row has remembered. */
  add(id: RememberedId, clock: Instant): void {
    this.#put(id, id.body16, id.unit, clock);
  }

  #put(digest: Digest64, body16: number, unit: number, clock: Instant): void {
    const nowUnit = unitOf(clock);
    if (unit < nowUnit - KEPT_UNITS) return;
    if (this.used === 0) this.#base = nowUnit - KEPT_UNITS;
    if (unit - this.#base >= TIME_UNITS) this.#rebase(nowUnit);
    if (this.used === this.cells.length) this.#makeRoom(nowUnit);
    // A time beyond what can be written is one far ahead of the clock.
    const time = Math.max(0, Math.min(unit - this.#base, TIME_UNITS - 1));
    const highTime = Math.floor(time / LOW_TIME);
    this.cells[this.used] = digest.high * LOW_TIME + body16 * BODY_SCALE + highTime;
    this.cells[this.used + 1] = digest.low * LOW_TIME + (time - highTime * LOW_TIME);
    this.used += 2;
    if (this.used - this.#sorted > TAIL_IDS_MAX * 2) this.#sort();
    if (this.used >= (duplicateIdsMax + OVERFLOW_IDS) * 2) this.trim(clock);
  }

  /** Ids that another profile dropped cannot be told here either. */
  raiseFloor(unit: number): void {
    if (unit > this.floorUnit) this.floorUnit = unit;
  }

  /** Drops what the clock and the bound say; what is left no longer depends on when that was done. */
  trim(clock: Instant): void {
    this.#keepFrom(unitOf(clock) - KEPT_UNITS);
    const over = this.count - duplicateIdsMax;
    if (over > 0) this.#dropOldest(over);
  }

  /** Calls back for each id, in no order; the object is the same each time. */
  forEach(call: (id: RememberedId) => void): void {
    const id = { high: 0, low: 0, body16: 0, unit: 0 };
    for (let i = 0; i < this.used; i += 2) {
      const first = this.cells[i] as number;
      const second = this.cells[i + 1] as number;
      id.high = Math.floor(first / LOW_TIME);
      id.low = lowOf(second);
      id.body16 = bodyIn(first, id.high * LOW_TIME);
      id.unit = this.#base + timeIn(first, second);
      call(id);
    }
  }

  /** All ids, by time, then by digest. */
  inOrder(): RememberedId[] {
    const ids: RememberedId[] = [];
    this.forEach((id) => ids.push({ ...id }));
    return ids.sort((a, b) => a.unit - b.unit || a.high - b.high || a.low - b.low);
  }

  #makeRoom(nowUnit: number): void {
    // Before growing past a handful: what is too old gives its room first.
    if (this.used >= 32) this.#keepFrom(nowUnit - KEPT_UNITS);
    if (this.used > this.cells.length - (this.cells.length >> 3) - 2)
      this.cells = resizeCells(this.cells, this.used, roomFor(this.used) & ~1);
  }

  #keepFrom(unit: number): void {
    const least = unit - this.#base;
    if (least <= 0) return;
    this.#keep((time) => time >= least);
  }

  /** The oldest go; of those of one time, the first by digest. */
  #dropOldest(count: number): void {
    this.#sort();
    const { cells } = this;
    const times = new Float64Array(this.count);
    for (let i = 0; i < times.length; i++) times[i] = timeIn(cells[i * 2] as number, cells[i * 2 + 1] as number);
    times.sort();
    const last = times[count - 1] as number;
    // Of the last time that goes, as many go as are among the first `count`.
    let ofLast = count - times.indexOf(last);
    this.#keep((time) => time > last || (time === last && ofLast-- <= 0));
    this.raiseFloor(this.#base + last);
  }

  #keep(isKept: (time: number) => boolean): void {
    const { cells, used } = this;
    let kept = 0;
    let keptSorted = 0;
    for (let i = 0; i < used; i += 2) {
      if (i === this.#sorted) keptSorted = kept;
      const first = cells[i] as number;
      const second = cells[i + 1] as number;
      if (!isKept(timeIn(first, second))) continue;
      cells[kept] = first;
      cells[kept + 1] = second;
      kept += 2;
    }
    this.#sorted = this.#sorted === used ? kept : keptSorted;
    this.used = kept;
  }

  /** Counts times from a later base, so that new ones can be written. */
  #rebase(nowUnit: number): void {
    const base = nowUnit - KEPT_UNITS;
    const shift = base - this.#base;
    if (shift <= 0) return;
    this.#keepFrom(base);
    const { cells } = this;
    for (let i = 0; i < this.used; i += 2) {
      const first = cells[i] as number;
      const second = cells[i + 1] as number;
      const time = timeIn(first, second) - shift;
      const highTime = Math.floor(time / LOW_TIME);
      // The order by digest stays: time is in the lowest bits.
      cells[i] = Math.floor(first / BODY_SCALE) * BODY_SCALE + highTime;
      cells[i + 1] = lowOf(second) * LOW_TIME + (time - highTime * LOW_TIME);
    }
    this.#base = base;
  }

  /** Merges the tail into the ordered part, from the end, so that nothing is moved twice. */
  #sort(): void {
    const { cells } = this;
    const length = this.used - this.#sorted;
    const tail = sortedTail(cells, this.#sorted, length);
    let left = this.#sorted - 2;
    let to = this.used - 2;
    for (let t = length - 2; t >= 0; to -= 2) {
      const first = tail[t] as number;
      const second = tail[t + 1] as number;
      const other = left >= 0 ? (cells[left] as number) : -1;
      if (other > first || (other === first && (cells[left + 1] as number) > second)) {
        cells[to] = other;
        cells[to + 1] = cells[left + 1] as number;
        left -= 2;
      } else {
        cells[to] = first;
        cells[to + 1] = second;
        t -= 2;
      }
    }
    this.#sorted = this.used;
  }
}

const tailCells = new Float64Array(TAIL_IDS_MAX * 2 + 2);

/** By insertion: there are at most a few dozen. */
function sortedTail(cells: readonly number[], from: number, length: number): Float64Array {
  const tail = tailCells;
  for (let i = 0; i < length; i += 2) {
    const first = cells[from + i] as number;
    const second = cells[from + i + 1] as number;
    let at = i;
    while (at > 0) {
      const other = tail[at - 2] as number;
      if (other < first || (other === first && (tail[at - 1] as number) <= second)) break;
      tail[at] = other;
      tail[at + 1] = tail[at - 1] as number;
      at -= 2;
    }
    tail[at] = first;
    tail[at + 1] = second;
  }
  return tail;
}

export function createIds(count: number): RememberedIds {
  const ids = new RememberedIds();
  if (count > 0) ids.cells = createCells(count * 2);
  return ids;
}

function lowOf(second: number): number {
  return Math.floor(second / LOW_TIME);
}

function bodyIn(first: number, highPart: number): number {
  return Math.floor((first - highPart) / BODY_SCALE);
}

function timeIn(first: number, second: number): number {
  // Remainders by subtraction: for doubles the operator is a call.
  const highTime = first - Math.floor(first / BODY_SCALE) * BODY_SCALE;
  return highTime * LOW_TIME + (second - lowOf(second) * LOW_TIME);
}
