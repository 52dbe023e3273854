/**
 * Past segments in a running engine: a thread of its own for each question, so that folding a whole history keeps nobody
 * waiting; one question after the other, so that two do not take twice the memory.
 */
import { type MessagePort, Worker } from "node:worker_threads";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Instant } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { SegmentSizes } from "./segments-as-of.ts";
import type { FromSegments, SegmentsThreadData } from "./segments-messages.ts";

export interface SegmentsReader {
  /** Rejects with HistoryUnavailable. */
  asOf(at: Instant): Promise<SegmentSizes>;
}

export interface SegmentsReaderOptions {
  /** One more way to the history, to be transferred. */
  readonly openPort: () => MessagePort;
  /** Of the plan that decides now. */
  readonly plan: () => Promise<Uint8Array>;
}

export function createSegmentsReader({ openPort, plan }: SegmentsReaderOptions): SegmentsReader {
  let last: Promise<unknown> = Promise.resolve();

  async function read(at: Instant): Promise<SegmentSizes> {
    const port = openPort();
    const workerData: SegmentsThreadData = { history: port, plan: await plan(), at };
    const worker = new Worker(threadEntry(import.meta.url, "./segments-main"), {
      workerData,
      transferList: [port],
      name: "vif-segments",
    });
    try {
      const answer = await new Promise<FromSegments>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.once("exit", () => reject(new Error("the segments' thread ended without an answer")));
      });
      if (answer.is === "away") throw new HistoryUnavailable(answer.message);
      return answer.sizes;
    } finally {
      await worker.terminate();
    }
  }

  return {
    asOf(at) {
      const sizes = last.then(() => read(at));
      last = sizes.catch(() => undefined);
      return sizes;
    },
  };
}
