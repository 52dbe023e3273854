/** Entry of the thread that reads past segments: one question, one answer, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import { segmentsAsOf } from "./segments-as-of.ts";
import type { FromSegments, SegmentsThreadData } from "./segments-messages.ts";

const { history: port, plan, at } = workerData as SegmentsThreadData;
const history = connectHistory(port);

async function answer(): Promise<FromSegments> {
  try {
    return { is: "sizes", sizes: await segmentsAsOf(history, loadPlan(plan), at) };
  } catch (error) {
    if (error instanceof HistoryUnavailable) return { is: "away", message: error.message };
    throw error;
  }
}

void answer().then(async (told) => {
  parentPort?.postMessage(told);
  await history.close();
});
