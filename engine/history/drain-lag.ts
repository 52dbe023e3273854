/**
 * How long the oldest undrained record has been waiting, by our own monotonic clock: when the end of a journal is seen, a
 * mark (when, position) is left; the oldest mark that the drain has not reached tells the lag. It is never understated by
 * more than the time between two looks, and needs no clock of the store's. Bounded: when full, the two newest marks
 * become one that keeps the earlier time.
 */
import { drainLagMarksMax } from "../limits-of-history.ts";
import type { Position } from "../model/ids.ts";

interface Mark {
  readonly seenAtMs: number;
  readonly last: Position;
}

export class DrainLag {
  #marks: Mark[] = [];

  /** The journal ended at `last` at this moment. */
  see(last: Position, nowMs: number): void {
    const newest = this.#marks.at(-1);
    if (newest !== undefined && newest.last >= last) return;
    if (newest !== undefined && this.#marks.length >= drainLagMarksMax) {
      this.#marks[this.#marks.length - 1] = { seenAtMs: newest.seenAtMs, last };
    } else {
      this.#marks.push({ seenAtMs: nowMs, last });
    }
  }

  drained(position: Position): void {
    while (this.#marks[0] !== undefined && this.#marks[0].last <= position) this.#marks.shift();
  }

  /** 0 when nothing waits. */
  waitedMs(nowMs: number): number {
    const oldest = this.#marks[0];
    return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.seenAtMs);
  }
}
