/** How a shard that its live store has lost is put back: engine/reconcile/restoring.ts. */
import type { Epoch, ShardId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";

/** Puts back what a live store has lost, before the shard is recovered from it and behind. */
export interface Restoring {
  /**
   * To be asked of each shard that was claimed. Where the store has nothing of it and history has, the shard is begun from
   * there. False: it is not ours any more, or not wanted.
   */
  takeOver(claimed: ClaimedShard): Promise<boolean>;
  /** How many parts of the shard are still to be filled, as far as it was seen. */
  unfilled(shard: ShardId): number;
}

export interface ClaimedShard {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** For what history has no plan of. */
  readonly plan: Plan;
  /** The owner has all from the first record on, and gives it to the store itself. */
  readonly keepsAll: boolean;
  /** History knows a later epoch, of a claim that the store has lost: ours is no use, and the next must be above it. */
  readonly onOutdone: (by: Epoch) => void;
  readonly wanted: () => boolean;
}
