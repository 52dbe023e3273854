/**
 * A night in several threads finds what one finds, in the same order, and has it put right by the owners: the one that is asked
 * by a thread answers that thread.
 */
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { createClock } from "../../engine/create-clock.ts";
import { createHistory } from "../../engine/history/create-history.ts";
import { serveHistory } from "../../engine/history/history-link.ts";
import type { History } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { shardOfProfile } from "../../engine/model/ids.ts";
import { decodeProfile, encodeProfile } from "../../engine/profile/port.ts";
import { createNightThreads } from "../../engine/reconcile/create-night-threads.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import type { ReconcileReport } from "../../engine/reconcile/port.ts";
import { withLineage } from "../../engine/history/lineage.ts";
import { reconcile } from "../../engine/reconcile/reconcile.ts";
import { createStore, type MadeStore } from "../../engine/store/create-store.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const SHARDS = 4;
const PEOPLE = 40;
const START = Date.UTC(2026, 0, 1, 12);
const RULES = encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as PlanSource);
const PLAN = loadPlan(RULES);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** One person of each shard lives in another city than was said. */
async function spoil(bench: ShardBench): Promise<void> {
  const { state, leases } = bench.store;
  for (const { shard, epoch } of await leases.readLeases()) {
    const stored = await state.loadMeta(shard);
    for await (const [first] of scanPeople(state, shard)) {
      if (stored === undefined || first === undefined) throw new Error(`shard ${shard} is empty`);
      const profile = decodeProfile(first.row, PLAN, first.id);
      profile.attributes = profile.attributes.map((held) => ({ ...held, value: "Atlantis" }));
      const { watermark, meta } = stored;
      const head = { shard, epoch, watermark, after: watermark, journalEnd: watermark, meta };
      const people = { profiles: [{ ...first, row: encodeProfile(profile) }], cells: [], forgotten: [] };
      expect(await state.checkpoint({ ...head, ...people })).toBe("ok");
    }
  }
}

async function night(
  bench: ShardBench,
  { made, history, threads }: { readonly made: MadeStore; readonly history: History; readonly threads: number },
  dryRun: boolean,
): Promise<ReconcileReport> {
  const ways = Array.from({ length: threads - 1 }, () => {
    const { port1, port2 } = new MessageChannel();
    serveHistory(history, port2);
    return { store: made.connection(), history: port1 };
  });
  // What was recorded is in history when it is looked at again.
  const repair: ShardBench["repair"] = async (shard, fix) => {
    const isDone = await bench.repair(shard, fix);
    if (fix.of === "profile") await bench.settle();
    return isDone;
  };
  const of = { dryRun, whole: true, repair };
  const others = createNightThreads(ways, { ...of, workMin: 0 });
  closers.push(() => others.close());
  return reconcile({
    ...of,
    store: bench.store,
    history: await withLineage(history),
    planOf: bench.planOf,
    now: () => bench.now,
    pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    node: "test",
    onProgress: () => undefined,
    openLanes: others.openLanes,
  });
}

it("a night in three threads is the night of one, and puts right what it finds", async () => {
  const folder = createTestFolder("night-threads");
  closers.push(() => removeTestFolder(folder));
  const history = await createHistory({ kind: "embedded", file: join(folder, "history.duckdb") });
  closers.push(() => history.close());
  const settings = { kind: "embedded", folder: join(folder, "live"), shards: SHARDS, durability: "process" } as const;
  const made = await createStore(settings, createClock(), (cause) => {
    throw cause;
  });
  closers.push(() => made.store.close());
  await history.putDocument({ kind: "plan", key: PLAN.digest }, RULES);
  const bench = new ShardBench(made.store, history, { bytes: RULES, start: START });
  await bench.own();
  closers.push(() => bench.close());
  for (let n = 0; n < PEOPLE; n++)
    await bench.say({ visitor: `visitor-${n}`, event: { type: "identify", traits: { city: "Lyon" } } });
  await bench.expectNoDrift();
  await spoil(bench);

  const around = { made, history };
  const [alone, together] = [
    await night(bench, { ...around, threads: 1 }, true),
    await night(bench, { ...around, threads: 3 }, true),
  ];
  expect(alone.drifts).toBe(SHARDS);
  expect(alone.told.map(({ shard }) => shard)).toEqual([0, 1, 2, 3]);
  expect(together).toEqual(alone);

  const righted = await night(bench, { ...around, threads: 3 }, false);
  expect(righted.told.map(({ shard, outcome }) => [shard, outcome])).toEqual(
    alone.told.map(({ shard }) => [shard, "repaired"]),
  );
  const people = await bench.people();
  for (const id of people) {
    const [row] = await made.store.state.loadProfiles(shardOfProfile(id, SHARDS), [id]);
    expect(decodeProfile(row as Uint8Array, PLAN, id).attribute(0)).toBe("Lyon");
  }
  await bench.expectNoDrift();
}, 240_000);
