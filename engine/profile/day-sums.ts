/**
 * Contributions older than what a stream keeps exactly: a row a day (UTC) with count, sum, first and last instant, and one
 * row for all that is older than any window. Reading takes a day whole until its last contribution has left the window: the
 * stated error is at most one day's contributions at a window's far edge. Rows are flat: DAY, COUNT, sum in two lanes,
 * FIRST, LAST.
 */
import type { Instant } from "../model/ids.ts";
import { highLane, joinLanes, lowLane } from "./contribution.ts";

const STRIDE = 6;
const COUNT = 1;
const HIGH = 2;
const LOW = 3;
const FIRST = 4;
const LAST = 5;

/** The day under which all that is older than any window is gathered. */
export const EVER = -1;

/** A read's running result over days and exact contributions. */
export interface Gathered {
  count: number;
  high: number;
  low: number;
  /** NaN: none. */
  first: Instant;
  last: Instant;
  /** When the oldest gathered day leaves the window. */
  leaves: Instant;
}

export class DaySums {
  /** Ascending by day. */
  rows: number[] = [];

  /** Adds one contribution. @param day as `dayOfKey`, or EVER */
  add(day: number, value: number, at: Instant): void {
    const { rows } = this;
    let to = rows.length - STRIDE;
    while (to >= 0 && at0(rows, to) > day) to -= STRIDE;
    if (to < 0 || rows[to] !== day) {
      rows.splice(to + STRIDE, 0, day, 1, highLane(value), lowLane(value), at, at);
      return;
    }
    rows[to + COUNT] = at0(rows, to + COUNT) + 1;
    rows[to + HIGH] = at0(rows, to + HIGH) + highLane(value);
    rows[to + LOW] = at0(rows, to + LOW) + lowLane(value);
    if (at < at0(rows, to + FIRST)) rows[to + FIRST] = at;
    if (at > at0(rows, to + LAST)) rows[to + LAST] = at;
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
    rows[to + FIRST] = Math.min(at0(rows, to + FIRST), at0(from, at + FIRST));
    rows[to + LAST] = Math.max(at0(rows, to + LAST), at0(from, at + LAST));
  }

  addAll(other: DaySums): void {
    for (let at = 0; at < other.rows.length; at += STRIDE) this.addRow(other.rows, at);
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

  /** Gathers the days of the window (edge, at]; all with an `edge` of -Infinity. */
  gather(into: Gathered, edge: Instant, at: Instant): void {
    const { rows } = this;
    for (let i = rows.length - STRIDE; i >= 0; i -= STRIDE) {
      const first = at0(rows, i + FIRST);
      const last = at0(rows, i + LAST);
      // What is gathered under EVER is older than any window that the plan had.
      if (last <= edge || (rows[i] === EVER && edge !== Number.NEGATIVE_INFINITY)) return;
      if (first > at) continue;
      into.count += at0(rows, i + COUNT);
      into.high += at0(rows, i + HIGH);
      into.low += at0(rows, i + LOW);
      into.first = first > edge ? first : last;
      if (Number.isNaN(into.last)) into.last = Math.min(last, at);
      into.leaves = last;
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
        first: at0(rows, i + FIRST),
        last: at0(rows, i + LAST),
      };
  }
}

export interface DayRow {
  readonly day: number;
  readonly count: number;
  readonly high: number;
  readonly low: number;
  readonly first: Instant;
  readonly last: Instant;
}

export function sumOf(row: { readonly high: number; readonly low: number }): number {
  return joinLanes(row.high, row.low);
}

function at0(cells: readonly number[], index: number): number {
  return cells[index] as number;
}
