/**
 * A rebuild's shards, one after the other: each is claimed, filled from the first beginning that is sound, marked as done and
 * let go of. What was marked before is left as it is.
 */
import { type History, type HistoryWatermark, UNDRAINED, type WithLineage, withLineage } from "../history/port.ts";
import { epochsPerTerm } from "../limits.ts";
import type { Random } from "../model/clock.ts";
import { SetupError } from "../model/errors.ts";
import type { Instant, NodeId, PlanDigest, ShardId } from "../model/ids.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import type { HotStore } from "../store/port.ts";
import type { Lane } from "./over-shards.ts";
import type { RebuiltShard } from "./rebuild-shard.ts";
import { type RebuildHistory, rebuildFromSound } from "./sound-beginning.ts";

export interface RebuildLaneOptions {
  readonly store: HotStore;
  readonly history: RebuildHistory & Pick<History, "watermarks" | "documents">;
  readonly loadPlan: PlanLoader;
  /** Of the rule files: for what history has no plan of. */
  readonly rules: Uint8Array;
  /** A folder for what is not kept in memory; undefined: all is read again for each part of a shard. */
  readonly scratch?: string | undefined;
  readonly now: () => Instant;
  readonly random: Random;
  /** Told of more records that were gone through. */
  readonly onRecords: (records: number) => void;
}

const NODE = "rebuild" as NodeId;
/** Under the plans of a store, as no plan has such a name. */
const doneMark = (shard: ShardId): PlanDigest => `rebuilt ${shard}` as PlanDigest;
const YES = new TextEncoder().encode("yes");
/** The same: where history ended from which the shard was begun. What a killed run has left of it may be gone on with. */
const begunMark = (shard: ShardId): PlanDigest => `begun ${shard}` as PlanDigest;

/** Rejects with SetupError, HistoryUnavailable, StoreUnavailable; undefined: the shard was done before. */
export function createRebuildLane(options: RebuildLaneOptions): Lane<RebuiltShard | undefined> {
  let past: Promise<Past> | undefined;
  return async (shard) => {
    past ??= readPast(options);
    return one(options, await past, shard);
  };
}

interface Past {
  readonly history: WithLineage<RebuildLaneOptions["history"]>;
  readonly ends: ReadonlyMap<ShardId, HistoryWatermark>;
  readonly known: ReadonlyMap<PlanDigest, Plan>;
  /** For what is not known any more. */
  readonly base: Plan;
}

async function readPast({ history: port, loadPlan, rules }: RebuildLaneOptions): Promise<Past> {
  const history = await withLineage(port);
  const plans = await history.documents("plan", Number.MAX_SAFE_INTEGER);
  const known = new Map(plans.map(({ key, content }) => [key as PlanDigest, loadPlan(content)]));
  return { history, ends: await history.watermarks(), known, base: loadPlan(rules) };
}

async function one(
  options: RebuildLaneOptions,
  { history, ends, known, base }: Past,
  shard: ShardId,
): Promise<RebuiltShard | undefined> {
  const { store, random, scratch, now, onRecords } = options;
  const end = ends.get(shard) ?? UNDRAINED;
  if (((await store.plans.get(doneMark(shard)))?.length ?? 0) > 0) return undefined;
  const journalEnd = await store.journal.last(shard);
  const begunAt = new TextDecoder().decode(await store.plans.get(begunMark(shard)));
  if (journalEnd > 0 && begunAt !== String(end.position))
    throw new SetupError(
      `Shard ${shard} was rebuilt in part, and cannot be gone on with.`,
      "Empty the live store, and run this again.",
    );
  const seen = (await store.leases.readLeases()).find((lease) => lease.shard === shard);
  if (seen === undefined) throw new RangeError(`there is no shard ${shard}`);
  const term = Math.floor(Math.max(seen.epoch, end.epoch) / epochsPerTerm) + 1;
  const epoch = await store.leases.claim(seen, NODE, term * epochsPerTerm + random.below(epochsPerTerm) - 1);
  if (epoch === undefined) throw new SetupError(`Shard ${shard} has an owner.`, "Stop all engines on this store.");
  await store.plans.put(begunMark(shard), new TextEncoder().encode(String(end.position)));
  const rebuild = {
    store,
    history,
    planOf: async ({ digest }: { readonly digest: PlanDigest }) => known.get(digest) ?? base,
    plan: base,
    nameOf: (digest: PlanDigest) => (known.has(digest) ? digest : base.digest),
    shard,
    epoch,
    upTo: end.position,
    journalEnd,
    scratch,
    now: now(),
    onRecords,
  };
  const rebuilt = await rebuildFromSound(rebuild, async (digest) => known.get(digest));
  await store.plans.put(doneMark(shard), YES);
  await store.leases.release(NODE, shard, epoch);
  return rebuilt;
}
