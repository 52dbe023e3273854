/** An owned shard with what its host keeps around it: the queue of what has come, the writer of its batches, its pace. */
import type { FromDesk } from "../deliver/port.ts";
import type { Position, ProfileId } from "../model/ids.ts";
import { BatchWriter } from "../model/record-codec.ts";
import type { AppendRequest } from "../store/port.ts";
import type { Checkpointer } from "./checkpoint.ts";
import type { Shard } from "./shard.ts";
import type { Queued, Turn } from "./turn.ts";

export interface Owned {
  readonly shard: Shard;
  readonly checkpointer: Checkpointer;
  readonly writer: BatchWriter;
  queue: Queued[];
  /** What the delivery thread has said. */
  deliveries: FromDesk[];
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
  /** What it needs is on its way from history: its turn waits for that, and no other's does. */
  fetching: boolean;
  /** Its wake-ups are being read from the store. */
  horizonBusy: boolean;
}

/** A turn that has been processed and waits to be durable. */
export interface Processed {
  readonly owned: Owned;
  readonly turn: Turn;
  /** Its records; undefined when it made none. */
  readonly request: AppendRequest | undefined;
}

/** @param first position of the turn's first record */
export function processedTurn(owned: Owned, turn: Turn, first: Position): Processed {
  if (turn.records === 0) return { owned, turn, request: undefined };
  const { bytes, count, digest } = owned.writer.finish();
  const { id, epoch } = owned.shard;
  return { owned, turn, request: { shard: id, epoch, firstPosition: first, count, digest, bytes } };
}

/** The shards a host owns now. An `Owned` that is not in here any more has been lost and must not act. */
export class OwnedShards extends Map<Shard["id"], Owned> {
  holds(owned: Owned): boolean {
    return this.get(owned.shard.id) === owned;
  }
}

/** Whether a turn has anything to do of it, but what is done beside events (beside.ts). */
export function hasWork({ queue, deliveries, planWanted, ordersWanted }: Owned): boolean {
  return queue.length > 0 || deliveries.length > 0 || planWanted || ordersWanted;
}

export function createOwned(shard: Shard, checkpointer: Checkpointer, nowMs: number): Owned {
  return {
    shard,
    checkpointer,
    writer: new BatchWriter(),
    queue: [],
    deliveries: [],
    leaving: false,
    planWanted: false,
    ordersWanted: false,
    resentAtMs: nowMs,
    sweepIds: [],
    sweepNext: undefined,
    sweepBusy: false,
    fetching: false,
    horizonBusy: false,
  };
}
