/**
 * A year of real invoices through real processes: every line once, to the cent, whatever is killed on the way. The sums are
 * those published with the file, and, for points and customers, reckoned from it by other means. Skipped where the folder of
 * public test data is missing.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../../engine/control/port.ts";
import type { Segments } from "../../engine/control/segments-port.ts";
import { ROOT } from "../source-tree.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { readDuckDbLedger, readPostgresLedger } from "../support/ledger-rows.ts";
import type { LedgerRows } from "../support/ledger-rows.ts";
import { createDatabase, postgresMissing } from "../support/postgres-database.ts";
import { redisMissing, startRedis } from "../support/redis-server.ts";
import { settledReceipts, startReplay } from "../support/replay-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { until } from "../support/waiting.ts";

const data = resolve(ROOT, process.env["VIF_TEST_DATA"] ?? "../shared/data");
const file = join(data, "online-retail/online_retail.csv.gz");
const missing = existsSync(file) ? undefined : `no file ${file}: set VIF_TEST_DATA`;

/** Of all 541,909 lines. Amounts in 10^-8. */
const TOTALS = {
  receipts: 25_900,
  returns: 3_836,
  unclaimed: 3_710,
  lines: 541_909,
  linesAmount: "974774793400000",
  byCurrency: [{ currency: "GBP", receipts: 25_900, total: "97477479340" }],
  customers: 4_372,
  entries: 22_190,
  points: 8_293_239,
};
const LEDGER: LedgerRows = { receipts: 25_900, twice: 0, customers: 4_372, points: 8_293_239, unbalanced: 0 };

/** As of the end of a day, by the example brand's rules; vip counts what was bought for 1,000 or more in 365 days. */
const SEGMENTS = [
  { day: "2011-05-31", profiles: 2_767, buyer: 2_718, vip: 726 },
  { day: "2011-12-09", profiles: 4_372, buyer: 4_339, vip: 1_629 },
];

const RUN_MS_MAX = 300_000;
const KILLS = 10;

let folder = "";
let engine: EngineProcess | undefined;
let closers: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  folder = createTestFolder("replay");
  const rules = join(folder, "rules");
  cpSync(join(ROOT, "rules"), rules, { recursive: true });
  // Points for pounds, so that there is a ledger to get wrong.
  const loyalty = join(rules, "loyalty", "club-points.yaml");
  writeFileSync(
    loyalty,
    readFileSync(loyalty, "utf8").replace("currency: EUR", "currency: GBP").replace("per 1 EUR", "per 1 GBP"),
  );
});

afterEach(async () => {
  await engine?.kill();
  engine = undefined;
  for (const close of closers.reverse()) await close();
  closers = [];
  removeTestFolder(folder);
});

async function startEngine(settings: Readonly<Record<string, string>>): Promise<EngineProcess> {
  const running = await createEngineProcess({
    rules: join(folder, "rules"),
    folder: join(folder, "data"),
    settings: () => settings,
  });
  engine = running;
  await running.start();
  return running;
}

const replayFile = () =>
  startReplay(join(folder, "data"), join(folder, "rules"), [file, "--map", "online-retail", "--json"]);

function vif(settings: Readonly<Record<string, string>>, ...args: readonly string[]): unknown {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "dist", "engine", "cli", "main.js"), ...args, "--json"],
    {
      env: {
        PATH: process.env["PATH"] ?? "",
        VIF_DATA_DIR: join(folder, "data"),
        VIF_RULES: join(folder, "rules"),
        ...settings,
      },
      encoding: "utf8",
    },
  );
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const readReport = (settings: Readonly<Record<string, string>>): Report => vif(settings, "report", "--fresh") as Report;

function expectSegments(settings: Readonly<Record<string, string>>): void {
  for (const { day, profiles, ...sizes } of SEGMENTS) {
    const told = vif(settings, "segments", "--as-of", day) as Segments;
    const found = Object.fromEntries(told.segments.map(({ name, size }) => [name, size]));
    expect({ profiles: told.profiles, buyer: found["buyer"], vip: found["vip"] }, day).toEqual({ profiles, ...sizes });
  }
}

/** Replays the file, killing engine and replay in turns, and tells how often; the replay is whole in the end. */
async function replayKilling(running: EngineProcess, kills: number): Promise<number> {
  let killed = 0;
  let replay = replayFile();
  for (let next = 1; next <= kills; next++) {
    const threshold = (TOTALS.receipts * next) / (kills + 3);
    await until(
      () => `receipt ${threshold} is settled; ${settledReceipts(join(folder, "data"))} are`,
      () => !replay.isRunning() || settledReceipts(join(folder, "data")) >= threshold,
      RUN_MS_MAX,
    );
    if (!replay.isRunning()) break;
    killed++;
    if (next % 2 === 1) {
      await running.kill();
      running.launch();
    } else {
      await replay.kill();
      // A replay waits for an engine that has gone while it works, but does not begin without one.
      await running.untilReady();
      replay = replayFile();
    }
  }
  const { code, out, err } = await replay.ended();
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out)).toMatchObject({ is: "done", rows: TOTALS.lines, rejectedRows: 0, refused: 0 });
  return killed;
}

describe.skipIf(missing !== undefined)(`Online Retail ${missing ?? ""}`, () => {
  test("is in, to the cent, with ten kills on the way, on the embedded stores", { timeout: RUN_MS_MAX }, async () => {
    const running = await startEngine({});
    expect(await replayKilling(running, KILLS)).toBe(KILLS);
    await running.untilReady();
    expect(readReport({}).receipts).toEqual(TOTALS);
    expectSegments({});
    expect(await running.stop()).toBe(0);
    expect(readReport({}).receipts).toEqual(TOTALS);
    expectSegments({});
    expect(await readDuckDbLedger(join(folder, "data", "history.duckdb"))).toEqual(LEDGER);
  });

  const services = redisMissing ?? postgresMissing;
  test.skipIf(services !== undefined)(
    `is in, to the cent, with ten kills on the way, on Redis and PostgreSQL ${services ?? ""}`,
    { timeout: RUN_MS_MAX },
    async () => {
      const redis = await startRedis();
      const database = await createDatabase("replay");
      closers = [() => redis.close(), () => database.close()];
      const settings = { VIF_STORE: redis.url, VIF_HISTORY: database.url };
      const running = await startEngine(settings);
      expect(await replayKilling(running, KILLS)).toBe(KILLS);
      await running.untilReady();
      expect(readReport(settings).receipts).toEqual(TOTALS);
      expectSegments(settings);
      expect(await running.stop()).toBe(0);
      expect(await readPostgresLedger(database.url)).toEqual(LEDGER);
    },
  );
});
