/** An owned shard with what its host keeps around it: the queue of what has come, the writer of its batches, its pace. */
import type { Epoch, PlanDigest, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import { BatchWriter } from "../model/record-codec.ts";
import type { Checkpointer } from "./checkpoint.ts";
import type { Shard } from "./shard.ts";
import type { Queued, Turn } from "./turn.ts";

export interface Owned {
  readonly shard: Shard;
  readonly checkpointer: Checkpointer;
  readonly writer: BatchWriter;
  queue: Queued[];
  /** Being handed over: nothing more is processed. */
  leaving: boolean;
  /** A new plan is to be activated with the next turn. */
  planWanted: boolean;
  /** Operators have ordered something that the shard does not heed yet. */
  ordersWanted: boolean;
  resentAtMs: number;
  /** Profiles that a new plan wants looked at, and where the sweep stands after them. */
  sweepIds: ProfileId[];
  sweepNext: Shard["sweep"];
  sweepBusy: boolean;
  /** Its wake-ups are being read from the store. */
  horizonBusy: boolean;
}

/** A turn that has been processed and waits to be durable. */
export interface Processed {
  readonly owned: Owned;
  readonly turn: Turn;
  readonly first: Position;
}

/** The shards a host owns now. An `Owned` that is not in here any more has been lost and must not act. */
export class OwnedShards extends Map<Shard["id"], Owned> {
  holds(owned: Owned): boolean {
    return this.get(owned.shard.id) === owned;
  }
}

export function createOwned(shard: Shard, checkpointer: Checkpointer, nowMs: number): Owned {
  return {
    shard,
    checkpointer,
    writer: new BatchWriter(),
    queue: [],
    leaving: false,
    planWanted: false,
    ordersWanted: false,
    resentAtMs: nowMs,
    sweepIds: [],
    sweepNext: undefined,
    sweepBusy: false,
    horizonBusy: false,
  };
}

export interface ShardStatus {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly position: Position;
  readonly durable: Position;
  readonly stored: Position;
  readonly queued: number;
  /** Whether a message to another shard waits for its answer. */
  readonly unanswered: boolean;
  readonly plan: PlanDigest;
  readonly orders: Orders;
}

export function statusOf({ shard, queue }: Owned): ShardStatus {
  return {
    shard: shard.id,
    epoch: shard.epoch,
    position: shard.position,
    durable: shard.durable,
    stored: shard.stored,
    queued: queue.length,
    unanswered: shard.peers.hasUnanswered(),
    plan: shard.plan.digest,
    orders: shard.orders,
  };
}
