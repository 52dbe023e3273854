/**
 * The small state of a shard as it is stored beside its profiles: what a recovery begins with, before the records behind it.
 * Who compares and who rebuilds read it, too.
 */
import type { Instant, PlanDigest, Position } from "../model/ids.ts";
import type { LackingSince } from "../model/lacking.ts";
import type { Orders } from "../model/orders.ts";
import type { PeersSnapshot } from "./peers.ts";

export interface StoredMeta {
  readonly version: 1;
  readonly position: Position;
  readonly instant: Instant;
  readonly plans: readonly (readonly [Position, PlanDigest])[];
  /** Absent: nothing. */
  readonly lacking?: LackingSince;
  /** Absent where nothing was ever ordered. */
  readonly orders?: Orders;
  readonly sweep: string;
  /** Absent before marks could go. */
  readonly marksGoneBefore?: Instant;
  /** null: there is no mark. */
  readonly oldestMark?: Instant | null;
  readonly peers: PeersSnapshot;
}

export function parseMeta(bytes: Uint8Array): StoredMeta {
  const meta = JSON.parse(new TextDecoder().decode(bytes)) as StoredMeta;
  if (meta.version !== 1)
    throw new Error(`the shard's stored state has form ${String(meta.version)}; this engine reads 1`);
  return meta;
}
