/**
 * The past in a running engine: a thread of its own for each question, so that folding a whole history keeps nobody
 * waiting; one question after the other, so that two do not take twice the memory.
 */
import { type MessagePort, Worker } from "node:worker_threads";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { FromPast, PastQuestion, PastThreadData, RuleToTry } from "./past-messages.ts";
import type { SegmentSizes } from "./segments-as-of.ts";
import type { TryProgress, TryReport, TrySpan } from "./try-rule.ts";

export interface PastReader {
  /** By the plan that decides now. Rejects with HistoryUnavailable. */
  sizes(at: Instant): Promise<SegmentSizes>;
  /** Rejects with HistoryUnavailable, and when the asker wants no answer any more. */
  tryRule(rule: RuleToTry, span: TrySpan, watching: Watching): Promise<TryReport>;
}

export interface Watching {
  readonly onProgress: (progress: TryProgress) => void;
  readonly signal: AbortSignal;
}

export interface PastReaderOptions {
  /** One more way to the history, to be transferred. */
  readonly openPort: () => MessagePort;
  /** Of the plan that decides now. */
  readonly plan: () => Promise<Uint8Array>;
}

export function createPastReader({ openPort, plan }: PastReaderOptions): PastReader {
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  }

  async function ask(question: PastQuestion, watching?: Watching): Promise<Exclude<FromPast, { is: "progress" }>> {
    watching?.signal.throwIfAborted();
    const port = openPort();
    const workerData: PastThreadData = { history: port, question };
    const worker = new Worker(threadEntry(import.meta.url, "./past-main"), {
      workerData,
      transferList: [port],
      name: "vif-past",
    });
    const stop = (): void => void worker.terminate();
    watching?.signal.addEventListener("abort", stop);
    try {
      return await new Promise((resolve, reject) => {
        worker.on("message", (told: FromPast) => {
          if (told.is === "progress") watching?.onProgress(told.progress);
          else if (told.is === "away") reject(new HistoryUnavailable(told.message));
          else resolve(told);
        });
        worker.once("error", reject);
        worker.once("exit", () => {
          reject(new Error("the thread that reads the past ended without an answer"));
        });
      });
    } finally {
      watching?.signal.removeEventListener("abort", stop);
      await worker.terminate();
    }
  }

  return {
    sizes: (at) =>
      inTurn(async () => {
        const told = await ask({ ask: "sizes", plan: await plan(), at });
        if (told.is !== "sizes") throw new TypeError("sizes were asked for");
        return told.sizes;
      }),
    tryRule: (rule, span, watching) =>
      inTurn(async () => {
        const told = await ask({ ask: "try", rule, span }, watching);
        if (told.is !== "tried") throw new TypeError("a rule was to be tried");
        return told.report;
      }),
  };
}
