/**
 * Who was in which segment at a past instant, by today's rules: folds history's events up to it into profiles, with the code
 * that folds them live, and evaluates the plan there. What came later is as if it had not happened, but for who is who:
 * people are those that identifiers have since shown them to be. Changes nothing; all profiles that have an event by then
 * are in memory while it works.
 */
import type { History } from "../history/port.ts";
import { historyRecordsMax } from "../limits.ts";
import type { Instant, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan, ProfileView } from "../model/plan.ts";
import { decodeRecord } from "../model/record-codec.ts";
import { absorb, applyEvent, createProfile, encodeProfile, type Profile } from "../profile/port.ts";

export interface SegmentSizes {
  readonly at: Instant;
  /** People who had done something by then. */
  readonly profiles: number;
  /** In the order of the plan. */
  readonly segments: readonly { readonly name: string; readonly size: number }[];
}

/** Rejects with HistoryUnavailable. */
export async function segmentsAsOf(
  history: Pick<History, "records" | "watermarks">,
  plan: Plan,
  at: Instant,
): Promise<SegmentSizes> {
  const profiles = new Map<ProfileId, Profile>();
  /** Sealed profile -> the one that it was absorbed by. */
  const winners = new Map<ProfileId, ProfileId>();
  for (const shard of (await history.watermarks()).keys())
    await foldShard(history, shard, { plan, at, profiles, winners });
  unite(profiles, winners);
  const sizes = plan.segments.map(() => 0);
  for (const profile of profiles.values()) {
    for (const segment of segmentsOf(profile, plan, at)) sizes[segment] = (sizes[segment] ?? 0) + 1;
  }
  const segments = plan.segments.map((name, index) => ({ name, size: sizes[index] ?? 0 }));
  return { at, profiles: profiles.size, segments };
}

interface Folding {
  readonly plan: Plan;
  readonly at: Instant;
  readonly profiles: Map<ProfileId, Profile>;
  readonly winners: Map<ProfileId, ProfileId>;
}

async function foldShard(
  history: Pick<History, "records">,
  shard: ShardId,
  { plan, at, profiles, winners }: Folding,
): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await history.records(shard, after, historyRecordsMax);
    for (const { record: bytes, position } of rows) {
      after = position;
      const record = decodeRecord(bytes);
      if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done")
        winners.set(record.body.loser, record.body.winner);
      if (record.kind !== "event" || record.event.timestamp > at) continue;
      let profile = profiles.get(record.profile);
      if (profile === undefined) {
        profile = createProfile(record.profile, plan);
        profiles.set(record.profile, profile);
      }
      applyEvent(profile, record.event, at);
    }
    if (rows.length === 0) return;
  }
}

/** Each sealed profile's part goes to whom it belongs in the end. */
function unite(profiles: Map<ProfileId, Profile>, winners: ReadonlyMap<ProfileId, ProfileId>): void {
  for (const [id, profile] of [...profiles]) {
    let winner = id;
    // Redirects only descend; the bound is for a history that is not ours.
    for (let hops = 0; hops <= winners.size && winners.has(winner); hops++) winner = winners.get(winner) ?? winner;
    if (winner === id) continue;
    profiles.delete(id);
    const into = profiles.get(winner);
    if (into === undefined) profiles.set(winner, profile);
    else absorb(into, encodeProfile(profile), id, id);
  }
}

function segmentsOf(profile: Profile, plan: Plan, at: Instant): ReadonlySet<number> {
  const inside = new Set<number>();
  const view: ProfileView = {
    attribute: (index) => profile.attribute(index),
    aggregate: (index, instant) => profile.aggregate(index, instant),
    aggregateValidUntil: (index, instant) => profile.aggregateValidUntil(index, instant),
    inSegment: (index) => inside.has(index),
  };
  plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => {
    if (entered) inside.add(segment);
    else inside.delete(segment);
  });
  return inside;
}
