/**
 * How close to each other turns begin. A turn has a price of its own, whatever it does: messages to other threads, an append,
 * a write to each socket that is answered. Few events pay it dearly under load, when it takes the processor from others; so
 * there a turn waits a moment for more of them. With few events it never does, and with many at hand neither.
 */
import { turnAheadEventsMin, turnPacedEventsMin, turnPaceMs } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";

interface TurnPaceOptions {
  readonly clock: Clock;
  readonly timers: Timers;
}

export class TurnPace {
  readonly #options: TurnPaceOptions;
  #beganMs = Number.NEGATIVE_INFINITY;
  #events = 0;

  constructor(options: TurnPaceOptions) {
    this.#options = options;
  }

  /** @param queued messages that wait. @returns undefined: the next turn begins now */
  rest(queued: number): Promise<void> | undefined {
    if (this.#events < turnPacedEventsMin || queued >= turnAheadEventsMin) return undefined;
    const { clock, timers } = this.#options;
    const restMs = this.#beganMs + turnPaceMs - clock.monotonicMs();
    if (restMs <= 0) return undefined;
    return new Promise((resolve) => {
      timers.after(Math.ceil(restMs), resolve);
    });
  }

  /** A turn that began then had so many messages. */
  noteTurn(beganMs: number, events: number): void {
    this.#beganMs = beganMs;
    this.#events = events;
  }
}
