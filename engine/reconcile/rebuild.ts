/**
 * An empty live store filled from history, with no engine on either: the same number of shards, or twice, four times as
 * many. Killed at any point it is run again, and goes on where it was; a store in the middle of it is told by a mark, and
 * no engine starts on it.
 */
import { SetupError } from "../model/errors.ts";
import { type History, type Lineage, readLineage, shardsIn } from "../history/port.ts";
import type { PlanDigest, ShardId } from "../model/ids.ts";
import { NO_ORDERS, saysNothing, type Orders } from "../model/orders.ts";
import { parseSteering, renderSteering, withOrders } from "../model/steering.ts";
import type { HotStore } from "../store/port.ts";
import type { HistoryFlaw } from "./history-records.ts";
import { type Lane, overShards } from "./over-shards.ts";
import { growTo } from "./grow.ts";
import { createRebuildLane, type RebuildLaneOptions } from "./rebuild-lane.ts";
import type { RebuiltShard } from "./rebuild-shard.ts";

export interface RebuildProgress {
  /** The last one that was begun. */
  readonly shard: number;
  readonly shards: number;
  readonly records: number;
  readonly recordsAll: number;
}

export interface RebuildOptions extends Omit<RebuildLaneOptions, "onRecords"> {
  readonly history: RebuildLaneOptions["history"] & Pick<History, "drain" | "putDocument">;
  readonly onProgress: (progress: RebuildProgress) => void;
  /**
   * Other threads for the shards, each to tell how many records it has gone through; none: all is done in this one. They are
   * asked for once, when the store is ready for them.
   * @param work about how many records there are
   */
  readonly openLanes?: (
    work: number,
    onRecords: (records: number) => void,
  ) => readonly Lane<RebuiltShard | undefined>[];
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
const YES = new TextEncoder().encode("yes");
const NO = new Uint8Array(0);

/** Rejects with SetupError, HistoryUnavailable, StoreUnavailable. */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport> {
  const { store, history, onProgress } = options;
  const { shards } = store;
  const ends = await history.watermarks();
  const shardsBefore = shardsIn(ends);
  if (ends.size === 0)
    throw new SetupError(
      "History is empty: there is nothing to rebuild from.",
      "See that VIF_HISTORY names the right one.",
    );
  if (shards < shardsBefore)
    throw new SetupError(
      `History is of ${shardsBefore} shards, and the store is made for ${shards}.`,
      `Set VIF_SHARDS to ${shardsBefore} or more: the number of shards can grow, and not shrink.`,
    );
  await beginRebuild(store);
  await growTo(history, shards);
  await putPlans(options);
  const recordsAll = [...ends.values()].reduce((sum, { position }) => sum + position, 0) * (shards / shardsBefore);
  let [begun, records] = [0, 0];
  const onRecords = (more: number): void => {
    records += more;
    onProgress({ shard: begun - 1, shards, records, recordsAll });
  };
  const others = options.openLanes?.(recordsAll, onRecords) ?? [];
  const lanes = others.length > 0 ? others : [createRebuildLane({ ...options, onRecords })];
  const begin = (lane: Lane<RebuiltShard | undefined>): typeof lane => {
    return (shard) => {
      begun += 1;
      return lane(shard);
    };
  };
  const rebuilt = await overShards(shards, lanes.map(begin));
  const last = rebuilt.findLast((each) => each !== undefined);
  await steer(store, last?.orders ?? NO_ORDERS);
  await store.plans.put(REBUILDING, NO);
  const sum = (of: "profiles" | "cells" | "unknown"): number =>
    rebuilt.reduce((all, each) => all + (each?.[of] ?? 0), 0);
  return {
    shards,
    shardsBefore,
    profiles: sum("profiles"),
    cells: sum("cells"),
    unknown: sum("unknown"),
    flaws: flawsOf(rebuilt, await readLineage(history)),
  };
}

/** By the shards whose records they are; where these have become more, several have seen the same. */
function flawsOf(rebuilt: readonly (RebuiltShard | undefined)[], lineage: Lineage): RebuildReport["flaws"] {
  const flaws = rebuilt.flatMap((each, shard) =>
    (each?.flaws ?? []).map((flaw) => ({ ...flaw, shard: lineage.holderOf(shard as ShardId, flaw.to) })),
  );
  const known = new Map(flaws.map((flaw) => [JSON.stringify(flaw), flaw]));
  return [...known.values()].sort((a, b) => a.shard - b.shard || a.from - b.from);
}

/** @throws SetupError when the store is being filled, or has been in part */
export async function checkNotRebuilding({ plans }: Pick<HotStore, "plans">): Promise<void> {
  if (((await plans.get(REBUILDING))?.length ?? 0) === 0) return;
  throw new SetupError(
    "The live store is being rebuilt from history.",
    "Wait for `vif rebuild`, or run it again if it was stopped.",
  );
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
async function putPlans({ store, history, loadPlan, rules }: RebuildOptions): Promise<void> {
  for (const { key, content } of await history.documents("plan", Number.MAX_SAFE_INTEGER))
    await store.plans.put(key as PlanDigest, content);
  await store.plans.put(loadPlan(rules).digest, rules);
}

async function steer({ plans }: HotStore, orders: Orders): Promise<void> {
  if (saysNothing(orders)) return;
  const before = await plans.steering();
  await plans.setSteering(renderSteering(withOrders(parseSteering(before), orders)), before);
}
