/**
 * Who was in which segment at a past instant, by today's rules: people live through history's events up to it, one after the
 * other, and the plan is evaluated there. What came later is as if it had not happened, but for who is who: people are
 * those that identifiers have since shown them to be. Changes nothing.
 */
import type { History } from "../history/port.ts";
import type { Instant } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { PersonInTime } from "./person-in-time.ts";
import { type Life, readLives } from "./read-lives.ts";
import { fieldsFolded } from "../model/fields-folded.ts";

export interface SegmentSizes {
  readonly at: Instant;
  /** People who had done something by then. */
  readonly profiles: number;
  /** In the order of the plan. */
  readonly segments: readonly { readonly name: string; readonly size: number }[];
}

/** Rejects with HistoryUnavailable. */
export async function segmentsAsOf(history: Pick<History, "events">, plan: Plan, at: Instant): Promise<SegmentSizes> {
  const sizes = plan.segments.map(() => 0);
  let profiles = 0;
  const life: Life<PersonInTime> = {
    fields: fieldsFolded(plan),
    begin: (id) => new PersonInTime(plan, id),
    live: (person, event) => person.remember(event),
  };
  for await (const person of readLives(history, { until: at }, life)) {
    person.look(at);
    profiles += 1;
    for (const index of sizes.keys()) if (person.profile.inSegment(index)) sizes[index] = (sizes[index] ?? 0) + 1;
  }
  return { at, profiles, segments: plan.segments.map((name, index) => ({ name, size: sizes[index] ?? 0 })) };
}
