/**
 * Reading one stream: a span of contributions in order of their keys, wherever they lie, and the days that were folded
 * before them. Exact at any instant not more
 * than a day before the profile's clock, but for the stated error of folded days.
 */
import type { Instant } from "../model/ids.ts";
import { dayOf, localOf } from "../model/local-time.ts";
import { firstKeyAt, highLane, instantOfKey, joinLanes, LANE, lowLane } from "./contribution.ts";
import { DAY_MS } from "../model/local-time.ts";
import type { DaySums, Gathered } from "./day-sums.ts";
import { lowerBound, NO_CELLS } from "./number-cells.ts";
import { type Bounds, keyAfter } from "./window-bounds.ts";
import {
  REDUCE_AVERAGE,
  REDUCE_COUNT,
  REDUCE_DAYS,
  REDUCE_DISTINCT,
  REDUCE_FIRST,
  REDUCE_FIRST_VALUE,
  REDUCE_LARGEST,
  REDUCE_LAST,
  REDUCE_LAST_VALUE,
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
export function readSpan(reduce: number, bounds: Bounds): number {
  const { fromKey, toKey } = bounds;
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
      if (span.sums !== undefined && end - first > DIRECT_SUM_MAX) slidingSum(bounds);
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
      return readValues(reduce, { first: from + first * stride, end: from + end * stride, stride, bounds }, days);
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
  bounds: Bounds,
): number {
  const { fromKey, toKey } = bounds;
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
  if (reduce !== REDUCE_AVERAGE) {
    span.cells = cells;
    return readValues(reduce, { first: first + stride, end: last + stride, stride, bounds }, undefined);
  }
  if (first === last) return Number.NaN;
  if (size <= Number.MAX_SAFE_INTEGER) return sum / ((last - first) / stride);
  sumInLanes(cells, first + stride, last + stride);
  return averageOf(total.high, total.low, (last - first) / stride);
}

/** Contributions `span.cells[first..end)`. */
interface Part {
  readonly first: number;
  readonly end: number;
  readonly stride: number;
  readonly bounds: Bounds;
}

/** What is about single contributions, and the days before them. */
function readValues(reduce: number, part: Part, days: Gathered | undefined): number {
  const { cells } = span;
  const { first, end, stride } = part;
  if (reduce === REDUCE_DISTINCT) return countDistinct(part);
  const folded = days !== undefined && days.count > 0;
  if (reduce === REDUCE_DAYS) return countDays(part, folded);
  if (first === end && !folded) return Number.NaN;
  if (reduce === REDUCE_FIRST_VALUE) return folded ? days.firstValue : stride === 1 ? 1 : (cells[first + 1] as number);
  if (reduce === REDUCE_LAST_VALUE)
    return first === end ? (days as Gathered).lastValue : stride === 1 ? 1 : (cells[end - 1] as number);
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

/** Of those kept exactly: what was folded to days has no values. */
function countDistinct({ first, end, stride }: Part): number {
  const { cells } = span;
  if (stride === 1) return first < end ? 1 : 0;
  if (end - first > 2 * DIRECT_SUM_MAX) {
    const values = new Set<number>();
    for (let i = first; i < end; i += 2) values.add(cells[i + 1] as number);
    return values.size;
  }
  let count = 0;
  for (let i = first; i < end; i += 2) {
    let before = first;
    while (before < i && cells[before + 1] !== cells[i + 1]) before += 2;
    if (before === i) count++;
  }
  return count;
}

/** A folded day is of UTC, and so of two local days at most: those of its first and its last contribution. */
function countDays({ first, end, stride, bounds }: Part, folded: boolean): number {
  const { fromKey, toKey, zone } = bounds;
  let count = 0;
  let latest = Number.NEGATIVE_INFINITY;
  const see = (key: number): void => {
    const day = dayOf(localOf(zone, instantOfKey(key)));
    if (day <= latest) return;
    latest = day;
    count++;
  };
  if (folded)
    for (const row of (span.days as DaySums).entries()) {
      if (row.firstKey >= fromKey && row.firstKey < toKey) see(row.firstKey);
      if (row.lastKey >= fromKey && row.lastKey < toKey) see(row.lastKey);
    }
  for (let i = first; i < end; i += stride) see(span.cells[i] as number);
  return count;
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
 * The instant after that of the bounds until which `readSpan` within the bounds of a rolling window surely gives the same value with no
 * event; Infinity: for ever. `first` and `last` then have another one.
 */
export function spanValidUntil(reduce: number, { fromKey, toKey, window: windowMs }: Bounds): Instant {
  const { cells, from, count, stride } = span;
  const end = endOf(toKey);
  // One of later than `at` begins to count then.
  const begins = end < count ? instantOfKey(cells[from + end * stride] as number) : Number.POSITIVE_INFINITY;
  const ever = windowMs === Number.POSITIVE_INFINITY;
  const isFirst = reduce === REDUCE_FIRST || reduce === REDUCE_FIRST_VALUE;
  if (ever && !isFirst) return begins;
  const first = fromKey === 0 ? 0 : lowerBound(cells, from, count, stride, fromKey);
  const days = first === 0 && span.days !== undefined ? gatherDays(span.days, fromKey, toKey) : undefined;
  const folded = days !== undefined && days.count > 0;
  if (end === first && !folded) return begins;
  if (ever) return Number.POSITIVE_INFINITY;
  let decisive: number;
  if (reduce === REDUCE_LAST || reduce === REDUCE_LAST_VALUE)
    decisive = end > first ? (cells[from + (end - 1) * stride] as number) : (days as Gathered).lastKey;
  else if (folded) decisive = isFirst ? days.firstKey : days.leavesKey;
  else decisive = cells[from + first * stride] as number;
  const leaves = instantOfKey(decisive) + windowMs;
  return isFirst ? leaves : Math.min(begins, leaves);
}

/** As `spanValidUntil`, of a window of local time that begins anew at `turns`, Infinity: never. */
export function spanValidUntilTurn({ fromKey }: Bounds, turns: Instant, at: Instant): Instant {
  const { cells, from, count, stride, days } = span;
  const end = endOf(keyAfter(at));
  const begins = end < count ? instantOfKey(cells[from + end * stride] as number) : Number.POSITIVE_INFINITY;
  // A clock that is put back over midnight brings yesterday again: two days cover it.
  const lastKey = end > 0 ? (cells[from + (end - 1) * stride] as number) : days === undefined ? -1 : fromKey;
  return lastKey < fromKey - firstKeyAt(2 * DAY_MS) ? begins : Math.min(begins, turns);
}

/** Values of the newest contributions of `span`, at most so many different ones, and of the first. */
export function addNewestValues(values: Set<number>, most: number): void {
  const { cells, from, count, stride, days } = span;
  const found = new Set<number>();
  const see = (value: number): void => {
    if (found.size < most) found.add(value);
  };
  const valueAt = (i: number): number => (stride === 1 ? 1 : (cells[from + i * 2 + 1] as number));
  for (let i = count - 1; i >= 0 && found.size < most; i--) see(valueAt(i));
  const rows = [...(days?.entries() ?? [])];
  for (const row of rows.toReversed()) {
    see(row.lastValue);
    see(row.firstValue);
  }
  const [oldest] = rows;
  if (oldest !== undefined) found.add(oldest.firstValue);
  else if (count > 0) found.add(valueAt(0));
  for (const value of found) values.add(value);
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
