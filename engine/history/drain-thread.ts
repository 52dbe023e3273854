/**
 * The main thread's end of the drainer's thread, where the durable history is open: starts it, tells it which shards are
 * ours, and hands out the history's ports, so that DuckDB's work and the rows' encoding stay off the gateway and the
 * workers. Nobody waits for the thread to start: loading DuckDB alone takes a few tenths of a second.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { drainYoungMb } from "../limits-of-history.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import type { Position, ShardId } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { DrainStatus, DrainTrouble, OwnedShard } from "./drain.ts";
import type { DrainFailure, DrainThreadData, FromDrainer, ToDrainer } from "./drain-messages.ts";
import { connectHistory } from "./history-link.ts";
import type { History } from "./port.ts";

/** @typeParam Store the connection that a store gives for one more thread */
export interface DrainThreadOptions<Store> extends DrainThreadData<Store> {
  /** What must be transferred with `store`. */
  readonly transfer: readonly MessagePort[];
  /** History holds the shard's records up to `position`. */
  readonly onDrained?: (shard: ShardId, position: Position) => void;
  readonly onTrouble?: (trouble: DrainTrouble) => void;
  /**
   * Told once when nothing will be drained from now on: with a SetupError when the history is unfit and no waiting would
   * help, with another error when the thread has ended, for the program has a fault.
   */
  readonly onFailure?: (cause: Error) => void;
}

export interface DrainThread {
  /** The history, for this thread. */
  readonly history: History;
  /** One end of a channel for `connectHistory` in another thread; to be transferred. */
  openPort(): MessagePort;
  /** Replaces the list of shards that are ours. */
  setShards(shards: readonly OwnedShard[]): void;
  /** Resolves when all that our journals hold is in history; rejects with HistoryUnavailable or StoreUnavailable. */
  flush(): Promise<void>;
  /** As it was at most a second ago. */
  status(): DrainStatus;
  /** Ends after the running transaction. Call `flush` before, to lose no time at the next start. */
  close(): Promise<void>;
}

const NOTHING_YET: DrainStatus = { shards: [], rows: 0, transactions: 0, trouble: undefined };

/** Resolves at once: what is asked of the thread waits in it until its history is open, or known to be away. */
export async function startDrainThread<Store>(options: DrainThreadOptions<Store>): Promise<DrainThread> {
  const { store, transfer, history: settings, onDrained, onTrouble, onFailure } = options;
  const workerData: DrainThreadData<Store> = { store, history: settings };
  const worker = new Worker(threadEntry(import.meta.url, "./drain-main"), {
    workerData,
    transferList: [...transfer],
    name: "vif-drainer",
    resourceLimits: { maxYoungGenerationSizeMb: drainYoungMb },
  });
  const flushes = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();
  let calls = 0;
  let status = NOTHING_YET;
  let ended = false;
  let closing = false;

  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve())).then(() => {
    ended = true;
    for (const { reject } of flushes.values()) reject(new HistoryUnavailable("The drainer has ended."));
    flushes.clear();
  });
  const say = (message: ToDrainer, transferred: readonly MessagePort[] = []) =>
    worker.postMessage(message, [...transferred]);

  function fail(cause: unknown): void {
    if (!closing) onFailure?.(cause instanceof Error ? cause : new Error(String(cause)));
    closing = true;
  }

  worker.on("error", fail);
  worker.on("message", (message: FromDrainer) => {
    switch (message.is) {
      case "unfit":
        return fail(new SetupError(message.message, message.remedy));
      case "drained":
        return onDrained?.(message.shard, message.position);
      case "trouble":
        return onTrouble?.(message.trouble);
      case "status":
        status = message.status;
        return undefined;
      case "flushed": {
        const waiting = flushes.get(message.call);
        flushes.delete(message.call);
        if (message.failed === undefined) waiting?.resolve();
        else waiting?.reject(errorOf(message.failed));
      }
    }
  });

  function openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    say({ is: "connect", port: port2 }, [port2]);
    return port1;
  }
  const history = connectHistory(openPort());

  return {
    history,
    openPort,
    setShards: (shards) => say({ is: "shards", shards }),
    flush() {
      if (ended) return Promise.reject(new HistoryUnavailable("The drainer has ended."));
      return new Promise((resolve, reject) => {
        calls++;
        flushes.set(calls, { resolve, reject });
        say({ is: "flush", call: calls });
      });
    },
    status: () => status,
    async close() {
      closing = true;
      if (!ended) say({ is: "close" });
      await exited;
      await history.close();
    },
  };
}

function errorOf({ away, message }: DrainFailure): Error {
  switch (away) {
    case "history":
      return new HistoryUnavailable(message);
    case "store":
      return new StoreUnavailable(message);
    case undefined:
      return new Error(message);
  }
}
