/**
 * One person as they were at a past instant, by today's rules: history's events of them up to it, folded anew by the code
 * that folds them live. Exact where the live profile is not, which keeps of the past what the rules want of the present.
 * Who they are is what is known today: identifiers and merges have no past here, and neither have points.
 */
import { eventsIn, type History } from "../history/port.ts";
import { TRAIT_EVENTS } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { decodeEventToFold } from "../model/record-codec.ts";
import { applyEvent, judge, type Profile } from "../profile/port.ts";
import { PersonInTime } from "./person-in-time.ts";

export interface PastPerson {
  readonly id: ProfileId;
  /** Profiles that became part of it: their events are its own. */
  readonly absorbed: readonly ProfileId[];
  readonly plan: Plan;
}

/** Rejects with HistoryUnavailable. What is not drained yet is as if it had not happened. */
export async function profileAsOf(
  history: Pick<History, "events">,
  { id, absorbed, plan }: PastPerson,
  at: Instant,
): Promise<Profile> {
  const person = new PersonInTime(plan, id);
  const { profile } = person;
  const names = new Set([...plan.streams.map(({ event }) => event), ...TRAIT_EVENTS]);
  for await (const block of history.events({ names: [...names], profiles: [id, ...absorbed] }))
    for (const { record: bytes } of eventsIn(block)) {
      const event = decodeEventToFold(bytes);
      if (event === undefined || event.timestamp > at) continue;
      // When segments were entered and left is told only by living through it.
      if (plan.readsTransitions === true) person.remember(event);
      // Two profiles that became one may both have had it.
      else if (judge(profile, event, event.timestamp) !== "duplicate") applyEvent(profile, event, at);
    }
  if (plan.readsTransitions === true) person.look(at);
  return profile;
}
