/**
 * Events over 400 days, of which one name is kept for 90: they go from history, and with them the room that they took; live
 * is then still what history says, from the night's snapshot and from the whole of what is left, and what is rebuilt from it
 * is what stood there before. On both histories, with the night's and the rebuild's own code.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createClock, createRandom } from "../../engine/create-clock.ts";
import { createHistory, type HistorySettings } from "../../engine/history/create-history.ts";
import type { History, KeptName } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { agedBatchRowsMax } from "../../engine/limits-of-reconcile.ts";
import type { ProfileId, ShardId } from "../../engine/model/ids.ts";
import type { ReconcileReport, RetainReport } from "../../engine/reconcile/port.ts";
import { rebuild } from "../../engine/reconcile/rebuild.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import { withLineage } from "../../engine/history/lineage.ts";
import { reconcile } from "../../engine/reconcile/reconcile.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import { parseMeta } from "../../engine/shard/refold-port.ts";
import { createStore } from "../../engine/store/create-store.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { LongPast, longText } from "../support/long-past.ts";
import { createDatabase, postgresMissing } from "../support/postgres-database.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const DAY_MS = 86_400_000;
const SHARDS = 2;
const PEOPLE = 40;
const TEST_MS_MAX = 240_000;
/** A midnight, so that days of acceptance are full ones; the past is 400 days before it. */
const NOW = Date.UTC(2026, 2, 1);
const DAYS = 400;
/** Something happens on every fourth day: each day is a table of PostgreSQL. */
const EVERY_DAYS = 4;
const KEPT_DAYS = 90;
/** Before what of the second shard goes: all of the first has. */
const STOPPED_AT_STEP = 4;

const checked = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  {
    path: "events/page_viewed.yaml",
    text: "event: page_viewed\nretention: 90 days\nproperties:\n  page: text\n",
  },
  {
    path: "events/order_completed.yaml",
    text: "event: order_completed\nproperties:\n  total: {type: money, currency: EUR}\n",
  },
  {
    path: "segments/keen.yaml",
    text: "segment: keen\ntitle: Keen\nwhen:\n  any:\n    - count of page_viewed >= 100000\n    - sum of order_completed.total >= 10000000\n    - distinct of page_viewed.page in last 30 days >= 100000\n",
  },
]);
const source = checked.plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);

/** Everybody looks at a page on each such day, and on every fifth they order. */
const past = new LongPast({
  now: NOW,
  days: DAYS,
  everyDays: EVERY_DAYS,
  shards: SHARDS,
  people: PEOPLE,
  plan: plan.digest,
  deedsOn: (day, n) => [
    { name: "page_viewed", fields: { page: `page-${(day * 7 + n) % 50}`, said: longText(day * 11 + n) } },
    ...(day % (5 * EVERY_DAYS) === 0 ? [{ name: "order_completed", fields: { total: 100_000 + n } }] : []),
  ],
});

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function fillStore(folder: string, name: string, history: History): Promise<HotStore> {
  const settings = { kind: "embedded", folder: join(folder, name), shards: SHARDS, durability: "process" } as const;
  const { store } = await createStore(settings, createClock(), (cause) => {
    throw cause;
  });
  closers.push(() => store.close());
  const told = await rebuild({
    store,
    history,
    loadPlan,
    rules: bytes,
    now: () => NOW,
    random: createRandom(),
    onProgress: () => undefined,
  });
  expect(told).toMatchObject({ profiles: PEOPLE, flaws: [] });
  // What an engine does first: everybody is looked at by the plan, which here finds nobody in anything.
  for (const { shard, epoch } of await store.leases.readLeases()) {
    const stored = await store.state.loadMeta(shard);
    if (stored === undefined) throw new Error(`shard ${shard} was not filled`);
    const { watermark } = stored;
    const meta = new TextEncoder().encode(JSON.stringify({ ...parseMeta(stored.meta), sweep: "done" }));
    const head = { shard, epoch, watermark, after: watermark, journalEnd: watermark, meta };
    const outcome = await store.state.checkpoint({ ...head, profiles: [], cells: [], forgotten: [] });
    if (outcome !== "ok") throw new Error(`the store takes no checkpoint: ${outcome}`);
  }
  return store;
}

