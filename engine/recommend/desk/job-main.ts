/** Entry of the thread of one long job: it reads history over a port, tells how far it is, answers, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { writeParquetFile } from "../../history/embedded/parquet-file.ts";
import { connectHistory } from "../../history/history-link.ts";
import { HistoryUnavailable, SetupError } from "../../model/errors.ts";
import { createTrainingCrew } from "../training/create-training-crew.ts";
import type { JobAnswer, JobProgress, RecommendJob } from "./recommend-job.ts";
import { runRecommendJob } from "./recommend-job.ts";
import { standBack } from "../../stand-back.ts";

standBack();

export interface JobThreadData {
  readonly history: MessagePort;
  readonly job: RecommendJob;
  readonly folder: string;
  readonly at: number;
  readonly threads: number;
}

export type FromJob =
  | { readonly is: "progress"; readonly progress: JobProgress }
  | { readonly is: "answer"; readonly answer: JobAnswer }
  /** What the asker can mend, or wait for. */
  | { readonly is: "problem"; readonly message: string };

const { history: port, job, folder, at, threads } = workerData as JobThreadData;
const history = connectHistory(port);
const say = (told: FromJob): void => parentPort?.postMessage(told);

async function answer(): Promise<FromJob> {
  try {
    const crew = createTrainingCrew(threads);
    const onProgress = (progress: JobProgress): void => say({ is: "progress", progress });
    const around = { history, folder, at, crew, onProgress, writeParquet: writeParquetFile };
    return { is: "answer", answer: await runRecommendJob(job, around) };
  } catch (error) {
    if (error instanceof SetupError) return { is: "problem", message: `${error.message} ${error.remedy}` };
    const isOperating = error instanceof HistoryUnavailable || (error as NodeJS.ErrnoException).syscall !== undefined;
    if (!isOperating || !(error instanceof Error)) throw error;
    return { is: "problem", message: error.message };
  }
}

void answer().then(async (told) => {
  say(told);
  await history.close();
});
