/**
 * A hundred nights, each while visitors come and go all the time: none finds a difference, from its snapshots or from
 * all records, whatever gets old meanwhile. Between two nights a day passes. There are merges, duplicates and late events,
 * conditions that time alone turns, values of fields, events and dead letters that get too old, and visitors who never come
 * back; now and then the worker is killed, and now and then the live store is lost. On the simulator's stores, with the night's own code and the worker's.
 */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import { letGoOfAged } from "../../engine/reconcile/aged-profiles.ts";
import { emptyIdlePeople } from "../../engine/reconcile/idle-people.ts";
import type { ReconcileReport } from "../../engine/reconcile/port.ts";
import { retain } from "../../engine/reconcile/retain.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { FaultyStore } from "./faulty-store.ts";
import { MemoryHistory } from "./memory-history.ts";
import { SeededRandom } from "./seeded-random.ts";
import { selfRunning } from "./self-running.ts";

const DAY_MS = 86_400_000;
const NIGHTS = 100;
/** Every so manieth night reads all records, and every so manieth begins with a kill. */
const WHOLE_EVERY = 14;
const KILLED_EVERY = 9;
/** Before every so manieth the live store is lost. */
const LOST_EVERY = 11;
const SHARDS = 2;
const SENDERS = 2;
const DEVICES = 40;
const KEPT_DAYS = { anonymous: 10, letters: 9 };
const START = Date.UTC(2026, 0, 1, 3);

