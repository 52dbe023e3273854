/**
 * A PostgreSQL that cannot be reached under load: its connections end, or go silent. Events are acknowledged and decided all
 * the same; journals keep what history lacks, through a kill -9 too; where they are full events are taken slowly; history
 * catches up, and has everything once.
 */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { laggingEventsASecondMax } from "../../engine/limits-of-history.ts";
import { writeCountingRules } from "../support/counting-rules.ts";
import { createEngineProcess, ONCE } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { expectExactlyOnce } from "../support/exactly-once.ts";
import { readPostgresRows } from "../support/history-rows.ts";
import { startLedgerClient } from "../support/ledger-client.ts";
import { createDatabase, postgresMissing } from "../support/postgres-database.ts";
import type { TestDatabase } from "../support/postgres-database.ts";
import { post } from "../support/server-client.ts";
import { createSeverableLink } from "../support/severable-link.ts";
import type { SeverableLink } from "../support/severable-link.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

/** Acknowledged while history is away. */
const MEANWHILE = 8_000;
/** Records that journals may hold where they are to be full soon. */
const JOURNALS = 6_000;

describe.skipIf(postgresMissing !== undefined)(`a history that goes away ${postgresMissing ?? ""}`, () => {
  let folder = "";
  let database: TestDatabase | undefined;
  let link: SeverableLink | undefined;
  let engine: EngineProcess | undefined;

  beforeEach(async () => {
    folder = createTestFolder("history-away");
    writeCountingRules(join(folder, "rules"));
    database = await createDatabase("history_away");
  });

  afterEach(async () => {
    await engine?.kill();
    await link?.close();
    await database?.close();
    removeTestFolder(folder);
  });

  async function start(settings: Readonly<Record<string, string>>) {
    const history = new URL(database?.url ?? "");
    const between = await createSeverableLink({ host: history.hostname, port: Number(history.port || 5432) });
    link = between;
    const through = new URL(history);
    through.hostname = "127.0.0.1";
    through.port = String(between.port);
    const running = await createEngineProcess({
      rules: join(folder, "rules"),
      folder: join(folder, "engine"),
      settings: () => ({ VIF_HISTORY: through.href, ...settings }),
    });
    engine = running;
    await running.start();
    const client = startLedgerClient({ name: "history", urls: [running.streamUrl], seed: 17 });
    return { running, client, between, readHistory: () => readPostgresRows(history.href) };
  }

  test("costs no acknowledged event and doubles none", { timeout: FAULT_RUN_MS_MAX }, async () => {
    const { running, client, between, readHistory } = await start({});
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
    await expectExactlyOnce({ client, engines: [running], readHistory });
    expect(client.ledger.duplicates).toBeGreaterThan(0);
  });

  test("slows events once journals are full, and says so, until it has caught up", {
    timeout: FAULT_RUN_MS_MAX,
  }, async () => {
    const { running, client, between, readHistory } = await start({ VIF_HISTORY_BEHIND: String(JOURNALS) });
    await client.untilAcknowledged(500);
    expect(await metricOf(running, "vif_events_slowed")).toBe(0);
    between.sever();
    await until("events are slowed", async () => (await metricOf(running, "vif_events_slowed")) === 1);
    await running.untilSaid(/history: \d+ records behind, more than 6000: events are taken slowly/);
    expect((await running.status()).history).toMatchObject({ slowed: true, trouble: expect.any(String) });
    const [full, busy] = [await lagOf(running), client.busy()];
    expect(full).toBeGreaterThan(JOURNALS);

    // A small shop's traffic is taken all the same; of what is offered beyond, everybody is told when to come again.
    await client.untilAcknowledged(3 * laggingEventsASecondMax);
    expect(client.busy()).toBeGreaterThan(busy);
    // An event makes three records at most here, and a second may have begun twice.
    expect(await lagOf(running)).toBeLessThan(full + 2 * JOURNALS);
    const refused = await untilRefused(running);
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
      503,
      "1",
      expect.objectContaining({ problem: expect.objectContaining({ code: "busy" }) }),
    ]);
    // What it owes is kept through a kill, and what it is held to as well.
    await running.kill();
    await running.start();
    await until("events are slowed again", async () => (await metricOf(running, "vif_events_slowed")) === 1);

    between.mend();
    await until("events are taken again", async () => (await metricOf(running, "vif_events_slowed")) === 0);
    await running.untilSaid(/history: has caught up, events are taken at full rate again/);
    expect((await running.status()).history).not.toHaveProperty("slowed");
    await client.untilAcknowledged(2_000);
    await expectExactlyOnce({ client, engines: [running], readHistory });
  });
});

/** Posts events of somebody until one of them is told to come later. */
async function untilRefused(engine: EngineProcess): Promise<Response> {
  let last: Response | undefined;
  await until(
    () => `an event is refused; the last was answered ${last?.status}`,
    async () => {
      const body = { userId: "somebody-else", event: "Looked" };
      last = await post(engine, "/v1/track", { ...body, messageId: crypto.randomUUID() });
      return last.status !== 200;
    },
  );
  if (last === undefined) throw new Error("nothing was posted");
  return last;
}

/** Records that history has not got yet. */
function lagOf(engine: EngineProcess): Promise<number> {
  return metricOf(engine, "vif_drain_lag_records");
}

async function metricOf({ port }: EngineProcess, name: string): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: ONCE })).text();
  const figure = new RegExp(`^${name} (\\d+)`, "m").exec(metrics)?.[1];
  if (figure === undefined) throw new Error(`no ${name} in:\n${metrics}`);
  return Number(figure);
}
