/**
 * Reading one stream: a span of contributions in order of their keys, wherever they lie, and the days that were folded
 * before them. A contribution counts while timestamp > at - windowMs and timestamp <= at. Exact at any instant not more
 * than a day before the profile's clock, but for the stated error of folded days.
 */
import type { Instant } from "../model/ids.ts";
import { firstKeyAt, highLane, instantOfKey, joinLanes, lowLane } from "./contribution.ts";
import type { DaySums, Gathered } from "./day-sums.ts";
import { lowerBound, NO_CELLS } from "./number-cells.ts";
import { REDUCE_COUNT, REDUCE_FIRST, REDUCE_LAST, REDUCE_SUM } from "./plan-layout.ts";

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
  readonly windowMs: number;
  fromKey: number;
  toKey: number;
  high: number;
  low: number;
}

/** Spans up to this long are summed directly. */
const DIRECT_SUM_MAX = 24;
/** Windows whose sums are kept of one stream; more share by turns. */
const WINDOW_SUMS_MAX = 4;

const gathered: Gathered = { count: 0, high: 0, low: 0, first: Number.NaN, last: Number.NaN, leaves: Number.NaN };

/** @param reduce one of the REDUCE codes; @param windowMs Infinity: ever. Reads `span`. */
export function readSpan(reduce: number, windowMs: number, at: Instant): number {
  const edge = at - windowMs;
  const { cells, from, count, stride } = span;
  const toKey = firstKeyAt(Math.floor(at) + 1);
  const fromKey = edge < 0 ? 0 : firstKeyAt(Math.floor(edge) + 1);
  const first = fromKey === 0 ? 0 : lowerBound(cells, from, count, stride, fromKey);
  const end = endOf(toKey);
  const days = first === 0 && span.days !== undefined ? gatherDays(span.days, edge, at) : undefined;
  switch (reduce) {
    case REDUCE_COUNT:
      return end - first + (days === undefined ? 0 : days.count);
    case REDUCE_SUM: {
      if (span.sums !== undefined && end - first > DIRECT_SUM_MAX) return slidingSum(windowMs, fromKey, toKey, days);
      return directSum(first, end, days);
    }
    case REDUCE_FIRST:
      if (days !== undefined && days.count > 0) return days.first;
      return end > first ? instantOfKey(cells[from + first * stride] as number) : Number.NaN;
    case REDUCE_LAST:
      if (end > first) return instantOfKey(cells[from + (end - 1) * stride] as number);
      return days !== undefined && days.count > 0 ? days.last : Number.NaN;
    default:
      throw new Error(`no such reduction: ${reduce}`);
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
  windowMs: number,
  at: Instant,
): number {
  const edge = at - windowMs;
  const toKey = firstKeyAt(Math.floor(at) + 1);
  const fromKey = edge < 0 ? 0 : firstKeyAt(Math.floor(edge) + 1);
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
  return size <= Number.MAX_SAFE_INTEGER ? sum : sumInLanes(cells, first + stride, last + stride);
}

/** Beyond 2^53, where plain additions would lose units. */
function sumInLanes(cells: readonly number[], from: number, to: number): number {
  let high = 0;
  let low = 0;
  for (let i = from + 1; i < to; i += 2) {
    high += highLane(cells[i] as number);
    low += lowLane(cells[i] as number);
  }
  return joinLanes(high, low);
}

/**
 * The instant after `at` until which `readSpan` surely gives the same value with no event; Infinity: for ever. It then
 * gives another one, but for a sum when what leaves is 0, or when as much begins to count as leaves.
 */
export function spanValidUntil(reduce: number, windowMs: number, at: Instant): Instant {
  const { cells, from, count, stride } = span;
  const end = endOf(firstKeyAt(Math.floor(at) + 1));
  // One of later than `at` begins to count then.
  const begins = end < count ? instantOfKey(cells[from + end * stride] as number) : Number.POSITIVE_INFINITY;
  const ever = windowMs === Number.POSITIVE_INFINITY;
  if (ever && reduce !== REDUCE_FIRST) return begins;
  const edge = at - windowMs;
  const first = edge < 0 ? 0 : lowerBound(cells, from, count, stride, firstKeyAt(Math.floor(edge) + 1));
  const days = first === 0 && span.days !== undefined ? gatherDays(span.days, edge, at) : undefined;
  const folded = days !== undefined && days.count > 0;
  if (end === first && !folded) return begins;
  if (ever) return Number.POSITIVE_INFINITY;
  let decisive: Instant;
  if (reduce === REDUCE_LAST)
    decisive = end > first ? instantOfKey(cells[from + (end - 1) * stride] as number) : (days as Gathered).last;
  else if (folded) decisive = reduce === REDUCE_FIRST ? days.first : days.leaves;
  else decisive = instantOfKey(cells[from + first * stride] as number);
  return reduce === REDUCE_FIRST ? decisive + windowMs : Math.min(begins, decisive + windowMs);
}

/** How many contributions have a key below; nearly always all of them. */
function endOf(toKey: number): number {
  const { cells, from, count, stride } = span;
  if (count > 0 && (cells[from + (count - 1) * stride] as number) < toKey) return count;
  return lowerBound(cells, from, count, stride, toKey);
}

function gatherDays(days: DaySums, edge: Instant, at: Instant): Gathered {
  gathered.count = 0;
  gathered.high = 0;
  gathered.low = 0;
  gathered.first = Number.NaN;
  gathered.last = Number.NaN;
  gathered.leaves = Number.NaN;
  days.gather(gathered, edge, at);
  return gathered;
}

function directSum(first: number, end: number, days: Gathered | undefined): number {
  const { cells, from, stride } = span;
  if (stride === 1 && days === undefined) return end - first;
  let high = days === undefined ? 0 : days.high;
  let low = days === undefined ? 0 : days.low;
  let plain = 0;
  let exact = high === 0 && low === 0;
  for (let i = first; i < end; i++) {
    const value = stride === 1 ? 1 : (cells[from + i * 2 + 1] as number);
    plain += value;
    exact &&= plain <= Number.MAX_SAFE_INTEGER && plain >= Number.MIN_SAFE_INTEGER;
  }
  if (exact) return plain;
  for (let i = first; i < end; i++) {
    const value = stride === 1 ? 1 : (cells[from + i * 2 + 1] as number);
    high += highLane(value);
    low += lowLane(value);
  }
  return joinLanes(high, low);
}

function slidingSum(windowMs: number, fromKey: number, toKey: number, days: Gathered | undefined): number {
  const sums = span.sums as WindowSum[];
  let sum = sums.find((each) => each.windowMs === windowMs);
  if (sum === undefined) {
    if (sums.length >= WINDOW_SUMS_MAX) sums.shift();
    sum = { windowMs, fromKey, toKey: fromKey, high: 0, low: 0 };
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
  return joinLanes(sum.high + (days?.high ?? 0), sum.low + (days?.low ?? 0));
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
