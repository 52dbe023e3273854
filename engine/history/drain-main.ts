/**
 * Entry of the drainer's thread: opens the history and reaches the hot store, drains the shards it is told are ours, and
 * serves the history to the other threads. Says `ready` when the history is open, or away for the time being, or slow;
 * says `unfit` and ends when no waiting would help. A mistake in this program ends the thread with its error.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createClock, createTimers } from "../create-clock.ts";
import { drainPeriodMs, historyOpenMsMax } from "../limits.ts";
import { HistoryUnavailable, SetupError, StoreUnavailable } from "../model/errors.ts";
import { connectStore } from "../store/create-store.ts";
import type { StoreConnection } from "../store/create-store.ts";
import { createHistory } from "./create-history.ts";
import type { OwnedShard } from "./drain.ts";
import { createDrainer } from "./drain.ts";
import type { DrainFailure, DrainThreadData, FromDrainer, ToDrainer } from "./drain-messages.ts";
import { serveHistory } from "./history-link.ts";
import { createReopeningHistory } from "./reopening-history.ts";

const main = parentPort;
if (main === null) throw new Error("drain-main is the entry of a worker thread");
const say = (message: FromDrainer) => main.postMessage(message);

const clock = createClock();
const settings = workerData as DrainThreadData<StoreConnection>;
const store = await connectStore(settings.store, clock);
const history = createReopeningHistory(() => createHistory(settings.history));
let shards: readonly OwnedShard[] = [];

void start();

async function start(): Promise<void> {
  const slow = new Promise<void>((resolve) => {
    setTimeout(resolve, historyOpenMsMax).unref();
  });
  try {
    await Promise.race([history.watermarks(), slow]);
  } catch (error) {
    if (error instanceof SetupError) return refuse(error);
    if (!(error instanceof HistoryUnavailable)) throw error;
  }
  serve();
}

async function refuse({ message, remedy }: SetupError): Promise<void> {
  say({ is: "unfit", message, remedy });
  await store.close();
  main?.close();
}

function serve(): void {
  const drainer = createDrainer({
    store,
    history,
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
  say({ is: "ready" });
}

function failureOf(error: unknown): DrainFailure {
  if (error instanceof HistoryUnavailable) return { away: "history", message: error.message };
  if (error instanceof StoreUnavailable) return { away: "store", message: error.message };
  return { away: undefined, message: error instanceof Error ? error.message : String(error) };
}
