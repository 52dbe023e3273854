/**
 * Entry of the drainer's thread: opens the history and reaches the hot store, drains the shards it is told are ours, and
 * serves the history to the other threads. A mistake in this program ends the thread with its error.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createClock, createTimers } from "../create-clock.ts";
import { drainPeriodMs } from "../limits-of-history.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import { connectStore } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";
import type { HotStore } from "../store/port.ts";
import { createHistory } from "./create-history.ts";
import type { OwnedShard } from "./drain.ts";
import { createDrainer } from "./drain.ts";
import type { DrainFailure, DrainThreadData, FromDrainer, ToDrainer } from "./drain-messages.ts";
import { createPlanKeeper } from "./keep-plans.ts";
import { serveHistory } from "./history-link.ts";
import { createReopeningHistory } from "./reopening-history.ts";

const main = parentPort;
if (main === null) throw new Error("drain-main is the entry of a worker thread");
const say = (message: FromDrainer) => main.postMessage(message);

const clock = createClock();
const settings = workerData as DrainThreadData<StoreConnection>;
const history = createReopeningHistory(
  () => createHistory(settings.history),
  ({ message, remedy }) => say({ is: "unfit", message, remedy }),
);
let shards: readonly OwnedShard[] = [];

void connectStore(settings.store, clock).then(serve);
// Before anybody asks: loading takes a while, and a history that is unfit is told of at the start.
history.watermarks().catch((error: unknown) => {
  if (!(error instanceof HistoryUnavailable)) throw error;
});

function serve(store: HotStore): void {
  const keepPlans = createPlanKeeper(history, store.plans);
  const drainer = createDrainer({
    store,
    history: {
      ...history,
      async drain(writes) {
        await keepPlans(writes);
        return history.drain(writes);
      },
    },
    shards: () => shards,
    clock,
    timers: createTimers(),
    onDrained: (shard, position) => say({ is: "drained", shard, position }),
    onTrouble: (trouble) => say({ is: "trouble", trouble }),
  });
  const sayStatus = () => say({ is: "status", status: drainer.status() });
  const statusTimer = setInterval(sayStatus, drainPeriodMs);

  async function flush(call: number): Promise<void> {
    const failed = await drainer.flush().then(() => undefined, failureOf);
    sayStatus();
    say({ is: "flushed", call, failed });
  }

  async function close(): Promise<void> {
    clearInterval(statusTimer);
    await drainer.close();
    await history.close();
    await store.close();
    main?.close();
  }

  main?.on("message", (message: ToDrainer) => {
    switch (message.is) {
      case "shards":
        shards = message.shards;
        return;
      case "flush":
        void flush(message.call);
        return;
      case "connect":
        serveHistory(history, message.port);
        // A client keeps nobody waiting: the thread ends when it is told to.
        message.port.unref();
        return;
      case "close":
        void close();
    }
  });
}

function failureOf(error: unknown): DrainFailure {
  if (error instanceof HistoryUnavailable) return { away: "history", message: error.message };
  if (error instanceof StoreUnavailable) return { away: "store", message: error.message };
  return { away: undefined, message: error instanceof Error ? error.message : String(error) };
}
