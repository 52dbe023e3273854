/**
 * An empty live store filled from history, with no engine on either: the same number of shards, or twice, four times as
 * many. Killed at any point it is run again, and goes on where it was; a store in the middle of it is told by a mark, and
 * no engine starts on it.
 */
import type { History } from "../history/port.ts";
import { epochsPerTerm } from "../limits.ts";
import type { Random } from "../model/clock.ts";
import { SetupError } from "../model/errors.ts";
import type { Epoch, Instant, NodeId, PlanDigest, ShardId } from "../model/ids.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import { NO_ORDERS, type Orders, saysNothing } from "../model/orders.ts";
import { parseSteering, renderSteering, withOrders } from "../model/steering.ts";
import type { HotStore } from "../store/port.ts";
import type { HistoryFlaw } from "./history-records.ts";
import { type RebuiltShard, rebuildShard, type ShardRebuild } from "./rebuild-shard.ts";
import { BrokenSnapshotError, readBase, readSnapshot, type Snapshot } from "./snapshots.ts";

export interface RebuildOptions {
  readonly store: HotStore;
  readonly history: Pick<
    History,
    "records" | "seals" | "watermarks" | "document" | "documents" | "snapshot" | "snapshotPage"
  >;
  readonly loadPlan: PlanLoader;
  /** Of the rule files: for what history has no plan of. */
  readonly rules: Uint8Array;
  readonly now: () => Instant;
  readonly random: Random;
  readonly onProgress: (progress: {
    readonly shard: number;
    readonly shards: number;
    readonly records: number;
    readonly recordsAll: number;
  }) => void;
}

export interface RebuildReport {
  readonly shards: number;
  /** As many as history knows. */
  readonly shardsBefore: number;
  readonly profiles: number;
  readonly cells: number;
  /** Messages that may have been sent, and are not sent again. */
  readonly unknown: number;
  readonly flaws: readonly (HistoryFlaw & { readonly shard: ShardId })[];
}

/** Under the plans of a store, as no plan has such a name: not empty while it is being rebuilt. */
const REBUILDING = "rebuilding" as PlanDigest;
const NODE = "rebuild" as NodeId;
const doneMark = (shard: ShardId): PlanDigest => `rebuilt ${shard}` as PlanDigest;
const YES = new TextEncoder().encode("yes");
const NO = new Uint8Array(0);

/** Rejects with SetupError, HistoryUnavailable, StoreUnavailable. */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport> {
  const { store, history, onProgress } = options;
  const ends = await history.watermarks();
  const shardsBefore = 2 ** Math.ceil(Math.log2(Math.max(0, ...ends.keys()) + 1));
  if (ends.size === 0)
    throw new SetupError(
      "History is empty: there is nothing to rebuild from.",
      "See that VIF_HISTORY names the right one.",
    );
  if (store.shards < shardsBefore)
    throw new SetupError(
      `History is of ${shardsBefore} shards, and the store is made for ${store.shards}.`,
      `Set VIF_SHARDS to ${shardsBefore} or more: the number of shards can grow, and not shrink.`,
    );
  await beginRebuild(store);
  const plans = await takePlans(options);
  const recordsAll =
    [...ends.values()].reduce((sum, { position }) => sum + position, 0) * (store.shards / shardsBefore);
  let [profiles, cells, unknown, records] = [0, 0, 0, 0];
  let orders: Orders = NO_ORDERS;
  const flaws: (HistoryFlaw & { shard: ShardId })[] = [];
  for (let number = 0; number < store.shards; number++) {
    const shard = number as ShardId;
    const from = (number % shardsBefore) as ShardId;
    const end = ends.get(from) ?? { epoch: 0, position: 0 };
    const rebuilt = await one(options, plans, {
      shard,
      from,
      end,
      grows: store.shards > shardsBefore,
      onRecords: (more) => {
        records += more;
        onProgress({ shard: number, shards: store.shards, records, recordsAll });
      },
    });
    profiles += rebuilt?.profiles ?? 0;
    cells += rebuilt?.cells ?? 0;
    unknown += rebuilt?.unknown ?? 0;
    if (rebuilt?.state.orders !== undefined) orders = rebuilt.state.orders;
    if (from === shard) flaws.push(...(rebuilt?.flaws ?? []).map((flaw) => ({ ...flaw, shard })));
  }
  await steer(store, orders);
  await store.plans.put(REBUILDING, NO);
  return { shards: store.shards, shardsBefore, profiles, cells, unknown, flaws };
}

/** @throws SetupError when the store is being filled, or has been in part */
export async function checkNotRebuilding({ plans }: Pick<HotStore, "plans">): Promise<void> {
  if (((await plans.get(REBUILDING))?.length ?? 0) === 0) return;
  throw new SetupError(
    "The live store is being rebuilt from history.",
    "Wait for `vif rebuild`, or run it again if it was stopped.",
  );
}

