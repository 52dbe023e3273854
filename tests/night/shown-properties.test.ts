/**
 * What messages show of an event goes with the event: from the decisions in history, row by row and byte by byte, and from
 * profiles, whose messages that wait, are on show or have come to nothing cannot go out any more; all else of them stays, live
 * is what history says, and what is rebuilt from it is what stood there. Whoever is killed on the way, it is simply run again.
 * On both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { History } from "../../engine/history/port.ts";
import type { ShardId } from "../../engine/model/ids.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import type { DecidedRecord } from "../../engine/model/record.ts";
import { decodeProfile } from "../../engine/profile/port.ts";
import { letGoOfAged } from "../../engine/reconcile/aged-profiles.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { storedRows } from "../support/stored-people.ts";
import { until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const SHARDS = 2;
const PEOPLE = 8;
const START = Date.UTC(2026, 0, 1, 12);
/** What nobody is to find any more. */
const SECRET = "a-gift-for-mathilde";
const SHOWN = JSON.stringify({ words: SECRET });
const KEPT_DAYS = 10;

const message = (name: string, on: string, by: string) => ({
  path: `triggers/${name}.yaml`,
  text: `trigger: ${name}\non: ${on}\nsend: {template: ${name}, by: ${by}}\ncategory: transactional\n`,
});
const shows = { text: "---\ntype: thanks\nfields: [event.words]\n---\n" };

const bytes = encodePlan(
  checkRules([
    { path: "fields.yaml", text: "fields: {city: text}\n" },
    {
      path: "events/order_completed.yaml",
      text: `event: order_completed\nretention: ${KEPT_DAYS} days\nproperties: {total: number, words: text}\n`,
    },
    { path: "events/card_asked.yaml", text: "event: card_asked\nproperties: {words: text}\n" },
    message("thanks", "order_completed", "webhook"),
    message("card", "card_asked", "webhook"),
    // Waits for a page on which it is seen.
    message("greets", "order_completed", "web"),
    { path: "../templates/webhook/thanks.hbs", ...shows },
    { path: "../templates/webhook/card.hbs", ...shows },
    { path: "../templates/web/greets.hbs", text: "---\nen: {text: Hello}\n---\n<p>{{t.text}} {{event.words}}</p>\n" },
  ]).plan as PlanSource,
);
const plan = loadPlan(bytes);
const KEPT: Readonly<Record<string, number>> = { order_completed: KEPT_DAYS * DAY_MS };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** What a run of the night changes history by, or asks it for, is counted, and stopped at one of them. */
class Steps {
  /** Rows that were read. */
  rows = 0;
  /** Changes that were made. */
  count = 0;
  #stopAt = Number.POSITIVE_INFINITY;

  stopAt(step: number): void {
    this.count = 0;
    this.#stopAt = step;
  }

  of(history: History): History {
    const change = async <T>(make: () => Promise<T>): Promise<T> => {
      if (this.count === this.#stopAt) throw new Error(STOPPED);
      this.count += 1;
      return make();
    };
    return {
      ...history,
      putDocument: (...asked) => change(() => history.putDocument(...asked)),
      forgetSeals: (...asked) => change(() => history.forgetSeals(...asked)),
      removeAged: (...asked) => change(() => history.removeAged(...asked)),
      replaceRecords: (...asked) => change(() => history.replaceRecords(...asked)),
      compact: (...asked) => change(() => history.compact(...asked)),
      records: async (...asked) => {
        const found = await history.records(...asked);
        this.rows += found.length;
        return found;
      },
    };
  }
}

const STOPPED = "stopped";

class Bench extends ShardBench {
  readonly steps = new Steps();

  said(visitor: string, event: "Order Completed" | "Card Asked"): Promise<unknown> {
    return this.say({ visitor, event: { type: "track", event, properties: { total: 10, words: SECRET } } });
  }

  /** A page is opened. @returns how many messages it is to show */
  async visit(visitor: string): Promise<number> {
    const { decisions = [] } = await this.say({ visitor, event: { type: "page", name: "Home" }, decide: true });
    return decisions.filter((decision) => "message" in decision).length;
  }

