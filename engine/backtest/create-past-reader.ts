/**
 * The past in a running engine: a thread of its own for each question, so that folding a whole history keeps nobody
 * waiting; one question after the other, so that two do not take twice the memory.
 */
import { type MessagePort, Worker } from "node:worker_threads";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant } from "../model/ids.ts";
import type { RfmTrait } from "../model/rfm.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { BackfilledPerson } from "./gather-past.ts";
import type { FromPast, PastQuestion, PastThreadData, RuleToTry } from "./past-messages.ts";
import type { RfmChange, RfmTotals } from "./rfm.ts";
import type { SegmentSizes } from "./segments-as-of.ts";
import type { TryProgress, TryReport, TrySpan } from "./try-rule.ts";
import type { Uplift, UpliftQuestion } from "./uplift.ts";

export interface PastReader {
  /** By the plan that decides now. Rejects with HistoryUnavailable. */
  sizes(at: Instant): Promise<SegmentSizes>;
  /** What holdouts have kept people from is worth. Rejects with HistoryUnavailable. */
  uplift(of: UpliftQuestion): Promise<Uplift>;
  /** What a plan lacks, person by person. Rejects with HistoryUnavailable, and with what `onPeople` rejects with. */
  gather(
    part: Omit<Extract<PastQuestion, { ask: "gather" }>, "ask">,
    onPeople: NonNullable<Watching["onPeople"]>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Whose scores have changed, a batch at a time; resolves after the last. Rejects as `gather`. */
  rfm(
    traits: readonly RfmTrait[],
    onChanges: NonNullable<Watching["onChanges"]>,
    signal: AbortSignal,
  ): Promise<RfmTotals>;
  /** Rejects with HistoryUnavailable, and when the asker wants no answer any more. */
  tryRule(rule: RuleToTry, span: TrySpan, watching: Watching): Promise<TryReport>;
}

type LastWord = Exclude<FromPast, { is: "progress" | "people" | "scored" | "away" }>;

export interface Watching {
  readonly onProgress: (progress: TryProgress) => void;
  /** The next people come when it resolves. */
  readonly onPeople?: (people: readonly BackfilledPerson[], events: number) => Promise<void>;
  /** The same. */
  readonly onChanges?: (changes: readonly RfmChange[]) => Promise<void>;
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

  async function ask(question: PastQuestion, watching?: Watching): Promise<LastWord> {
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
          else if (told.is === "people")
            void watching?.onPeople?.(told.people, told.events).then(() => worker.postMessage("more"), reject);
          else if (told.is === "scored")
            void watching?.onChanges?.(told.changes).then(() => worker.postMessage("more"), reject);
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
    uplift: (of) =>
      inTurn(async () => {
        const told = await ask({ ask: "uplift", of });
        if (told.is !== "uplift") throw new TypeError("uplift was asked for");
        return told.uplift;
      }),
    // Beside the others: nobody's question is to wait for a whole history.
    async gather(part, onPeople, signal) {
      await ask({ ask: "gather", ...part }, { onProgress: () => undefined, onPeople, signal });
    },
    // As above.
    async rfm(traits, onChanges, signal) {
      const told = await ask({ ask: "rfm", traits }, { onProgress: () => undefined, onChanges, signal });
      if (told.is !== "rfm") throw new TypeError("scores were asked for");
      return told.totals;
    },
    tryRule: (rule, span, watching) =>
      inTurn(async () => {
        const told = await ask({ ask: "try", rule, span }, watching);
        if (told.is !== "tried") throw new TypeError("a rule was to be tried");
        return told.report;
      }),
  };
}
