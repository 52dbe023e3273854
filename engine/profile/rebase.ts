/**
 * A profile under another plan: what both plans know is kept under its new index, segments that the new one does not have
 * sleep, the rest is dropped. A stream that looks
 * further back than before has what it had; what is missing of older events comes by backfill, not from here.
 */
import type { Plan } from "../model/plan.ts";
import { putAttribute } from "./attributes.ts";
import { membershipsIn, NONE_SLEEPING } from "./memberships.ts";
import { NO_CELLS } from "./number-cells.ts";
import { layoutOf, type PlanLayout } from "./plan-layout.ts";
import { type Profile, recountTexts } from "./profile.ts";
import { StreamSet } from "./stream-set.ts";
import { copyStream } from "./stream-copy.ts";

const NO_MARKS: readonly number[] = Object.freeze([]);

export function rebase(profile: Profile, plan: Plan): void {
  const before = profile.layout;
  const after = layoutOf(plan);
  // By the old plan's windows first, so that what is kept does not depend on when it was last touched.
  profile.streams.trim(profile);
  profile.plan = plan;
  profile.memo = undefined;
  profile.layout = after;
  // Of a plan for which all has been gathered it may be gathered once more, by who has not heard: only under another one not.
  if (plan.warming === undefined && plan.digest !== before.plan.digest) profile.marks = NO_MARKS;
  if (sameIndexes(before, after)) return;
  const streams = new StreamSet();
  for (const index of profile.streams.indexes()) {
    const to = after.streamOfId.get(before.plan.streams[index]?.id as number);
    if (to === undefined) continue;
    const { keys, values, days } = copyStream(profile.streams, index);
    for (const [i, key] of keys.entries()) streams.add(profile, to, key, values[i] as number);
    if (days !== undefined) streams.addDays(profile, to, days);
  }
  streams.takeTexts(profile.streams.texts);
  streams.tighten();
  profile.streams = streams;
  const attributes = profile.attributes;
  profile.attributes = [];
  for (const attribute of attributes) {
    const index = after.attributeOfHash.get(before.attributeHashes[attribute.index] as number);
    if (index !== undefined) profile.attributes = putAttribute(profile.attributes, { ...attribute, index });
  }
  const { sleeping } = profile;
  const memberships = membershipsIn(profile.memberships);
  profile.setMemberships(NO_CELLS);
  profile.sleeping = NONE_SLEEPING;
  for (const stay of sleeping) profile.putStay(stay);
  for (const { index, ...stay } of memberships)
    profile.putStay({ ...stay, hash: before.segmentHashes[index] as number });
  recountTexts(profile);
}

/** Most edits of rules change thresholds, not what is kept. */
function sameIndexes(a: PlanLayout, b: PlanLayout): boolean {
  return (
    equal(a.attributeHashes, b.attributeHashes) &&
    equal(a.segmentHashes, b.segmentHashes) &&
    equal([...a.streamOfId.keys()], [...b.streamOfId.keys()])
  );
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}
