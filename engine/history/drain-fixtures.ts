/** A drainer over journals in memory, on a real embedded history and a clock moved by hand. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShardId } from "../model/ids.ts";
import type { Drainer, DrainerOptions, DrainTrouble } from "./drain.ts";
import { createDrainer } from "./drain.ts";
import { createManualTime, createTestJournal, historyOf } from "./history-fixtures.ts";
import { createEmbeddedHistory } from "./embedded/duckdb-history.ts";

export const s0 = 0 as ShardId;
export const s1 = 1 as ShardId;

export type DrainBench = Awaited<ReturnType<typeof createDrainBench>>;

export async function createDrainBench() {
  const folder = await mkdtemp(join(tmpdir(), "vif-drain-"));
  const history = await createEmbeddedHistory({ file: join(folder, "history.duckdb") });
  const time = createManualTime();
  const journal = createTestJournal();
  const troubles: DrainTrouble[] = [];
  const drained: (readonly [ShardId, number])[] = [];
  return {
    history,
    time,
    journal,
    troubles,
    drained,
    drainer: (options: Partial<DrainerOptions> = {}): Drainer =>
      createDrainer({
        store: journal,
        history,
        shards: () => [
          { shard: s0, epoch: 1 },
          { shard: s1, epoch: 1 },
        ],
        clock: time,
        timers: time,
        onDrained: (shard, position) => void drained.push([shard, position]),
        onTrouble: (trouble) => void troubles.push(trouble),
        ...options,
      }),
    positions: async (shard: ShardId): Promise<readonly number[]> =>
      (await historyOf(history, shard)).map(({ position }) => position),
    async close(): Promise<void> {
      await history.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function shardStatus(running: Drainer, shard: ShardId) {
  return running.status().shards.find((status) => status.shard === shard);
}
