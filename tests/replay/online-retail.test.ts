/**
 * A year of real invoices through real processes: every line once, to the cent, whatever is killed on the way. The sums are
 * those published with the file, and, for points and customers, reckoned from it by other means. Skipped where the folder of
 * public test data is missing.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Report } from "../../engine/control/port.ts";
import type { Segments } from "../../engine/control/segments-port.ts";
import { readDuckDbLedger, readPostgresLedger } from "../support/ledger-rows.ts";
import type { LedgerRows } from "../support/ledger-rows.ts";
import { pairMissing } from "../support/node-pair.ts";
import { publicFile, REPLAY_TEST_MS_MAX, startReplayedBrand } from "../support/replayed-brand.ts";
import type { BrandOptions, ReplayedBrand } from "../support/replayed-brand.ts";

const { file, missing } = publicFile("online-retail/online_retail.csv.gz");

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

const KILLS = 10;

let brand: ReplayedBrand | undefined;

afterEach(async () => {
  await brand?.close();
  brand = undefined;
});

async function startBrand(stores: BrandOptions["stores"]): Promise<ReplayedBrand> {
  const { receipts, lines } = TOTALS;
  const of = { file, map: "online-retail", currency: "GBP", receipts, lines };
  brand = await startReplayedBrand({ name: "replay", ...of, stores });
  return brand;
}

function expectSegments({ vif }: ReplayedBrand): void {
  for (const { day, profiles, ...sizes } of SEGMENTS) {
    const told = vif("segments", "--as-of", day) as Segments;
    const found = Object.fromEntries(told.segments.map(({ name, size }) => [name, size]));
    expect({ profiles: told.profiles, buyer: found["buyer"], vip: found["vip"] }, day).toEqual({ profiles, ...sizes });
  }
}

/** With the engine stopped: each customer is made again from history as they were, and a night finds nothing. */
async function expectRebuilt({ engine, everybody, loseLive, vif }: ReplayedBrand): Promise<void> {
  const before = await everybody();
  expect(before.size).toBeGreaterThanOrEqual(TOTALS.customers);
  await loseLive();
  expect(vif("rebuild")).toMatchObject({ profiles: before.size });
  expect(await everybody()).toEqual(before);
  await engine.start();
  expect(vif("reconcile", "--dry-run", "--whole")).toMatchObject({ drifts: 0, told: [], profiles: before.size });
  expect(await engine.stop()).toBe(0);
}

describe.skipIf(missing !== undefined)(`Online Retail ${missing ?? ""}`, () => {
  const timeout = REPLAY_TEST_MS_MAX;

  test("is in, to the cent, with ten kills on the way, and made again from history, on the embedded stores", {
    timeout,
  }, async () => {
    const running = await startBrand("embedded");
    expect(await running.replayKilling(KILLS)).toBe(KILLS);
    expect((running.vif("report", "--fresh") as Report).receipts).toEqual(TOTALS);
    expectSegments(running);
    expect(await running.engine.stop()).toBe(0);
    expect((running.vif("report", "--fresh") as Report).receipts).toEqual(TOTALS);
    expectSegments(running);
    expect(await readDuckDbLedger(running.historyFile)).toEqual(LEDGER);
    await expectRebuilt(running);
  });

  test.skipIf(pairMissing !== undefined)(
    `is in, to the cent, with ten kills on the way, and made again from history, on Redis and PostgreSQL ${pairMissing ?? ""}`,
    { timeout },
    async () => {
      const running = await startBrand("Redis and PostgreSQL");
      expect(await running.replayKilling(KILLS)).toBe(KILLS);
      expect((running.vif("report", "--fresh") as Report).receipts).toEqual(TOTALS);
      expectSegments(running);
      expect(await running.engine.stop()).toBe(0);
      expect(await readPostgresLedger(running.databaseUrl)).toEqual(LEDGER);
      await expectRebuilt(running);
    },
  );
});
