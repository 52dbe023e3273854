/**
 * A shard worker's thread that throws: the engine lives on, starts another, and its shards are recovered from what is
 * durable. Nothing acknowledged is lost, whether it throws at rest, before a batch is stored, or after it and before the
 * answers.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readDuckDbRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";
import { BOMB_TEXT, createWorkerBomb } from "../support/worker-bomb.ts";

const PLACES = ["at-rest", "before-append", "before-answer", "before-append", "before-answer"] as const;

let folder = "";
let engine: EngineProcess | undefined;

beforeAll(() => {
  folder = createTestFolder("worker-death");
  writeCountingRules(join(folder, "rules"));
});

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

test("a worker that throws takes no acknowledged event with it", { timeout: FAULT_RUN_MS_MAX }, async () => {
  const bomb = createWorkerBomb(folder);
  const running = await createEngineProcess({
    rules: join(folder, "rules"),
    folder: join(folder, "engine"),
    nodeArguments: bomb.nodeArguments,
  });
  engine = running;
  await running.start();
  const pid = running.pid();
  const client = startLedgerClient({ name: "worker", urls: [running.streamUrl], seed: 19 });
  for (const [times, place] of PLACES.entries()) {
    await client.untilAcknowledged(400);
    bomb.light(place);
    await until(
      () => `a worker has thrown ${place}; the engine printed:\n${running.output()}`,
      () => deathsOf(running) > times,
    );
    await running.untilReady();
  }
  await client.untilAcknowledged(400);
  expect(running.isRunning() && running.pid() === pid, running.output()).toBe(true);
  expect(deathsOf(running)).toBe(PLACES.length);
  await running.untilSaid(BOMB_TEXT);
  const file = join(folder, "engine", "history.duckdb");
  await expectExactlyOnce({ client, engines: [running], readHistory: () => readDuckDbRows(file) });
});

function deathsOf(engine: EngineProcess): number {
  return engine.output().match(/worker \d+ has died and is started again/g)?.length ?? 0;
}
