/**
 * What time alone sets off is due though the store has lost when it was to be looked at: a night finds out, long before or
 * long after, and has the owner look. What is found too late to be told by any row is not made up. On both live stores and
 * both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { type Instant, type ProfileId, type ShardId, shardOfProfile } from "../../engine/model/ids.ts";
import { decodeProfile, encodeProfile, type Profile } from "../../engine/profile/port.ts";
import { isSettled } from "../../engine/reconcile/compare-part.ts";
import { readLiveShard, scanPeople } from "../../engine/reconcile/live-part.ts";
import type { ReconcileReport } from "../../engine/reconcile/port.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SHARDS = 2;
const START = Date.UTC(2026, 0, 1, 12);

const source = checkRules([
  { path: "fields.yaml", text: "fields: {city: text}\n" },
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {category: text}\n" },
  { path: "events/cart_updated.yaml", text: "event: cart_updated\nproperties: {cart_id: text}\n" },
  { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {total: number}\n" },
  {
    path: "segments/browsers.yaml",
    text: "segment: browsers\ntitle: Look around\nwhen: count of product_viewed in last 7 days >= 1\n",
  },
  {
    path: "triggers/left.yaml",
    text: "trigger: left\non: cart_updated then no order_completed within 1 day\nsend: {template: left, by: webhook}\ncategory: transactional\n",
  },
  {
    path: "triggers/thanks.yaml",
    text: "trigger: thanks\non: order_completed\nsend: {template: thanks, by: webhook}\ncategory: transactional\n",
  },
]).plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);
const CART = { type: "track", event: "Cart Updated", properties: { cart_id: "c1" } };
const ORDER = { type: "track", event: "Order Completed", properties: { total: 10 } };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Stored {
  readonly profile: Profile;
  /** By which the store wakes it. */
  readonly wakeUp: Instant;
}

async function storedOf(store: HotStore, id: ProfileId): Promise<Stored> {
  for await (const page of scanPeople(store.state, shardOfProfile(id, SHARDS)))
    for (const { id: each, row, wakeUp } of page)
      if (each === id) return { profile: decodeProfile(Uint8Array.from(row), plan, id), wakeUp };
  throw new Error(`nothing is stored of ${id}`);
}

/** As if its checkpoint had said so. */
async function put(store: HotStore, { profile, wakeUp }: Stored): Promise<void> {
  const shard = shardOfProfile(profile.id, SHARDS);
  const stored = await store.state.loadMeta(shard);
  const lease = (await store.leases.readLeases()).find((each) => each.shard === shard);
  if (stored === undefined || lease === undefined) throw new Error(`shard ${shard} has no checkpoint`);
  const { watermark, meta } = stored;
  const head = { shard, epoch: lease.epoch, watermark, after: watermark, journalEnd: watermark, meta };
  const profiles = [{ id: profile.id, row: encodeProfile(profile), wakeUp }];
  expect(await store.state.checkpoint({ ...head, profiles, cells: [], forgotten: [] })).toBe("ok");
}

function causesOf({ byCause }: ReconcileReport): Record<string, readonly [number, number]> {
  return Object.fromEntries(byCause.map(({ cause, found, repaired }) => [cause, [found, repaired]]));
}

async function testWakeUps({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  // Each is to be tried once more, a while later.
  const deliver = () => ({ is: "throttled", waitMs: HOUR_MS }) as const;
  const bench = new ShardBench(store, history, { bytes, start: START, deliver });
  await bench.own();
  closers.push(() => bench.close());
  // What was put right is stored, and in history.
  const aWhile = (): Promise<void> => bench.settle();
  const people: ProfileId[] = [];
  for (const [visitor, event] of Object.entries({ views: undefined, cart: CART, later: CART, orders: ORDER }))
    people.push((await bench.say({ visitor, ...(event && { event }) })).profile);
  const [views, cart, later, orders] = people as [ProfileId, ProfileId, ProfileId, ProfileId];
  const firedOf = async (id: ProfileId): Promise<readonly string[]> =>
    (await storedOf(store, id)).profile.firings.map(({ at }) => new Date(at).toISOString());
  await until("the message waits to be tried again", async () => {
    await bench.settle();
    return (await storedOf(store, orders)).profile.agenda.waiting.some(
      ({ attempts, due }) => attempts === 1 && due > START,
    );
  });
  // Else whoever is met by the plan for the first time is put right by that.
  await until("everybody was met by the plan", async () => {
    await bench.settle();
    const metas = await Promise.all([0, 1].map((shard) => readLiveShard(store.state, shard as ShardId)));
    return metas.every((live) => live !== undefined && isSettled(live));
  });
  await bench.expectNoDrift();
  const before = new Map<ProfileId, Stored>();
  for (const id of people) before.set(id, await storedOf(store, id));
  const wakeUpOf = (id: ProfileId): Instant => before.get(id)?.wakeUp ?? Number.NaN;
  expect([views, cart].map((id) => wakeUpOf(id) - START)).toEqual([7 * DAY_MS, DAY_MS]);

  // By the row too, by what stands beside it only, and for a message that the row tells of.
  const never = Number.POSITIVE_INFINITY;
  for (const id of [views, later]) {
    const { profile } = await storedOf(store, id);
    profile.wakeUp = never;
    await put(store, { profile, wakeUp: never });
  }
  for (const id of [cart, orders]) await put(store, { profile: (await storedOf(store, id)).profile, wakeUp: never });
  await bench.crash();
  expect(causesOf(await bench.reconcile(false, aWhile))).toEqual({ lost_wake_up: [4, 4] });
  await bench.settle();
  for (const id of people) expect((await storedOf(store, id)).wakeUp, id).toBe(wakeUpOf(id));
  await bench.expectNoDrift();

  // Found long after it was due: it rings as it would have, as long as the row tells when.
  await put(store, { profile: (await storedOf(store, cart)).profile, wakeUp: never });
  await bench.crash();
  bench.now = START + 3 * DAY_MS;
  await until("the others are woken", async () => {
    await bench.settle();
    return (await firedOf(later)).length === 1;
  });
  expect(await firedOf(cart)).toEqual([]);
  expect(causesOf(await bench.reconcile(true, aWhile))).toEqual({ lost_wake_up: [1, 1] });
  await bench.settle();
  expect(await firedOf(cart)).toEqual([new Date(START + DAY_MS).toISOString()]);
  await bench.expectNoDrift();

  // A store that was filled from history wakes who has a message to wait for, whoever looks at them.
  const waiting = async (of: HotStore): Promise<ReadonlyMap<ProfileId, Instant>> => {
    const found = new Map<ProfileId, Instant>();
    for (let shard = 0; shard < SHARDS; shard++)
      for await (const page of scanPeople(of.state, shard as ShardId))
        for (const { id, row, wakeUp } of page)
          if (decodeProfile(Uint8Array.from(row), plan, id).agenda.waiting.length > 0) found.set(id, wakeUp);
    return found;
  };
  const expected = await waiting(store);
  expect(expected.size).toBeGreaterThan(1);
  const other = await openOther();
  await bench.rebuildInto(other);
  const rebuilt = await waiting(other);
  expect([...rebuilt.keys()]).toEqual([...expected.keys()]);
  for (const [id, wakeUp] of expected) expect(rebuilt.get(id), id).toBeLessThanOrEqual(wakeUp);
}

describe("wake-ups that were lost", () => {
  const titles = {
    embedded: "are found by a night in the embedded store, and ring",
    pair: "are found by a night in Redis, and ring",
  };
  onBothPairs({ name: "wakeups", shards: SHARDS, now: START, titles, closers }, testWakeUps);
});