interface PastPlans {
  readonly known: ReadonlyMap<PlanDigest, Plan>;
  /** For what is not known any more. */
  readonly base: Plan;
}

/**
 * From here on no engine starts on the store, until it is filled. Rejects with SetupError when it is not empty, unless a rebuild
 * has begun it.
 */
export async function beginRebuild(store: HotStore): Promise<void> {
  const mark = await store.plans.get(REBUILDING);
  if (mark !== undefined && mark.length > 0) return;
  for (const { shard, owner } of await store.leases.readLeases()) {
    const isEmpty = (await store.state.loadMeta(shard)) === undefined && (await store.journal.last(shard)) === 0;
    if (!isEmpty || owner !== undefined)
      throw new SetupError(
        "The live store is not empty.",
        "Stop all engines, and name an empty store; or, if this one is lost, empty it first: FLUSHDB on Redis, or move the folder `store` of the data folder away.",
      );
  }
  await store.plans.put(REBUILDING, YES);
}

/** All that history has kept, into the store: whoever folds a journal asks for them there. */
async function takePlans({ store, history, loadPlan, rules }: RebuildOptions): Promise<PastPlans> {
  const known = new Map<PlanDigest, Plan>();
  for (const { key, content } of await history.documents("plan", Number.MAX_SAFE_INTEGER)) {
    known.set(key as PlanDigest, loadPlan(content));
    await store.plans.put(key as PlanDigest, content);
  }
  const base = loadPlan(rules);
  await store.plans.put(base.digest, rules);
  return { known, base };
}

async function one(
  options: RebuildOptions,
  { known, base }: PastPlans,
  of: {
    readonly shard: ShardId;
    readonly from: ShardId;
    readonly end: { readonly epoch: Epoch; readonly position: number };
    readonly grows: boolean;
    readonly onRecords: (records: number) => void;
  },
): Promise<RebuiltShard | undefined> {
  const { store, history, random, now } = options;
  const { shard, from, end, grows, onRecords } = of;
  if (((await store.plans.get(doneMark(shard)))?.length ?? 0) > 0) return undefined;
  const isNew = from !== shard;
  if ((await store.journal.last(shard)) > (isNew ? 0 : end.position))
    throw new SetupError(
      `Shard ${shard} was rebuilt in part, and cannot be gone on with.`,
      "Empty the live store, and run this again.",
    );
  const seen = (await store.leases.readLeases()).find((lease) => lease.shard === shard);
  if (seen === undefined) throw new RangeError(`there is no shard ${shard}`);
  const term = Math.floor(Math.max(seen.epoch, end.epoch) / epochsPerTerm) + 1;
  const epoch = await store.leases.claim(seen, NODE, term * epochsPerTerm + random.below(epochsPerTerm) - 1);
  if (epoch === undefined) throw new SetupError(`Shard ${shard} has an owner.`, "Stop all engines on this store.");
  const rebuild: Omit<ShardRebuild, "snapshot"> = {
    store,
    history,
    planOf: async ({ digest }) => known.get(digest) ?? base,
    plan: base,
    nameOf: (digest) => (known.has(digest) ? digest : base.digest),
    shard,
    epoch,
    from,
    upTo: end.position,
    grows,
    now: now(),
    onRecords,
  };
  const planOf = async (digest: PlanDigest): Promise<Plan | undefined> => known.get(digest);
  const removed = await readBase(history, from, planOf);
  const begins = [await readSnapshot(history, from, planOf), removed];
  // It may say less of what lies between, but never more than history has.
  const sound = begins.flatMap((found) =>
    found === undefined || found === "broken" || found.position > end.position ? [] : [found],
  );
  const rebuilt = await fromFirstSound(rebuild, sound, removed !== undefined);
  await store.plans.put(doneMark(shard), YES);
  await store.leases.release(NODE, shard, epoch);
  return rebuilt;
}

/**
 * Where none is sound, from all records; but not where rows have been removed, for what they gave is nowhere else.
 *
 * @throws SetupError when they have
 */
async function fromFirstSound(
  rebuild: Omit<ShardRebuild, "snapshot">,
  [snapshot, ...others]: readonly Snapshot[],
  needed: boolean,
): Promise<RebuiltShard> {
  if (snapshot === undefined && needed)
    throw new SetupError(
      `Old rows of shard ${rebuild.from} were removed from history, and the snapshots that stand for them cannot be read.`,
      "Restore a backup; or rebuild with the version of Vif that has made them.",
    );
  try {
    return await rebuildShard({ ...rebuild, snapshot });
  } catch (error) {
    if (!(error instanceof BrokenSnapshotError)) throw error;
    return fromFirstSound(rebuild, others, needed);
  }
}

async function steer({ plans }: HotStore, orders: Orders): Promise<void> {
  if (saysNothing(orders)) return;
  const before = await plans.steering();
  await plans.setSteering(renderSteering(withOrders(parseSteering(before), orders)), before);
}