  /** All that the night does of it, in its order. */
  async age({ dryRun = false, events = KEPT } = {}) {
    const { store, planOf, repair, now } = this;
    const before = Object.fromEntries(Object.entries(events).map(([name, ms]) => [name, now - ms]));
    const cleared = await letGoOfAged({ store, planOf, before: { fields: {}, events: before }, dryRun, repair });
    const history = this.steps.of(this.history);
    const check = (): void => undefined;
    const options = { history, kept: { events, fields: {} }, cleared, node: "test", dryRun, check };
    return (await retain({ ...options, now: () => now })).shown;
  }

  async decided(): Promise<readonly DecidedRecord[]> {
    const found = (await this.history.recordsOf(["decided"])).map(({ record }) => decodeRecord(record));
    return found.filter((record) => record.kind === "decided");
  }

  /** Messages that could still go out, or be tried once more, by trigger and what they show. */
  async open(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const row of await storedRows(this.store)) {
      const { waiting, ended } = decodeProfile(row.row, plan, row.id).agenda;
      for (const { trigger, intent, underWay } of waiting)
        found.push(`${trigger} ${underWay === undefined ? "waits" : "is on show"} ${JSON.stringify(intent.event)}`);
      for (const { dead, trigger } of ended)
        if (dead !== undefined) found.push(`${trigger} is dead ${JSON.stringify(dead.intent.event)}`);
    }
    return found.sort();
  }

  /** How many stored people, and how many rows of history, have it in their bytes. */
  async holdsSecret(): Promise<{ readonly people: number; readonly rows: number }> {
    const people = (await storedRows(this.store)).filter(({ row }) => Buffer.from(row).includes(SECRET)).length;
    let rows = 0;
    for (let shard = 0; shard < SHARDS; shard++)
      rows += (await this.history.records(shard as ShardId, 0, 10_000)).filter(({ record }) =>
        Buffer.from(record).includes(SECRET),
      ).length;
    return { people, rows };
  }
}

/** All that is said of decisions but what they show of an event. */
function shapeOf(decided: readonly DecidedRecord[]): readonly string[] {
  return decided
    .map(({ intent, ...rest }) => JSON.stringify({ ...rest, intent: { ...intent, event: undefined } }))
    .sort();
}

