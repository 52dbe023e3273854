/**
 * Runs a task of training on several threads. They share its arrays, so that starting them costs a few milliseconds and no
 * copy; each takes the next rows when it is done with its own, so that none waits for a slower one.
 */
import { Worker } from "node:worker_threads";
import { threadEntry } from "../../model/thread-entry.ts";
import type { TrainingTask, TrainingThreadData } from "./training-task.ts";
import { rowsOf } from "./training-task.ts";

export interface TrainingCrew {
  /** @param onProgress told of rows done and rows in all, some times a second. Rejects when a thread fails. */
  run(task: TrainingTask, onProgress?: (done: number, all: number) => void): Promise<void>;
}

const PROGRESS_MS = 200;

/** @param threads at least 1 */
export function createTrainingCrew(threads: number): TrainingCrew {
  return {
    async run(task, onProgress) {
      const next = new Int32Array(new SharedArrayBuffer(4));
      const rows = rowsOf(task);
      const told =
        onProgress && setInterval(() => onProgress(Math.min(Atomics.load(next, 0), rows), rows), PROGRESS_MS);
      try {
        await Promise.all(Array.from({ length: threads }, (_, number) => runThread({ task, next }, number)));
        onProgress?.(rows, rows);
      } finally {
        clearInterval(told);
      }
    },
  };
}

async function runThread(workerData: TrainingThreadData, number: number): Promise<void> {
  const worker = new Worker(threadEntry(import.meta.url, "./training-main"), {
    workerData,
    name: `vif-training-${number}`,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("a training thread ended before its work")));
    });
  } finally {
    await worker.terminate();
  }
}
