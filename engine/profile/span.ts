/**
 * Reading one stream: a span of contributions in order of their keys, wherever they lie, and the days that were folded
 * before them. Exact at any instant not more
 * than a day before the profile's clock, but for the stated error of folded days.
 */
import type { Instant } from "../model/ids.ts";
import { DAY_MS, firstKeyAt, highLane, instantOfKey, joinLanes, LANE, lowLane } from "./contribution.ts";
import type { DaySums, Gathered } from "./day-sums.ts";
import { lowerBound, NO_CELLS } from "./number-cells.ts";
import type { Bounds } from "./window-bounds.ts";
import {
  REDUCE_AVERAGE,
  REDUCE_COUNT,
  REDUCE_FIRST,
  REDUCE_LARGEST,
  REDUCE_LAST,
  REDUCE_SMALLEST,
  REDUCE_SUM,
} from "./plan-layout.ts";

/** Where a stream's contributions lie. Filled and read within one call: there is one, to make none on the way. */
export interface Span {
  cells: readonly number[];
  from: number;
  count: number;
  /** 1: keys only, every value is 1; 2: key and value. */
  stride: 1 | 2;
  days: DaySums | undefined;
  /** Running sums of long streams. */
  sums: WindowSum[] | undefined;
}

export const span: Span = { cells: NO_CELLS, from: 0, count: 0, stride: 1, days: undefined, sums: undefined };

/** The sum of the contributions with fromKey <= key < toKey: moved with its window rather than made anew. */
export interface WindowSum {
  /** As in Bounds. */
  readonly window: number;
  fromKey: number;
  toKey: number;
  high: number;
  low: number;
}

/** Spans up to this long are summed directly. */
const DIRECT_SUM_MAX = 24;
/** Windows whose sums are kept of one stream; more share by turns. */
const WINDOW_SUMS_MAX = 4;

const gathered: Gathered = {
  count: 0,
  high: 0,
  low: 0,
  firstKey: Number.NaN,
  firstValue: Number.NaN,
  lastKey: Number.NaN,
  lastValue: Number.NaN,
  least: Number.POSITIVE_INFINITY,
  greatest: Number.NEGATIVE_INFINITY,
  leavesKey: Number.NaN,
};

/** @param reduce one of the REDUCE codes. Reads `span`. */
export function readSpan(reduce: number, { fromKey, toKey, window }: Bounds): number {
  const { cells, from, count, stride } = span;
  const first = fromKey === 0 ? 0 : lowerBound(cells, from, count, stride, fromKey);
  const end = endOf(toKey);
  const days = first === 0 && span.days !== undefined ? gatherDays(span.days, fromKey, toKey) : undefined;
  switch (reduce) {
    case REDUCE_COUNT:
      return end - first + (days === undefined ? 0 : days.count);
    case REDUCE_SUM:
    case REDUCE_AVERAGE: {
      const size = end - first + (days === undefined ? 0 : days.count);
      if (reduce === REDUCE_AVERAGE && size === 0) return Number.NaN;
      if (span.sums !== undefined && end - first > DIRECT_SUM_MAX) slidingSum({ fromKey, toKey, window });
      else directSum(first, end);
      const high = total.high + (days === undefined ? 0 : days.high);
      const low = total.low + (days === undefined ? 0 : days.low);
      return reduce === REDUCE_SUM ? joinLanes(high, low) : averageOf(high, low, size);
    }
    case REDUCE_FIRST:
      if (days !== undefined && days.count > 0) return instantOfKey(days.firstKey);
      return end > first ? instantOfKey(cells[from + first * stride] as number) : Number.NaN;
    case REDUCE_LAST:
      if (end > first) return instantOfKey(cells[from + (end - 1) * stride] as number);
      return days !== undefined && days.count > 0 ? instantOfKey(days.lastKey) : Number.NaN;
    default:
      return readValues(reduce, { first: from + first * stride, end: from + end * stride, stride }, days);
  }
}

/**
 * `readSpan` of a few contributions without anything folded, `cells[from..end)`: they are walked from the newest back. Said
 * apart because nearly all reads are such.
 */