async function testShown({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const deliver = () => ({ is: "unknown", reason: "no_answer" }) as const;
  const bench = new Bench(store, history, { bytes, start: START, deliver });
  await bench.own();
  closers.push(() => bench.close());
  const untilOpen = (count: number) =>
    until("messages wait, or have come to nothing", async () => {
      await bench.settle();
      const open = await bench.open();
      return open.length === count && open.every((each) => each.startsWith("greets") || each.includes("is dead"));
    });

  for (let n = 0; n < PEOPLE; n++) await bench.said(`v${n}`, "Order Completed");
  await bench.said("v0", "Card Asked");
  await untilOpen(2 * PEOPLE + 1);
  // From then on it is on show, whenever they come.
  for (let visits = 0; visits < 2; visits++) expect(await bench.visit("v1")).toBe(1);
  await bench.settle();
  expect(await bench.open()).toContain(`greets is on show ${SHOWN}`);
  bench.now = START + 5 * DAY_MS;
  await bench.said("late", "Order Completed");
  await untilOpen(2 * PEOPLE + 3);
  const decided = shapeOf(await bench.decided());
  // An order is an event and two decisions, a card an event and one.
  const all = { people: PEOPLE + 1, rows: 3 * (PEOPLE + 1) + 2 };
  expect(await bench.holdsSecret()).toEqual(all);

  bench.now = START + 12 * DAY_MS;
  const [messages, decisions] = [2 * PEOPLE, 2 * PEOPLE];
  // No snapshot stands for any of them yet.
  expect(await bench.age({ dryRun: true })).toEqual({ messages, decisions: 0, waiting: decisions, unreadable: 0 });
  await untilCovered(bench);
  expect(await bench.age({ dryRun: true })).toEqual({ messages, decisions, waiting: 0, unreadable: 0 });
  expect(await bench.holdsSecret()).toEqual(all);

  // Stopped before each change that it makes to history, and begun anew.
  let steps = 0;
  let gone = 0;
  for (let isDone = false; !isDone; steps++) {
    bench.steps.stopAt(steps);
    const told = await bench.age().catch((error: Error) => {
      if (error.message !== STOPPED) throw error;
      return undefined;
    });
    isDone = told !== undefined || bench.steps.count < steps;
    gone += told?.decisions ?? 0;
  }
  // Of two shards: a base, what is to be compacted, seals, rows that go, decisions and their mark. What was done stays done.
  expect(steps).toBeGreaterThan(6);
  expect(gone).toBeLessThan(decisions);
  bench.steps.stopAt(Number.POSITIVE_INFINITY);
  await bench.settle();
  // Of the young order, and of the event that is kept for ever: the event, its decisions, and what could still go out.
  expect(await bench.holdsSecret()).toEqual({ people: 2, rows: 5 });
  const young = [`greets waits ${SHOWN}`, `thanks is dead ${SHOWN}`];
  expect(await bench.open()).toEqual([`card is dead ${SHOWN}`, ...young]);
  expect(shapeOf(await bench.decided())).toEqual(decided);
  expect(await bench.visit("v1")).toBe(0);
  await bench.expectNoDrift();
  const other = await openOther();
  expect(await bench.rebuildInto(other)).toMatchObject({ flaws: [] });
  // When it is looked at next is no part of what was recorded.
  const agendas = async (of: HotStore) =>
    new Map(
      (await storedRows(of)).map(({ id, row }) => {
        const { waiting, ended } = decodeProfile(row, plan, id).agenda;
        return [id, { waiting: waiting.map((each) => ({ ...each, due: 0 })), ended }];
      }),
    );
  expect(await agendas(other)).toEqual(await agendas(store));

  // The next one begins where this one has ended, unless other events are to go.
  bench.steps.rows = 0;
  expect(await bench.age()).toBeUndefined();
  const again = bench.steps.rows;
  bench.steps.rows = 0;
  const events = { ...KEPT, card_asked: KEPT_DAYS * DAY_MS };
  expect(await bench.age({ events })).toEqual({ messages: 1, decisions: 1, waiting: 0, unreadable: 0 });
  expect(bench.steps.rows).toBeGreaterThan(again);
  await bench.settle();
  expect(await bench.open()).toEqual(young);

  bench.now = START + 16 * DAY_MS;
  await bench.expectNoDrift();
  expect(await bench.age({ events })).toEqual({ messages: 2, decisions: 2, waiting: 0, unreadable: 0 });
  await bench.settle();
  expect(await bench.open()).toEqual([]);
  expect(await bench.holdsSecret()).toEqual({ people: 0, rows: 0 });
  await bench.expectNoDrift();
}

/** A night takes no snapshot of a shard that looks at everybody by its plan still, nor one that stands for half a drain. */
function untilCovered(bench: Bench): Promise<void> {
  return until("snapshots stand for all that is too old", async () => {
    await bench.say({ visitor: "passer-by" });
    await bench.expectNoDrift();
    return (await bench.age({ dryRun: true }))?.waiting === 0;
  });
}

async function testUnreadable({ store, history }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const bench = new Bench(store, history, { bytes, start: START });
  await bench.own();
  closers.push(() => bench.close());
  for (let n = 0; n < PEOPLE; n++) await bench.said(`v${n}`, "Order Completed");
  bench.now = START + 12 * DAY_MS;
  await untilCovered(bench);
  const [one] = await history.latestOf(["decided"], 1);
  if (one === undefined) throw new Error("nothing was decided");
  const { shard, position, instant, record } = one;
  await history.replaceRecords(shard as ShardId, "decided", [{ position, instant, record: record.subarray(0, 9) }]);
  // It is told, and the others go.
  expect(await bench.age()).toMatchObject({ decisions: 2 * PEOPLE - 1, unreadable: 1 });
}

describe("what messages show of an event", () => {
  const titles = {
    embedded: "goes with the event from the embedded store and its history",
    pair: "goes with the event from Redis and PostgreSQL",
  };
  onBothPairs({ name: "shown", shards: SHARDS, now: START, titles, closers }, testShown);

  const unreadable = {
    embedded: "goes from the others where a decision of an embedded history cannot be read",
    pair: "goes from the others where a decision of PostgreSQL cannot be read",
  };
  onBothPairs({ name: "unreadable", shards: SHARDS, now: START, titles: unreadable, closers }, testUnreadable);
});
