/** The Redis store keeps the hot store's contract on one server and on a Cluster of three masters. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { redisMissing, startRedis, startRedisCluster } from "../../../tests/support/redis-server.ts";
import type { RedisCluster, RedisServer } from "../../../tests/support/redis-server.ts";
import { describeHotStore } from "../contract.ts";
import type { StoreUnderTest } from "../contract.ts";
import type { HotStore } from "../port.ts";
import { createRedisStore } from "./redis-store.ts";

/** Stores of one server are kept apart by their prefix. */
async function openUnderPrefix(url: string, shards: number): Promise<StoreUnderTest> {
  const prefix = `test-${randomUUID()}`;
  let clients: HotStore[] = [];
  async function connectAs(wanted: number): Promise<HotStore> {
    const client = await createRedisStore({ url, shards: wanted, durability: "process", unsafe: false, prefix });
    clients.push(client);
    return client;
  }
  async function closeAll(): Promise<void> {
    for (const client of clients) await client.close();
    clients = [];
  }
  return {
    connect: () => connectAs(shards),
    async reopen() {
      await closeAll();
      // An existing store keeps its own number of shards.
      return connectAs(shards * 2);
    },
    close: closeAll,
  };
}

describe.skipIf(redisMissing !== undefined)(`one Redis ${redisMissing ?? ""}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  describeHotStore("redis", (shards) => openUnderPrefix(server.url, shards));
});

describe.skipIf(redisMissing !== undefined)(`a Redis Cluster ${redisMissing ?? ""}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.close());
  describeHotStore("redis cluster", (shards) => openUnderPrefix(cluster.url, shards));
});
