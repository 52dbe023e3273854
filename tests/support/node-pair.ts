/**
 * Two engines that share one Redis and one PostgreSQL: the smallest cluster. Each can be killed and started again as the
 * same node; who owns what is asked of them, never guessed from time.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCountingRules } from "./counting-rules.ts";
import { createEngineProcess } from "./engine-process.ts";
import type { EngineProcess } from "./engine-process.ts";
import { readPostgresRows } from "./history-rows.ts";
import type { HistoryRows } from "./history-rows.ts";
import { createDatabase, postgresMissing } from "./postgres-database.ts";
import { redisMissing, startRedis } from "./redis-server.ts";
import type { RedisServer } from "./redis-server.ts";
import { createTestFolder, removeTestFolder } from "./test-folder.ts";
import { until } from "./waiting.ts";

/** Why suites that need a pair are skipped; undefined when they are not. */
export const pairMissing: string | undefined = redisMissing ?? postgresMissing;

/** Names by which four of eight shards fall to each: of names by chance one in 128 pairs leaves a node without any. */
const NODE_IDS = { first: "00000000000a", second: "000000000002" };

export interface NodePair {
  readonly nodes: readonly [EngineProcess, EngineProcess];
  readonly redis: RedisServer;
  readHistory(): Promise<HistoryRows>;
  close(): Promise<void>;
}

/**
 * @param name lower case letters, digits and underscores
 * @param brandRules a folder; without it the rules that count
 */
export async function startNodePair(name: string, brandRules?: string): Promise<NodePair> {
  const folder = createTestFolder(name);
  const rules = brandRules ?? join(folder, "rules");
  if (brandRules === undefined) writeCountingRules(rules);
  const redis = await startRedis();
  const database = await createDatabase(`vif_${name}`);
  const createNode = (own: keyof typeof NODE_IDS): Promise<EngineProcess> => {
    const data = join(folder, own);
    mkdirSync(data);
    writeFileSync(join(data, "node-id"), NODE_IDS[own]);
    return createEngineProcess({
      rules,
      folder: data,
      settings: (port) => ({
        VIF_STORE: redis.url,
        VIF_HISTORY: database.url,
        VIF_LINK_ADDRESS: `ws://127.0.0.1:${port}`,
        VIF_LINK_SECRET: "link-secret-of-fault-runs",
        VIF_SECRET: "visitor-secret-of-fault-runs",
      }),
    });
  };
  const nodes = [await createNode("first"), await createNode("second")] as const;
  await Promise.all(nodes.map((node) => node.start()));
  return {
    nodes,
    redis,
    readHistory: () => readPostgresRows(database.url),
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      await redis.close();
      await database.close();
      removeTestFolder(folder);
    },
  };
}

/** Shards that the node itself says it owns. */
export async function shardsOf(node: EngineProcess): Promise<readonly number[]> {
  const { shards } = await node.status();
  return shards.flatMap(({ shard, state }) => (state === "owned" ? [shard] : []));
}

/** Resolves when `node` owns as many shards as `holds` wants. */
export async function untilOwns(node: EngineProcess, holds: (shards: readonly number[]) => boolean): Promise<void> {
  let owned: readonly number[] = [];
  await until(
    () => `a node owns what it should; it owns [${owned.join(", ")}], and printed:\n${node.output()}`,
    // While it starts, its control plane does not answer yet.
    async () => holds((owned = await shardsOf(node).catch(() => []))),
  );
}
