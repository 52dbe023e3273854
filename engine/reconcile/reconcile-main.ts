/** Entry of the thread that reconciles: one night, one report, and it ends. A fault ends it with its error. */
import { parentPort, workerData } from "node:worker_threads";
import { createClock } from "../create-clock.ts";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import { connectStore } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { ShardId } from "../model/ids.ts";
import type { ShardFix } from "../shard/port.ts";
import { clearAgedFields } from "./aged-fields.ts";
import { emptyIdlePeople } from "./idle-people.ts";
import { createPastPlans } from "./past-plans.ts";
import { reconcile } from "./reconcile.ts";
import type { FromReconciler, ReconcileThreadData, ToReconciler } from "./reconcile-messages.ts";
import { standBack } from "../stand-back.ts";

standBack();

const { store: connection, history: port, node, task } = workerData as ReconcileThreadData<StoreConnection>;
const say = (told: FromReconciler): void => parentPort?.postMessage(told);
const clock = createClock();
const history = connectHistory(port);

function repair(shard: ShardId, fix: ShardFix): Promise<boolean> {
  return new Promise((resolve) => {
    parentPort?.once("message", ({ isTold }: ToReconciler) => resolve(isTold));
    say({ is: "repair", shard, fix });
  });
}

async function night(): Promise<FromReconciler> {
  const store = await connectStore(connection, clock);
  try {
    const planOf = createPastPlans({ plans: store.plans, history, loadPlan });
    if (task.is === "idle") {
      const people = await emptyIdlePeople({ store, history, planOf, repair, ...task });
      return { is: "emptied", people };
    }
    if (task.is === "fields") {
      const people = await clearAgedFields({ store, planOf, repair, ...task });
      return { is: "cleared", people };
    }
    const report = await reconcile({
      store,
      history,
      planOf,
      now: () => clock.now(),
      pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
      node,
      ...task,
      onProgress: (progress) => say({ is: "progress", progress }),
      repair,
    });
    return { is: "report", report };
  } catch (error) {
    if (error instanceof HistoryUnavailable) return { is: "away", of: "history", message: error.message };
    if (error instanceof StoreUnavailable) return { is: "away", of: "store", message: error.message };
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
