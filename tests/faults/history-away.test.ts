/**
 * A PostgreSQL that cannot be reached under load, twice: its connections end, then go silent. Events are acknowledged and
 * decided all the same; journals keep what history lacks, through a kill -9 too; history catches up, and has everything once.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readPostgresRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { createDatabase, postgresMissing } from "../support/postgres-database.ts";
import type { TestDatabase } from "../support/postgres-database.ts";
import { createSeverableLink } from "../support/severable-link.ts";
import type { SeverableLink } from "../support/severable-link.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

/** Acknowledged while history is away. */
const MEANWHILE = 8_000;

describe.skipIf(postgresMissing !== undefined)(`a history that goes away ${postgresMissing ?? ""}`, () => {
  let folder = "";
  let database: TestDatabase | undefined;
  let link: SeverableLink | undefined;
  let engine: EngineProcess | undefined;

  beforeAll(async () => {
    folder = createTestFolder("history-away");
    writeCountingRules(join(folder, "rules"));
    database = await createDatabase("history_away");
  });

  afterAll(async () => {
    await engine?.kill();
    await link?.close();
    await database?.close();
    removeTestFolder(folder);
  });

  test("costs no acknowledged event and doubles none", { timeout: FAULT_RUN_MS_MAX }, async () => {
    const history = new URL(database?.url ?? "");
    const between = await createSeverableLink({ host: history.hostname, port: Number(history.port || 5432) });
    link = between;
    const through = new URL(history);
    through.hostname = "127.0.0.1";
    through.port = String(between.port);
    const running = await createEngineProcess({
      rules: join(folder, "rules"),
      folder: join(folder, "engine"),
      settings: () => ({ VIF_HISTORY: through.href }),
    });
    engine = running;
    await running.start();
    const client = startLedgerClient({ name: "history", urls: [running.streamUrl], seed: 17 });
    for (const ends of ["sever", "silence"] as const) {
      await client.untilAcknowledged(500);
      // What was behind from the time before says nothing of this one.
      await until("history is near", async () => (await lagOf(running)) < MEANWHILE / 4);
      between[ends]();
      await client.untilAcknowledged(MEANWHILE);
      // The figure is counted anew now and then, so it may be behind what was acknowledged a moment ago.
      await until("the lag is told", async () => (await lagOf(running)) > MEANWHILE / 2);
      between.mend();
      // Somewhere in what history has to catch up with.
      await until("history catches up", async () => (await lagOf(running)) < MEANWHILE / 2);
      await running.kill();
      await running.start();
    }
    await client.untilAcknowledged(500);
    await expectExactlyOnce({ client, engines: [running], readHistory: () => readPostgresRows(history.href) });
    expect(client.ledger.duplicates).toBeGreaterThan(0);
  });
});

/** Records that history has not got yet. */
async function lagOf({ port }: EngineProcess): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lag = /^vif_drain_lag_records (\d+)/m.exec(metrics)?.[1];
  if (lag === undefined) throw new Error(`no vif_drain_lag_records in:\n${metrics}`);
  return Number(lag);
}
