/** Entry of the thread that reconciles: one night, one report, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { createClock } from "../create-clock.ts";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { threadsWorkMin } from "../limits-of-reconcile.ts";
import { HistoryUnavailable, StoreUnavailable, ThreadEnded } from "../model/errors.ts";
import { connectStore } from "../store/create-store.ts";
import type { ShardId } from "../model/ids.ts";
import type { ShardFix } from "../shard/port.ts";
import { letGoOfAged } from "./aged-profiles.ts";
import { emptyIdlePeople } from "./idle-people.ts";
import { createNightThreads } from "./create-night-threads.ts";
import { createPastPlans } from "./past-plans.ts";
import type { ReconcileReport } from "./port.ts";
import { checkFilled } from "./filled.ts";
import { withLineage } from "../history/port.ts";
import { reconcile, type ReconcileOptions } from "./reconcile.ts";
import { patient } from "./tell-owner.ts";
import type { FromReconciler, ReconcileThreadData, ToReconciler } from "./reconcile-messages.ts";
import { standBack } from "../stand-back.ts";

standBack();

const { store: connection, history: port, node, task, beside, scratch } = workerData as ReconcileThreadData;
const say = (told: FromReconciler): void => parentPort?.postMessage(told);
const clock = createClock();
const history = connectHistory(port);

let asked: Promise<unknown> = Promise.resolve();

/** One after the other, for an answer does not say to what. */
function repair(shard: ShardId, fix: ShardFix): Promise<boolean> {
  const answered = asked.then(
    () =>
      new Promise<boolean>((resolve) => {
        parentPort?.once("message", ({ isTold }: ToReconciler) => resolve(isTold));
        say({ is: "repair", shard, fix });
      }),
  );
  asked = answered;
  return answered;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function compare(
  of: Pick<ReconcileOptions, "store" | "history" | "planOf" | "dryRun" | "whole">,
): Promise<ReconcileReport> {
  const threads = createNightThreads(beside, { ...of, scratch, workMin: threadsWorkMin, repair });
  try {
    return await reconcile({
      ...of,
      now: () => clock.now(),
      pause,
      node,
      scratch,
      onProgress: (progress) => say({ is: "progress", progress }),
      repair,
      openLanes: threads.openLanes,
    });
  } finally {
    await threads.close();
  }
}

async function night(): Promise<FromReconciler> {
  const store = await connectStore(connection, clock);
  try {
    await checkFilled(store);
    const planOf = createPastPlans({ plans: store.plans, history, loadPlan });
    const telling = patient(repair, pause);
    if (task.is === "idle") {
      const people = await emptyIdlePeople({ store, history, planOf, repair: telling, ...task });
      return { is: "emptied", people };
    }
    if (task.is === "aged")
      return { is: "let_go", gone: await letGoOfAged({ store, planOf, repair: telling, ...task }) };
    const past = await withLineage(history);
    return { is: "report", report: await compare({ ...task, store, history: past, planOf }) };
  } catch (error) {
    if (error instanceof HistoryUnavailable) return { is: "away", of: "history", message: error.message };
    if (error instanceof StoreUnavailable) return { is: "away", of: "store", message: error.message };
    if (error instanceof ThreadEnded) return { is: "away", of: "thread", message: error.message };
    throw error;
  } finally {
    await store.close();
  }
}

void night().then(async (told) => {
  say(told);
  await history.close();
  // Nothing is to keep the thread but what it has said.
  parentPort?.close();
});