const source = checkRules([
  { path: "fields.yaml", text: "fields:\n  city: {type: text, retention: 12 days}\n  tier: text\n" },
  {
    path: "events/product_viewed.yaml",
    text: "event: product_viewed\nretention: 14 days\nproperties: {category: text}\n",
  },
  { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {total: number}\n" },
  { path: "events/card_asked.yaml", text: "event: card_asked\nretention: 8 days\nproperties: {words: text}\n" },
  {
    path: "segments/browsers.yaml",
    text: "segment: browsers\ntitle: Look around\nwhen: count of product_viewed in last 7 days >= 2\n",
  },
  { path: "segments/strangers.yaml", text: "segment: strangers\ntitle: No city\nwhen: city is unknown\n" },
  {
    path: "segments/buyers.yaml",
    text: "segment: buyers\ntitle: Have spent\nwhen: sum of order_completed.total >= 100\n",
  },
  {
    path: "triggers/thanks.yaml",
    text: "trigger: thanks\non: order_completed\nsend: {template: thanks, by: webhook}\ncategory: transactional\n",
  },
  {
    path: "triggers/card.yaml",
    text: "trigger: card\non: card_asked\nsend: {template: card, by: webhook}\ncategory: transactional\n",
  },
  { path: "../templates/webhook/thanks.hbs", text: "---\ntype: thanks\n---\n" },
  { path: "../templates/webhook/card.hbs", text: "---\ntype: card\nfields: [event.words]\n---\n" },
]).plan as PlanSource;
const bytes = encodePlan(source);
const plan = loadPlan(bytes);
const KEPT = { events: source.kept ?? {}, fields: source.fieldsKept ?? {} };

const TEST_MS_MAX = 240_000;

/** What has gone because it was too old, and what was done, of all nights. */
interface Sums {
  events: number;
  profiles: number;
  rowsOfPeople: number;
  values: number;
  letters: number;
  /** Other messages, that show something too old. */
  showing: number;
  /** That hold nothing of an event any more. */
  decisions: number;
  rows: number;
  snapshots: number;
}

class Bench extends ShardBench {
  readonly sums: Sums = {
    events: 0,
    profiles: 0,
    rowsOfPeople: 0,
    values: 0,
    letters: 0,
    showing: 0,
    decisions: 0,
    rows: 0,
    snapshots: 0,
  };
  readonly #random = new SeededRandom(5);
  readonly #said: object[] = [];
  #messages = 0;

  /** Somebody does something: of late mostly, and never the same person alone. */
  #deed(): object {
    const random = this.#random;
    if (this.#said.length > 0 && random.chance(0.03)) return random.pick(this.#said);
    this.#messages += 1;
    const messageId = `m-${this.#messages}`;
    const device = random.below(DEVICES);
    const late = random.chance(0.1) ? random.below(5 * DAY_MS) : 0;
    const common = { messageId, timestamp: new Date(this.now - late).toISOString() };
    const view = { ...common, type: "track", event: "Product Viewed", properties: { category: "shoes" } };
    const userId = `user-${random.below(DEVICES / 2)}`;
    const roll = random.below(100);
    const order = { ...common, type: "track", event: "Order Completed", properties: { total: random.below(60) } };
    const asked = { ...common, type: "track", event: "Card Asked", properties: { words: messageId } };
    // Never seen again.
    if (roll < 20) return { ...view, anonymousId: `passer-by-${messageId}` };
    if (roll < 25) return { ...order, anonymousId: `passer-by-${messageId}` };
    if (roll < 28) return { ...common, type: "identify", userId: `once-${messageId}`, traits: { city: "Metz" } };
    // Of somebody who has another device already.
    if (roll < 32) return { ...common, type: "identify", anonymousId: `new-${messageId}`, userId, traits: {} };
    if (roll < 40)
      return {
        ...common,
        type: "identify",
        anonymousId: `device-${device}`,
        userId: `user-${device >> 1}`,
        traits: random.chance(0.5) ? { city: random.pick(["Lyon", "Nice"]) } : { tier: "gold" },
      };
    if (roll < 50) return { ...order, userId };
    if (roll < 55) return { ...asked, userId };
    return { ...view, anonymousId: `device-${device}` };
  }

  async #goOn(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const deed = this.#deed();
      this.#said[this.#random.below(50)] = deed;
      const answer = await this.send(deed);
      if (answer.is !== "applied" && answer.is !== "duplicate") throw new Error(`an event is answered ${answer.is}`);
      this.sums.events += 1;
      await pause(4);
    }
  }

  /** All that a night does, while people go on, and what they do is drained. */
  async night(whole: boolean): Promise<ReconcileReport> {
    let isOver = false;
    const drainer = this.createDrainer();
    const drain = async (): Promise<void> => {
      while (!isOver) {
        await drainer.flush();
        await pause(1);
      }
    };
    const others = [drain(), ...Array.from({ length: SENDERS }, () => this.#goOn(() => isOver))];
    try {
      // A live store that was lost is filled while people go on.
      while (this.unfilled > 0) await pause(1);
      const report = await this.reconcile(whole, () => pause(1));
      if (report.drifts === 0) await this.#age();
      return report;
    } finally {
      isOver = true;
      await Promise.all(others);
      await drainer.flush();
      await drainer.close();
    }
  }

  async #age(): Promise<void> {
    const { store, history, planOf, repair, now, sums } = this;
    const dryRun = false;
    const before = now - KEPT_DAYS.anonymous * DAY_MS;
    sums.profiles += await emptyIdlePeople({ store, history, planOf, repair, before, historyTells: false, dryRun });
    const since = (kept: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
      Object.fromEntries(Object.entries(kept).map(([name, ms]) => [name, now - ms]));
    const letters = now - KEPT_DAYS.letters * DAY_MS;
    const aging = { fields: since(KEPT.fields), events: since(KEPT.events), letters };
    const gone = await letGoOfAged({ store, planOf, repair, before: aging, dryRun });
    sums.letters += gone.letters;
    sums.showing += gone.showing;
    sums.values += gone.fields["city"] ?? 0;
    const aged = await retain({
      history,
      kept: KEPT,
      cleared: gone,
      node: "test",
      dryRun,
      now: () => now,
      check: () => undefined,
    });
    for (const { rows } of [...aged.events, ...(aged.fields ?? [])]) sums.rows += rows;
    sums.decisions += aged.shown?.decisions ?? 0;
    sums.rowsOfPeople += aged.emptied?.rows ?? 0;
  }
}

function createMemoryStore(now: () => number): HotStore {
  return new FaultyStore(selfRunning(), { shards: SHARDS, level: "process", wallNow: now }).connect(undefined);
}

it(
  "a hundred nights under load find nothing",
  async () => {
    const kept = new MemoryHistory(selfRunning());
    const history = kept.connect(undefined);
    await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
    const deliver = () => ({ is: "unknown", reason: "no_answer" }) as const;
    const store = createMemoryStore(() => bench.now);
    let restored = 0;
    const bench: Bench = new Bench(store, history, { bytes, start: START, deliver });
    await bench.own();
    let merges = 0;
    for (let night = 1; night <= NIGHTS; night++) {
      if (night % KILLED_EVERY === 0) await bench.crash();
      if (night % LOST_EVERY === 0) {
        await bench.lose(createMemoryStore(() => bench.now));
        restored += bench.unfilled;
      }
      const { drifts, told, snapshots } = await bench.night(night % WHOLE_EVERY === 0);
      expect({ night, drifts, told, broken: snapshots?.broken }).toEqual({ night, drifts: 0, told: [], broken: 0 });
      bench.sums.snapshots += snapshots?.read ?? 0;
      bench.now += DAY_MS;
    }
    for (const rows of kept.rows.values()) merges += rows.filter(({ kind }) => kind === "received").length;
    // What never happens proves nothing.
    for (const [what, count] of Object.entries({ ...bench.sums, merges }))
      expect(count, what).toBeGreaterThan(NIGHTS / 2);
    // Not everything at once: the rest was filled while people went on.
    expect(restored).toBeGreaterThan(NIGHTS);
    await bench.expectNoDrift();

    const other = createMemoryStore(() => bench.now);
    const told = await bench.rebuildInto(other);
    const people = await bench.people();
    expect(told).toMatchObject({ flaws: [], profiles: people.length });
    const rebuilt = new Bench(other, history, { bytes, start: bench.now });
    expect(await rebuilt.people()).toEqual(people);
    await rebuilt.close();
    await bench.close();
  },
  TEST_MS_MAX,
);
