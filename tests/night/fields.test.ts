/**
 * Fields that are kept for so long only: what was said longer ago goes from profiles, and the calls that said it from history,
 * whoever is killed on the way; live is what history says all the while, and what is rebuilt from it is what stood there. On
 * both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { ProfileId, ShardId } from "../../engine/model/ids.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import { decodeProfile } from "../../engine/profile/port.ts";
import { letGoOfAged } from "../../engine/reconcile/aged-profiles.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import type { RetainReport } from "../../engine/reconcile/port.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const SHARDS = 2;
const PEOPLE = 20;
const START = Date.UTC(2026, 0, 1, 12);

const source = checkRules([
  {
    path: "fields.yaml",
    text: [
      "fields:",
      "  city: {type: text, retention: 30 days}",
      "  tier: text",
      "  account.size: {type: number, retention: 20 days}",
      "",
    ].join("\n"),
  },
  { path: "segments/strangers.yaml", text: "segment: strangers\ntitle: No city\nwhen: city is unknown\n" },
]).plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);
const FIELDS = source.fieldsKept ?? {};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Values = Readonly<Record<string, unknown>>;

/** What the live rows say of everybody. */
async function valuesIn(store: HotStore): Promise<ReadonlyMap<ProfileId, Values>> {
  const found = new Map<ProfileId, Values>();
  for (let shard = 0; shard < SHARDS; shard++)
    for await (const page of scanPeople(store.state, shard as ShardId))
      for (const { id, row } of page) {
        const profile = decodeProfile(row, plan, id);
        const values = plan.attributes.map(({ name }, index) => [name, profile.attribute(index)] as const);
        found.set(id, Object.fromEntries(values.filter(([, value]) => value !== undefined)));
      }
  return found;
}

class Bench extends ShardBench {
  readonly known = new Map<string, ProfileId>();

  async tell(visitor: string, traits: object): Promise<void> {
    this.known.set(visitor, (await this.say({ visitor, event: { type: "identify", traits } })).profile);
  }

  async clear(dryRun = false, repair = this.repair): Promise<Readonly<Record<string, number>>> {
    const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, ms]) => [name, this.now - ms]));
    const { store, planOf } = this;
    return (await letGoOfAged({ store, planOf, before: { fields, events: {} }, dryRun, repair })).fields;
  }

  retain(cleared: Readonly<Record<string, number>>, dryRun = false): Promise<RetainReport> {
    const [now, check] = [() => this.now, () => undefined];
    const kept = { events: {}, fields: FIELDS };
    return retain({
      history: this.history,
      kept,
      cleared: { fields: cleared, showing: 0 },
      node: "test",
      dryRun,
      now,
      check,
    });
  }

  async expectValues(expected: Readonly<Record<string, Values>>): Promise<void> {
    const values = await valuesIn(this.store);
    const found = Object.keys(expected).map((visitor) => [visitor, values.get(this.known.get(visitor) as ProfileId)]);
    expect(Object.fromEntries(found)).toEqual(expected);
  }

  /** Cities and sizes that the calls in history say. */
  async said(): Promise<readonly unknown[]> {
    const records = (await this.history.recordsOf(["event"])).map(({ record }) => decodeRecord(record));
    const fields = records.flatMap((record) => (record.kind === "event" ? [record.event.fields] : []));
    return fields.flatMap(({ city, size }) => [city, size].filter((value) => value != null)).sort();
  }

  /** A night takes snapshots once the plan has met everybody, and that is stored. */
  async untilSnapped(): Promise<void> {
    await until("a snapshot stands for all that was said", async () => {
      for (const visitor of this.known.keys()) await this.say({ visitor });
      await this.expectNoDrift();
      const heads = await Promise.all([0, 1].map((shard) => this.history.snapshot(shard as ShardId)));
      return heads.every((head) => head !== undefined);
    });
  }

  /** How many are in the segment of those without a city, by what was recorded. */
  async strangers(): Promise<number> {
    const [found] = await this.history.transitions();
    return (found?.entered ?? 0) - (found?.left ?? 0);
  }
}

async function testFields({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const bench = new Bench(store, history, { bytes, start: START });
  await bench.own();
  closers.push(() => bench.close());

  for (let n = 0; n < PEOPLE; n++) await bench.tell(`v${n}`, { city: "Lyon", tier: "gold" });
  await bench.say({ visitor: "v5", event: { type: "group", groupId: "g", traits: { size: 7 } } });
  await bench.tell("plain", { tier: "silver" });
  bench.now = START + 15 * DAY_MS;
  await bench.tell("v0", { city: "Paris" });
  await bench.tell("v1", { city: null });
  bench.now = START + 40 * DAY_MS;
  await bench.expectNoDrift();
  expect(await bench.strangers()).toBe(2);

  expect(await bench.clear(true)).toEqual({ city: PEOPLE - 2, "account.size": 1 });
  await bench.expectValues({
    v2: { city: "Lyon", tier: "gold" },
    v5: { city: "Lyon", tier: "gold", "account.size": 7 },
  });

  // Said anew, which is not stored yet: its owner knows of it. Then all is killed, and begun once more.
  await bench.tell("v2", { city: "Nice" });
  // Nothing is said to have gone of whom the owner could not be told.
  await expect(bench.clear(false, async () => false)).rejects.toMatchObject({ code: "store_unavailable" });
  const cleared = await bench.clear();
  await bench.crash();
  await bench.settle();
  expect(await bench.clear()).toEqual({});
  const left = {
    v0: { city: "Paris", tier: "gold" },
    v1: { tier: "gold" },
    v2: { city: "Nice", tier: "gold" },
    v3: { tier: "gold" },
    v5: { tier: "gold" },
    plain: { tier: "silver" },
  };
  await bench.expectValues(left);
  await bench.expectNoDrift();
  expect(await bench.strangers()).toBe(PEOPLE - 1);

  await bench.untilSnapped();
  expect((await bench.retain(cleared, true)).fields).toEqual([
    { name: "account.size", before: bench.now - 20 * DAY_MS, people: 1, rows: 1, waiting: 0 },
    { name: "city", before: bench.now - 30 * DAY_MS, people: PEOPLE - 2, rows: PEOPLE, waiting: 0 },
  ]);
  expect(await bench.said()).toHaveLength(PEOPLE + 3);
  await bench.retain(cleared);
  expect(await bench.said()).toEqual(["Nice", "Paris"]);
  bench.now += 8 * DAY_MS;
  expect(await bench.clear()).toEqual({ city: 1 });
  await bench.untilSnapped();
  await bench.retain({});
  expect(await bench.said()).toEqual(["Nice"]);
  expect((await bench.retain({})).fields).toMatchObject([
    { rows: 0, waiting: 0 },
    { rows: 0, waiting: 0 },
  ]);
  await bench.expectNoDrift();
  await bench.expectValues({ ...left, v0: { tier: "gold" } });

  const other = await openOther();
  const told = await bench.rebuildInto(other);
  expect(told).toMatchObject({ profiles: PEOPLE + 1, flaws: [] });
  expect(await valuesIn(other)).toEqual(await valuesIn(bench.store));
}

describe("fields that are kept for so long only", () => {
  const titles = {
    embedded: "go from the embedded store, and from its history",
    pair: "go from Redis, and from PostgreSQL",
  };
  onBothPairs({ name: "fields", shards: SHARDS, now: START, titles, closers }, testFields);
});
