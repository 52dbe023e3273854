/**
 * The threads that go through a night's shards beside the one that begins it, which starts them. Each has ways of its own to
 * the store and to history; what it finds wrong is told by the one that has started it.
 */
import type { MessagePort } from "node:worker_threads";
import type { ShardId } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { ShardFix } from "../shard/port.ts";
import { portsOf, type StoreConnection } from "../store/create-store.ts";
import type { NightLaneOptions, ShardNight } from "./night-lane.ts";
import type { ReconcileOptions } from "./reconcile.ts";
import { openThreadLane, type ThreadLane } from "./thread-lane.ts";

/** How one more thread reaches what is compared. */
export interface NightWays {
  readonly store: StoreConnection;
  readonly history: MessagePort;
}

export interface NightThreadData extends NightWays, Pick<NightLaneOptions, "dryRun" | "whole" | "take" | "scratch"> {}

/** What such a thread says; a repair is answered with whether the owner has taken it. */
export type NightSays =
  | { readonly is: "records"; readonly records: number }
  | { readonly is: "repair"; readonly shard: ShardId; readonly fix: ShardFix };

export interface NightThreads {
  readonly openLanes: NonNullable<ReconcileOptions["openLanes"]>;
  close(): Promise<void>;
}

/** @param ways one for each thread */
export function createNightThreads(
  ways: readonly NightWays[],
  {
    workMin,
    dryRun,
    whole,
    scratch,
    repair,
  }: Pick<NightLaneOptions, "dryRun" | "whole" | "scratch" | "repair"> & {
    /** For less they are not started. */
    readonly workMin: number;
  },
): NightThreads {
  const lanes: ThreadLane<ShardNight>[] = [];
  return {
    openLanes({ work, take }, onRecords) {
      if (work < workMin) return [];
      for (const [number, { store, history }] of ways.entries()) {
        const workerData: NightThreadData = { store, history, dryRun, whole, take, scratch };
        lanes.push(
          openThreadLane<ShardNight, NightSays, boolean>({
            entry: threadEntry(import.meta.url, "./night-main"),
            name: `vif-night-${number + 1}`,
            workerData,
            transfer: [...portsOf(store), history],
            onSaid(said, answer) {
              if (said.is === "records") onRecords(said.records);
              else void repair(said.shard, said.fix).then(answer);
            },
          }),
        );
      }
      return lanes.map(({ lane }) => lane);
    },
    async close() {
      for (const { close } of lanes) await close();
    },
  };
}