export function readShort(
  cells: readonly number[],
  from: number,
  end: number,
  stride: number,
  reduce: number,
  fromKey: number,
  toKey: number,
): number {
  let last = end - stride;
  while (last >= from && (cells[last] as number) >= toKey) last -= stride;
  if (reduce === REDUCE_LAST) {
    const inside = last >= from && (cells[last] as number) >= fromKey;
    return inside ? instantOfKey(cells[last] as number) : Number.NaN;
  }
  let first = last;
  let sum = 0;
  let size = 0;
  while (first >= from && (cells[first] as number) >= fromKey) {
    const value = stride === 1 ? 1 : (cells[first + 1] as number);
    sum += value;
    size += Math.abs(value);
    first -= stride;
  }
  if (reduce === REDUCE_COUNT) return (last - first) / stride;
  if (reduce === REDUCE_FIRST) return first < last ? instantOfKey(cells[first + stride] as number) : Number.NaN;
  if (reduce === REDUCE_SUM)
    return size <= Number.MAX_SAFE_INTEGER ? sum : sumInLanes(cells, first + stride, last + stride);
  if (first === last) return Number.NaN;
  span.cells = cells;
  if (reduce !== REDUCE_AVERAGE)
    return readValues(reduce, { first: first + stride, end: last + stride, stride }, undefined);
  if (size <= Number.MAX_SAFE_INTEGER) return sum / ((last - first) / stride);
  sumInLanes(cells, first + stride, last + stride);
  return averageOf(total.high, total.low, (last - first) / stride);
}

