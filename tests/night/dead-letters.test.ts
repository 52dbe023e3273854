/**
 * Messages that have come to nothing, or nobody knows to what, are kept for so long only: then they cannot be tried once more,
 * and nothing is kept of them in the live store that could be sent, whoever is killed on the way; live is what history says
 * all the while, and the outbox lists none of them. On both live stores and both histories.
 */
import { afterEach, describe, expect } from "vitest";
import { createTimers } from "../../engine/create-clock.ts";
import { type ProfileId, shardOfProfile } from "../../engine/model/ids.ts";
import { NO_ORDERS } from "../../engine/model/orders.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { createOutboxQuestions } from "../../engine/node/create-outbox-questions.ts";
import { decodeProfile, type EndedMessage } from "../../engine/profile/port.ts";
import { type LetGo, letGoOfAged } from "../../engine/reconcile/aged-profiles.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { onBothPairs, type Pair } from "../support/on-both-pairs.ts";
import { ShardBench } from "../support/shard-bench.ts";
import { ORDER, thankingBytes as bytes, thankingPlan as plan } from "../support/thanked-orders.ts";
import { storedRows } from "../support/stored-people.ts";
import { until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const SHARDS = 2;
const KEPT_DAYS = 90;
const PEOPLE = 10;
const START = Date.UTC(2026, 0, 1, 12);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Of everybody, by the rows of the live store. */
async function endedIn(store: HotStore): Promise<readonly EndedMessage[]> {
  const rows = await storedRows(store);
  const found = rows.flatMap(({ id, row }) => decodeProfile(row, plan, id).agenda.ended);
  return found.sort((a, b) => (a.message < b.message ? -1 : 1));
}

class Bench extends ShardBench {
  readonly known = new Map<string, ProfileId>();

  async order(visitor: string): Promise<void> {
    this.known.set(visitor, (await this.say({ visitor, event: ORDER })).profile);
  }

  letGo(dryRun = false): Promise<LetGo> {
    const { store, planOf, repair } = this;
    const before = { fields: {}, events: {}, letters: this.now - KEPT_DAYS * DAY_MS };
    return letGoOfAged({ store, planOf, before, dryRun, repair });
  }

  /** Until so many messages are stored as dead. */
  async untilDead(count: number): Promise<readonly EndedMessage[]> {
    let dead: readonly EndedMessage[] = [];
    await until("messages have come to nothing", async () => {
      await this.settle();
      dead = (await endedIn(this.store)).filter((each) => each.dead !== undefined);
      return dead.length === count;
    });
    return dead;
  }

  async sendAgain(visitor: string, message: MessageId): Promise<void> {
    const profile = this.known.get(visitor) as ProfileId;
    const about = { shard: shardOfProfile(profile, SHARDS), profile, message, channel: "webhook" } as const;
    await this.ask((request) => ({ kind: "report", request, outcome: { is: "replay" }, ...about }));
  }

  /** What an operator sees, of those that came to nothing since. */
  async listed(keptSince = 0): Promise<readonly string[]> {
    const { outbox } = createOutboxQuestions({
      history: this.history,
      keptSince: () => keptSince,
      flush: () => this.settle(),
      channels: () => [],
      orders: async () => NO_ORDERS,
      tell: () => undefined,
      shards: SHARDS,
      timers: createTimers(),
    });
    return (await outbox()).dead.map(({ message }) => message).sort();
  }
}

async function testDeadLetters({ store, history, openOther }: Pair): Promise<void> {
  await history.putDocument({ kind: "plan", key: plan.digest }, bytes);
  const deliver = () => ({ is: "unknown", reason: "no_answer" }) as const;
  const bench = new Bench(store, history, { bytes, start: START, deliver });
  await bench.own();
  closers.push(() => bench.close());

  for (let n = 0; n < PEOPLE; n++) await bench.order(`v${n}`);
  const first = await bench.untilDead(PEOPLE);
  // Two of them are one person, who has both.
  for (const visitor of ["v2", "v3"]) await bench.say({ visitor, user: "u1", event: { type: "identify", traits: {} } });

  bench.now = START + 60 * DAY_MS;
  const again = first.find(({ dead }) => dead?.of === bench.known.get("v0"));
  await bench.sendAgain("v0", again?.message as MessageId);
  await bench.order("late");
  await until("it was tried once more", async () => {
    await bench.settle();
    return (await endedIn(store)).some(({ message, attempts }) => message === again?.message && attempts === 2);
  });
  const young = (await bench.untilDead(PEOPLE + 1))
    .filter(({ told }) => told === bench.now)
    .map((each) => each.message);
  expect(young).toHaveLength(2);
  expect(young).toContain(again?.message);

  bench.now = START + 100 * DAY_MS;
  await bench.expectNoDrift();
  expect(await bench.letGo(true)).toEqual({ fields: {}, letters: PEOPLE - 1, showing: 0 });
  expect(await bench.listed()).toHaveLength(PEOPLE + 1);
  // Whether or not a night has been: what is older is not told, as it cannot be tried again.
  expect(await bench.listed(bench.now - KEPT_DAYS * DAY_MS)).toEqual(young.toSorted());

  await bench.letGo();
  await bench.crash();
  await bench.settle();
  expect(await bench.letGo()).toEqual({ fields: {}, letters: 0, showing: 0 });
  expect((await bench.untilDead(2)).map(({ message }) => message)).toEqual(young.toSorted());
  const gone = (await endedIn(store)).filter(({ message }) => !young.includes(message));
  expect(new Set(gone.map(({ became, told }) => `${became} ${told}`))).toEqual(
    new Set([`skipped too_old ${bench.now}`]),
  );
  expect(await bench.listed()).toEqual(young.toSorted());
  const old = gone.find(({ message }) =>
    first.some((each) => each.dead?.of === bench.known.get("v1") && each.message === message),
  );
  await bench.sendAgain("v1", old?.message as MessageId);
  await bench.expectNoDrift();
  expect((await endedIn(store)).find(({ message }) => message === old?.message)).toEqual(old);

  const other = await openOther();
  const told = await bench.rebuildInto(other);
  expect(told).toMatchObject({ flaws: [] });
  expect(await endedIn(other)).toEqual(await endedIn(store));

  bench.now = START + 151 * DAY_MS;
  expect(await bench.letGo()).toEqual({ fields: {}, letters: 2, showing: 0 });
  await bench.untilDead(0);
  expect(await bench.listed()).toEqual([]);
  await bench.expectNoDrift();
}

describe("messages that have come to nothing", () => {
  const titles = {
    embedded: "are let go from the embedded store once they are too old, as its history says",
    pair: "are let go from Redis once they are too old, as PostgreSQL says",
  };
  onBothPairs({ name: "letters", shards: SHARDS, now: START, titles, closers }, testDeadLetters);
});
