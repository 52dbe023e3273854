/** Entry of the thread that reads the past: one question, one answer, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { FromPast, PastQuestion, PastThreadData } from "./past-messages.ts";
import { segmentsAsOf } from "./segments-as-of.ts";
import { tryRule } from "./try-rule.ts";

const { history: port, question } = workerData as PastThreadData;
const history = connectHistory(port);
const say = (told: FromPast): void => parentPort?.postMessage(told);

async function answer(asked: PastQuestion): Promise<FromPast> {
  try {
    if (asked.ask === "sizes")
      return { is: "sizes", sizes: await segmentsAsOf(history, loadPlan(asked.plan), asked.at) };
    const rule = { ...asked.rule, plan: loadPlan(asked.rule.plan) };
    const report = await tryRule(history, rule, asked.span, (progress) => say({ is: "progress", progress }));
    return { is: "tried", report };
  } catch (error) {
    if (error instanceof HistoryUnavailable) return { is: "away", message: error.message };
    throw error;
  }
}

void answer(question).then(async (told) => {
  say(told);
  await history.close();
});
