/** Entry of a thread of a rebuild: fills one shard after the other, as it is told. */
import { workerData } from "node:worker_threads";
import { createClock, createRandom } from "../create-clock.ts";
import { connectHistory } from "../history/history-link.ts";
import { loadPlan } from "../language/port.ts";
import { connectStore } from "../store/create-store.ts";
import { createRebuildLane } from "./rebuild-lane.ts";
import type { RebuiltShard } from "./rebuild-shard.ts";
import type { RebuildThreadData } from "./create-rebuild-threads.ts";
import { serveLane } from "./thread-lane.ts";

const { store: connection, history: port, rules, scratch } = workerData as RebuildThreadData;
const clock = createClock();

serveLane<RebuiltShard | undefined, number>({
  async open({ say }) {
    const history = connectHistory(port);
    const store = await connectStore(connection, clock);
    return {
      lane: createRebuildLane({
        store,
        history,
        loadPlan,
        rules,
        scratch,
        now: () => clock.now(),
        random: createRandom(),
        onRecords: say,
      }),
      async close() {
        await store.close();
        await history.close();
      },
    };
  },
});
