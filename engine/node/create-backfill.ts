/** Joins the backfill with the parts of a running node that it needs. */
import { type BackfillJob, createBackfillJob } from "../backtest/backfill-job.ts";
import type { PastReader } from "../backtest/create-past-reader.ts";
import type { Router } from "../gateway/router-contract.ts";
import { loadPlan } from "../language/port.ts";
import type { NodeParts } from "./create-node-control.ts";

/** @param router of this node, which brings each person's past to wherever they live */
export function createBackfill(
  { store, drainer, cluster, timers, onNote }: NodeParts,
  past: PastReader,
  router: Pick<Router, "tell">,
): BackfillJob {
  return createBackfillJob({
    shards: store.shards,
    history: drainer.history,
    past,
    loadPlan,
    digest: () => cluster.status().plan,
    bytesOf: (digest) => store.plans.get(digest),
    // One node at a time: whoever owns the first shard.
    isLeader: () => cluster.status().shards.some(({ shard, state }) => shard === 0 && state === "owned"),
    tell: router.tell,
    timers,
    onNote,
  });
}
