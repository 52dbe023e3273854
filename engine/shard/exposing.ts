/**
 * Holdouts in a shard's turn: that somebody has come to one is recorded, once in each group, with the batch of what brought
 * them there; of a content when an event has changed its person, of a message when it passes the gates. Reads record
 * nothing, so who only ever reads is in neither group.
 */
import type { Event } from "../model/event.ts";
import type { Exposure } from "../model/holdout.ts";
import { isScored } from "../model/rfm.ts";
import { isExposed, type Profile } from "../profile/port.ts";
import { viewAt } from "./view-at.ts";
import type { Turn } from "./turn.ts";

export function recordExposures(turn: Turn, profile: Profile, met: readonly Exposure[]): void {
  for (const { salt: holdout, percent, heldOut, by } of met)
    if (!isExposed(profile.exposures, holdout, heldOut))
      turn.emit({ kind: "exposed", profile: profile.id, holdout, percent, heldOut, by, at: turn.instant });
}

/** To be called when an event has been applied and its segments are settled. */
export function exposeToContents(turn: Turn, profile: Profile, event: Event): void {
  const { plan } = turn.shard;
  // What the night has worked out is no visit of theirs.
  if (plan.exposures === undefined || turn.quiet || isScored(event)) return;
  recordExposures(turn, profile, plan.exposures(viewAt(turn.shard, profile, turn.instant), turn.instant, event));
}
