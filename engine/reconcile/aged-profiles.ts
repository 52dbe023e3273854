/**
 * What profiles keep for so long only: values of fields, messages that have come to nothing, and messages that show something
 * of an event. Of whom any was said, came to that or happened longer ago, their owner lets it go by a record. Killed at any
 * point it is simply run again: what has gone already is not found any more. An event that has said a value anew meanwhile
 * keeps it, and so does a message that an operator has had tried once more, as the owner looks once more.
 */
import { agedPeopleAtOnce } from "../limits-of-reconcile.ts";
import type { PlanDigest, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { clearAged, deadBefore, showingTooOld } from "../profile/port.ts";
import type { AgedBefore } from "../shard/port.ts";
import type { HotStore } from "../store/port.ts";
import { openLive, readLiveShard, scanPeople } from "./live-part.ts";
import { type Repair, tellOwner } from "./tell-owner.ts";

export interface AgedProfilesOptions {
  readonly store: Pick<HotStore, "state" | "shards">;
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  readonly before: AgedBefore;
  readonly dryRun: boolean;
  readonly repair: Repair;
}

/** What has gone, or would have, from profiles. */
export interface LetGo {
  /** How many people have lost a value, by the names of fields. */
  readonly fields: Readonly<Record<string, number>>;
  /** Messages that had come to nothing too long ago. */
  readonly letters: number;
  /** Other messages, that show something of an event that is too old. */
  readonly showing: number;
}

/** Rejects with StoreUnavailable, also where an owner could not be told. */
export async function letGoOfAged(options: AgedProfilesOptions): Promise<LetGo> {
  const counts = { fields: {} as Record<string, number>, letters: 0, showing: 0 };
  for (let shard = 0; shard < options.store.shards; shard++) await letGoIn(options, shard as ShardId, counts);
  return counts;
}

async function letGoIn(
  { store, planOf, before, dryRun, repair }: AgedProfilesOptions,
  shard: ShardId,
  counts: { readonly fields: Record<string, number>; letters: number; showing: number },
): Promise<void> {
  const live = await readLiveShard(store.state, shard);
  const digest = live?.meta.plans.at(-1)?.[1];
  const plan = digest && (await planOf(digest));
  if (plan === undefined) return;
  let isChanged = false;
  for await (const page of scanPeople(store.state, shard)) {
    const aged: ProfileId[] = [];
    for (const { id, row } of page) {
      const profile = openLive(row, { plan, id });
      // What cannot be read a night finds, and puts right.
      if (profile === undefined || profile.sealedInto !== undefined) continue;
      const { attributes, agenda } = profile;
      const { changed } = clearAged(attributes, plan.attributes, before.fields);
      const letters = before.letters === undefined ? [] : deadBefore(agenda, before.letters);
      const { waiting, ended } = showingTooOld(agenda, before.events);
      const showing = waiting.length + ended.filter((each) => !letters.includes(each)).length;
      if (changed.length + letters.length + showing === 0) continue;
      aged.push(id);
      counts.letters += letters.length;
      counts.showing += showing;
      for (const index of changed) {
        const name = plan.attributes[index]?.name ?? "";
        counts.fields[name] = (counts.fields[name] ?? 0) + 1;
      }
    }
    if (dryRun) continue;
    for (let from = 0; from < aged.length; from += agedPeopleAtOnce)
      await tellOwner(repair, shard, { of: "aged", before, people: aged.slice(from, from + agedPeopleAtOnce) });
    isChanged ||= aged.length > 0;
  }
  // So that who asks again soon is not told of the same once more.
  if (isChanged) await tellOwner(repair, shard, { of: "checkpoint" });
}
