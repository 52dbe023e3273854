/**
 * What a new plan reads of events that came before it. Profiles lack it at first; it is gathered from history into rows that
 * hold nothing else, and united with what each profile has kept since, each stream once by its mark. A stream that is new
 * has nothing in common with what is gathered, but of whom an earlier plan kept it and nobody has opened since. It has, as
 * one that is kept longer than before: there contributions are united as sets, and of days that both have folded the fuller
 * stands, which is the stated error of folded days.
 */
import { backfillMarksMax } from "../limits.ts";
import type { Plan } from "../model/plan.ts";
import type { BackfilledStream, Lacking } from "../model/lacking.ts";
import { attributeId } from "../model/lacking.ts";
import { putAttribute } from "./attributes.ts";
import { dayOfKey } from "./contribution.ts";
import { DaySums } from "./day-sums.ts";
import { layoutOf, type Reach, reachesAsFar } from "./plan-layout.ts";
import { type Profile, recountTexts } from "./profile.ts";
import { decodeProfile } from "./row-codec.ts";
import { copyStream, missingIn, type StreamCopy } from "./stream-copy.ts";

/** What `after` reads and `before` did not keep, or not for as long. */
export function lackingBetween(before: Plan, after: Plan): Lacking {
  const [old, young] = [layoutOf(before), layoutOf(after)];
  const streams = after.streams.flatMap(({ id, keepsTexts }, index) => {
    const known = old.streamOfId.get(id);
    if (known === undefined) return [{ id, longer: false }];
    const hasTexts = keepsTexts !== true || before.streams[known]?.keepsTexts === true;
    const isKept = hasTexts && reachesAsFar(old.reachOf[known] as Reach, young.reachOf[index] as Reach);
    return isKept ? [] : [{ id, longer: true }];
  });
  const attributes = after.attributes.map(attributeId).filter((id) => !old.attributeOfHash.has(id));
  return { streams, attributes };
}

export interface BackfillRow {
  /** As `encodeProfile` gives it; of any profile and plan: its streams and attributes count. */
  readonly row: Uint8Array;
  readonly streams: readonly BackfilledStream[];
}

export function uniteBackfill(profile: Profile, { row, streams }: BackfillRow): void {
  profile.memo = undefined;
  const other = decodeProfile(row, profile.plan, profile.id);
  // Both as of one time, so that a day which one has gathered under `ever` is gathered by the other.
  profile.clock = Math.max(profile.clock, other.clock);
  other.clock = profile.clock;
  profile.streams.trim(profile);
  other.streams.trim(other);
  profile.streams.takeTexts(other.streams.texts);
  for (const { id, mark, longer } of streams) {
    const index = profile.layout.streamOfId.get(id);
    // A later plan may do without it.
    if (index === undefined || profile.marks.includes(mark)) continue;
    profile.marks = [...profile.marks, mark].slice(-backfillMarksMax);
    const theirs = copyStream(other.streams, index);
    if (longer || sharesAny(copyStream(profile.streams, index), theirs)) uniteStream(profile, index, theirs);
    else {
      for (const [i, key] of theirs.keys.entries())
        profile.streams.add(profile, index, key, theirs.values[i] as number);
      if (theirs.days !== undefined) profile.streams.addDays(profile, index, theirs.days);
    }
  }
  for (const attribute of other.attributes) profile.attributes = putAttribute(profile.attributes, attribute);
  recountTexts(profile);
}

/** Whoever has had any has had all: one of the newest, kept exactly by both, or folded to a day by so many since. */
function sharesAny(ours: StreamCopy, theirs: StreamCopy): boolean {
  const newest = theirs.keys.at(-1);
  if (newest === undefined) return false;
  for (const { firstKey } of ours.days?.entries() ?? []) if (firstKey <= newest) return true;
  return missingIn(ours, theirs).length < theirs.keys.length;
}

function uniteStream(profile: Profile, index: number, theirs: StreamCopy): void {
  const ours = copyStream(profile.streams, index);
  const known = ours.days ?? new DaySums();
  // What is older than all that we keep exactly is in our days, if we have folded any.
  const cut = ours.days === undefined ? 0 : (ours.keys[0] ?? 0);
  const days = new DaySums();
  if (theirs.days !== undefined) days.addAll(theirs.days);
  for (const [i, key] of theirs.keys.entries()) if (key < cut) days.add(dayOfKey(key), key, theirs.values[i] as number);
  const more = days.beyond(known);
  for (const { key, value } of missingIn(ours, theirs)) if (key >= cut) profile.streams.add(profile, index, key, value);
  if (more.rows.length > 0) profile.streams.addDays(profile, index, more);
}
