/**
 * Visitors of whom nobody knows who they are, and who have not come for longer than they are kept: nothing is left of them in
 * the live store, nor a week later in history, whoever is killed on the way; live is what history says all the while; and who comes back begins anew. With
 * a worker's own brain, whose time the test passes, on both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import type { History } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { ProfileId, ShardId } from "../../engine/model/ids.ts";
import { emptyIdlePeople } from "../../engine/reconcile/idle-people.ts";
import type { RetainReport } from "../../engine/reconcile/port.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const SHARDS = 4;
const KEPT_DAYS = 90;
const IDLE = 30;
const START = Date.UTC(2026, 0, 1, 12);

const source = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {category: text}\n" },
  // Time alone turns it, and is recorded.
  {
    path: "segments/browsers.yaml",
    text: "segment: browsers\ntitle: Looks around\nwhen: count of product_viewed in last 7 days >= 2\n",
  },
  { path: "segments/strangers.yaml", text: "segment: strangers\ntitle: No city\nwhen: city is unknown\n" },
]).plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

class Bench extends ShardBench {
  constructor(store: HotStore, history: History) {
    super(store, history, { bytes, start: START });
  }

  override async expectNoDrift(): Promise<void> {
    await super.expectNoDrift();
    const inside = (await this.history.transitions()).map(({ segment, entered, left }) => [segment, entered - left]);
    expect(Object.fromEntries(inside)).toMatchObject(await this.sizes());
  }

  /** By the live rows. */
  async sizes(): Promise<Record<string, number>> {
    let strangers = 0;
    for (const visitor of await this.people()) {
      const [row] = await this.store.state.loadProfiles(shardOfId(visitor), [visitor]);
      if (row !== undefined) strangers += 1;
    }
    return { strangers };
  }

  empty(dryRun = false, historyTells = true, repair = this.repair): Promise<number> {
    return emptyIdlePeople({
      store: this.store,
      history: this.history,
      planOf: this.planOf,
      before: this.now - KEPT_DAYS * DAY_MS,
      historyTells,
      dryRun,
      repair,
    });
  }

  retain(dryRun = false): Promise<RetainReport> {
    const [now, check] = [() => this.now, () => undefined];
    return retain({
      history: this.history,
      kept: { events: {}, fields: {} },
      cleared: { fields: {}, showing: 0 },
      node: "test",
      dryRun,
      now,
      check,
    });
  }

  /** What was emptied is stored, and then what is left of it goes. */
  async untilGone(left: number): Promise<void> {
    await until("what is left of them has gone", async () => {
      await this.settle();
      return (await this.people()).length === left;
    });
  }
}

function shardOfId(id: ProfileId): ShardId {
  return (Number.parseInt(id.slice(0, 3), 16) % SHARDS) as ShardId;
}

/** Those who were emptied in the first round. */
function isIdleName(first: ReadonlyMap<string, ProfileId>, profile: ProfileId): boolean {
  return [...first].some(([visitor, id]) => id === profile && visitor !== "idle-0");
}

async function testAnonymous({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const bench = new Bench(store, history);
  await bench.own();
  closers.push(() => bench.close());

  const first = new Map<string, ProfileId>();
  for (let n = 0; n < IDLE; n++)
    for (let times = 0; times < 1 + (n % 3); times++)
      first.set(`idle-${n}`, (await bench.say({ visitor: `idle-${n}` })).profile);
  const named = { type: "identify", traits: { email: "said@shop.example" } };
  first.set("unproved", (await bench.say({ visitor: "unproved", event: named, trusted: false })).profile);
  for (const visitor of ["active", "known"]) await bench.say({ visitor });
  await bench.say({ visitor: "known", user: "u1", event: { type: "identify", traits: {} } });
  bench.now = START + 60 * DAY_MS;
  for (const visitor of ["active", "young"]) await bench.say({ visitor });
  // Whoever has entered by looking around twice leaves now, which is no event.
  bench.now = START + 100 * DAY_MS;
  await bench.expectNoDrift();
  expect(await bench.people()).toHaveLength(IDLE + 4);

  // Where history may have lost events of late, only who was left alone is surely idle.
  expect(await bench.empty(true, false)).toBeLessThan(IDLE + 1);
  expect(await bench.empty(true)).toBe(IDLE + 1);
  // Nobody is said to have gone whose owner could not be told.
  await expect(bench.empty(false, true, async () => false)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await bench.people()).toHaveLength(IDLE + 4);
  const back = await bench.say({ visitor: "idle-0" });
  expect(back).toMatchObject({ profile: first.get("idle-0"), created: false });

  // Its visit is not stored yet, and its owner knows of it; the others are emptied, and everything is killed.
  await bench.empty();
  await bench.crash();
  await bench.empty();
  await bench.untilGone(4);
  for (const [visitor, id] of first) expect(await bench.cellOf(visitor)).toBe(visitor === "idle-0" ? id : undefined);
  for (const visitor of ["active", "known", "young"]) expect(await bench.cellOf(visitor)).toBeDefined();
  expect(await bench.empty()).toBe(0);
  await bench.expectNoDrift();

  const again = await bench.say({ visitor: "idle-1" });
  expect(again.created).toBe(true);
  expect(again.profile).not.toBe(first.get("idle-1"));
  await bench.expectNoDrift();

  // Half a year later all but who is known have gone; some come back while what is left of them goes, and after.
  bench.now += 180 * DAY_MS;
  await bench.expectNoDrift();
  // By now a snapshot stands for those who were emptied: what was recorded of them goes, and of nobody else.
  const idle = first.get("idle-2") as ProfileId;
  const kept = await bench.recordsOf((profile) => profile !== idle && !isIdleName(first, profile));
  expect(await bench.recordsOf((profile) => profile === idle)).toBeGreaterThan(2);
  expect((await bench.retain(true)).emptied).toEqual({ people: IDLE, rows: 0 });
  const { emptied } = await bench.retain();
  expect(emptied?.people).toBe(IDLE);
  expect(emptied?.rows).toBeGreaterThan(IDLE * 2);
  expect(await bench.recordsOf((profile) => profile === idle)).toBe(0);
  expect(await bench.recordsOf((profile) => profile !== idle && !isIdleName(first, profile))).toBe(kept);
  expect((await bench.retain()).emptied).toBeUndefined();
  await bench.expectNoDrift();
  expect(await bench.empty()).toBe(4);
  expect((await bench.say({ visitor: "young" })).created).toBe(true);
  await bench.untilGone(2);
  for (const visitor of ["active", "idle-0"]) expect((await bench.say({ visitor })).created).toBe(true);
  await bench.expectNoDrift();
  expect(await bench.people()).toHaveLength(4);

  const other = await openOther();
  const told = await bench.rebuildInto(other);
  expect(told).toMatchObject({ profiles: 4, flaws: [] });
  const rebuilt = new Bench(other, history);
  expect(await rebuilt.people()).toEqual(await bench.people());
  for (const visitor of ["idle-0", "idle-2", "young", "unproved"])
    expect(await rebuilt.cellOf(visitor)).toBe(await bench.cellOf(visitor));
}

describe("anonymous profiles without an event for so long", () => {
  const titles = { embedded: "go from the embedded store, as history says", pair: "go from Redis, as PostgreSQL says" };
  onBothPairs({ name: "anonymous", shards: SHARDS, now: START, titles, closers }, testAnonymous);
});
