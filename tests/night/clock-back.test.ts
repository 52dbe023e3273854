/**
 * A computer whose clock is set back an hour between events, takeovers and nights: no night finds anything, by snapshots and by
 * all records, and what time turns still turns once the clock is there again. On both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { type ShardId, shardOfProfile } from "../../engine/model/ids.ts";
import { decodeProfile } from "../../engine/profile/port.ts";
import { isSettled } from "../../engine/reconcile/compare-part.ts";
import { readLiveShard } from "../../engine/reconcile/live-part.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const HOUR_MS = 3_600_000;
const SHARDS = 2;
const PEOPLE = 6;
const START = Date.UTC(2026, 0, 1, 12);
const bytes = encodePlan(
  checkRules([
    { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {category: text}\n" },
    {
      path: "segments/here.yaml",
      text: "segment: here\ntitle: Here just now\nwhen: count of product_viewed in last 2 hours >= 2\n",
    },
  ]).plan as PlanSource,
);
const plan = loadPlan(bytes);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function testClock({ store, history }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const bench = new ShardBench(store, history, { bytes, start: START });
  await bench.own();
  closers.push(() => bench.close());
  let views = 0;
  const everybodyViews = async (): Promise<void> => {
    for (let n = 0; n < PEOPLE; n++) {
      const who = { messageId: `view-${views++}`, anonymousId: `visitor-${n}`, userId: `customer-${n % 4}` };
      const view = { ...who, type: "track", event: "Product Viewed", properties: { category: "shoes" } };
      expect(await bench.send(view)).toMatchObject({ is: "applied" });
    }
  };
  const inside = async (): Promise<number> => {
    await bench.settle();
    let count = 0;
    for (const id of await bench.people()) {
      const [row] = await store.state.loadProfiles(shardOfProfile(id, SHARDS), [id]);
      if (row !== undefined && decodeProfile(row, plan, id).inSegment(0)) count += 1;
    }
    return count;
  };
  await everybodyViews();
  await until("everybody was met by the plan", async () => {
    await bench.settle();
    const metas = await Promise.all([0, 1].map((shard) => readLiveShard(store.state, shard as ShardId)));
    return metas.every((live) => live !== undefined && isSettled(live));
  });
  await bench.expectNoDrift();

  bench.now -= HOUR_MS;
  await bench.expectNoDrift();
  await everybodyViews();
  await bench.expectNoDrift();
  expect(await inside()).toBeGreaterThan(0);
  await bench.crash();
  await everybodyViews();
  await bench.expectNoDrift();

  bench.now = START + 3 * HOUR_MS;
  await until("all have left", async () => (await inside()) === 0);
  await bench.expectNoDrift();
}

describe("a clock that is set back an hour", () => {
  const titles = { embedded: "makes no night find anything, embedded", pair: "makes no night find anything, on Redis" };
  onBothPairs({ name: "clock_back", shards: SHARDS, now: START, titles, closers }, testClock);
});
