/** An engine that was once started with a clock far ahead, as a computer with an empty battery does. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
let folder = "";
let engine: EngineProcess | undefined;

beforeEach(() => {
  folder = createTestFolder("wrong-clock");
  writeCountingRules(join(folder, "rules"));
});

afterEach(async () => {
  await engine?.kill();
  engine = undefined;
  removeTestFolder(folder);
});

/** Of this computer's clock as the engine sees it, on all its threads. */
function aheadBy(ms: number): readonly string[] {
  const file = join(folder, "clock.cjs");
  writeFileSync(file, `const now = Date.now; Date.now = () => now() + ${ms};\n`);
  return ["--require", file];
}

async function track(port: number): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/track`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
    body: JSON.stringify({ userId: "u1", event: "Seen" }),
  });
  return status;
}

test("is said at the next start, with the remedy, and nobody's events are refused", {
  timeout: FAULT_RUN_MS_MAX,
}, async () => {
  const data = join(folder, "data");
  const settings = { rules: join(folder, "rules"), folder: data };
  const ahead = await createEngineProcess({ ...settings, nodeArguments: aheadBy(400 * DAY_MS) });
  engine = ahead;
  await ahead.start();
  expect(await track(ahead.port)).toBe(200);
  expect(await ahead.stop()).toBe(0);
  const right = await createEngineProcess(settings);
  engine = right;
  right.launch();
  expect(await right.ended()).toBe(1);
  expect(right.output()).toMatch(/Vif cannot start: What is stored is of 20\d\d-.*Remedy: Set this computer's clock/s);
  expect(right.output()).not.toMatch(/\n\s+at /);
});

test("by a few minutes is gone on from, and told of", { timeout: FAULT_RUN_MS_MAX }, async () => {
  const settings = { rules: join(folder, "rules"), folder: join(folder, "data") };
  const ahead = await createEngineProcess({ ...settings, nodeArguments: aheadBy(600_000) });
  engine = ahead;
  await ahead.start();
  expect(await track(ahead.port)).toBe(200);
  await ahead.stop();
  const right = await createEngineProcess(settings);
  engine = right;
  await right.start();
  expect(await track(right.port)).toBe(200);
  await expect.poll(async () => (await right.status()).timeAheadSeconds ?? 0, { timeout: 30_000 }).toBeGreaterThan(500);
  await expect.poll(() => right.output(), { timeout: 30_000 }).toContain("this computer's clock has gone back by");
});
