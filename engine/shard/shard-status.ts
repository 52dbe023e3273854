/** What an owner tells of one of its shards: how far it is, by which plan it decides, and which orders it heeds. */
import type { Epoch, Instant, PlanDigest, Position, ShardId } from "../model/ids.ts";
import type { Orders } from "../model/orders.ts";
import type { Owned } from "./owned.ts";

export interface ShardStatus {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly position: Position;
  readonly durable: Position;
  readonly stored: Position;
  readonly queued: number;
  /** Whether a message to another shard waits for its answer. */
  readonly unanswered: boolean;
  /** Parts of it that its store does not have yet; 0: it is whole. */
  readonly unfilled: number;
  readonly plan: PlanDigest;
  readonly orders: Orders;
  /** Of the last batch: the shard's own time. */
  readonly instant: Instant;
}

export function statusOf({ shard, queue }: Owned, unfilled: number): ShardStatus {
  return {
    shard: shard.id,
    epoch: shard.epoch,
    position: shard.position,
    durable: shard.durable,
    stored: shard.stored,
    queued: queue.length,
    unanswered: shard.peers.hasUnanswered(),
    unfilled,
    plan: shard.plan.digest,
    orders: shard.orders,
    instant: shard.instant,
  };
}
