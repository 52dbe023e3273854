/**
 * The threads of a rebuild, each with shards of its own. History stays open in the thread that starts them, which reads it for
 * all of them while they fold and write.
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { serveHistory } from "../history/history-link.ts";
import type { History } from "../history/port.ts";
import { threadEntry } from "../model/thread-entry.ts";
import { portsOf, type StoreConnection } from "../store/create-store.ts";
import type { RebuildOptions } from "./rebuild.ts";
import type { RebuiltShard } from "./rebuild-shard.ts";
import { openThreadLane, type ThreadLane } from "./thread-lane.ts";

/** What such a thread is started with; it says how many more records it has gone through. */
export interface RebuildThreadData {
  readonly store: StoreConnection;
  readonly history: MessagePort;
  readonly rules: Uint8Array;
  readonly scratch?: string | undefined;
}

export interface RebuildThreads {
  readonly openLanes: NonNullable<RebuildOptions["openLanes"]>;
  close(): Promise<void>;
}

export function createRebuildThreads({
  threads,
  workMin,
  connection,
  history,
  rules,
  scratch,
}: {
  readonly threads: number;
  /** For less they are not started. */
  readonly workMin: number;
  /** For one more thread. */
  readonly connection: () => StoreConnection;
  readonly history: History;
  readonly rules: Uint8Array;
  /** As `RebuildLaneOptions` has it. */
  readonly scratch?: string | undefined;
}): RebuildThreads {
  const lanes: ThreadLane<RebuiltShard | undefined>[] = [];
  return {
    openLanes(work, onRecords) {
      if (work < workMin) return [];
      for (let number = 0; number < threads; number++) {
        const store = connection();
        const { port1, port2 } = new MessageChannel();
        serveHistory(history, port2);
        const workerData: RebuildThreadData = { store, history: port1, rules, scratch };
        lanes.push(
          openThreadLane<RebuiltShard | undefined, number>({
            entry: threadEntry(import.meta.url, "./rebuild-main"),
            name: `vif-rebuild-${number}`,
            workerData,
            transfer: [...portsOf(store), port1],
            onSaid: onRecords,
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
