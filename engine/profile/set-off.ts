/**
 * Which triggers something sets off that has happened to a profile, the same in a turn and in a rule test. A cause sets a
 * trigger off once: an event is told from its repetition before it comes here, and a segment is entered once an epoch; a
 * date, a schedule and a sequence are held against what the profile remembers.
 */
import type { Event } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { type Cause, type Due, messageIdOf } from "../model/trigger.ts";
import type { DecidedRecord } from "../model/record.ts";
import { countFirings } from "./firings.ts";
import type { Profile } from "./profile.ts";

export interface Happened {
  /** At hand: the one that changed the profile. */
  readonly event: Event | undefined;
  readonly flips: readonly Flip[];
  /** The wake-up that was due, if one was: what time sets off from there on has not been looked at. */
  readonly since: Instant | undefined;
  /** Sequences that are complete because two profiles have become one. */
  readonly completed?: readonly Due[];
  /** Now: a late wake-up asks what holds when it is worked off. */
  readonly at: Instant;
}

export interface Flip {
  readonly segment: number;
  readonly entered: boolean;
  readonly epoch: number;
}

interface Occasion {
  readonly trigger: number;
  readonly cause: Cause;
  readonly at: Instant;
}

/** Each is to be applied to the profile before the next is asked for, as `at most` counts it. */
export function* setOff(profile: Profile, happened: Happened, remembers = true): Iterable<DecidedRecord> {
  const { plan } = profile;
  const { triggers } = plan;
  if (triggers === undefined) return;
  for (const { trigger, cause, at } of occasionsOf(profile, happened)) {
    const definition = triggers.all[trigger];
    if (definition === undefined) continue;
    const { atMost, id, name, intent } = definition;
    const { firings } = profile;
    if (cause.is === "time" && remembers && firings.some((held) => held.trigger === id && held.at === at)) continue;
    if (atMost !== undefined && countFirings(firings, id, at - atMost.windowMs) >= atMost.count) continue;
    if (!triggers.holds(trigger, profile, happened.at, cause.is === "time" ? undefined : happened.event)) continue;
    const message = messageIdOf(name, profile.id, cause);
    const { event } = happened;
    const shown = cause.is === "event" && event !== undefined ? triggers.shownOf?.(trigger, event) : undefined;
    const wanted =
      shown === undefined || event === undefined ? intent : { ...intent, event: shown, eventName: event.name };
    yield {
      kind: "decided",
      profile: profile.id,
      trigger: name,
      message,
      cause,
      at,
      intent: wanted,
      plan: plan.digest,
    };
  }
}

function* occasionsOf(
  profile: Profile,
  { event, flips, since, completed = [], at: now }: Happened,
): Iterable<Occasion> {
  const { triggers, segments } = profile.plan;
  if (triggers === undefined) return;
  if (event !== undefined) {
    const { name, source, messageId } = event;
    const at = Math.min(event.timestamp, now);
    for (const trigger of triggers.ofEvent(name))
      yield { trigger, cause: { is: "event", name, source, messageId }, at };
    for (const due of triggers.completed(profile, event, now)) yield timed(due);
  }
  for (const { segment, entered, epoch } of flips) {
    const cause = { is: "segment", segment: segments[segment] ?? "", entered, epoch } as const;
    for (const trigger of triggers.ofSegment(segment, entered)) yield { trigger, cause, at: now };
  }
  for (const due of completed) yield timed(due);
  if (since === undefined) return;
  for (const due of triggers.due(profile, { from: since, until: now })) yield timed(due);
}

function timed({ trigger, at }: Due): Occasion {
  return { trigger, cause: { is: "time", due: at }, at };
}
