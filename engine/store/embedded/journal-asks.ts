/** What clients ask of the journal's thread. */
import type { Epoch, Position, ShardId } from "../../model/ids.ts";
import type { AppendOutcome } from "../port.ts";

/** Where a batch lies, for a reader to fetch it from the file itself. */
export interface LocatedBatch {
  readonly firstPosition: Position;
  readonly count: number;
  readonly epoch: Epoch;
  /** Number of the segment file. */
  readonly segment: number;
  /** Of the whole entry. */
  readonly offset: number;
  readonly length: number;
}

export type JournalAsks = {
  /** `frame`: entries as `encodeBatches` makes them; outcomes in their order, or undefined when all are `ok`, as they mostly are. */
  append: { ask: { readonly frame: ArrayBuffer }; answer: readonly AppendOutcome[] | undefined };
  trim: { ask: { readonly shard: ShardId; readonly upTo: Position }; answer: undefined };
  last: { ask: { readonly shard: ShardId }; answer: Position };
  /** Batches that hold positions > `after`, until about `bytesMax`. */
  locate: {
    ask: { readonly shard: ShardId; readonly after: Position; readonly bytesMax: number };
    answer: readonly LocatedBatch[];
  };
  /** From the state's thread, which owns the leases: from now on only these epochs append. */
  adopt: { ask: { readonly epochs: readonly (readonly [ShardId, Epoch])[] }; answer: undefined };
};
