/**
 * How fast events are taken while history is behind: journals keep what history does not have yet, and a store has room
 * for so much of it. Past their bound events are still taken, at a named rate, and the rest is told to come again.
 */
import { laggingEventsASecondMax } from "../limits-of-history.ts";
import type { Clock } from "../model/clock.ts";

export class Pace {
  readonly #isBehind: () => boolean;
  readonly #clock: Clock;
  #second = Number.NaN;
  #taken = 0;

  /** @param isBehind whether journals have passed their bound; asked for every event, so it must be cheap */
  constructor(isBehind: () => boolean, clock: Clock) {
    this.#isBehind = isBehind;
    this.#clock = clock;
  }

  /** Whether one more event may be taken now; counts it when it may. */
  admits(): boolean {
    if (!this.#isBehind()) return true;
    const second = Math.floor(this.#clock.monotonicMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
    }
    this.#taken += 1;
    return this.#taken <= laggingEventsASecondMax;
  }
}
