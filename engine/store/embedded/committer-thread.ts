/**
 * The main thread's end of the committer's thread: starts it, hands it the ports of clients, stops it. What the two say
 * to each other at start and stop is typed here; what clients say is in client-messages.ts.
 */
import { MessageChannel, Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { SetupError } from "../../model/errors.ts";
import { threadEntry } from "../../model/thread-entry.ts";
import type { Flushing } from "./lmdb-tree.ts";

export interface CommitterSettings {
  readonly folder: string;
  readonly flushing: Flushing;
  /** For a new store; an existing one keeps its own number. */
  readonly shards: number;
}

export type CommitterStart =
  | { readonly is: "ready"; readonly shards: number }
  | { readonly is: "unfit"; readonly message: string; readonly remedy: string };

export type CommitterCommand = { readonly is: "connect"; readonly port: MessagePort } | { readonly is: "stop" };

export interface CommitterThread {
  readonly shards: number;
  /** A port over which a client of any thread speaks to the committer. */
  connect(): MessagePort;
  /** Does what is queued, then ends the thread. */
  stop(): Promise<void>;
}

/** @param onFailure told once when the thread ends by itself: LMDB has become unusable or the program has a fault */
export async function startCommitterThread(
  settings: CommitterSettings,
  onFailure: (cause: Error) => void,
): Promise<CommitterThread> {
  const worker = new Worker(threadEntry(import.meta.url, "./committer-main"), { workerData: settings });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const start = await new Promise<CommitterStart>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  if (start.is === "unfit") {
    await exited;
    throw new SetupError(start.message, start.remedy);
  }
  worker.removeAllListeners("error");
  worker.on("error", onFailure);
  worker.unref();

  return {
    shards: start.shards,
    connect() {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ is: "connect", port: port2 } satisfies CommitterCommand, [port2]);
      return port1;
    },
    async stop() {
      worker.ref();
      worker.postMessage({ is: "stop" } satisfies CommitterCommand);
      await exited;
    },
  };
}
