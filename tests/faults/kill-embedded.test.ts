/** kill -9 of the engine, ten times under load, on the embedded stores. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readDuckDbRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

const KILLS = 10;
/** Between two kills, acknowledged: from a few, so that a recovery is cut short, to more than a checkpoint holds. */
const ACKNOWLEDGED = [1, 1_500, 300, 2_500, 40, 1_200, 600, 5, 1_800, 900];

let folder = "";
let engine: EngineProcess | undefined;

beforeAll(() => {
  folder = createTestFolder("kill-embedded");
  writeCountingRules(join(folder, "rules"));
});

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

test("every acknowledged event survives ten kills of the engine, once in history and once in its profile", {
  timeout: FAULT_RUN_MS_MAX,
}, async () => {
  engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "engine") });
  await engine.start();
  const client = startLedgerClient({ name: "embedded", urls: [engine.streamUrl], seed: 11 });
  for (let kill = 0; kill < KILLS; kill++) {
    await client.untilAcknowledged(ACKNOWLEDGED[kill] ?? 500);
    await engine.kill();
    await engine.start();
  }
  await client.untilAcknowledged(500);
  const file = join(folder, "engine", "history.duckdb");
  await expectExactlyOnce({ client, engines: [engine], readHistory: () => readDuckDbRows(file) });
  expect(client.ledger.duplicates).toBeGreaterThan(0);
  expect(client.ledger.refusals).toBeGreaterThan(0);
});
