/** Entry of a thread that goes through shards of a night beside the one that has begun it. */
import { workerData } from "node:worker_threads";
import { createClock } from "../create-clock.ts";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { standBack } from "../stand-back.ts";
import { connectStore } from "../store/create-store.ts";
import { withLineage } from "../history/port.ts";
import { createNightLane, type ShardNight } from "./night-lane.ts";
import type { NightSays, NightThreadData } from "./create-night-threads.ts";
import { createPastPlans } from "./past-plans.ts";
import { serveLane } from "./thread-lane.ts";

standBack();

const { store: connection, history: port, dryRun, whole, take, scratch } = workerData as NightThreadData;
const clock = createClock();

serveLane<ShardNight, NightSays, boolean>({
  async open({ say, hear }) {
    const history = await withLineage(connectHistory(port));
    const store = await connectStore(connection, clock);
    return {
      lane: createNightLane({
        store,
        history,
        planOf: createPastPlans({ plans: store.plans, history, loadPlan }),
        now: () => clock.now(),
        pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
        dryRun,
        whole,
        take,
        scratch,
        repair(shard, fix) {
          say({ is: "repair", shard, fix });
          return hear();
        },
        onRecords: (records) => say({ is: "records", records }),
      }),
      async close() {
        await store.close();
        await history.close();
      },
    };
  },
});
