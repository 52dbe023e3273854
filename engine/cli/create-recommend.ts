/** Joins `vif recommend` with the engine that runs on the data folder, or, where none does, with its history. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readClientConfig } from "../config.ts";
import { readControlFile } from "../control/control-file.ts";
import { createHistory, historySettingsOf } from "../history/create-history.ts";
import { writeParquetFile } from "../history/embedded/parquet-file.ts";
import { SetupError } from "../model/errors.ts";
import { RECOMMEND_FOLDER } from "../recommend/desk/create-recommend-desk.ts";
import { runRecommendJob } from "../recommend/desk/recommend-job.ts";
import type { ImportReport, JobAnswer, JobProgress, RecommendJob } from "../recommend/port.ts";
import { createTrainingCrew } from "../recommend/training/create-training-crew.ts";
import type { Asked } from "./engine-client.ts";
import { createEngineClient } from "./engine-client.ts";
import { followAnswer } from "./follow-answer.ts";
import { readProductFile } from "./read-product-file.ts";
import type { RecommendSource } from "./recommend-command.ts";
import { createStatusLine } from "./terminal.ts";

export function createRecommendSource(signal: AbortSignal): RecommendSource {
  const { dataDir, history: setting } = readClientConfig();
  const control = readControlFile(dataDir);
  const client = createEngineClient(control, dataDir);

  function runThere(job: RecommendJob, show: (progress: JobProgress) => void): Promise<Asked<JobAnswer>> {
    return followAnswer<JobAnswer>(client, {
      path: "/v1/recommend",
      body: job,
      signal,
      onSaid: (_name, progress) => show(progress as JobProgress),
      unended: { remedy: "Look at its log, and try again." },
    });
  }

  async function runHere(job: RecommendJob, onProgress: (progress: JobProgress) => void): Promise<Asked<JobAnswer>> {
    const settings = historySettingsOf(setting, dataDir);
    if (settings.kind === "embedded" && !existsSync(settings.file))
      throw new SetupError(
        `There is no history in ${dataDir}, and no engine runs on it.`,
        "Start one with `vif start`, or say where its data is with VIF_DATA_DIR.",
      );
    const history = await createHistory(settings);
    try {
      const crew = createTrainingCrew(Math.max(2, Math.min(4, availableParallelism())));
      const around = { history, folder: join(dataDir, RECOMMEND_FOLDER), at: Date.now(), crew, onProgress };
      return { is: "answer", answer: await runRecommendJob(job, { ...around, writeParquet: writeParquetFile }) };
    } finally {
      await history.close();
    }
  }

  return {
    status: createStatusLine(process.stderr),
    run: (job, show) => (control === undefined ? runHere(job, show) : runThere(job, show)),
    async importFile(path) {
      return await client.send<ImportReport>("/v1/products", readProductFile(path));
    },
  };
}
