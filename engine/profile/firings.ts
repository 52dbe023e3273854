/**
 * What a profile remembers of the triggers that fired for it: the latest of each, so that `at most` can be counted, so that
 * no date and no schedule fires twice for one instant, and so that people can be told. All of them are in history. Part of a
 * profile's fold: changed by `decided` records and by merges. A trigger is known by the hash of its name whatever the plan,
 * so that going back to an earlier plan forgets nothing.
 */
import { heldFiringsMax, triggerCountMax } from "../limits.ts";
import { hashText } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import type { DecidedRecord } from "../model/record.ts";
import type { MessageId } from "../model/trigger.ts";

export interface Firing {
  /** hashText(name). */
  readonly trigger: number;
  /** When it was due. */
  readonly at: Instant;
  readonly message: MessageId;
}

/** In the order of time, then of message. */
export type Firings = readonly Firing[];

export const NO_FIRINGS: Firings = Object.freeze([]);

export function enterFiring(firings: Firings, { trigger, at, message }: DecidedRecord): Firings {
  return uniteFirings(firings, [{ trigger: hashText(trigger), at, message }]);
}

/** Of two profiles that become one. */
export function uniteFirings(ours: Firings, theirs: Firings): Firings {
  const news = theirs.filter(({ message }) => !ours.some((held) => held.message === message));
  return news.length === 0 ? ours : latest([...ours, ...news]);
}

/** Firings of a trigger after an instant. */
export function countFirings(firings: Firings, trigger: number, since: Instant): number {
  let count = 0;
  for (const firing of firings) if (firing.trigger === trigger && firing.at > since) count += 1;
  return count;
}

/** The latest of each trigger, and of those the latest of all. */
function latest(firings: readonly Firing[]): Firings {
  const sorted = firings.toSorted((a, b) => a.at - b.at || (a.message < b.message ? -1 : 1));
  const counts = new Map<number, number>();
  const kept: Firing[] = [];
  for (const firing of sorted.toReversed()) {
    const count = counts.get(firing.trigger) ?? 0;
    if (count >= triggerCountMax || kept.length >= heldFiringsMax) continue;
    counts.set(firing.trigger, count + 1);
    kept.push(firing);
  }
  return kept.reverse();
}
