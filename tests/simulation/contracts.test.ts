/** The simulator's store and history keep the promises of their ports when no fault is on. */
import { describeHistory } from "../../engine/history/contract.ts";
import { describeHotStore } from "../../engine/store/contract.ts";
import { type DurabilityLevel, FaultyStore } from "./faulty-store.ts";
import type { Actor } from "./scheduler.ts";
import { MemoryHistory } from "./memory-history.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";

/** A scheduler that runs by itself whenever a call waits. */
function selfRunning(): Scheduler {
  const scheduler = new Scheduler(new SeededRandom(1));
  const after = scheduler.after.bind(scheduler);
  let running = false;
  scheduler.after = (delayMs: number, label: string, actor: Actor | undefined, run: () => void) => {
    if (!running) {
      running = true;
      setImmediate(() => {
        void (async () => {
          while (await scheduler.step());
          running = false;
        })();
      });
    }
    return after(delayMs, label, actor, run);
  };
  return scheduler;
}

function openHistory() {
  const kept = new MemoryHistory(selfRunning());
  const open = () => Promise.resolve(kept.connect(undefined));
  return Promise.resolve({
    history: kept.connect(undefined),
    again: open,
    reopen: open,
    drop: () => Promise.resolve(),
  });
}

describeHistory("in memory, for simulation", openHistory, false);

for (const level of ["process", "disk"] satisfies DurabilityLevel[])
  describeHotStore(`in memory, for simulation, at level ${level}`, (shards) => {
    const store = new FaultyStore(selfRunning(), { shards, level, wallNow: () => Date.now() });
    const connect = () => Promise.resolve(store.connect(undefined));
    return Promise.resolve({ connect, reopen: connect, close: () => Promise.resolve() });
  });
