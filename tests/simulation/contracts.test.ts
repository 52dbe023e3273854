/** The simulator's store and history keep the promises of their ports when no fault is on. */
import { describeHistory } from "../../engine/history/contract.ts";
import { describeHotStore } from "../../engine/store/contract.ts";
import { type DurabilityLevel, FaultyStore } from "./faulty-store.ts";
import { MemoryHistory } from "./memory-history.ts";
import { selfRunning } from "./self-running.ts";

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
