/**
 * "Nobody oversleeps": at the end of a run each stored profile is woken in time for whatever rules and messages have for it
 * next, as the night finds it, with the night's own code.
 */
import type { ShardId } from "../../engine/model/ids.ts";
import { isSettled } from "../../engine/reconcile/compare-part.ts";
import { judgementOf, openLive, readLivePeople, readLiveShard } from "../../engine/reconcile/live-part.ts";
import { loadSamplePlan, planDigest, planSource, VARIANTS } from "./sample-rules.ts";
import type { World } from "./world.ts";

const PLANS = new Map(VARIANTS.map((variant) => [planDigest(variant), loadSamplePlan(planSource(variant))]));

/** Returns who does, in words. */
export async function checkWakeUps(world: World): Promise<readonly string[]> {
  const problems: string[] = [];
  const { state } = world.store;
  const { shards } = state;
  const reads: Parameters<typeof readLivePeople>[0] = {
    loadMeta: async (shard) => state.loadMeta(shard),
    scan: async (shard, cursor, limit) => state.scan(shard, cursor, limit),
    loadProfiles: async (shard, ids) => state.loadProfiles(shard, ids),
    due: async (shard, until, limit) => state.due(shard, until, limit),
  };
  for (let id = 0; id < shards; id++) {
    const shard = id as ShardId;
    const live = await readLiveShard(reads, shard);
    const plan = live && PLANS.get(live.meta.plans.at(-1)?.[1] ?? planDigest("a"));
    if (live === undefined || plan === undefined) continue;
    const people = await readLivePeople(reads, {
      shard,
      of: { part: 0, parts: 1, shards },
      plan,
      isOurs: () => true,
      now: () => Math.max(Math.floor(world.wallMs()), live.meta.instant),
      vouched: live.meta.position,
      keptOf: () => undefined,
    });
    for (const [who, person] of people) {
      const profile = person.row && openLive(person.row, { plan, id: who });
      if (profile === undefined) throw new Error(`${who} of shard ${shard} cannot be read`);
      const { overslept } = judgementOf(person, profile, { plan, judges: isSettled(live) });
      if (overslept !== undefined)
        problems.push(`${who} of shard ${shard} is woken at ${person.wakeUp}, and is due at ${overslept}`);
    }
  }
  return problems;
}
