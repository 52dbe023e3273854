/**
 * Fields that are kept for so long only: of whom a value was said longer ago, their owner clears it by a record. Killed at any
 * point it is simply run again: what is cleared already is not found any more. An event that has said it anew meanwhile keeps
 * it, as the owner looks once more.
 */
import { agedPeopleAtOnce } from "../limits-of-reconcile.ts";
import type { Instant, PlanDigest, ProfileId, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { clearAged, decodeProfile } from "../profile/port.ts";
import type { ShardFix } from "../shard/port.ts";
import type { HotStore } from "../store/port.ts";
import { readLiveShard, scanPeople } from "./live-part.ts";

export interface AgedFieldsOptions {
  readonly store: Pick<HotStore, "state" | "shards">;
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  /** What was said before is too old, by the names of fields. */
  readonly before: Readonly<Record<string, Instant>>;
  readonly dryRun: boolean;
  /** Whether the shard's owner has taken it. */
  readonly repair: (shard: ShardId, fix: ShardFix) => Promise<boolean>;
}

/** Rejects with StoreUnavailable. @returns how many people have lost a value, with `dryRun` would, by the names of fields */
export async function clearAgedFields(options: AgedFieldsOptions): Promise<Readonly<Record<string, number>>> {
  const people: Record<string, number> = {};
  for (let shard = 0; shard < options.store.shards; shard++) await clearOf(options, shard as ShardId, people);
  return people;
}

async function clearOf(
  { store, planOf, before, dryRun, repair }: AgedFieldsOptions,
  shard: ShardId,
  counts: Record<string, number>,
): Promise<void> {
  const live = await readLiveShard(store.state, shard);
  const digest = live?.meta.plans.at(-1)?.[1];
  const plan = digest && (await planOf(digest));
  if (plan === undefined) return;
  let isChanged = false;
  for await (const page of scanPeople(store.state, shard)) {
    const aged: ProfileId[] = [];
    for (const { id, row } of page) {
      const { sealedInto, attributes } = decodeProfile(row, plan, id);
      const { changed } = clearAged(attributes, plan.attributes, before);
      if (sealedInto !== undefined || changed.length === 0) continue;
      aged.push(id);
      for (const index of changed) {
        const name = plan.attributes[index]?.name ?? "";
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
    if (dryRun) continue;
    for (let from = 0; from < aged.length; from += agedPeopleAtOnce)
      await repair(shard, { of: "aged", before, people: aged.slice(from, from + agedPeopleAtOnce) });
    isChanged ||= aged.length > 0;
  }
  // So that who asks again soon is not told of the same values once more.
  if (isChanged) await repair(shard, { of: "checkpoint" });
}
