/**
 * The whole engine on a Redis Cluster of three masters: events over HTTP, a kill -9, and the same node again. What was
 * acknowledged is there, known as a repetition, and once in history.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readDuckDbRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { redisMissing, startRedisCluster } from "../support/redis-server.ts";
import type { RedisCluster } from "../support/redis-server.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

describe.skipIf(redisMissing !== undefined)(`on a Redis Cluster ${redisMissing ?? ""}`, () => {
  let folder = "";
  let cluster: RedisCluster | undefined;
  let engine: EngineProcess | undefined;

  beforeAll(async () => {
    folder = createTestFolder("redis-cluster");
    writeCountingRules(join(folder, "rules"));
    cluster = await startRedisCluster();
  });

  afterAll(async () => {
    await engine?.kill();
    await cluster?.close();
    removeTestFolder(folder);
  });

  test("every acknowledged event survives a kill of the engine, once in history and once in its profile", {
    timeout: FAULT_RUN_MS_MAX,
  }, async () => {
    const store = cluster?.url ?? "";
    engine = await createEngineProcess({
      rules: join(folder, "rules"),
      folder: join(folder, "engine"),
      settings: () => ({ VIF_STORE: store }),
    });
    await engine.start();
    const client = startLedgerClient({ name: "redis-cluster", urls: [engine.streamUrl], seed: 31 });
    await client.untilAcknowledged(300);
    await engine.kill();
    await engine.start();
    await client.untilAcknowledged(300);
    const file = join(folder, "engine", "history.duckdb");
    await expectExactlyOnce({ client, engines: [engine], readHistory: () => readDuckDbRows(file) });
    const held = await Promise.all((cluster?.masters ?? []).map((master) => master.ask("dbsize")));
    expect(Math.min(...held.map(Number)), "keys of each master").toBeGreaterThan(0);
  });
});
