/**
 * Contributions older than what a stream keeps exactly: a row a day (UTC) with count, sum, the first and the last of them,
 * the least and the greatest value, and one row for all that is older than any window. Reading takes a day whole until its
 * last contribution has left the window: the stated error is at most one day's contributions at a window's far edge. Rows
 * are flat: DAY, COUNT, sum in two lanes, keys and values of FIRST and LAST, LEAST, GREATEST.
 */
import { highLane, joinLanes, lowLane } from "./contribution.ts";

const STRIDE = 10;
const COUNT = 1;
const HIGH = 2;
const LOW = 3;
/** A key, and behind it the value. */
const FIRST = 4;
const LAST = 6;
const LEAST = 8;
const GREATEST = 9;

/** The day under which all that is older than any window is gathered. */
export const EVER = -1;

/** A read's running result over days and exact contributions. */
export interface Gathered {
  count: number;
  high: number;
  low: number;
  /** NaN: none. */
  firstKey: number;
  firstValue: number;
  lastKey: number;
  lastValue: number;
  least: number;
  greatest: number;
  /** The key with which the oldest gathered day leaves the window. */
  leavesKey: number;
}

export class DaySums {
  /** Ascending by day. */
  rows: number[] = [];

  /** Adds one contribution. @param day as `dayOfKey`, or EVER */
  add(day: number, key: number, value: number): void {
    const row = [day, 1, highLane(value), lowLane(value), key, value, key, value, value, value];
    this.addRow(row, 0);
  }

  /** The oldest day that is told apart; Infinity when there is none. */
  get firstDay(): number {
    const { rows } = this;
    return rows[rows[0] === EVER ? STRIDE : 0] ?? Number.POSITIVE_INFINITY;
  }

  /** Adds a row of another: `from[at..]`. */
  addRow(from: readonly number[], at: number): void {
    const { rows } = this;
    const day = from[at] as number;
    let to = rows.length - STRIDE;
    while (to >= 0 && (rows[to] as number) > day) to -= STRIDE;
    if (to < 0 || rows[to] !== day) {
      rows.splice(to + STRIDE, 0, ...from.slice(at, at + STRIDE));
      return;
    }
    rows[to + COUNT] = at0(rows, to + COUNT) + at0(from, at + COUNT);
    rows[to + HIGH] = at0(rows, to + HIGH) + at0(from, at + HIGH);
    rows[to + LOW] = at0(rows, to + LOW) + at0(from, at + LOW);
    // Contributions stand in order of key, then value; so do a day's first and last.
    if (compareAt(from, at + FIRST, rows, to + FIRST) < 0) copyPair(from, at + FIRST, rows, to + FIRST);
    if (compareAt(from, at + LAST, rows, to + LAST) > 0) copyPair(from, at + LAST, rows, to + LAST);
    rows[to + LEAST] = Math.min(at0(rows, to + LEAST), at0(from, at + LEAST));
    rows[to + GREATEST] = Math.max(at0(rows, to + GREATEST), at0(from, at + GREATEST));
  }

  addAll(other: DaySums): void {
    for (let at = 0; at < other.rows.length; at += STRIDE) this.addRow(other.rows, at);
  }

  /** What these have more than others, day by day: added to the others, the fuller of both days stands. */
  beyond(others: DaySums): DaySums {
    const more = new DaySums();
    for (let at = 0, known = 0; at < this.rows.length; at += STRIDE) {
      const row = this.rows.slice(at, at + STRIDE);
      while (known < others.rows.length && at0(others.rows, known) < at0(row, 0)) known += STRIDE;
      if (others.rows[known] === row[0]) {
        if (at0(row, COUNT) <= at0(others.rows, known + COUNT)) continue;
        for (const cell of [COUNT, HIGH, LOW]) row[cell] = at0(row, cell) - at0(others.rows, known + cell);
      }
      more.rows.push(...row);
    }
    return more;
  }

  /** Days before `firstDay` go: into the one row of ever when that is kept. */
  trim(firstDay: number, keepEver: boolean): void {
    const { rows } = this;
    const old: number[] = [];
    const from = rows[0] === EVER ? STRIDE : 0;
    while (from < rows.length && at0(rows, from) < firstDay) {
      if (keepEver) old.push(EVER, ...rows.slice(from + 1, from + STRIDE));
      rows.splice(from, STRIDE);
    }
    for (let at = 0; at < old.length; at += STRIDE) this.addRow(old, at);
    if (!keepEver && rows[0] === EVER) rows.splice(0, STRIDE);
  }

  /** Gathers the days that have contributions with fromKey <= key < toKey; all with a `fromKey` of 0. */
  gather(into: Gathered, fromKey: number, toKey: number): void {
    const { rows } = this;
    for (let i = rows.length - STRIDE; i >= 0; i -= STRIDE) {
      const first = at0(rows, i + FIRST);
      const last = at0(rows, i + LAST);
      // What is gathered under EVER is older than any window that the plan had.
      if (last < fromKey || (rows[i] === EVER && fromKey > 0)) return;
      if (first >= toKey) continue;
      into.count += at0(rows, i + COUNT);
      into.high += at0(rows, i + HIGH);
      into.low += at0(rows, i + LOW);
      const oldest = first >= fromKey ? FIRST : LAST;
      into.firstKey = at0(rows, i + oldest);
      into.firstValue = at0(rows, i + oldest + 1);
      if (Number.isNaN(into.lastKey)) {
        const newest = last < toKey ? LAST : FIRST;
        into.lastKey = at0(rows, i + newest);
        into.lastValue = at0(rows, i + newest + 1);
      }
      into.least = Math.min(into.least, at0(rows, i + LEAST));
      into.greatest = Math.max(into.greatest, at0(rows, i + GREATEST));
      into.leavesKey = last;
    }
  }

  /** For rows, canonical forms and merges. */
  *entries(): Iterable<DayRow> {
    const { rows } = this;
    for (let i = 0; i < rows.length; i += STRIDE)
      yield {
        day: at0(rows, i),
        count: at0(rows, i + COUNT),
        high: at0(rows, i + HIGH),
        low: at0(rows, i + LOW),
        firstKey: at0(rows, i + FIRST),
        firstValue: at0(rows, i + FIRST + 1),
        lastKey: at0(rows, i + LAST),
        lastValue: at0(rows, i + LAST + 1),
        least: at0(rows, i + LEAST),
        greatest: at0(rows, i + GREATEST),
      };
  }

  /** A row as `entries` gave it. */
  put(row: DayRow): void {
    const { day, count, high, low, firstKey, firstValue, lastKey, lastValue, least, greatest } = row;
    this.addRow([day, count, high, low, firstKey, firstValue, lastKey, lastValue, least, greatest], 0);
  }
}

export interface DayRow {
  readonly day: number;
  readonly count: number;
  readonly high: number;
  readonly low: number;
  readonly firstKey: number;
  readonly firstValue: number;
  readonly lastKey: number;
  readonly lastValue: number;
  readonly least: number;
  readonly greatest: number;
}

export function sumOf(row: { readonly high: number; readonly low: number }): number {
  return joinLanes(row.high, row.low);
}

function at0(cells: readonly number[], index: number): number {
  return cells[index] as number;
}

/** By key, then value, as contributions stand. */
function compareAt(a: readonly number[], i: number, b: readonly number[], j: number): number {
  return at0(a, i) - at0(b, j) || at0(a, i + 1) - at0(b, j + 1);
}

function copyPair(from: readonly number[], i: number, to: number[], j: number): void {
  to[j] = at0(from, i);
  to[j + 1] = at0(from, i + 1);
}