async function rowsOf(store: HotStore): Promise<ReadonlyMap<ProfileId, string>> {
  const rows = new Map<ProfileId, string>();
  for (let shard = 0; shard < SHARDS; shard++)
    for await (const page of scanPeople(store.state, shard as ShardId))
      for (const { id, row } of page) rows.set(id, Buffer.from(row).toString("hex"));
  return rows;
}

/** Nights that have begun: each later than the one before. */
let nights = 0;

async function night(store: HotStore, history: History, whole = false): Promise<ReconcileReport> {
  nights += 1;
  const startedAt = NOW + nights;
  return reconcile({
    store,
    history: await withLineage(history),
    planOf: async (digest) => (digest === plan.digest ? plan : undefined),
    now: () => startedAt,
    pause: async () => undefined,
    node: "test",
    dryRun: false,
    whole,
    repair: async () => false,
    onProgress: () => undefined,
  });
}

function age(history: History, dryRun = false, check = (): void => undefined): Promise<RetainReport> {
  return retain({
    history,
    kept: { events: source.kept ?? {}, fields: {} },
    cleared: { fields: {}, showing: 0 },
    node: "test",
    dryRun,
    now: () => NOW,
    check,
  });
}

async function eventsIn(history: History): Promise<Record<string, number>> {
  const { byEvent } = await history.totals();
  return Object.fromEntries(byEvent.map(({ name, events }) => [name, events]));
}

/** Days on which something happens, of so many. */
function daysUntil(days: number, every = EVERY_DAYS): number {
  return Math.ceil(days / every);
}

async function testRetention(settings: HistorySettings, folder: string, bytesOf: () => Promise<number>): Promise<void> {
  const first = await createHistory(settings);
  await first.putDocument({ kind: "plan", key: plan.digest }, bytes);
  await past.drainUpTo(first, DAYS - 5);
  // An embedded one has all of it in its file then, and nothing in the log beside.
  await first.close();
  const history = await createHistory(settings);
  closers.push(() => history.close());
  const ordersThen = (await eventsIn(history))["order_completed"] ?? 0;
  const old = PEOPLE * daysUntil(DAYS - KEPT_DAYS);

  // Nothing covers them yet: nothing goes.
  const early = await age(history);
  expect(early.events).toEqual([{ name: "page_viewed", before: NOW - KEPT_DAYS * DAY_MS, rows: 0, waiting: old }]);
  expect(await eventsIn(history)).toEqual({ page_viewed: PEOPLE * daysUntil(DAYS - 5), order_completed: ordersThen });

  let store = await fillStore(folder, "first", history);
  expect(await night(store, history)).toMatchObject({ drifts: 0, profiles: PEOPLE, snapshots: { taken: SHARDS } });
  await past.drainUpTo(history, DAYS);
  const dry = await age(history, true);
  expect(dry).toMatchObject({ dryRun: true, events: [{ rows: old, waiting: 0 }] });
  expect((await eventsIn(history))["page_viewed"]).toBe(PEOPLE * daysUntil(DAYS));

  // Ended on the way, and begun again.
  let steps = 0;
  const stop = (): void => {
    steps += 1;
    if (steps === STOPPED_AT_STEP) throw new Error("the engine is stopping");
  };
  await expect(age(history, false, stop)).rejects.toThrow("stopping");
  const begun = PEOPLE * daysUntil(DAYS) - ((await eventsIn(history))["page_viewed"] ?? 0);
  expect(begun).toBeGreaterThan(0);
  const done = await age(history);
  expect(done).toMatchObject({ dryRun: false, events: [{ rows: old - begun, waiting: 0 }] });
  expect(old).toBeLessThan(agedBatchRowsMax);
  const left = await eventsIn(history);
  expect(left["page_viewed"]).toBe(PEOPLE * daysUntil(DAYS) - old);
  expect(left["order_completed"]).toBe(PEOPLE * daysUntil(DAYS, 5 * EVERY_DAYS));
  const compacted = done.compacted as { readonly before: number; readonly after: number };
  expect(compacted.after).toBeLessThan(compacted.before);
  expect(await bytesOf()).toBe(compacted.after);
  expect(await age(history)).toMatchObject({ events: [{ rows: 0, waiting: 0 }] });

  // Folded from the night's snapshot, and from the one that stands for what has gone.
  await store.close();
  closers.pop();
  store = await fillStore(folder, "second", history);
  const rows = await rowsOf(store);
  expect(rows.size).toBe(PEOPLE);
  for (const whole of [false, true, false, true])
    expect(await night(store, history, whole)).toMatchObject({
      drifts: 0,
      profiles: PEOPLE,
      snapshots: { read: SHARDS, broken: 0 },
    });
  // The nights have left later snapshots, and the first one stays.
  const third = await fillStore(folder, "third", history);
  expect(await rowsOf(third)).toEqual(rows);
  expect(await rowsFoldedWhole(rows)).toEqual(rows);
  // Without a snapshot that can be read, nobody is filled with less than was known of them.
  const unreadable: History = {
    ...history,
    snapshot: async () => undefined,
    document: async (name: KeptName) =>
      name.kind === "base" ? { ...name, version: 1, content: new Uint8Array(1) } : history.document(name),
  };
  await expect(fillStore(folder, "fourth", unreadable)).rejects.toThrow(/^Old rows of shard 0 were removed/);
}

