/** Strips as they are served against strips by the letter: random products, models, people and rules. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan } from "../../engine/language/port.ts";
import { renderProblems } from "../../engine/language/source/problem-text.ts";
import type { EventAtHand } from "../../engine/model/plan.ts";
import { RECOMMENDATION_BASES, RECOMMENDATION_SEEDS } from "../../engine/model/recommendation.ts";
import type { Product } from "../../engine/recommend/catalogue/product.ts";
import { isInStock } from "../../engine/recommend/catalogue/product.ts";
import type { NeighbourTable } from "../../engine/recommend/models/neighbour-table.ts";
import { NO_PRODUCT } from "../../engine/recommend/models/neighbour-table.ts";
import { createFloor } from "../../engine/recommend/port.ts";
import { countTogether, createLiveTogether, liveCountOf } from "../../engine/recommend/serving/live-together.ts";
import { createEventLogView } from "../language/event-log-view.ts";
import { type Dealing, plainStrip } from "./plain-strips.ts";

const AT = Date.parse("2026-11-28T12:00Z");
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PRODUCTS = 24;
const WIDTH = 6;

const FIELDS = "fields:\n  city: text\n  budget: {type: money, currency: EUR}\n  age: number\n";
const EVENTS = {
  product_viewed: "product_id: text",
  product_added: "product_id: text",
  product_removed: "product_id: text",
  order_completed: "order_id: text",
};
const NAMES = { viewed: "product_viewed", added: "product_added", removed: "product_removed" } as const;

const numbers = fc.integer({ min: 0, max: PRODUCTS - 1 });
const unknown = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const amounts = fc.integer({ min: 0, max: 12 }).map((tens) => tens * 100_000);

const products: fc.Arbitrary<readonly Product[]> = fc
  .array(
    fc.record({
      price: unknown(amounts),
      was: unknown(amounts),
      brand: unknown(fc.constantFrom("Vif", "Other")),
      categories: fc.subarray(["shoes", "bags", "hats"]),
      stock: fc.oneof(
        fc.constant(undefined),
        fc.integer({ min: -1, max: 3 }),
        fc.dictionary(fc.constantFrom("lyon", "paris"), fc.integer({ min: -1, max: 2 })),
      ),
      added: unknown(fc.integer({ min: 0, max: 5 }).map((days) => AT - days * DAY_MS)),
      margin: unknown(fc.integer({ min: 0, max: 60 })),
      attributes: fc.record(
        {
          colour: fc.constantFrom("red", "black"),
          weight: fc.integer({ min: 1, max: 9 }),
          vegan: fc.oneof(fc.boolean(), fc.constant("perhaps")),
          sizes: fc.subarray(["s", "m", "l"]),
        },
        { requiredKeys: [] },
      ),
    }),
    { minLength: PRODUCTS, maxLength: PRODUCTS },
  )
  .map((all) =>
    all.map((each, number) => ({
      ...each,
      id: `p${number}`,
      title: { en: `Product ${number}` },
      currency: "EUR",
      image: undefined,
      link: {},
      hidden: number % 11 === 3,
    })),
  );

const tables: fc.Arbitrary<NeighbourTable> = fc
  .array(fc.uniqueArray(numbers, { maxLength: WIDTH }), { minLength: PRODUCTS, maxLength: PRODUCTS })
  .map((rows) => {
    const neighbours = new Uint32Array(PRODUCTS * WIDTH).fill(NO_PRODUCT);
    const similarities = new Float32Array(PRODUCTS * WIDTH);
    for (const [product, row] of rows.entries())
      for (const [place, other] of row.entries()) {
        neighbours[product * WIDTH + place] = other;
        similarities[product * WIDTH + place] = 1 / (1 + place);
      }
    const counts = Uint32Array.from(neighbours, (other) => (other === NO_PRODUCT ? 0 : other % 5));
    return { products: PRODUCTS, width: WIDTH, neighbours, similarities, counts };
  });

const dealingLists: fc.Arbitrary<readonly Dealing[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom("viewed" as const, "added" as const, "removed" as const, "bought" as const),
      product: numbers,
      ageMs: fc.oneof(
        fc.integer({ min: 0, max: 50 }).map((n) => n * MINUTE_MS),
        fc.integer({ min: 1, max: 80 * DAY_MS }),
      ),
    }),
    { maxLength: 12 },
  )
  // Each at an instant of its own, as what comes together has no order that could be told.
  .map((all) => all.map(({ ageMs, ...dealing }, order) => ({ ...dealing, at: AT - ageMs - order })));

/** A product that is looked at, or an order of several. */
const events: fc.Arbitrary<EventAtHand | undefined> = fc.oneof(
  fc.constant(undefined),
  numbers.map((number) => ({ name: "product_viewed" as never, fields: { product_id: `p${number}` } })),
  fc.array(numbers, { maxLength: 4 }).map((some) => ({
    name: "order_completed" as never,
    fields: { products: some.map((number) => ({ product_id: `p${number}` })) },
  })),
);

