/** Entry of the thread that reads the past: one question, one answer, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { backfillBatchPeople } from "../limits.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import { type BackfilledPerson, gatherPast } from "./gather-past.ts";
import type { FromPast, PastQuestion, PastThreadData } from "./past-messages.ts";
import { type RfmChange, rfmOf } from "./rfm.ts";
import { segmentsAsOf } from "./segments-as-of.ts";
import { tryRule } from "./try-rule.ts";
import { standBack } from "../stand-back.ts";
import { upliftOf } from "./uplift.ts";

standBack();

const { history: port, question } = workerData as PastThreadData;
const history = connectHistory(port);
const say = (told: FromPast): void => parentPort?.postMessage(told);

async function answer(asked: PastQuestion): Promise<FromPast> {
  try {
    if (asked.ask === "sizes")
      return { is: "sizes", sizes: await segmentsAsOf(history, loadPlan(asked.plan), asked.at) };
    if (asked.ask === "uplift") return { is: "uplift", uplift: await upliftOf(history, asked.of) };
    if (asked.ask === "gather") return await gather(asked);
    if (asked.ask === "rfm") return await score(asked);
    const rule = { ...asked.rule, plan: loadPlan(asked.rule.plan) };
    const report = await tryRule(history, rule, asked.span, (progress) => say({ is: "progress", progress }));
    return { is: "tried", report };
  } catch (error) {
    if (error instanceof HistoryUnavailable) return { is: "away", message: error.message };
    throw error;
  }
}

/** In batches, one at a time: who takes them sets the pace. */
async function handOn(batch: Extract<FromPast, { is: "people" | "scored" }>): Promise<void> {
  say(batch);
  await new Promise((resolve) => parentPort?.once("message", resolve));
}

async function score({ traits }: Extract<PastQuestion, { ask: "rfm" }>): Promise<FromPast> {
  const { changes, ...totals } = await rfmOf(history, traits);
  let batch: RfmChange[] = [];
  for (const change of changes) {
    batch.push(change);
    if (batch.length < backfillBatchPeople) continue;
    await handOn({ is: "scored", changes: batch });
    batch = [];
  }
  if (batch.length > 0) await handOn({ is: "scored", changes: batch });
  return { is: "rfm", totals };
}

async function gather({ plan, pass, shards }: Extract<PastQuestion, { ask: "gather" }>): Promise<FromPast> {
  let people: BackfilledPerson[] = [];
  let events = 0;
  const hand = async (): Promise<void> => {
    await handOn({ is: "people", people, events });
    people = [];
    events = 0;
  };
  const onEvents = (more: number): void => void (events += more);
  for await (const person of gatherPast(history, loadPlan(plan), { pass, shards }, onEvents)) {
    people.push(person);
    if (people.length >= backfillBatchPeople) await hand();
  }
  if (people.length > 0) await hand();
  return { is: "gathered" };
}

void answer(question).then(async (told) => {
  say(told);
  await history.close();
});
