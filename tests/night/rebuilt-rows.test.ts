/**
 * What is rebuilt from snapshots is what is rebuilt from the first record on: of people to whom nothing has come since, whose rows
 * are taken as they stand, and of those who were touched; under the plan of the snapshot, and under one that came after it;
 * by one thread and by several.
 */
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createClock, createRandom } from "../../engine/create-clock.ts";
import { createHistory } from "../../engine/history/create-history.ts";
import type { History } from "../../engine/history/port.ts";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { foldedPeopleMax } from "../../engine/limits-of-reconcile.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import { cellKey } from "../../engine/model/identifier.ts";
import { type ShardId, shardOfSlot } from "../../engine/model/ids.ts";
import { rebuild } from "../../engine/reconcile/rebuild.ts";
import { createRebuildThreads } from "../../engine/reconcile/create-rebuild-threads.ts";
import { createStore, type MadeStore } from "../../engine/store/create-store.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { storedPeople } from "../support/stored-people.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { until } from "../support/waiting.ts";

const SHARDS = 4;
const PEOPLE = 40;
const START = Date.UTC(2026, 0, 1, 12);

function rulesWith(count: number): Uint8Array {
  const seen = `count of product_viewed in last 7 days >= ${count}`;
  const source = checkRules([
    { path: "fields.yaml", text: "fields: {city: text}\n" },
    { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {category: text}\n" },
    { path: "segments/browsers.yaml", text: `segment: browsers\ntitle: Looks around\nwhen: ${seen}\n` },
  ]).plan as PlanSource;
  return encodePlan(source);
}
const RULES = rulesWith(2);
const EDITED = rulesWith(3);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Everybody, and each visitor's cell, in the form in which profiles are compared. */
async function storedIn(store: HotStore, rules: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const { shards } = store;
  const found = await storedPeople(store, loadPlan(rules));
  for (let n = 0; n < PEOPLE; n++) {
    const key = cellKey({ kind: "anonymous", value: `visitor-${n}` });
    const [holder] = await store.state.loadCells(shardOfSlot(slotOfCell(key), shards), [key]);
    found.set(key, String(holder));
  }
  return found;
}

interface Place {
  readonly history: History;
  readonly open: (name: string, shards?: number) => Promise<MadeStore>;
}

async function createPlace(): Promise<Place> {
  const folder = createTestFolder("rebuilt-rows");
  closers.push(() => removeTestFolder(folder));
  const history = await createHistory({ kind: "embedded", file: join(folder, "history.duckdb") });
  closers.push(() => history.close());
  return {
    history,
    async open(name, shards = SHARDS) {
      const settings = { kind: "embedded", folder: join(folder, name), shards, durability: "process" } as const;
      const made = await createStore(settings, createClock(), (cause) => {
        throw cause;
      });
      closers.push(() => made.store.close());
      return made;
    },
  };
}

async function beginOn({ store }: MadeStore, history: History, rules: Uint8Array): Promise<ShardBench> {
  await history.putDocument({ kind: "plan", key: loadPlan(rules).digest }, rules);
  const bench = new ShardBench(store, history, { bytes: rules, start: START });
  await bench.own();
  return bench;
}

async function say(bench: ShardBench, visitors: number): Promise<void> {
  for (let n = 0; n < visitors; n++) await bench.say({ visitor: `visitor-${n}` });
}

const AROUND = { loadPlan, rules: RULES, now: () => START, random: createRandom(), onProgress: () => undefined };

it("rebuilds from snapshots what it rebuilds from the first record", async () => {
  const { history, open } = await createPlace();
  const live = await open("live");
  const beginWith = (rules: Uint8Array): Promise<ShardBench> => beginOn(live, history, rules);
  const fill = async ({ store, connection }: MadeStore, from: History, threads: number): Promise<object> => {
    const crew = createRebuildThreads({ threads, workMin: 0, connection, history: from, rules: RULES });
    closers.push(() => crew.close());
    const more = threads > 0 ? { openLanes: crew.openLanes } : {};
    return rebuild({ store, history: from, ...AROUND, ...more });
  };
  const expectSame = async (name: string, rules: Uint8Array): Promise<void> => {
    const [first, alone, threaded] = [await open(`${name}-1`), await open(`${name}-2`), await open(`${name}-3`)];
    const told = await fill(first, { ...history, snapshot: async () => undefined }, 0);
    expect(await fill(alone, history, 0)).toEqual(told);
    expect(await fill(threaded, history, 2)).toEqual(told);
    const expected = await storedIn(first.store, rules);
    expect(expected.size).toBeGreaterThan(PEOPLE);
    for (const { store } of [alone, threaded, live]) expect(await storedIn(store, rules)).toEqual(expected);
  };

  let bench = await beginWith(RULES);
  await say(bench, PEOPLE);
  // Some become one, and are not heard of again.
  for (let n = PEOPLE; n < PEOPLE + 6; n++) await bench.say({ visitor: `visitor-${n}`, user: `customer-${n % 3}` });
  await until("each shard has a snapshot", async () => {
    await say(bench, PEOPLE);
    await bench.expectNoDrift();
    const heads = Array.from({ length: SHARDS }, (_, shard) => history.snapshot(shard as ShardId));
    return (await Promise.all(heads)).every((head) => head !== undefined);
  });
  await say(bench, PEOPLE / 4);
  await bench.settle();
  await bench.close();
  await expectSame("same-plan", RULES);

  bench = await beginWith(EDITED);
  await bench.settle();
  // An edit of the rules voids none of them: a night begins with all, too.
  expect(await bench.reconcile(false)).toMatchObject({ drifts: 0, snapshots: { read: SHARDS, broken: 0 } });
  await bench.settle();
  await bench.close();
  await expectSame("edited", EDITED);
}, 240_000);

it("goes on after having been killed behind any write, where shards become more", async () => {
  const { history, open } = await createPlace();
  const live = await open("live");
  const before = await beginOn(live, history, RULES);
  await say(before, PEOPLE);
  for (let n = PEOPLE; n < PEOPLE + 6; n++) await before.say({ visitor: `visitor-${n}`, user: `customer-${n % 3}` });
  await before.settle();
  await before.close();

  const grown = await open("grown", SHARDS * 2);
  const { journal, state } = grown.store;
  let [left, kills] = [0, 0];
  /** What is written is there, and nothing behind it. */
  async function written<T>(write: Promise<T>): Promise<T> {
    const done = await write;
    if (left-- > 0) return done;
    kills += 1;
    throw new Error("killed");
  }
  const store: HotStore = {
    ...grown.store,
    journal: {
      ...journal,
      append: (batches) => written(journal.append(batches)),
      trim: (shard, upTo) => written(journal.trim(shard, upTo)),
    },
    state: { ...state, checkpoint: (piece) => written(state.checkpoint(piece)) },
  };
  // Each time it comes one write further.
  for (let writes = 0, isDone = false; !isDone; writes++) {
    left = writes;
    const run = rebuild({ store, history, ...AROUND });
    isDone = await run.then(
      () => true,
      (error: Error) => {
        expect(error.message).toBe("killed");
        return false;
      },
    );
  }
  expect(kills).toBeGreaterThan(5);
  const after = await beginOn(grown, history, RULES);
  await after.settle();
  await after.close();
  expect(await storedIn(grown.store, RULES)).toEqual(await storedIn(live.store, RULES));
}, 240_000);

it("goes on with the records where the last page of a large shard is broken, and shards become more", async () => {
  const { history, open } = await createPlace();
  const live = await open("live", 1);
  const before = await beginOn(live, history, RULES);
  // More than are folded in one part, so that something of the new shard has been said by then.
  await say(before, foldedPeopleMax + 100);
  await until("the shard has a snapshot", async () => {
    await before.expectNoDrift();
    return (await history.snapshot(0 as ShardId)) !== undefined;
  });
  // Records behind it are put away by part; where there are none, there is one part.
  await say(before, PEOPLE);
  await before.settle();
  await before.close();

  const scratch = createTestFolder("rebuilt-rows-scratch");
  closers.push(() => removeTestFolder(scratch));
  const grow = async (name: string, from: History): Promise<MadeStore> => {
    const grown = await open(name, 2);
    await rebuild({ store: grown.store, history: from, scratch, ...AROUND });
    return grown;
  };
  let last = 0;
  await grow("sound", { ...history, snapshotPage: (name, page) => history.snapshotPage(name, (last = page)) });
  const grown = await grow("broken", {
    ...history,
    snapshotPage: async (name, page) =>
      (await history.snapshotPage(name, page))?.map((byte, at) => (page === last && at === 0 ? byte ^ 1 : byte)),
  });
  const after = await beginOn(grown, history, RULES);
  await after.settle();
  await after.close();
  expect(await storedIn(grown.store, RULES)).toEqual(await storedIn(live.store, RULES));
}, 240_000);
