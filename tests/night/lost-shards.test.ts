/** A store that is lost under a running owner, and what history is asked for and told then. */
import { afterEach, expect, it } from "vitest";
import type { History, HistoryRow, HistoryWatermark } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { ShardId } from "../../engine/model/ids.ts";
import { withLineage } from "../../engine/history/lineage.ts";
import { reconcile } from "../../engine/reconcile/reconcile.ts";
import type { ShardFix } from "../../engine/shard/port.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { FaultyStore } from "../simulation/faulty-store.ts";
import { MemoryHistory } from "../simulation/memory-history.ts";
import { selfRunning } from "../simulation/self-running.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const SHARD = 0 as ShardId;
const VISITORS = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
const START = Date.UTC(2026, 0, 1, 12);
const RULES = encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as PlanSource);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function emptyStore(shards: number): HotStore {
  return new FaultyStore(selfRunning(), { shards, level: "process", wallNow: () => START }).connect(undefined);
}

async function own(history: History, shards: number): Promise<ShardBench> {
  await history.putDocument({ kind: "plan", key: loadPlan(RULES).digest }, RULES);
  const bench = new ShardBench(emptyStore(shards), history, { bytes: RULES, start: START });
  closers.push(() => bench.close());
  await bench.own();
  return bench;
}

it("refuses what the owner before was still draining, so that nothing is in history twice", async () => {
  const kept = new MemoryHistory(selfRunning());
  const history = kept.connect(undefined);
  const bench = await own(history, 1);
  await bench.say({ visitor: "visitor-1" });
  await bench.settle();
  const from = (await history.watermarks()).get(SHARD) as HistoryWatermark;
  const last = kept.rows.get(SHARD)?.at(-1) as HistoryRow;

  await bench.lose(emptyStore(1));
  const position = from.position + 1;
  const late = { shard: SHARD, from, to: { ...from, position }, rows: [{ ...last, position }] };
  expect(await history.drain([late])).toEqual(["moved"]);

  await bench.say({ visitor: "visitor-1" });
  await bench.expectNoDrift();
  const positions = kept.rows.get(SHARD)?.map((row) => row.position) ?? [];
  expect(positions).toEqual(Array.from({ length: positions.length }, (_, at) => at + 1));
  expect(positions.length).toBeGreaterThan(from.position);
});

it("keeps no shard waiting for another that waits for history, which is answered once that is back", async () => {
  const history = new MemoryHistory(selfRunning()).connect(undefined);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let isLost = false;
  const slow: History = {
    ...history,
    async snapshotPage(head, page) {
      // Once it is begun, and all but what was left is there.
      const isBegun = ((await bench.store.state.loadMeta(head.shard))?.watermark ?? 0) > 0;
      if (head.shard === 0 && isLost && isBegun) await gate;
      return history.snapshotPage(head, page);
    },
  };
  const bench = await own(slow, 2);
  for (const visitor of VISITORS) await bench.say({ visitor });
  await until("each shard has a snapshot", async () => {
    await bench.expectNoDrift();
    return (await history.snapshot(0 as ShardId)) !== undefined && (await history.snapshot(1 as ShardId)) !== undefined;
  });
  const [waiting, going] = [0, 1].map((shard) => VISITORS.find((visitor) => bench.homeOf(visitor) === shard) ?? "");

  isLost = true;
  await bench.lose(emptyStore(2));
  let isAnswered = false;
  const asked = bench.say({ visitor: waiting ?? "" }).then((answer) => {
    isAnswered = true;
    return answer;
  });
  for (let n = 0; n < 20; n++) expect(await bench.say({ visitor: going ?? "" })).toMatchObject({ is: "applied" });
  expect(isAnswered).toBe(false);
  open();
  expect(await asked).toMatchObject({ is: "applied" });
  await until("all is filled", () => bench.unfilled === 0);
  await bench.expectNoDrift();
});

it("puts nothing right of a store that was lost while a night looked at it", async () => {
  const bench = await own(new MemoryHistory(selfRunning()).connect(undefined), 1);
  for (const visitor of VISITORS) await bench.say({ visitor });
  await bench.settle();
  const { state } = bench.store;
  let looks = 0;
  const lost: HotStore = {
    ...bench.store,
    state: {
      ...state,
      scan: async () => {
        looks += 1;
        return [];
      },
      // Whoever owns the shard has begun it from history by then.
      unfilled: async () => (looks > 0 ? [[0, new Uint8Array(1)]] : []),
    },
  };
  const fixes: ShardFix[] = [];
  const night = reconcile({
    store: lost,
    history: await withLineage(bench.history),
    planOf: bench.planOf,
    now: () => bench.now,
    pause: async () => undefined,
    node: "test",
    dryRun: false,
    whole: true,
    repair: async (_shard, fix) => {
      fixes.push(fix);
      return true;
    },
    onProgress: () => undefined,
  });
  await expect(night).rejects.toThrow(/still being filled from history/);
  expect(looks).toBeGreaterThan(0);
  expect(fixes.filter(({ of }) => of !== "checkpoint")).toEqual([]);
});
