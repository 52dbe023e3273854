/**
 * What a host's turns do beside events: wake-ups that are due, and looking at everybody with a new plan. However much there
 * is of it, events go on: it has a slice of a turn, shared evenly by the shards, and then rests, while turns are of events
 * only. Modes: ready -> (a turn with a slice) -> resting -> ready.
 */
import { besideRestMs, besideSliceMs, sweepPerTurnMax, wakeUpsPerTurnMax } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Owned } from "./owned.ts";
import type { Turn } from "./turn.ts";
import type { WakeUp } from "./wake-ups.ts";

export interface BesideOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** There may be work for a turn now. */
  readonly signal: () => void;
  /** The next profiles to be looked at with a new plan are to be fetched. */
  readonly sweepOn: (owned: Owned) => void;
}

/** Of one turn: whose wake-ups are due, by shard. Empty in a turn of events only. */
export type Due = ReadonlyMap<Owned, readonly WakeUp[]>;

const NOTHING: Due = new Map();

export class Beside {
  readonly #options: BesideOptions;
  /** On the monotonic clock. */
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #endsMs = 0;
  /** Shards of the turn that have not had their part of the slice. */
  #left = 0;
  #cancel: (() => void) | undefined;

  constructor(options: BesideOptions) {
    this.#options = options;
  }

  /** How long it still rests; 0 or less when it does not. */
  get restMs(): number {
    return this.#restsUntilMs - this.#options.clock.monotonicMs();
  }

  /** Whether a turn has anything to do of it now. */
  isWanted({ sweepIds, shard }: Owned): boolean {
    return (sweepIds.length > 0 || shard.wakeUps.earliest <= this.#options.clock.now()) && this.restMs <= 0;
  }

  /** To be called before what the turn needs is fetched. */
  take(work: readonly Owned[]): Due {
    if (!work.some((owned) => this.isWanted(owned))) return NOTHING;
    const now = this.#options.clock.now();
    return new Map(work.map((owned) => [owned, takeDue(owned, now)]));
  }

  /** All that was fetched is there: the slice begins. */
  begin(due: Due): void {
    this.#left = due.size;
    this.#endsMs = this.#options.clock.monotonicMs() + besideSliceMs;
  }

  /** The shard's part of the slice: at least one of each kind, so that it always comes on. */
  process(owned: Owned, turn: Turn, due: Due): void {
    const wakeUps = due.get(owned);
    if (wakeUps === undefined) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const untilMs = nowMs + Math.max(0, this.#endsMs - nowMs) / Math.max(1, this.#left);
    const isOver = (): boolean => clock.monotonicMs() > untilMs;
    this.#left -= 1;
    for (const [index, wakeUp] of wakeUps.entries()) {
      // Not due any more: the clock has gone back since it was taken.
      const waits = wakeUp.at > turn.instant || (index > 0 && isOver());
      if (waits || turn.wake(wakeUp.id, "due") === "missing") owned.shard.wakeUps.putBack(wakeUp);
    }
    if (sweepSome(owned, turn, isOver)) this.#options.sweepOn(owned);
  }

  end(due: Due): void {
    if (due.size > 0) this.#restsUntilMs = this.#options.clock.monotonicMs() + besideRestMs;
  }

  /** There is no work: signals when there will be some. */
  sleep(shards: Iterable<Owned>): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { clock, signal, timers } = this.#options;
    let waitMs = Number.POSITIVE_INFINITY;
    for (const { shard, sweepIds, fetching } of shards) {
      if (fetching) continue;
      waitMs = Math.min(waitMs, sweepIds.length > 0 ? 0 : shard.wakeUps.earliest - clock.now());
    }
    if (waitMs !== Number.POSITIVE_INFINITY) this.#cancel = timers.after(Math.max(0, this.restMs, waitMs), signal);
  }

  close(): void {
    this.#cancel?.();
  }
}

/** Profiles of which something may be due by now. */
function takeDue({ shard }: Owned, now: number): readonly WakeUp[] {
  const due: WakeUp[] = [];
  while (due.length < wakeUpsPerTurnMax) {
    const wakeUp = shard.wakeUps.take(now);
    if (wakeUp === undefined) break;
    due.push(wakeUp);
  }
  return due;
}

/** Looks at a few profiles with the new plan; true when the next are to be fetched. */
function sweepSome(owned: Owned, turn: Turn, isOver: () => boolean): boolean {
  const { sweepIds, shard } = owned;
  if (sweepIds.length === 0) return false;
  const looksMax = Math.min(sweepIds.length, sweepPerTurnMax);
  let looks = 0;
  // Those that were found after what the turn needs was fetched are not there yet: they come with the next one.
  do if (turn.wake(sweepIds[looks] as ProfileId, "plan") === "missing") break;
  while (++looks < looksMax && !isOver());
  sweepIds.splice(0, looks);
  if (sweepIds.length > 0) return false;
  shard.sweep = owned.sweepNext;
  return true;
}
