/**
 * The durable history as the rest sees it: every journal record as a row, in order per shard, exact by a watermark that
 * moves in the same transaction as the rows. Two adapters, `embedded/` (DuckDB, one file) and `postgres/`, pass one
 * contract suite. Nothing on the decision path waits for it.
 */
import type { Epoch, Instant, Position, ProfileId, ShardId } from "../model/ids.ts";

export interface HistoryRow {
  readonly shard: ShardId;
  readonly position: Position;
  /** Kind of the record, as in model/record.ts. */
  readonly kind: string;
  /** The instant of the record's batch: the day of acceptance partitions by it. */
  readonly instant: Instant;
  readonly epoch: Epoch;
  readonly profile: ProfileId | undefined;
  /** For events: name, timestamp, messageId, source; else undefined. */
  readonly event:
    | {
        readonly name: string;
        readonly timestamp: Instant;
        readonly messageId: string;
        readonly source: string;
        readonly body: string;
      }
    | undefined;
  /** The record's own bytes, from which a fold starts again. */
  readonly record: Uint8Array;
}

export interface HistoryWatermark {
  readonly epoch: Epoch;
  readonly position: Position;
}

export interface DrainWrite {
  readonly shard: ShardId;
  /** Compare-and-set: rows are written only if the watermark stands here. */
  readonly from: HistoryWatermark;
  readonly to: HistoryWatermark;
  /** All records with from.position < position <= to.position. */
  readonly rows: readonly HistoryRow[];
}

export interface History {
  watermarks(): Promise<ReadonlyMap<ShardId, HistoryWatermark>>;
  /** One transaction for all shards given; `moved` (and nothing written) for a shard whose watermark stood elsewhere. */
  drain(writes: readonly DrainWrite[]): Promise<readonly ("ok" | "moved")[]>;
  /** Records after `after` in order, to refold what a rewound store has lost; at most `limit` rows. */
  records(
    shard: ShardId,
    after: Position,
    limit: number,
  ): Promise<readonly { readonly position: Position; readonly instant: Instant; readonly record: Uint8Array }[]>;
  /** For `vif report`. */
  totals(): Promise<HistoryTotals>;
  close(): Promise<void>;
}

export interface HistoryTotals {
  readonly events: number;
  readonly profiles: number;
  readonly firstTimestamp: Instant | undefined;
  readonly lastTimestamp: Instant | undefined;
  readonly byEvent: readonly { readonly name: string; readonly events: number; readonly profiles: number }[];
  readonly transitions: readonly { readonly segment: string; readonly entered: number; readonly left: number }[];
  readonly watermarks: readonly { readonly shard: ShardId; readonly epoch: Epoch; readonly position: Position }[];
}
