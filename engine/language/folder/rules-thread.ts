/**
 * The rules folder watched from a thread of its own: checking a thousand files takes some hundred milliseconds, in which a
 * gateway must go on answering. This is the gateway's end; the thread's is rules-main.ts.
 */
import { Worker } from "node:worker_threads";
import { SetupError } from "../../model/errors.ts";
import { threadEntry } from "../../model/thread-entry.ts";
import type { RulesReading } from "./read-rules.ts";

export type RulesMessage = RulesReading | { readonly is: "trouble"; readonly message: string; readonly remedy: string };

export interface RulesThreadOptions {
  readonly folder: string;
  /** A file that keeps compiled e-mails between starts. */
  readonly cache?: string | undefined;
  /** Told of the first reading, and of each later one that says something new. */
  readonly onReading: (reading: RulesReading) => void;
  /** The folder cannot be read, or the thread has ended by itself. */
  readonly onTrouble: (cause: Error) => void;
}

export interface RulesThread {
  close(): Promise<void>;
}

export function createRulesThread({ folder, cache, onReading, onTrouble }: RulesThreadOptions): RulesThread {
  const worker = new Worker(threadEntry(import.meta.url, "./rules-main"), { workerData: { folder, cache } });
  worker.on("message", (message: RulesMessage) => {
    if (message.is === "trouble") onTrouble(new SetupError(message.message, message.remedy));
    else onReading(message);
  });
  worker.on("error", onTrouble);
  // What keeps the program running is its gateway, never this thread.
  worker.unref();
  return {
    async close() {
      worker.removeAllListeners("message");
      await worker.terminate();
    },
  };
}
