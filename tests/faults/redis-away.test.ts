/** Redis stopped and started again, and frozen for a while, under load: the engine goes on by itself, and nothing is lost. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readDuckDbRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { redisMissing, startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

/** Longer than a Redis connection may be silent, so that the engine has to notice. */
const FROZEN_MS = 3_000;

describe.skipIf(redisMissing !== undefined)(`a Redis that goes away ${redisMissing ?? ""}`, () => {
  let folder = "";
  let redis: RedisServer | undefined;
  let engine: EngineProcess | undefined;

  beforeAll(async () => {
    folder = createTestFolder("redis-away");
    writeCountingRules(join(folder, "rules"));
    redis = await startRedis();
  });

  afterAll(async () => {
    await engine?.kill();
    await redis?.close();
    removeTestFolder(folder);
  });

  test("costs no acknowledged event, and the engine needs no restart", { timeout: FAULT_RUN_MS_MAX }, async () => {
    if (redis === undefined) throw new Error("there is no Redis");
    const server = redis;
    const running = await createEngineProcess({
      rules: join(folder, "rules"),
      folder: join(folder, "engine"),
      settings: () => ({ VIF_STORE: server.url }),
    });
    engine = running;
    await running.start();
    const pid = running.pid();
    const client = startLedgerClient({ name: "away", urls: [running.streamUrl], seed: 16 });

    for (let restart = 0; restart < 2; restart++) {
      await client.untilAcknowledged(400);
      await server.stop();
      await untilNoted(running, /the store does not answer/g, restart + 1);
      await server.restart();
      await client.untilAcknowledged(400);
    }
    for (let freeze = 0; freeze < 2; freeze++) {
      await client.untilAcknowledged(400);
      server.pause();
      await pause(FROZEN_MS);
      server.resume();
      await client.untilAcknowledged(400);
    }
    const file = join(folder, "engine", "history.duckdb");
    expect(running.isRunning() && running.pid() === pid, running.output()).toBe(true);
    await expectExactlyOnce({ client, engines: [running], readHistory: () => readDuckDbRows(file) });
  });
});

async function untilNoted(engine: EngineProcess, note: RegExp, times: number): Promise<void> {
  await until(
    () => `the engine notes ${note} ${times} times; it printed:\n${engine.output()}`,
    () => (engine.output().match(note)?.length ?? 0) >= times,
  );
}
