/** What is wrong with a shard's history is told once, in however many parts the shard is gone through and from wherever it begins. */
import { tmpdir } from "node:os";
import { afterEach, expect, it } from "vitest";
import type { History, SnapshotHead } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { foldedPeopleMax, unspilledPeopleMax } from "../../engine/limits-of-reconcile.ts";
import type { ShardId } from "../../engine/model/ids.ts";
import { putBase } from "../../engine/reconcile/snapshots.ts";
import { FaultyStore } from "../simulation/faulty-store.ts";
import { MemoryHistory } from "../simulation/memory-history.ts";
import { selfRunning } from "../simulation/self-running.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { until } from "../support/waiting.ts";

const SHARD = 0 as ShardId;
const PEOPLE = 12;
const PARTS = 4;
const START = Date.UTC(2026, 0, 1, 12);
const RULES = encodePlan(checkRules([{ path: "fields.yaml", text: "fields: {city: text}\n" }]).plan as PlanSource);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Shop {
  readonly bench: ShardBench;
  readonly kept: MemoryHistory;
  readonly history: History;
  /** What of history is read otherwise than it is. */
  readonly faults: Partial<Pick<History, "snapshot" | "snapshotPage">>;
  readonly head: SnapshotHead;
}

/** One shard, of which a snapshot was taken. */
async function openShop(): Promise<Shop> {
  const kept = new MemoryHistory(selfRunning());
  const history = kept.connect(undefined);
  const faults: { -readonly [Name in keyof Shop["faults"]]: Shop["faults"][Name] } = {};
  const told: History = {
    ...history,
    snapshot: (shard) => (faults.snapshot ?? history.snapshot)(shard),
    snapshotPage: (head, page) => (faults.snapshotPage ?? history.snapshotPage)(head, page),
  };
  const store = new FaultyStore(selfRunning(), { shards: 1, level: "process", wallNow: () => START }).connect(
    undefined,
  );
  await history.putDocument({ kind: "plan", key: loadPlan(RULES).digest }, RULES);
  const bench = new ShardBench(store, told, { bytes: RULES, start: START });
  closers.push(() => bench.close());
  await bench.own();
  await say(bench);
  await until("the shard has a snapshot", async () => {
    await bench.expectNoDrift();
    return (await history.snapshot(SHARD)) !== undefined;
  });
  return { bench, kept, history, faults, head: (await history.snapshot(SHARD)) as SnapshotHead };
}

async function say(bench: ShardBench): Promise<void> {
  for (let n = 0; n < PEOPLE; n++) await bench.say({ visitor: `visitor-${n}` });
}

it.each([
  ["goes through all of them", undefined, unspilledPeopleMax],
  ["is told of it", tmpdir(), foldedPeopleMax],
])("tells what is wrong with the rows once, though each part %s", async (_how, scratch, most) => {
  const { bench, kept, faults, head } = await openShop();
  bench.scratch = scratch;
  await say(bench);
  await bench.settle();
  const content = JSON.parse(new TextDecoder().decode(head.content)) as { readonly position: number };
  // As many as have to be gone through in parts.
  const many = { ...content, people: PARTS * most };
  faults.snapshot = async () => ({ ...head, content: new TextEncoder().encode(JSON.stringify(many)) });
  const rows = kept.rows.get(SHARD) ?? [];
  const lost = rows.findIndex(({ position }) => position === content.position + 3);
  rows.splice(lost, 1);
  const { told, byCause, snapshots } = await bench.reconcile(false);
  expect(snapshots).toMatchObject({ read: 1, broken: 0 });
  expect(byCause.find(({ cause }) => cause === "missing_rows")?.found).toBeLessThanOrEqual(2);
  const flaws = told.filter(({ about }) => about.startsWith("position"));
  // The drain that wrote the row has sealed it with others.
  expect(flaws.map(({ cause, outcome }) => `${cause} ${outcome}`)).toEqual([
    "missing_rows kept",
    "edited_history kept",
  ]);
});

it("counts a broken snapshot once that stands for removed rows as well", async () => {
  const { bench, history, faults, head } = await openShop();
  await putBase(history, head);
  faults.snapshotPage = async (of, page) => (await history.snapshotPage(of, page))?.slice(1);
  for (const whole of [false, true]) {
    const { drifts, snapshots } = await bench.reconcile(whole);
    expect({ whole, drifts, snapshots }).toMatchObject({ drifts: 0, snapshots: { read: 0, broken: 1 } });
    // What was taken instead is another one.
    faults.snapshot = async () => head;
  }
});
