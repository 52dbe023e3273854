/** What an owner tells of one of its shards: how far it is, and by which plan it decides. */
import type { Epoch, PlanDigest, Position, ShardId } from "../model/ids.ts";

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
}
