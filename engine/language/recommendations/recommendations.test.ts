/** Recommendation rules from their files to what a plan makes of them, and what is told of their mistakes. */
import { describe, expect, it } from "vitest";
import type { FieldValue } from "../../model/plan.ts";
import type { ProductsAtHand, RecommendationSet } from "../../model/recommendation.ts";
import { checkRules } from "../check/check-rules.ts";
import { describeRules } from "../explain/describe-rules.ts";
import { loadPlan } from "../compile/load-plan.ts";
import { encodePlan } from "../plan/plan-bytes.ts";
import { renderProblems } from "../source/problem-text.ts";
import { createEventLogView } from "../../../tests/language/event-log-view.ts";
import type { EventLogView } from "../../../tests/language/event-log-view.ts";
import type { ChooseProducts } from "../../model/recommendation.ts";

const fields = { path: "fields.yaml", text: "fields:\n  city: text\n  budget: {type: money, currency: EUR}\n" };
const events = [
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {product_id: text}\n" },
  { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {order_id: text}\n" },
];
const rule = (text: string) => ({ path: "recommendations/for-you.yaml", text: `recommendation: for-you\n${text}` });
const content = (text: string) => ({ path: "content/home.yaml", text: `content: home\n${text}` });

function problemsOf(...files: { readonly path: string; readonly text: string }[]): string {
  const { problems } = checkRules([fields, ...events, ...files]);
  return renderProblems(problems, { colour: false, pathPrefix: "" });
}

function planOf(...files: { readonly path: string; readonly text: string }[]) {
  const { plan, problems } = checkRules([fields, ...events, ...files]);
  expect(renderProblems(problems, { colour: false, pathPrefix: "" })).toBe("");
  if (plan === undefined) throw new Error("no plan");
  return { source: plan, plan: loadPlan(encodePlan(plan)) };
}

const LIMITED = rule(`based on: bought together
seed: last viewed
number: 6
only: product.price between seed.price * 0.5 and seed.price * 2 and product.price <= budget
exclude: bought_days_ago < 90 or in_cart
boost:
  - {when: city = Paris and product.on_sale, by: 1.5}
  - {when: product.brand = "Vif", by: 2}
pin: [hat-stone]
diversity: at most 2 a category
otherwise: [same category, popular]
`);

describe("the file of a recommendation", () => {
  it("is told what is wrong with it, each mistake at its place", () => {
    expect(
      problemsOf(
        rule(`based on: bought togehter
number: 400
only: product.prise > 5 and product.price = "x"
exclude: bought_days_ago < 90 days
boost: [{when: product.on_sale, by: -1}]
diversity: many
otherwise: [popular, best]
pinned: [a]
`),
      ),
    ).toMatchInlineSnapshot(`
      "recommendations/for-you.yaml:2:11: \`bought togehter\` is not a basis of a recommendation  [unknown_choice]
        2 | based on: bought togehter
          |           ^^^^^^^^^^^^^^^
          = did you mean \`bought together\`?

      recommendations/for-you.yaml:3:9: \`number\` is a whole number from 1 to 50  [over_limit]
        3 | number: 400
          |         ^^^
          = write such as \`number: 4\`

      recommendations/for-you.yaml:4:7: there is no field \`product.prise\` in fields.yaml, and \`product\` has no property of that name  [unknown_name]
        4 | only: product.prise > 5 and product.price = "x"
          |       ^^^^^^^^^^^^^
          = did you mean \`product.price\`?

      recommendations/for-you.yaml:4:45: \`product.price\` is an amount of money and "x" is text: they cannot be compared  [type_mismatch]
        4 | only: product.prise > 5 and product.price = "x"
          |                                             ^^^
          = amounts are written in digits: \`12.50\`

      recommendations/for-you.yaml:5:28: \`bought_days_ago\` is a number and 90 days is a length of time: they cannot be compared  [type_mismatch]
        5 | exclude: bought_days_ago < 90 days
          |                            ^^^^^^^
          = numbers are written in digits: \`18\`, \`12.5\`

      recommendations/for-you.yaml:6:37: a boost multiplies by a number above 0 and up to 100  [over_limit]
        6 | boost: [{when: product.on_sale, by: -1}]
          |                                     ^^
          = write \`by: 1.5\`; to leave out use \`exclude\`

      recommendations/for-you.yaml:7:12: \`diversity\` says how many products one category may have  [unknown_choice]
        7 | diversity: many
          |            ^^^^
          = write \`at most 2 a category\`

      recommendations/for-you.yaml:8:22: \`best\` is not a basis of a recommendation  [unknown_choice]
        8 | otherwise: [popular, best]
          |                      ^^^^
          = a basis: \`bought together\`, \`viewed together\`, \`similar to history\`, \`for this session\`, \`popular\`, \`trending\`, \`recently viewed\`, \`new\` and 2 more

      recommendations/for-you.yaml:9:1: a recommendation has no \`pinned\`  [unknown_key]
        9 | pinned: [a]
          | ^^^^^^
          = keys: \`recommendation\`, \`title\`, \`note\`, \`based on\`, \`seed\`, \`number\`, \`only\`, \`exclude\` and 4 more
      "
    `);
  });

  it("of a content names recommendations that there are, and has a condition or a recommendation", () => {
    expect(
      problemsOf(LIMITED, content("first of:\n  - {recommendation: for-yuo, show: a}\n  - {show: b}\notherwise: c\n")),
    ).toMatchInlineSnapshot(`
      "content/home.yaml:3:22: there is no recommendation \`for-yuo\`  [unknown_name]
        3 |   - {recommendation: for-yuo, show: a}
          |                      ^^^^^^^
          = did you mean \`for-you\`?

      content/home.yaml:4:6: a choice needs \`when:\`, or \`recommendation:\`  [missing_key]
        4 |   - {show: b}
          |      ^^^^
          = add a line \`when: ...\`
      "
    `);
  });

  it("may ask for attributes of products that are declared, by their types, and for no others", () => {
    const products = { path: "products.yaml", text: "attributes:\n  colour: text\n  weight: {type: number}\n" };
    const asked = rule("based on: popular\nonly: product.attributes.weight > 2 and product.attributes.colour = Red\n");
    expect(planOf(products, asked).plan.recommendations?.words).toEqual([
      { name: "attributes.weight", type: "number" },
      { name: "attributes.colour", type: "text" },
    ]);
    expect(
      problemsOf(
        { ...products, text: `${products.text}  size: {typ: text}\n` },
        rule(
          "based on: popular\nonly: product.attributes.color = Red and product.attributes.weight = heavy\nexclude: product.attributes.sole = rubber\n",
        ),
      ),
    ).toMatchInlineSnapshot(`
      "products.yaml:4:10: an attribute has no \`typ\`  [unknown_key]
        4 |   size: {typ: text}
          |          ^^^
          = did you mean \`type\`?

      recommendations/for-you.yaml:3:7: products.yaml declares no attribute \`color\` of products  [unknown_name]
        3 | only: product.attributes.color = Red and product.attributes.weight = heavy
          |       ^^^^^^^^^^^^^^^^^^^^^^^^
          = did you mean \`colour\`?

      recommendations/for-you.yaml:3:70: \`heavy\` is neither a number, as \`product.attributes.weight\` is, nor a field  [unknown_name]
        3 | only: product.attributes.color = Red and product.attributes.weight = heavy
          |                                                                      ^^^^^
          = numbers are written in digits: \`18\`, \`12.5\`

      recommendations/for-you.yaml:4:10: products.yaml declares no attribute \`sole\` of products  [unknown_name]
        4 | exclude: product.attributes.sole = rubber
          |          ^^^^^^^^^^^^^^^^^^^^^^^
          = add it there: \`attributes: {sole: text}\`
      "
    `);
    expect(problemsOf(asked)).toContain("products.yaml declares no attribute `weight` of products");
  });

  it("leaves product words to recommendations", () => {
    expect(problemsOf(content("first of: [{when: product.price > 5, show: a}]\notherwise: c\n"))).toContain(
      "there is no field `product.price`",
    );
  });

  it("is explained in plain words", () => {
    const { source } = planOf(LIMITED, content("first of: [{recommendation: for-you, show: a}]\notherwise: c\n"));
    const described = describeRules(source, []);
    expect(described.map(({ kind, name, reads, readBy }) => ({ kind, name, reads, readBy }))).toEqual([
      { kind: "content", name: "home", reads: [{ kind: "recommendation", name: "for-you" }], readBy: [] },
      { kind: "recommendation", name: "for-you", reads: [], readBy: [{ kind: "content", name: "home" }] },
    ]);
    expect(described.find(({ kind }) => kind === "recommendation")?.lines).toMatchInlineSnapshot(`
      [
        "Up to 6: products that others have bought together with the last viewed",
        "  in stock and not hidden",
        "  only those of which",
        "  all of this holds:",
        "    product.price is from seed.price times 0.5 to seed.price times 2",
        "    product.price is at most budget",
        "  but none of which",
        "  any of this holds:",
        "    bought_days_ago is below 90",
        "    in_cart is true",
        "  times 1.5 where",
        "  all of this holds:",
        "    city is "Paris"",
        "    product.on_sale is true",
        "  times 2 where",
        "  product.brand is "Vif"",
        "  at most 2 of one category",
        "  first of all: hat-stone",
        "  and where places are left: same category, then popular",
      ]
    `);
  });
});

describe("a plan with recommendations", () => {
  const at = Date.parse("2026-11-28T12:00Z");
  const { plan } = planOf(LIMITED, content("first of: [{recommendation: for-you, show: a}]\notherwise: c\n"));
  const set = plan.recommendations as RecommendationSet;
  const person = (): EventLogView => createEventLogView(plan);
  const viewed = (id: string, when: number) => ({ name: "product_viewed", at: when, fields: { product_id: id } });

  it("keeps what was looked at and bought, the latest first, of an order every product", () => {
    const view = person();
    view.add(viewed("a", at - 3_000));
    view.add(viewed("b", at - 2_000));
    view.add(viewed("a", at - 1_000));
    view.add(viewed("old", at - 100 * 86_400_000));
    const products = [{ sku: "x", quantity: 1 }, { product_id: "y" }, { name: "nameless" }];
    view.add({ name: "order_completed", at: at - 500, fields: { products } });
    expect(set.products(view, at)).toEqual({
      viewed: [
        { id: "a", at: at - 1_000 },
        { id: "b", at: at - 2_000 },
        { id: "a", at: at - 3_000 },
      ],
      added: [],
      removed: [],
      bought: [
        { id: "x", at: at - 500 },
        { id: "y", at: at - 500 },
      ],
    });
  });

  it("judges each product by its own values, by the seed's and by the person's", () => {
    const view = person();
    const budget = plan.attributes.findIndex(({ name }) => name === "budget");
    const city = plan.attributes.findIndex(({ name }) => name === "city");
    view.setAttribute(budget, 1_200_000);
    const values: Readonly<Record<string, readonly FieldValue[]>> = {
      price: [1_000_000, 1_210_000, 800_000, 400_000],
      on_sale: [true, true, false, false],
      brand: ["Vif", "Vif", "Other", "Other"],
    };
    const handOf = (more: Partial<ProductsAtHand> = {}): ProductsAtHand => ({
      columns: set.words.map(({ name }) => ({ values: values[name] ?? [] })),
      seed: 2,
      boughtAt: new Float64Array(4).fill(Number.NaN),
      viewedAt: new Float64Array(4).fill(Number.NaN),
      inCart: new Uint8Array(4),
      ...more,
    });
    const judge = (more?: Partial<ProductsAtHand>) => set.judge(0, { view, at }, handOf(more));
    const daysAgo = (days: number) => new Float64Array(4).fill(at - days * 86_400_000);
    expect(judge().allows(0)).toBe(true);
    expect(judge().allows(1)).toBe(false);
    expect(judge({ seed: 3 }).allows(0)).toBe(false);
    // Beside no product at all, a price between half and double of its price asks for nothing.
    expect(judge({ seed: -1 }).allows(0)).toBe(true);
    expect(judge({ inCart: Uint8Array.of(1, 0, 0, 0) }).allows(0)).toBe(false);
    expect(judge({ boughtAt: daysAgo(89) }).allows(0)).toBe(false);
    expect(judge({ boughtAt: daysAgo(91) }).allows(0)).toBe(true);
    expect(judge().boost(0)).toBe(2);
    view.setAttribute(city, "Paris");
    expect(judge().boost(0)).toBe(3);
  });

  it("passes a choice over that has no product, and shows the next that holds", () => {
    const other = planOf(
      LIMITED,
      content(
        "first of:\n  - {when: city = Lyon, show: lyon}\n  - {recommendation: for-you, show: a}\n  - {when: city = Paris, show: paris}\notherwise: c\n",
      ),
    ).plan;
    const view = createEventLogView(other);
    const why = { basis: "popular" } as const;
    const products = [{ id: "p", title: { "": "P" }, reason: "bought by many", why }];
    const none: ChooseProducts = () => ({ seed: "s", products: [] });
    const some: ChooseProducts = () => ({ seed: undefined, products });
    const city = other.attributes.findIndex(({ name }) => name === "city");
    const shown = (choose: ChooseProducts) => other.decide(view, at, undefined, choose);
    expect(shown(none)).toEqual([{ content: "home", show: "c", choice: 0, seed: "s" }]);
    expect(shown(some)).toEqual([
      { content: "home", show: "a", choice: 2, recommendation: "for-you", products, seed: null },
    ]);
    view.setAttribute(city, "Paris");
    expect(shown(none)).toEqual([{ content: "home", show: "paris", choice: 3, seed: "s" }]);
    view.setAttribute(city, "Lyon");
    expect(shown(some)).toEqual([{ content: "home", show: "lyon", choice: 1 }]);
  });
});
