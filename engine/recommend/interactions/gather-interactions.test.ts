import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isProgram, isTooFast } from "./bots.ts";
import { InteractionGatherer } from "./gather-interactions.ts";
import type { LearnedEvent } from "./gather-interactions.ts";
import { rowOf, weightsOf } from "./interaction-matrix.ts";

const agents = join(process.env["VIF_TEST_DATA"] ?? "../shared/data", "suites/bots/bots.yml");
const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const event = (name: string, fields: object, daysAgo = 0, body = "{}"): LearnedEvent =>
  ({ name, fields, timestamp: NOW - daysAgo * DAY, body }) as unknown as LearnedEvent;
const order = (...products: object[]): LearnedEvent => event("order_completed", { products });

const PEOPLE = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
];

describe("who is no person", () => {
  it.skipIf(!existsSync(agents))(
    "is told by nearly all user agents of programs, and by none of people's browsers",
    () => {
      const known = [...readFileSync(agents, "utf8").matchAll(/^\s+user_agent: (.+)$/gm)].map(([, agent = ""]) =>
        agent.replace(/^(['"])(.*)\1$/, "$2"),
      );
      expect(known.length).toBeGreaterThan(1_300);
      const missed = known.filter((agent) => !isProgram(agent));
      expect(missed.length / known.length).toBeLessThan(0.05);
      expect(PEOPLE.filter(isProgram)).toEqual([]);
    },
  );

  it("is who looks at more than a product a second for a minute", () => {
    expect(isTooFast(Array.from({ length: 61 }, (_, at) => at * 900))).toBe(true);
    expect(isTooFast(Array.from({ length: 61 }, (_, at) => at * 1_100))).toBe(false);
    expect(isTooFast(Array.from({ length: 5_000 }, (_, at) => at * 60_000))).toBe(false);
  });
});

describe("what is learned of people", () => {
  it("weighs a purchase, a cart and a view, and what is long ago less", () => {
    const gatherer = new InteractionGatherer(NOW);
    gatherer.addPerson([
      event("product_viewed", { product_id: "a" }),
      event("product_added", { product_id: "b" }),
      order({ product_id: "c" }, { sku: "d" }),
      event("order_completed", { products: [{ id: 7 }] }, 90),
      event("page_viewed", { product_id: "x" }),
    ]);
    const { products, all, bought, viewed, customers } = gatherer.finish();
    expect(products).toEqual(["a", "b", "c", "d", "7"]);
    expect(customers).toBe(1);
    expect([...(weightsOf(all, 0) ?? [])].map((weight) => Number(weight.toFixed(3)))).toEqual([0.2, 0.5, 1, 1, 0.5]);
    expect([...rowOf(bought, 0)]).toEqual([2, 3, 4]);
    expect([...rowOf(viewed, 0)]).toEqual([0]);
  });

  it("weighs a past that ended years ago by its own end", () => {
    const gatherer = new InteractionGatherer(NOW + 20_000 * DAY);
    gatherer.addPerson([order({ product_id: "a" }), event("order_completed", { products: [{ id: "b" }] }, 90)]);
    const weights = [...(weightsOf(gatherer.finish().all, 0) ?? [])];
    expect(weights.map((weight) => Number(weight.toFixed(3)))).toEqual([1, 0.5]);
  });

  it("takes what was sent back for no preference", () => {
    const gatherer = new InteractionGatherer(NOW);
    gatherer.addPerson([
      event("product_viewed", { product_id: "a" }, 3),
      order({ product_id: "a" }, { product_id: "b" }),
      event("order_refunded", { products: [{ product_id: "a" }] }),
      order({ product_id: "c", quantity: 1 }),
      order({ product_id: "c", quantity: -1 }),
    ]);
    const { all, bought, products, returned } = gatherer.finish();
    expect(returned).toBe(2);
    expect([...rowOf(all, 0)].map((product) => products[product])).toEqual(["b"]);
    expect([...rowOf(bought, 0)].map((product) => products[product])).toEqual(["b"]);
  });

  it("leaves programs out and counts them", () => {
    const gatherer = new InteractionGatherer(NOW);
    const agent = JSON.stringify({
      context: { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" },
    });
    expect(gatherer.addPerson([event("product_viewed", { product_id: "a" }, 0, agent)])).toBe(false);
    const flood = Array.from({ length: 100 }, (_, at) => event("product_viewed", { product_id: `p${at}` }));
    expect(gatherer.addPerson(flood)).toBe(false);
    expect(gatherer.addPerson([order({ product_id: "a" })])).toBe(true);
    expect(gatherer.addPerson([order({ name: "nameless" })])).toBe(false);
    expect(gatherer.finish()).toMatchObject({ customers: 1, programs: 2 });
  });

  it("of nobody is nothing", () => {
    expect(new InteractionGatherer(NOW).finish()).toMatchObject({ customers: 0, products: [], events: 0 });
  });
});
