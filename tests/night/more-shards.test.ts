/**
 * A live store of more shards than history is of, filled from it by their owners: everybody is known at once, what shards had
 * asked of each other is asked anew, nights find nothing, and what is too old goes from the records of the shards before as
 * well. With a worker's own brain, on both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import type { History } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import { emptyIdlePeople } from "../../engine/reconcile/idle-people.ts";
import { readLineage } from "../../engine/history/lineage.ts";
import type { RetainReport } from "../../engine/reconcile/port.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { storedPeople } from "../support/stored-people.ts";
import { until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
const SHARDS = 2;
const PEOPLE = 24;
const START = Date.UTC(2026, 0, 1, 12);

const source = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {category: text}\n" },
  {
    path: "segments/browsers.yaml",
    text: "segment: browsers\ntitle: Looks around\nwhen: count of product_viewed in last 7 days >= 2\n",
  },
]).plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

class Bench extends ShardBench {
  #come = 0;

  constructor(store: HotStore, history: History) {
    super(store, history, { bytes, start: START });
  }

  /** Those of the visitors who are of one customer. */
  async identify(prefix: string, customers: number): Promise<void> {
    for (let n = 0; n < customers; n++)
      await this.say({ visitor: `${prefix}-${n}`, user: `customer-${n}`, event: { type: "identify", traits: {} } });
  }

  /** By a gateway's own way, whoever they have become by now; whether they were known. */
  async comeBack(visitors: readonly string[]): Promise<void> {
    for (const visitor of visitors) {
      this.#come += 1;
      const answer = await this.send({
        type: "track",
        event: "Product Viewed",
        properties: { category: "shoes" },
        messageId: `come-${this.#come}`,
        anonymousId: visitor,
      });
      expect(answer).toMatchObject({ is: "applied", created: false });
    }
  }

  async untilWhole(): Promise<void> {
    await until("all is there", async () => this.unfilled === 0);
  }

  empty(): Promise<number> {
    const { store, history, planOf, repair } = this;
    const before = this.now - 90 * DAY_MS;
    return emptyIdlePeople({ store, history, planOf, before, historyTells: true, dryRun: false, repair });
  }

  retain(): Promise<RetainReport> {
    return retain({
      history: this.history,
      kept: { events: { product_viewed: KEPT_DAYS * DAY_MS }, fields: {} },
      cleared: { fields: {}, showing: 0 },
      node: "test",
      dryRun: false,
      now: () => this.now,
      check: () => undefined,
    });
  }
}

async function testGrowth({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const bench = new Bench(store, history);
  await bench.own();
  closers.push(() => bench.close());
  const visitors = Array.from({ length: PEOPLE }, (_, n) => `visitor-${n}`);
  const ids = new Map<string, ProfileId>();
  for (const visitor of visitors) ids.set(visitor, (await bench.say({ visitor })).profile);
  await bench.identify("visitor", PEOPLE / 3);
  // The next owners begin with the snapshots of this night, and what has come since.
  await bench.expectNoDrift();
  await bench.comeBack(visitors.slice(0, 6));
  bench.deaf = true;
  await bench.identify("late", PEOPLE / 3);
  await bench.drain();

  const [four, sixteen] = [await openOther(SHARDS * 2), await openOther(SHARDS * 8)];
  bench.deaf = false;
  await bench.lose(four);
  await bench.comeBack(visitors);
  await bench.untilWhole();
  // Each late one has become the customer that was known.
  await bench.expectNoDrift();
  expect(await customersOf(bench)).toBe(PEOPLE / 3);
  expect(Object.keys((await readLineage(history)).origins)).toEqual(["2", "3"]);

  // Once more, of shards that have come from others themselves; lost on the way, before and after the night.
  await bench.comeBack(visitors.slice(0, 6));
  bench.deaf = true;
  await bench.identify("later", PEOPLE / 3);
  await bench.drain();
  bench.deaf = false;
  await bench.lose(sixteen);
  await bench.lose(await openOther(SHARDS * 8));
  await bench.comeBack(visitors);
  await bench.untilWhole();
  await bench.expectNoDrift();
  expect(await customersOf(bench)).toBe(PEOPLE / 3);
  await bench.settle();
  const before = await storedPeople(bench.store, plan);
  await bench.lose(await openOther(SHARDS * 8));
  await bench.untilWhole();
  await bench.settle();
  expect(await storedPeople(bench.store, plan)).toEqual(before);

  // What is too old goes, of all shards that have it, and nothing is missed.
  bench.now += 40 * DAY_MS;
  await bench.comeBack(visitors.slice(0, 1));
  await bench.expectNoDrift();
  const views = await history.countEvents(["product_viewed"]);
  const retained = await bench.retain();
  expect(retained.events).toMatchObject([{ name: "product_viewed", rows: views - 1, waiting: 0 }]);
  expect(await history.countEvents(["product_viewed"])).toBe(1);
  await bench.expectNoDrift();

  bench.now += 100 * DAY_MS;
  await bench.expectNoDrift();
  const idle = ids.get(`visitor-${PEOPLE - 1}`) as ProfileId;
  expect(await bench.empty()).toBeGreaterThan(PEOPLE / 3);
  await until("what is left of them has gone", async () => {
    await bench.settle();
    return (await storedPeople(bench.store, plan)).get(idle) === undefined;
  });
  await bench.expectNoDrift();
  bench.now += 10 * DAY_MS;
  await bench.expectNoDrift();
  expect(await bench.recordsOf((profile) => profile === idle)).toBeGreaterThan(0);
  expect((await bench.retain()).emptied?.people).toBeGreaterThan(PEOPLE / 3);
  expect(await bench.recordsOf((profile) => profile === idle)).toBe(0);
  await bench.expectNoDrift();
}

/** How many customers there are whose profile is no redirect: each once. */
async function customersOf(bench: Bench): Promise<number> {
  const forms = [...(await storedPeople(bench.store, plan)).values()];
  return forms.filter((form) => form.includes('["user","customer-') && !form.includes('"redirect":')).length;
}

describe("more shards than history is of", () => {
  const titles = { embedded: "fill an embedded store", pair: "fill Redis from PostgreSQL" };
  onBothPairs({ name: "more_shards", shards: SHARDS, now: START, titles, closers }, testGrowth);
});
