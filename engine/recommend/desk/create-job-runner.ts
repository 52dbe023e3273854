/** Runs one long job at a time, on a thread of its own, beside a running engine. */
import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { threadEntry } from "../../model/thread-entry.ts";
import type { FromJob, JobThreadData } from "./job-main.ts";
import type { JobProgress, RecommendJob } from "./recommend-job.ts";

export type JobEnd = Exclude<FromJob, { is: "progress" }> | { readonly is: "busy" };

export interface JobRunner {
  /** @param signal ends it where it stands. Rejects on a fault. */
  run(job: RecommendJob, onProgress: (progress: JobProgress) => void, signal: AbortSignal): Promise<JobEnd>;
}

export interface JobRunnerOptions {
  readonly openPort: () => MessagePort;
  readonly folder: string;
  readonly now: () => number;
  readonly threads: number;
}

export function createJobRunner({ openPort, folder, now, threads }: JobRunnerOptions): JobRunner {
  let isBusy = false;
  return {
    async run(job, onProgress, signal) {
      if (isBusy) return { is: "busy" };
      isBusy = true;
      const history = openPort();
      const workerData: JobThreadData = { history, job, folder, at: now(), threads };
      const worker = new Worker(threadEntry(import.meta.url, "./job-main"), {
        workerData,
        transferList: [history],
        name: "vif-recommend",
      });
      const stop = (): void => void worker.terminate();
      signal.addEventListener("abort", stop);
      try {
        return await new Promise<JobEnd>((resolve, reject) => {
          worker.on("message", (told: FromJob) => {
            if (told.is === "progress") onProgress(told.progress);
            else resolve(told);
          });
          worker.once("error", reject);
          worker.once("exit", () => reject(new Error("the job's thread ended without an answer")));
        });
      } finally {
        isBusy = false;
        signal.removeEventListener("abort", stop);
        await worker.terminate();
      }
    },
  };
}
