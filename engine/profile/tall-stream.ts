/**
 * A stream with more contributions than fit into a profile's common cells: an array of its own, exact for the newest
 * `streamEntriesMax`, folded to days before them. What it holds depends on which contributions were added and on the
 * clock, not on their order: exact are the newest by key and value, and a day is dropped or gathered under `ever` as a
 * whole.
 */
import { streamEntriesMax } from "../limits.ts";
import { dayOfKey, highLane, lowLane } from "./contribution.ts";
import { DaySums, EVER } from "./day-sums.ts";
import { createCells, lowerBound, resizeCells, roomFor } from "./number-cells.ts";
import type { Kept } from "./plan-layout.ts";
import type { Span, WindowSum } from "./span.ts";

export class TallStream {
  readonly index: number;
  #cells: number[];
  /** Slots before this are free again. */
  #from = 0;
  #used = 0;
  #stride: 1 | 2;
  #days: DaySums | undefined;
  readonly #sums: WindowSum[] = [];

  constructor(index: number, stride: 1 | 2, capacity: number) {
    this.index = index;
    this.#stride = stride;
    this.#cells = createCells(capacity * stride);
  }

  get count(): number {
    return (this.#used - this.#from) / this.#stride;
  }

  /** Slots of numbers held, for the estimate of resident bytes. */
  get slots(): number {
    return this.#cells.length + (this.#days?.rows.length ?? 0);
  }

  get days(): DaySums | undefined {
    return this.#days;
  }

  point(span: Span): void {
    span.cells = this.#cells;
    span.from = this.#from;
    span.count = (this.#used - this.#from) / this.#stride;
    span.stride = this.#stride;
    span.days = this.#days;
    span.sums = this.#sums;
  }

  add(key: number, value: number, kept: Kept): void {
    if (key < kept.fromKey) return;
    if (value !== 1 && this.#stride === 1) this.#widen();
    if (this.count >= streamEntriesMax) {
      const oldest = this.#cells[this.#from] as number;
      const oldestValue = this.#stride === 1 ? 1 : (this.#cells[this.#from + 1] as number);
      if (key < oldest || (key === oldest && value <= oldestValue)) {
        this.#fold(key, value, kept);
        return;
      }
      this.#dropOldest();
      this.#fold(oldest, oldestValue, kept);
    }
    this.#insert(key, value);
  }

  /** Takes another profile's folded days. */
  addDays(days: DaySums, kept: Kept): void {
    this.#days ??= new DaySums();
    this.#days.addAll(days);
    this.#trimDays(kept);
  }

  /** Drops and gathers what the clock says; what is left no longer depends on when that was done. */
  trim(kept: Kept): void {
    while (this.#used > this.#from && (this.#cells[this.#from] as number) < kept.fromKey) this.#dropOldest();
    this.#trimDays(kept);
  }

  #trimDays(kept: Kept): void {
    const keepEver = kept.fromDay === Number.NEGATIVE_INFINITY;
    this.#days?.trim(keepEver ? kept.daysFrom : kept.fromDay, keepEver);
    if (this.#days?.rows.length === 0) this.#days = undefined;
  }

  #fold(key: number, value: number, kept: Kept): void {
    const day = dayOfKey(key);
    if (day < kept.fromDay) return;
    this.#days ??= new DaySums();
    const keepEver = kept.fromDay === Number.NEGATIVE_INFINITY;
    this.#days.add(keepEver && day < kept.daysFrom ? EVER : day, key, value);
    if (this.#days.firstDay < kept.daysFrom) this.#trimDays(kept);
  }

  #dropOldest(): void {
    const key = this.#cells[this.#from] as number;
    const value = this.#stride === 1 ? 1 : (this.#cells[this.#from + 1] as number);
    for (const sum of this.#sums) if (key >= sum.fromKey && key < sum.toKey) addTo(sum, -1, value);
    this.#from += this.#stride;
  }

  #insert(key: number, value: number): void {
    const stride = this.#stride;
    if (this.#used + stride > this.#cells.length) this.#makeRoom();
    const cells = this.#cells;
    const from = this.#from;
    let at = this.#used;
    // Nearly always the newest; late ones are searched for.
    if (at > from && (cells[at - stride] as number) >= key) {
      at = from + lowerBound(cells, from, this.count, stride, key) * stride;
      while (stride === 2 && at < this.#used && cells[at] === key && (cells[at + 1] as number) < value) at += 2;
      for (let i = this.#used - 1; i >= at; i--) cells[i + stride] = cells[i] as number;
    }
    cells[at] = key;
    if (stride === 2) cells[at + 1] = value;
    this.#used += stride;
    for (const sum of this.#sums) if (key >= sum.fromKey && key < sum.toKey) addTo(sum, 1, value);
  }

  #makeRoom(): void {
    const held = this.#used - this.#from;
    const cells = this.#cells;
    if (this.#from > cells.length >> 3) {
      for (let i = 0; i < held; i++) cells[i] = cells[this.#from + i] as number;
    } else {
      const grown = createCells(roomFor(held));
      for (let i = 0; i < held; i++) grown[i] = cells[this.#from + i] as number;
      this.#cells = grown;
    }
    this.#from = 0;
    this.#used = held;
  }

  #widen(): void {
    const count = this.count;
    const wide = createCells(count * 2 + 16);
    for (let i = 0; i < count; i++) {
      wide[i * 2] = this.#cells[this.#from + i] as number;
      wide[i * 2 + 1] = 1;
    }
    this.#cells = wide;
    this.#from = 0;
    this.#used = count * 2;
    this.#stride = 2;
  }

  /** Gives back room that a profile just read does not need. */
  tighten(): void {
    if (this.#from === 0) this.#cells = resizeCells(this.#cells, this.#used, this.#used);
  }
}

function addTo(sum: WindowSum, sign: 1 | -1, value: number): void {
  sum.high += sign * highLane(value);
  sum.low += sign * lowLane(value);
}
