/**
 * Recency, frequency and monetary value of customers of a real engine, beside a count of who has less that is made of what
 * was sent and knows no history: of web orders and till receipts, with returns, merges and equals; recorded once, seen by
 * rules, held by reconciliation, and gone on with after kill -9. On both live stores and both histories.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scored } from "../../engine/control/night-steps-port.ts";
import { CONTROL_TOKEN, ONCE } from "../support/engine-process.ts";
import { liveALittle, type NightBrand, startNightBrand, type Stores } from "../support/night-brand.ts";
import { pairMissing } from "../support/node-pair.ts";
import { sendBatch } from "../support/server-client.ts";
import { postReceipts, receipt } from "../support/till-client.ts";
import { until } from "../support/waiting.ts";

const CUSTOMERS = 240;
const BATCH = 500;
const HOUR_MS = 3_600_000;
const TEST_MS_MAX = 300_000;

type Scores = Readonly<Record<"recency" | "frequency" | "monetary", number>> & { readonly group: string };

/** As the control plane tells somebody. */
interface Told {
  readonly attributes: readonly { readonly name: string; readonly value: unknown }[];
  readonly segments: readonly { readonly name: string; readonly inside: boolean }[];
}

/** In cents, so that sums are whole. */
interface Bought {
  count: number;
  cents: number;
  last: number;
}

/** By the three alone: each kind of customer in the words of docs/nights.md, asked in this order. */
function wordFor(r: number, f: number, m: number): string {
  const worth = Math.round((f + m) / 2 + 0.01);
  if (r >= 4 && worth >= 4) return "champions";
  if (r <= 2 && (worth === 5 || (r === 1 && worth === 4))) return "cannot lose";
  if (r <= 2 && worth >= 3) return "at risk";
  if (r >= 3 && worth >= (r === 3 ? 4 : 3)) return "loyal";
  if (r >= 4 && worth === 2) return "potential";
  if (r >= 4) return r === 5 ? "new" : "promising";
  if (r === 3) return worth === 1 ? "about to sleep" : "needs attention";
  return r === 2 ? "hibernating" : "lost";
}

function expectedOf(people: ReadonlyMap<string, Bought>): ReadonlyMap<string, Scores> {
  const all = [...people.values()].filter(({ count }) => count > 0);
  const fifth = (value: number, of: (each: Bought) => number): number => {
    const less = all.filter((each) => of(each) < value).length;
    for (let n = 5; n > 1; n--) if (5 * less >= (n - 1) * all.length) return n;
    return 1;
  };
  const told = new Map<string, Scores>();
  for (const [who, { count, cents, last }] of people) {
    if (count === 0) continue;
    const recency = fifth(last, (each) => each.last);
    const frequency = fifth(count, (each) => each.count);
    const monetary = fifth(cents, (each) => each.cents);
    told.set(who, { recency, frequency, monetary, group: wordFor(recency, frequency, monetary) });
  }
  return told;
}