/** What is about single values, of `span.cells[first..end)` and the days before them; NaN: there is none. */
function readValues(
  reduce: number,
  { first, end, stride }: { readonly first: number; readonly end: number; readonly stride: number },
  days: Gathered | undefined,
): number {
  const { cells } = span;
  const folded = days !== undefined && days.count > 0;
  if (first === end && !folded) return Number.NaN;
  let least = folded ? days.least : Number.POSITIVE_INFINITY;
  let greatest = folded ? days.greatest : Number.NEGATIVE_INFINITY;
  for (let i = first; i < end; i += stride) {
    const value = stride === 1 ? 1 : (cells[i + 1] as number);
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  switch (reduce) {
    case REDUCE_SMALLEST:
      return least;
    case REDUCE_LARGEST:
      return greatest;
    default:
      throw new Error(`no such reduction: ${reduce}`);
  }
}

/** The last sum that was made, in lanes: see joinLanes. */
const total = { high: 0, low: 0 };

function averageOf(high: number, low: number, count: number): number {
  return (high * LANE + low) / count;
}

/** Beyond 2^53, where plain additions would lose units. */
function sumInLanes(cells: readonly number[], from: number, to: number): number {
  total.high = 0;
  total.low = 0;
  for (let i = from + 1; i < to; i += 2) {
    total.high += highLane(cells[i] as number);
    total.low += lowLane(cells[i] as number);
  }
  return joinLanes(total.high, total.low);
}

/**
 * The instant after `at` until which `readSpan` surely gives the same value with no event; Infinity: for ever.
 * `first` and `last` then have another one.
 */
export function spanValidUntil(reduce: number, windowMs: number, at: Instant): Instant {
  const { cells, from, count, stride } = span;
  const end = endOf(firstKeyAt(Math.floor(at) + 1));
  // One of later than `at` begins to count then.
  const begins = end < count ? instantOfKey(cells[from + end * stride] as number) : Number.POSITIVE_INFINITY;
  const ever = windowMs === Number.POSITIVE_INFINITY;
  if (ever && reduce !== REDUCE_FIRST) return begins;
  const edge = at - windowMs;
  const fromKey = edge < 0 ? 0 : firstKeyAt(Math.floor(edge) + 1);
  const first = fromKey === 0 ? 0 : lowerBound(cells, from, count, stride, fromKey);
  const days =
    first === 0 && span.days !== undefined ? gatherDays(span.days, fromKey, firstKeyAt(Math.floor(at) + 1)) : undefined;
  const folded = days !== undefined && days.count > 0;
  if (end === first && !folded) return begins;
  if (ever) return Number.POSITIVE_INFINITY;
  let decisive: number;
  if (reduce === REDUCE_LAST)
    decisive = end > first ? (cells[from + (end - 1) * stride] as number) : (days as Gathered).lastKey;
  else if (folded) decisive = reduce === REDUCE_FIRST ? days.firstKey : days.leavesKey;
  else decisive = cells[from + first * stride] as number;
  const leaves = instantOfKey(decisive) + windowMs;
  return reduce === REDUCE_FIRST ? leaves : Math.min(begins, leaves);
}

/** As `spanValidUntil`, of a window of local time that begins anew at `turns`, Infinity: never. */
export function spanValidUntilTurn({ fromKey }: Bounds, turns: Instant, at: Instant): Instant {
  const { cells, from, count, stride, days } = span;
  const end = endOf(firstKeyAt(Math.floor(at) + 1));
  const begins = end < count ? instantOfKey(cells[from + end * stride] as number) : Number.POSITIVE_INFINITY;
  // A clock that is put back over midnight brings yesterday again: two days cover it.
  const lastKey = end > 0 ? (cells[from + (end - 1) * stride] as number) : days === undefined ? -1 : fromKey;
  return lastKey < fromKey - firstKeyAt(2 * DAY_MS) ? begins : Math.min(begins, turns);
}

/** How many contributions have a key below; nearly always all of them. */
function endOf(toKey: number): number {
  const { cells, from, count, stride } = span;
  if (count > 0 && (cells[from + (count - 1) * stride] as number) < toKey) return count;
  return lowerBound(cells, from, count, stride, toKey);
}

function gatherDays(days: DaySums, fromKey: number, toKey: number): Gathered {
  gathered.count = 0;
  gathered.high = 0;
  gathered.low = 0;
  gathered.firstKey = Number.NaN;
  gathered.firstValue = Number.NaN;
  gathered.lastKey = Number.NaN;
  gathered.lastValue = Number.NaN;
  gathered.least = Number.POSITIVE_INFINITY;
  gathered.greatest = Number.NEGATIVE_INFINITY;
  gathered.leavesKey = Number.NaN;
  days.gather(gathered, fromKey, toKey);
  return gathered;
}

/** Of the contributions from `first` on, before `end`, into `total`. */
function directSum(first: number, end: number): void {
  const { cells, from, stride } = span;
  total.high = 0;
  total.low = 0;
  if (stride === 1) {
    total.low = end - first;
    return;
  }
  for (let i = first; i < end; i++) {
    const value = cells[from + i * 2 + 1] as number;
    total.high += highLane(value);
    total.low += lowLane(value);
  }
}

/** Into `total`. */
function slidingSum({ fromKey, toKey, window }: Bounds): void {
  const sums = span.sums as WindowSum[];
  let sum = sums.find((each) => each.window === window);
  if (sum === undefined) {
    if (sums.length >= WINDOW_SUMS_MAX) sums.shift();
    sum = { window, fromKey, toKey: fromKey, high: 0, low: 0 };
    sums.push(sum);
  }
  if (fromKey >= sum.toKey || toKey <= sum.fromKey) {
    // A window that has moved past all it held begins anew.
    sum.high = 0;
    sum.low = 0;
    move(sum, fromKey, toKey, 1);
  } else {
    if (fromKey > sum.fromKey) move(sum, sum.fromKey, fromKey, -1);
    else move(sum, fromKey, sum.fromKey, 1);
    if (toKey > sum.toKey) move(sum, sum.toKey, toKey, 1);
    else move(sum, toKey, sum.toKey, -1);
  }
  sum.fromKey = fromKey;
  sum.toKey = toKey;
  total.high = sum.high;
  total.low = sum.low;
}

/** Adds (or takes away) the contributions with fromKey <= key < toKey. */
function move(sum: WindowSum, fromKey: number, toKey: number, sign: 1 | -1): void {
  const { cells, from, count, stride } = span;
  for (let i = lowerBound(cells, from, count, stride, fromKey); i < count; i++) {
    const at = from + i * stride;
    if ((cells[at] as number) >= toKey) return;
    const value = stride === 1 ? 1 : (cells[at + 1] as number);
    sum.high += sign * highLane(value);
    sum.low += sign * lowLane(value);
  }
}