const CONDITIONS = [
  "product.price between 20 and 80",
  "product.price > seed.price * 0.5",
  "product.price != seed.price",
  "product.was is known",
  "product.on_sale",
  "product.brand = Vif",
  "product.brand = `seed.brand`",
  "product.category = `seed.category`",
  "product.categories contains shoes",
  "product.categories has none of [hats]",
  "product.stores has any of [lyon]",
  "product.stock > 1",
  "product.stock is not known",
  "product.margin >= 20%",
  "product.added within last 3 days",
  "product.id in [p1, p2, p3, p5, p8, p13, p21, p22]",
  "bought_days_ago < 20",
  "viewed_days_ago > 0.01",
  "in_cart",
  "product.price <= budget",
  "city = Paris",
  "age > 30",
  "product.attributes.colour = red",
  "product.attributes.colour != `seed.attributes.colour`",
  "product.attributes.weight between 3 and 6",
  "product.attributes.vegan",
  "product.attributes.sizes has any of [s, l]",
  "count of product_viewed in last 7 days > 2",
  "product.price + 10 > budget",
];

const conditions: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...CONDITIONS), { minLength: 1, maxLength: 3 })
  .chain((some) => fc.constantFrom(some.join(" and "), some.join(" or "), `not (${some.join(" and ")})`));

const quoted = (text: string): string => `'${text}'`;

const rules = fc
  .record({
    basis: fc.constantFrom(...RECOMMENDATION_BASES),
    seed: fc.option(fc.constantFrom(...RECOMMENDATION_SEEDS)),
    number: fc.integer({ min: 1, max: 9 }),
    only: fc.option(conditions),
    exclude: fc.option(conditions),
    boosts: fc.array(fc.tuple(conditions, fc.constantFrom("0.5", "1.5", "2", "3")), { maxLength: 2 }),
    pins: fc.array(fc.constantFrom("p1", "p7", "unknown"), { maxLength: 2 }),
    diversity: fc.option(fc.integer({ min: 1, max: 3 })),
    otherwise: fc.subarray([...RECOMMENDATION_BASES], { maxLength: 3 }),
  })
  .map(({ basis, seed, number, only, exclude, boosts, pins, diversity, otherwise }) =>
    [
      `based on: ${basis}`,
      ...(seed === null ? [] : [`seed: ${seed}`]),
      `number: ${number}`,
      ...(only === null ? [] : [`only: ${quoted(only)}`]),
      ...(exclude === null ? [] : [`exclude: ${quoted(exclude)}`]),
      ...(boosts.length === 0 ? [] : ["boost:"]),
      ...boosts.map(([when, by]) => `  - {when: ${quoted(when)}, by: ${by}}`),
      ...(pins.length === 0 ? [] : [`pin: [${pins.join(", ")}]`]),
      ...(diversity === null ? [] : [`diversity: at most ${diversity} a category`]),
      `otherwise: [${otherwise.join(", ")}]`,
      "",
    ].join("\n"),
  );

