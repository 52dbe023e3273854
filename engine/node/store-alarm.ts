/**
 * What an operator is told of the store, once when it begins and once when it is over. Nothing can be appended (its disk is
 * full, its server away): a balancer hears it by `/readyz`, and events are repeated or answered busy, as ever. And the
 * clock has gone back: what happens counts as of the last instant before, since time never runs backwards in a shard.
 */
import { clockBackMsMax, leaseRenewMs } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { Instant } from "../model/ids.ts";

interface WorkerFigures {
  readonly workers: readonly {
    readonly trouble: string | undefined;
    readonly shards: readonly { readonly instant: Instant }[];
  }[];
}

export interface StoreAlarm {
  readonly isStalled: () => boolean;
  close(): void;
}

export interface StoreAlarmOptions {
  readonly status: () => WorkerFigures;
  readonly clock: Pick<Clock, "now">;
  readonly timers: Timers;
  readonly onNote: (note: string) => void;
}

/** Looks as often as workers tell how they are. */
export function createStoreAlarm({ status, clock, timers, onNote }: StoreAlarmOptions): StoreAlarm {
  let trouble: string | undefined;
  let isBack = false;
  let cancel = timers.after(leaseRenewMs, look);

  function look(): void {
    cancel = timers.after(leaseRenewMs, look);
    const standing = status();
    lookAtClock(aheadMsOf(standing, clock.now()));
    const now = troubleOf(standing);
    if (now !== undefined && trouble === undefined)
      onNote(`the store takes no records: ${now}. Events are not acknowledged until it does`);
    if (now === undefined && trouble !== undefined) onNote("the store takes records again");
    trouble = now;
  }

  function lookAtClock(aheadMs: number): void {
    const now = aheadMs > clockBackMsMax;
    if (now && !isBack)
      onNote(
        `this computer's clock has gone back by ${Math.round(aheadMs / 1000)} s: events count as of the time before ` +
          "until it is there again. Set it by NTP (timedatectl set-ntp true)",
      );
    if (!now && isBack) onNote("this computer's clock and the store's time agree again");
    isBack = now;
  }

  return { isStalled: () => trouble !== undefined, close: () => cancel() };
}

/** Why nothing can be appended, as the first worker says that cannot. */
export function troubleOf({ workers }: WorkerFigures): string | undefined {
  return workers.find(({ trouble }) => trouble !== undefined)?.trouble;
}

/** How far the time of a shard is ahead of the clock; 0 where none is. */
export function aheadMsOf({ workers }: WorkerFigures, now: Instant): number {
  return Math.max(0, ...workers.flatMap(({ shards }) => shards.map(({ instant }) => instant - now)));
}
