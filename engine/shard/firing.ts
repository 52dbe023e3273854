/**
 * Triggers in a shard's turn: what has happened to a profile sets them off, each firing is a record, and a cause sets a
 * trigger off once. An event is told from its repetition before it comes here, and a segment is entered once an epoch; a
 * date and a schedule are held against what the profile remembers. What is paused or stopped does not fire later either.
 */
import type { Event } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { type Cause, messageIdOf } from "../model/trigger.ts";
import { countFirings, type Profile } from "../profile/port.ts";
import type { Turn } from "./turn.ts";

export interface Happened {
  /** At hand: the one that changed the profile. */
  readonly event: Event | undefined;
  readonly flips: readonly Flip[];
  /** The wake-up that was due, if one was: dates and schedules from there on have not been looked at. */
  readonly since: Instant | undefined;
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

export function fireTriggers(turn: Turn, profile: Profile, happened: Happened): void {
  const { plan, orders } = turn.shard;
  const { triggers } = plan;
  if (triggers === undefined || orders.stopped || turn.quiet) return;
  for (const { trigger, cause, at } of occasionsOf(turn, profile, happened)) {
    const definition = triggers.all[trigger];
    if (definition === undefined || orders.paused.includes(definition.name)) continue;
    const { atMost, id, name, intent } = definition;
    const { firings } = profile;
    if (cause.is === "time" && turn.planted.firesAgain !== true)
      if (firings.some((firing) => firing.trigger === id && firing.at === at)) continue;
    if (atMost !== undefined && countFirings(firings, id, at - atMost.windowMs) >= atMost.count) continue;
    // As of now: a late wake-up asks what holds when it is worked off.
    if (!triggers.holds(trigger, profile, turn.instant, cause.is === "time" ? undefined : happened.event)) continue;
    const message = messageIdOf(name, profile.id, cause);
    turn.emit({
      kind: "decided",
      profile: profile.id,
      trigger: name,
      message,
      cause,
      at,
      intent,
      plan: plan.digest,
    });
  }
}

function* occasionsOf(turn: Turn, profile: Profile, { event, flips, since }: Happened): Iterable<Occasion> {
  const { triggers, segments } = turn.shard.plan;
  if (triggers === undefined) return;
  if (event !== undefined) {
    const { name, source, messageId } = event;
    const at = Math.min(event.timestamp, turn.instant);
    for (const trigger of triggers.ofEvent(name))
      yield { trigger, cause: { is: "event", name, source, messageId }, at };
  }
  for (const { segment, entered, epoch } of flips) {
    const cause = { is: "segment", segment: segments[segment] ?? "", entered, epoch } as const;
    for (const trigger of triggers.ofSegment(segment, entered)) yield { trigger, cause, at: turn.instant };
  }
  if (since === undefined) return;
  for (const { trigger, at } of triggers.due(profile, { from: since, until: turn.instant }))
    yield { trigger, cause: { is: "time", due: at }, at };
}