function filesWith(rule: string) {
  return [
    { path: "fields.yaml", text: FIELDS },
    { path: "products.yaml", text: "attributes: {colour: text, weight: number, vegan: boolean, sizes: list}\n" },
    ...Object.entries(EVENTS).map(([event, properties]) => ({
      path: `events/${event}.yaml`,
      text: `event: ${event}\nproperties: {${properties}}\n`,
    })),
    { path: "content/strip.yaml", text: "content: strip\nfirst of: [{recommendation: r, show: a}]\notherwise: b\n" },
    { path: "recommendations/r.yaml", text: `recommendation: r\n${rule}` },
  ];
}

describe("for every range, model, person and rule", () => {
  it("a strip has the products and the reasons that the rule's letter gives", () => {
    const met = { strips: 0, full: 0, boosted: 0, reasons: new Set<string>() };
    fc.assert(
      fc.property(
        rules,
        products,
        fc.record({
          bought: tables,
          viewed: tables,
          similar: tables,
          popular: fc.uniqueArray(numbers),
          trending: fc.uniqueArray(numbers),
        }),
        dealingLists,
        fc.record({
          city: unknown(fc.constantFrom("Paris", "Lyon")),
          budget: unknown(amounts),
          age: unknown(fc.integer({ min: 18, max: 60 })),
        }),
        events,
        fc.array(fc.tuple(fc.constantFrom("viewed" as const, "bought" as const), numbers, numbers), { maxLength: 30 }),
        (rule, range, learned, dealings, attributes, event, together) => {
          const { plan: source, problems } = checkRules(filesWith(rule));
          if (source === undefined) throw new Error(renderProblems(problems, { colour: false, pathPrefix: "" }));
          const model = {
            ...learned,
            version: "random",
            similarBy: "degrees" as const,
            popular: Uint32Array.from(learned.popular),
            trending: Uint32Array.from(learned.trending),
          };
          const live = createLiveTogether(PRODUCTS);
          for (const [kind, a, b] of together) countTogether(live[kind], a, b);
          const floor = createFloor();
          const shown = Uint8Array.from(range, (product) => (!product.hidden && isInStock(product) ? 1 : 0));
          floor.receive({ is: "shared", shown, live });
          // The plan is there before most of the range: what it reads of products follows them.
          const changes = range.map((product) => ({ is: "put", product }) as const);
          floor.receive({ is: "changes", changes: changes.slice(0, 5) });
          const plan = floor.serve(loadPlan(encodePlan(source)));
          floor.receive({ is: "changes", changes: changes.slice(5) });
          floor.receive({ is: "model", model });

          const view = createEventLogView(plan);
          for (const [index, { name }] of plan.attributes.entries())
            view.setAttribute(index, attributes[name as keyof typeof attributes]);
          for (const { kind, product, at } of dealings.toSorted((a, b) => a.at - b.at))
            if (kind === "bought")
              view.add({ name: "order_completed", at, fields: { products: [{ sku: `p${product}` }] } });
            else view.add({ name: NAMES[kind], at, fields: { product_id: `p${product}` } });
          const shop = {
            source,
            products: range,
            model,
            live: (kind: "viewed" | "bought", a: number, b: number) => liveCountOf(live[kind], a, b),
          };
          const [wantedRule] = source.recommendations?.rules ?? [];
          if (wantedRule === undefined) throw new Error("no rule");
          const wanted = plainStrip(shop, wantedRule, { dealings, view, at: AT }, event);
          // Twice: what one strip was made with must be gone when the next is made.
          for (let again = 0; again < 2; again += 1) {
            const [decision] = plan.decide(view, AT, event);
            const served = (decision?.products ?? []).map(({ id, why }) => ({ id, why }));
            expect({ seed: decision?.seed ?? undefined, products: served }).toEqual(wanted);
          }
          met.strips += 1;
          if (wanted.products.length === wantedRule.number) met.full += 1;
          if (wantedRule.boosts.length > 0 && wanted.products.length > 1) met.boosted += 1;
          for (const { why } of wanted.products) met.reasons.add(why.basis);
        },
      ),
      { numRuns: 250 },
    );
    expect([...met.reasons].sort()).toEqual([...RECOMMENDATION_BASES, "in the range", "pinned"].sort());
    expect(Math.min(met.full, met.boosted, met.strips - met.full)).toBeGreaterThan(met.strips / 20);
  });
});
