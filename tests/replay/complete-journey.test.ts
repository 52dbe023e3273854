/**
 * The baskets of a grocer through real processes: a file in no order, sent in the order of time, each basket small. The
 * sums are reckoned from the file by other means. Skipped where the folder of public test data is missing.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Report } from "../../engine/control/port.ts";
import { readDuckDbLedger, readPostgresLedger } from "../support/ledger-rows.ts";
import type { LedgerRows } from "../support/ledger-rows.ts";
import { pairMissing } from "../support/node-pair.ts";
import { publicFile, REPLAY_TEST_MS_MAX, startReplayedBrand } from "../support/replayed-brand.ts";
import type { BrandOptions, ReplayedBrand } from "../support/replayed-brand.ts";

const { file, missing } = publicFile("complete-journey/transactions_sample.csv.gz");

/** linesAmount: pieces x the price of each, which is what was paid divided by them, to four decimals; in 10^-8. */
const TOTALS = {
  receipts: 47_243,
  returns: 0,
  unclaimed: 0,
  lines: 75_000,
  linesAmount: "23391231590000",
  byCurrency: [{ currency: "USD", receipts: 47_243, total: "2339352400" }],
  customers: 2_377,
  entries: 47_243,
  points: 209_739,
};
const LEDGER: LedgerRows = { receipts: 47_243, twice: 0, customers: 2_377, points: 209_739, unbalanced: 0 };

const KILLS = 4;

let brand: ReplayedBrand | undefined;

afterEach(async () => {
  await brand?.close();
  brand = undefined;
});

describe.skipIf(missing !== undefined)(`Complete Journey ${missing ?? ""}`, () => {
  async function replayOn(stores: BrandOptions["stores"]): Promise<ReplayedBrand> {
    const { receipts, lines } = TOTALS;
    const of = { file, map: "complete-journey", currency: "USD", receipts, lines };
    const running = await startReplayedBrand({ name: "journey", ...of, stores });
    brand = running;
    expect(await running.replayKilling(KILLS)).toBe(KILLS);
    expect((running.vif("report", "--fresh") as Report).receipts).toEqual(TOTALS);
    expect(await running.engine.stop()).toBe(0);
    return running;
  }

  test("is in, to the cent, with kills on the way, on the embedded stores", {
    timeout: REPLAY_TEST_MS_MAX,
  }, async () => {
    const { historyFile } = await replayOn("embedded");
    expect(await readDuckDbLedger(historyFile)).toEqual(LEDGER);
  });

  test.skipIf(pairMissing !== undefined)(
    `is in, to the cent, with kills on the way, on Redis and PostgreSQL ${pairMissing ?? ""}`,
    { timeout: REPLAY_TEST_MS_MAX },
    async () => {
      const { databaseUrl } = await replayOn("Redis and PostgreSQL");
      expect(await readPostgresLedger(databaseUrl)).toEqual(LEDGER);
    },
  );
});
