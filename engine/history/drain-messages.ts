/**
 * What the main thread and the drainer's thread say to each other. Nothing is checked again: both ends are this program.
 */
import type { MessagePort } from "node:worker_threads";
import type { Position, ShardId } from "../model/ids.ts";
import type { HistorySettings } from "./create-history.ts";
import type { DrainStatus, DrainTrouble, OwnedShard } from "./drain.ts";

/** @typeParam Store how the thread reaches the hot store */
export interface DrainThreadData<Store> {
  readonly store: Store;
  readonly history: HistorySettings;
}

export type ToDrainer =
  /** All that are ours now; replaces the list before. */
  | { readonly is: "shards"; readonly shards: readonly OwnedShard[] }
  | { readonly is: "flush"; readonly call: number }
  /** Serve the history on this port. */
  | { readonly is: "connect"; readonly port: MessagePort }
  | { readonly is: "close" };

export type FromDrainer =
  /** The history is unfit: no waiting helps, and every call of it fails. */
  | { readonly is: "unfit"; readonly message: string; readonly remedy: string }
  | { readonly is: "drained"; readonly shard: ShardId; readonly position: Position }
  | { readonly is: "trouble"; readonly trouble: DrainTrouble }
  /** Once a second, and before every answer to a flush. */
  | { readonly is: "status"; readonly status: DrainStatus }
  | { readonly is: "flushed"; readonly call: number; readonly failed: DrainFailure | undefined };

export interface DrainFailure {
  readonly away: "history" | "store" | undefined;
  readonly message: string;
}
