/**
 * A channel's circuit breaker: after several calls in a row that did not get through nothing is called for a while, then one
 * call tries; while that fails the pauses grow. What a provider says of one message (rejected) tells that it is there.
 *
 * closed -> open (failures in a row) -> trying (the pause is over: one at a time) -> closed | open, for longer
 */
import { breakerFailures, breakerMsMax, breakerMsMin } from "../limits-of-delivery.ts";
import type { Random } from "../model/clock.ts";
import type { Pauses } from "../model/provider-settings.ts";
import type { CallOutcome } from "../model/message.ts";

/** Failures in a row until it opens, and for how long it does: twice as long each time. */
export interface BreakerBounds extends Pauses {
  readonly failures: number;
}

export const USUAL_BREAKER: BreakerBounds = {
  failures: breakerFailures,
  firstMs: breakerMsMin,
  longestMs: breakerMsMax,
};

export class Breaker {
  #failures = 0;
  #opened = 0;
  #openUntilMs = Number.NEGATIVE_INFINITY;
  readonly #random: Random;

  readonly #bounds: BreakerBounds;

  constructor(random: Random, bounds: BreakerBounds = USUAL_BREAKER) {
    this.#random = random;
    this.#bounds = bounds;
  }

  state(nowMs: number): "closed" | "open" | "trying" {
    if (this.#opened === 0) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "trying";
  }

  /** When it is to be asked again; meaningless unless open. */
  get openUntilMs(): number {
    return this.#openUntilMs;
  }

  note(outcome: CallOutcome, nowMs: number): void {
    if (outcome.is === "throttled") return;
    if (outcome.is !== "failed" && outcome.is !== "unknown") {
      this.#failures = 0;
      this.#opened = 0;
      return;
    }
    this.#failures += 1;
    const isTrial = this.state(nowMs) === "trying";
    const { failures, firstMs, longestMs } = this.#bounds;
    if (this.#failures < failures && !isTrial) return;
    const pauseMs = Math.min(firstMs * 2 ** this.#opened, longestMs);
    this.#opened += 1;
    // Of several nodes not all try at the same moment.
    this.#openUntilMs = nowMs + pauseMs / 2 + this.#random.below(Math.floor(pauseMs / 2) + 1);
  }
}
