/**
 * What the router remembers of watches besides their requests: the last push passed on, so that none comes out of order or
 * from an owner that was replaced, and who waits for a person that nobody has met yet.
 */
import { routerWatchRetryMs } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import type { CellKey } from "../model/identifier.ts";
import type { ProfileId } from "../model/ids.ts";
import type { FromShard } from "../shard/port.ts";
import type { Routed, WatchState } from "./routed.ts";
import type { FinalAnswer, Push } from "./router-port.ts";

export class RouterWatches {
  readonly #clock: Clock;
  readonly #unknown = new Map<CellKey, Set<Routed>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  create(onPush: (push: Push) => void): WatchState {
    return {
      onPush,
      epoch: 0,
      position: 0,
      shown: undefined,
      mayHaveMissed: false,
      retryAtMs: Number.POSITIVE_INFINITY,
    };
  }

  /** Passes a push on, unless something newer was passed on before. */
  push(request: Routed, push: Extract<FromShard, { kind: "push" }>): void {
    const { asked } = request;
    if (asked.is !== "watch" || push.shard !== request.shard) return;
    const { state } = asked;
    if (push.epoch < state.epoch || (push.epoch === state.epoch && push.position < state.position)) return;
    state.epoch = push.epoch;
    state.position = push.position;
    state.shown = JSON.stringify(push.decisions);
    state.onPush({ profile: push.profile, decisions: push.decisions });
  }

  /**
   * The owner has registered the watch; without a profile it has not, for it knows nobody by that identifier.
   * @returns whether something may have changed before it was registered: the present decisions are to be read
   */
  registered(request: Routed, profile: ProfileId | undefined): boolean {
    this.#setUnknown(request, profile === undefined);
    this.retryAfter(request, profile === undefined ? routerWatchRetryMs : Number.POSITIVE_INFINITY);
    const { asked } = request;
    if (asked.is !== "watch") return false;
    const missed = asked.state.mayHaveMissed && profile !== undefined;
    // Whatever registers it again does so because the owner, or the person, has changed.
    asked.state.mayHaveMissed = true;
    return missed;
  }

  /** The present decisions, read behind the registration: passed on unless they are what was passed on last. */
  caughtUp({ asked }: Routed, answer: Extract<FinalAnswer, { is: "read" }>): void {
    if (asked.is !== "watch" || answer.profile === undefined) return;
    const text = JSON.stringify(answer.decisions);
    if (text === asked.state.shown) return;
    asked.state.shown = text;
    asked.state.onPush({ profile: answer.profile, decisions: answer.decisions });
  }

  retryAfter({ asked }: Routed, delayMs: number): void {
    if (asked.is === "watch") asked.state.retryAtMs = this.#clock.monotonicMs() + delayMs;
  }

  /** Whether it is time to ask the owner again; asked once. */
  takeDue({ asked }: Routed, nowMs: number): boolean {
    if (asked.is !== "watch" || asked.state.retryAtMs > nowMs) return false;
    asked.state.retryAtMs = Number.POSITIVE_INFINITY;
    return true;
  }

  /** Epochs and positions of two shards cannot be compared. */
  movedToOtherShard({ asked }: Routed): void {
    if (asked.is !== "watch") return;
    asked.state.epoch = 0;
    asked.state.position = 0;
  }

  /** Somebody has just become known by this identifier: watches that have waited for that. */
  met(key: CellKey): readonly Routed[] {
    if (this.#unknown.size === 0) return [];
    return [...(this.#unknown.get(key) ?? [])];
  }

  end(request: Routed): void {
    this.#setUnknown(request, false);
  }

  #setUnknown(request: Routed, isUnknown: boolean): void {
    const { key } = request;
    if (key === undefined) return;
    const others = this.#unknown.get(key);
    if (isUnknown) {
      if (others === undefined) this.#unknown.set(key, new Set([request]));
      else others.add(request);
    } else if (others?.delete(request) === true && others.size === 0) this.#unknown.delete(key);
  }
}
