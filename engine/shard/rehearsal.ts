/**
 * A new plan is tried on copies of some profiles before it decides: its code is new, and V8 makes fast code only of what has
 * run often enough. Until then one look at everybody's rules takes thirty times as long, and all events that come then
 * would wait for it. Nothing is recorded and nobody is changed. Who runs this pauses between its steps, so that events go on
 * by the plan before.
 */
import { rehearsalRuns } from "../limits-of-rules.ts";
import type { Instant } from "../model/ids.ts";
import type { Change, Plan } from "../model/plan.ts";
import { decodeProfile, encodeProfile, type Profile } from "../profile/port.ts";

const EVERYTHING: Change = Object.freeze({ kind: "everything" });
/** Of the runs: by then the code of the rules is fast, and what calls it is tried. */
const WHOLE_SHARE = 0.5;

export function* rehearsal(plan: Plan, profiles: readonly Profile[], at: Instant): Generator<void, void, void> {
  const copies: Profile[] = [];
  for (const profile of profiles) {
    if (profile.sealedInto === undefined) copies.push(decodeProfile(encodeProfile(profile), plan, profile.id));
    yield;
  }
  if (copies.length === 0) return;
  const changes = [...new Set(plan.streams.map(({ event }) => event))].map(
    (event): Change => ({ kind: "event", event, attributes: [] }),
  );
  for (let run = 0; run < rehearsalRuns; run++) {
    const copy = copies[run % copies.length] as Profile;
    for (const _ of plan.rehearse?.(copy, at) ?? []) yield;
    if (run < rehearsalRuns * WHOLE_SHARE) continue;
    copy.memo = undefined;
    for (const change of [EVERYTHING, changes[run % changes.length] ?? EVERYTHING]) {
      plan.evaluate(copy, change, at, ignore);
      yield;
      plan.nextFlip(copy, change, at);
      yield;
    }
    plan.decide(copy, at);
    yield;
  }
}

function ignore(): void {}