/** Of a history that has lost nothing. */
async function rowsFoldedWhole(rows: ReadonlyMap<ProfileId, string>): Promise<ReadonlyMap<ProfileId, string>> {
  const folder = createTestFolder("retention-whole");
  closers.push(() => removeTestFolder(folder));
  const history = await createHistory({ kind: "embedded", file: join(folder, "history.duckdb") });
  closers.push(() => history.close());
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  await past.drainUpTo(history, DAYS);
  const whole = await rowsOf(await fillStore(folder, "store", history));
  expect(whole.size).toBe(rows.size);
  return whole;
}

describe("events that are kept for so long only", () => {
  it(
    "go from an embedded history, and the file gets smaller",
    async () => {
      const folder = createTestFolder("retention");
      closers.push(() => removeTestFolder(folder));
      const file = join(folder, "history.duckdb");
      await testRetention({ kind: "embedded", file }, folder, async () => statSync(file).size);
    },
    TEST_MS_MAX,
  );

  it.skipIf(postgresMissing !== undefined)(
    `go from PostgreSQL, days of which nothing is left as tables ${postgresMissing ?? ""}`,
    async () => {
      const folder = createTestFolder("retention");
      closers.push(() => removeTestFolder(folder));
      const { default: pg } = await import("pg");
      const database = await createDatabase("vif_retention");
      closers.push(() => database.close());
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      closers.push(() => client.end());
      const query = `select relname as name, pg_total_relation_size(inhrelid)::float8 as bytes
        from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'vif.records'::regclass`;
      const tables = async () => (await client.query<{ readonly name: string; readonly bytes: number }>(query)).rows;
      const bytesOf = async () => (await tables()).reduce((sum, table) => sum + table.bytes, 0);
      await testRetention({ kind: "postgres", url: database.url }, folder, bytesOf);
      const left = new Set((await tables()).map(({ name }) => name));
      for (let day = 0; day < DAYS; day += EVERY_DAYS) {
        const date = new Date(NOW - (DAYS - day) * DAY_MS).toISOString().slice(0, 10);
        const isKept = day >= DAYS - KEPT_DAYS || day % (5 * EVERY_DAYS) === 0;
        expect([date, left.has(`records_${date.replaceAll("-", "_")}`)]).toEqual([date, isKept]);
      }
    },
    TEST_MS_MAX,
  );
});