function describeStores(stores: Stores, missing: string | undefined): void {
  describe.skipIf(missing !== undefined)(`scores on ${stores} ${missing ?? ""}`, () => {
    let brand: NightBrand;
    const start = Date.now() - 100 * HOUR_MS;
    const people = new Map<string, Bought>();
    let said = 0;

    beforeAll(async () => {
      brand = await startNightBrand("night-rfm", stores);
    }, TEST_MS_MAX);

    afterAll(() => brand?.close());

    const boughtBy = (who: string): Bought => {
      const known = people.get(who) ?? { count: 0, cents: 0, last: 0 };
      people.set(who, known);
      return known;
    };

    const order = (who: string, naming: object, cents: number, at: number): object => {
      const known = boughtBy(who);
      known.count += 1;
      known.cents += cents;
      known.last = Math.max(known.last, at);
      return track("Order Completed", naming, { total: cents / 100 }, at);
    };

    function track(event: string, naming: object, properties: object, at: number): object {
      said += 1;
      return {
        type: "track",
        event,
        messageId: `rfm-${said}`,
        ...naming,
        properties,
        timestamp: new Date(at).toISOString(),
      };
    }

    async function send(events: readonly object[]): Promise<void> {
      for (let from = 0; from < events.length; from += BATCH)
        await sendBatch(brand.engine, events.slice(from, from + BATCH));
    }

    /** Orders on eight hours of which many are equal, returns, and for every third a device that was nobody's before. */
    async function shop(): Promise<void> {
      const events: object[] = [];
      for (let n = 0; n < CUSTOMERS; n++) {
        const [who, device] = [`buyer-${n}`, { anonymousId: `device-${n}` }];
        const user = { userId: who };
        for (let i = 0; i < 1 + (n % 7 === 0 ? n % 5 : 0); i++)
          events.push(order(who, user, 1_000 + 510 * ((n * 7 + i) % 11), start + ((n * 13 + i) % 8) * HOUR_MS));
        if (n % 3 === 0) {
          events.push(order(who, device, 1_990, start + 9 * HOUR_MS));
          events.push({ type: "identify", messageId: `name-${n}`, ...device, ...user, traits: { city: "Lyon" } });
        }
        if (n % 10 === 0) {
          boughtBy(who).cents -= 700;
          events.push(track("Order Refunded", user, { total: 7 }, start + 10 * HOUR_MS));
        }
        if (n % 4 === 1) events.push(track("Product Viewed", { userId: `looker-${n}` }, {}, start));
      }
      await send(events);
      for (let n = 0; n < 5; n++) {
        const at = start + 20 * HOUR_MS;
        const known = boughtBy(`buyer-${n}`);
        Object.assign(known, { count: known.count + 1, cents: known.cents + 4_000, last: at });
        const lines = [{ sku: "a", quantity: 1, unitPrice: 40 }];
        const sale = receipt({
          customer: { userId: `buyer-${n}` },
          timestamp: new Date(at).toISOString(),
          offline: true,
          lines,
          total: 40,
        });
        expect((await postReceipts(brand.engine.port, sale)).status).toBe(200);
      }
      await brand.engine.drain();
    }

    function rfm(...args: readonly string[]): Scored {
      const { out, err } = brand.vif("rfm", "--json", ...args);
      if (!out.includes('"customers"')) throw new Error(`${err}\n${brand.engine.output()}`);
      return JSON.parse(out) as Scored;
    }

    async function ask(path: string): Promise<unknown> {
      const url = `http://127.0.0.1:${brand.engine.controlPort}${path}`;
      const answer = await fetch(url, { headers: { ...ONCE, authorization: `Bearer ${CONTROL_TOKEN}` } });
      return answer.json();
    }

    async function scoresOf(who: string): Promise<{ readonly scores: object; readonly cannotLose: boolean }> {
      const { attributes, segments } = (await ask(`/v1/profile?who=user:${who}`)) as Told;
      const own = attributes.filter(({ name }) => name.startsWith("rfm."));
      return {
        scores: Object.fromEntries(own.map(({ name, value }) => [name.slice(4), value])),
        cannotLose: segments.some(({ name, inside }) => name === "rfm-cannot-lose" && inside),
      };
    }

    async function expectAllScored(): Promise<void> {
      for (const [who, scores] of expectedOf(people))
        expect({ who, ...(await scoresOf(who)) }).toEqual({
          who,
          scores,
          cannotLose: scores.group === "cannot lose",
        });
    }

    async function recordedEvents(): Promise<number> {
      await brand.engine.drain();
      const { byEvent } = (await ask("/v1/report")) as {
        readonly byEvent: readonly { readonly name: string; readonly events: number }[];
      };
      return byEvent.find(({ name }) => name === "rfm_scored")?.events ?? 0;
    }

    async function appended(): Promise<number> {
      const { shards } = await brand.engine.status();
      return shards.reduce((sum, { position }) => sum + position, 0);
    }

    it(
      "are worked out of everybody who has bought, by a dry run that records nothing, and by a run that kill -9 ends",
      async () => {
        await shop();
        const dry = rfm("--dry-run");
        expect(dry).toMatchObject({ customers: CUSTOMERS, changed: CUSTOMERS, recorded: 0, dryRun: true });
        const inGroups = new Map<string, number>();
        for (const { group } of expectedOf(people).values()) inGroups.set(group, (inGroups.get(group) ?? 0) + 1);
        expect(dry.groups.filter((each) => each.people > 0)).toEqual(
          dry.groups.flatMap(({ group }) => {
            const held = inGroups.get(group);
            return held === undefined ? [] : [{ group, people: held }];
          }),
        );
        expect(inGroups.size).toBeGreaterThan(6);
        expect(await recordedEvents()).toBe(0);
        const before = await appended();
        const begun = brand.begin("rfm");
        await until(
          () => "the first scores are recorded",
          async () => (await appended()) > before,
        );
        await brand.engine.kill();
        await begun.ended();
        await brand.engine.start();
        const { recorded, known, unreached } = rfm();
        expect(unreached).toBe(0);
        expect(recorded + known).toBeLessThanOrEqual(CUSTOMERS);
        // Whoever had them already was not told again.
        expect(await recordedEvents()).toBe(CUSTOMERS);
        await expectAllScored();
      },
      TEST_MS_MAX,
    );

    it(
      "are recorded again of those only who have others than before",
      async () => {
        expect(rfm()).toMatchObject({ changed: 0, recorded: 0, known: 0 });
        const before = expectedOf(people);
        const at = start + 30 * HOUR_MS;
        await send([
          ...[3, 30, 77].map((n) => order(`buyer-${n}`, { userId: `buyer-${n}` }, 90_000, at)),
          order("newcomer", { anonymousId: "newcomer-device" }, 5_000, at),
          // Neither is the night's to say.
          { type: "identify", messageId: "mine", userId: "buyer-5", traits: { "rfm.group": "champions" } },
          track("RFM Scored", { userId: "buyer-6" }, { group: "champions", recency: 5 }, at),
        ]);
        people.delete("newcomer");
        const unnamed = { count: 1, cents: 5_000, last: at };
        const after = expectedOf(new Map([...people, ["newcomer", unnamed]]));
        const others = [...after].filter(([who, scores]) => JSON.stringify(scores) !== JSON.stringify(before.get(who)));
        const run = rfm();
        expect(run).toMatchObject({ customers: CUSTOMERS + 1, changed: others.length, recorded: others.length });
        expect(others.length).toBeLessThan(CUSTOMERS / 2);
        // And the one that the shop has sent.
        expect(await recordedEvents()).toBe(CUSTOMERS + others.length + 1);
        people.set("newcomer", unnamed);
        await send([{ type: "identify", messageId: "named", anonymousId: "newcomer-device", userId: "newcomer" }]);
        await expectAllScored();
      },
      TEST_MS_MAX,
    );

    it(
      "are what history says, before and after the live store is read anew",
      async () => {
        expect(brand.reconcile().report).toMatchObject({ drifts: 0 });
        await brand.engine.kill();
        await brand.engine.start();
        await expectAllScored();
        expect(brand.reconcile("--whole").report).toMatchObject({ drifts: 0 });
        const why = brand.vif("why", "user:buyer-3", "rfm-cannot-lose");
        expect(why.out).toContain("rfm.group");
      },
      TEST_MS_MAX,
    );
  });
}

it(
  "a night by the clock, at the next full minute, works them out behind its comparison",
  async () => {
    const brand = await startNightBrand("night-rfm-clock", "embedded");
    try {
      await liveALittle(brand.engine, 8);
      await brand.engine.stop();
      brand.settings["VIF_NIGHT"] = "* * * * *";
      await brand.engine.start();
      await brand.engine.untilSaid("RFM: of 4 customers 4 have other scores than before", 1, 2 * 60_000);
      const { attributes } = (await brand.profileOf("user:customer-3")) as unknown as Told;
      expect(attributes.find(({ name }) => name === "rfm.monetary")).toMatchObject({ value: 4 });
    } finally {
      await brand.close();
    }
  },
  TEST_MS_MAX,
);

describeStores("embedded", undefined);
describeStores("Redis and PostgreSQL", pairMissing);
