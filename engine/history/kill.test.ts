/**
 * What a process that is killed at any moment leaves of its drains, and of the tables that it was making: real processes, real
 * stores.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { threadEntry } from "../model/thread-entry.ts";
import type { HistorySettings } from "./create-history.ts";
import { createHistory } from "./create-history.ts";
import { duckdbRowGroupRows, historyRecordsMax } from "../limits-of-history.ts";
import { historyOf } from "./history-fixtures.ts";

/** Drains on from where history stands, saying each position that was acknowledged, until it is killed. */
const DRAINING = `
const [historyModule, fixturesModule, settings, count] = JSON.parse(process.argv[1]);
const { createHistory } = await import(historyModule);
const { journalRows } = await import(fixturesModule);
const history = await createHistory(settings);
let from = (await history.watermarks()).get(0) ?? { epoch: 0, position: 0 };
for (;;) {
  const to = { epoch: 1, position: from.position + count };
  const rows = journalRows(0, from.position + 1, count).map((row) => ({ ...row, instant: 1740000000000 + row.position }));
  await history.drain([{ shard: 0, from, to, rows }]);
  process.stdout.write(to.position + "\\n");
  from = to;
}`;

/** @returns the last position that the killed process saw acknowledged */
async function drainUntilKilled(settings: HistorySettings, acknowledgements: number, rows = 40): Promise<number> {
  const modules = ["./create-history", "./history-fixtures"].map((entry) => threadEntry(import.meta.url, entry).href);
  const args = ["--input-type=module", "-e", DRAINING, JSON.stringify([...modules, settings, rows])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let last = 0;
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    seen++;
    if (seen === acknowledgements) child.kill("SIGKILL");
  }
  await closed;
  return last;
}

/** Opens an empty history, which makes its tables, and says when it begins and when it is done. */
const OPENING = `
const [historyModule, settings] = JSON.parse(process.argv[1]);
const { createHistory } = await import(historyModule);
process.stdout.write("opening\\n");
await createHistory(settings);
process.stdout.write("opened\\n");`;

/** From the first of its steps to behind the last; what it takes itself depends on the machine. */
const OPENED_AFTER_MS = [0, 10, 20, 40, 60, 90, 130, 200];

/** @returns whether it had said that it was open */
async function openUntilKilled(settings: HistorySettings, delayMs: number): Promise<boolean> {
  const args = [threadEntry(import.meta.url, "./create-history").href, settings];
  const command = ["--input-type=module", "-e", OPENING, JSON.stringify(args)];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let isOpen = false;
  for await (const line of createInterface(child.stdout)) {
    if (line === "opening") setTimeout(() => child.kill("SIGKILL"), delayMs);
    isOpen ||= line === "opened";
  }
  await closed;
  return isOpen;
}

async function expectExact(settings: HistorySettings, acknowledged: number): Promise<void> {
  const history = await createHistory(settings);
  try {
    const watermark = (await history.watermarks()).get(0 as ShardId);
    expect(watermark?.position).toBeGreaterThanOrEqual(acknowledged);
    const positions = (await historyOf(history, 0, historyRecordsMax)).map(({ position }) => position);
    expect(positions).toEqual(Array.from({ length: watermark?.position ?? 0 }, (_, index) => index + 1));
  } finally {
    await history.close();
  }
}

const kills = fc.sample(fc.integer({ min: 1, max: 12 }), { numRuns: 3, seed: 5 });

test("a DuckDB file holds each acknowledged row once after kill -9", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "vif-history-kill-"));
  const settings = { kind: "embedded", file: join(folder, "history.duckdb") } as const;
  try {
    for (const acknowledgements of kills)
      await expectExact(settings, await drainUntilKilled(settings, acknowledgements));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Such a drain is written beside the log, which only names it. */
test("a DuckDB file holds each row of large drains once after kill -9", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "vif-history-kill-"));
  const settings = { kind: "embedded", file: join(folder, "history.duckdb") } as const;
  try {
    for (const rows of [duckdbRowGroupRows + 100, 40, duckdbRowGroupRows])
      await expectExact(settings, await drainUntilKilled(settings, 2, rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a DuckDB file whose tables were being made is opened after kill -9", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "vif-history-kill-"));
  try {
    const opened: boolean[] = [];
    for (const delayMs of OPENED_AFTER_MS) {
      const settings = { kind: "embedded", file: join(folder, `${delayMs}.duckdb`) } as const;
      opened.push(await openUntilKilled(settings, delayMs));
      await expectExact(settings, await drainUntilKilled(settings, 1));
    }
    expect(opened[0]).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const url = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";
const required = process.env["VIF_TEST_REQUIRE_SERVICES"] === "1";
const admin = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
const away = await admin.connect().then(
  () => undefined,
  (error: unknown) => (error instanceof Error ? error.message || error.name : String(error)),
);
const reason = away === undefined ? "on PostgreSQL" : `on PostgreSQL (skipped: none at VIF_TEST_POSTGRES, ${away})`;

describe.skipIf(away !== undefined && !required)(reason, () => {
  afterAll(() => admin.end());

  test("a schema holds each acknowledged row once after kill -9 of the drainer", { timeout: 60_000 }, async () => {
    const schema = `vif_test_kill_${process.pid}`;
    const settings = { kind: "postgres", url, schema } as const;
    try {
      for (const acknowledgements of kills) {
        await expectExact(settings, await drainUntilKilled(settings, acknowledgements));
      }
    } finally {
      await admin.query(`drop schema if exists ${schema} cascade`);
    }
  });

  test("a schema whose tables were being made is opened after kill -9", { timeout: 60_000 }, async () => {
    const opened: boolean[] = [];
    for (const delayMs of OPENED_AFTER_MS) {
      const schema = `vif_test_open_${process.pid}_${delayMs}`;
      const settings = { kind: "postgres", url, schema } as const;
      try {
        opened.push(await openUntilKilled(settings, delayMs));
        await expectExact(settings, await drainUntilKilled(settings, 1));
      } finally {
        await admin.query(`drop schema if exists ${schema} cascade`);
      }
    }
    expect(opened[0]).toBe(false);
  });
});
