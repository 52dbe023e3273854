/**
 * Redis stopped or killed and started again, and frozen for a while, under load: the engine goes on by itself, and nothing
 * is lost; not even when the engine is stopped while its Redis is away.
 */
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
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

/** A killed Redis may have lost what it had not written to its file yet: the engine has it still. */
const ENDS = ["stop", "kill", "stop"] as const;
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

    for (const [times, end] of ENDS.entries()) {
      await client.untilAcknowledged(400);
      await server[end]();
      await running.untilSaid(/the store does not answer/g, times + 1);
      await server.restart();
      await client.untilAcknowledged(400);
      // Events may go on before the leases have been read: only who has seen it come back can see it go away again.
      await running.untilSaid(/the store answers again/g, times + 1);
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

    // Neither can the engine hand anything over now, nor does it hang.
    await server.stop();
    expect(await running.stop(), running.output()).not.toBeNull();
    await server.restart();
    await running.start();
    await client.untilAcknowledged(100);
    await expectExactlyOnce({ client, engines: [running], readHistory: () => readDuckDbRows(file) });
  });
});
