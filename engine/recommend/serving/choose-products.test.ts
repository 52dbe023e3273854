import { describe, expect, it } from "vitest";
import { createFloor } from "./floor.ts";
import { NeighbourSums } from "./neighbour-sums.ts";
import { createLiveTogether } from "./live-together.ts";
import { checkRules, encodePlan, loadPlan } from "../../language/port.ts";
import type { EventName, JsonObject } from "../../model/event.ts";
import { createEventLogView } from "../../../tests/language/event-log-view.ts";
import { parseProduct } from "../catalogue/product.ts";
import type { Product } from "../catalogue/product.ts";

const at = Date.parse("2026-11-28T12:00Z");
const FILES = [
  { path: "fields.yaml", text: "fields:\n  city: text\n" },
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {product_id: text}\n" },
  { path: "events/product_added.yaml", text: "event: product_added\nproperties: {product_id: text}\n" },
  { path: "events/product_removed.yaml", text: "event: product_removed\nproperties: {product_id: text}\n" },
  { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {order_id: text}\n" },
  {
    path: "../templates/email/thanks.hbs",
    text: "---\nrecommendation: r\nen: {subject: s, preheader: p}\n---\n<mj-section><mj-column>{{#each products}}<mj-text>{{title}}</mj-text>{{/each}}</mj-column></mj-section>\n",
  },
  {
    path: "../templates/web/none.hbs",
    text: "---\nen: {}\n---\n<p></p>\n",
  },
  {
    path: "../templates/web/some.hbs",
    text: "---\nen: {}\n---\n<p></p>\n",
  },
  {
    path: "content/strip.yaml",
    text: "content: strip\nfirst of:\n  - {recommendation: r, show: some}\notherwise: none\n",
  },
];

function product(id: string, more: object = {}): Product {
  const parsed = parseProduct({ id, title: id, price: 10, ...more });
  if (parsed.is !== "product") throw new Error(parsed.reasons.join());
  return parsed.product;
}

function floorWith(rule: string, products: readonly Product[]) {
  const { plan: source, problems } = checkRules([
    ...FILES,
    { path: "recommendations/r.yaml", text: `recommendation: r\n${rule}` },
  ]);
  expect(problems).toEqual([]);
  if (source === undefined) throw new Error("no plan");
  const floor = createFloor();
  const shown = new Uint8Array(64).fill(1, 0, products.length);
  floor.receive({ is: "shared", shown, live: createLiveTogether(64) });
  floor.receive({ is: "changes", changes: products.map((each) => ({ is: "put", product: each }) as const) });
  const plan = floor.serve(loadPlan(encodePlan(source)));
  const view = createEventLogView(plan);
  const strip = (event?: { name: string; fields: object }) =>
    plan.decide(view, at, event as never)[0]?.products?.map(({ id, reason }) => `${id}: ${reason}`);
  return { floor, plan, view, strip, shown };
}

describe("a strip", () => {
  it("shows pinned products first, then its basis, then what stands in, each product once", () => {
    const { strip } = floorWith("based on: trending\nnumber: 3\npin: [c, unknown]\notherwise: [new, popular]\n", [
      product("a", { added: "2026-01-01" }),
      product("b", { added: "2026-02-01" }),
      product("c"),
      product("d"),
    ]);
    expect(strip()).toEqual(["c: pinned by the rule", "b: new in the range", "a: new in the range"]);
  });

  it("has at most so many of a category, and what is boosted sooner", () => {
    const rule =
      "based on: new\nnumber: 4\ndiversity: at most 1 a category\nboost: [{when: product.on_sale, by: 10}]\notherwise: new\n";
    const { strip } = floorWith(rule, [
      product("a", { categories: ["x"], added: "2026-03-01" }),
      product("b", { categories: ["x"], added: "2026-02-01", was: 20 }),
      product("c", { categories: ["y"], added: "2026-01-01" }),
    ]);
    expect(strip()?.map((text) => text.split(":")[0])).toEqual(["b", "c"]);
  });
});

describe("a strip beside a product", () => {
  const rule =
    "based on: bought together\nnumber: 2\nonly: product.price between seed.price * 0.5 and seed.price * 2 and product.brand = Vif\notherwise: popular\n";
  const range = [
    product("gift", { price: 0, brand: "Vif" }),
    product("priceless", { price: null, brand: "Vif" }),
    product("near", { price: 15, brand: "Vif" }),
    product("far", { price: 90, brand: "Vif" }),
    product("other", { price: 10, brand: "Other" }),
    product("seed", { brand: "Vif" }),
  ];
  const beside = (id: string) =>
    floorWith(rule, range)
      .strip({ name: "product_viewed", fields: { product_id: id } })
      ?.map((text) => text.split(":")[0]);

  it("of a price has those near to it", () => {
    expect(beside("seed")).toEqual(["near"]);
  });

  it("of no price, given away or unknown has what the rest of the rule allows, and is not empty", () => {
    for (const id of ["gift", "priceless", "unknown"]) expect(beside(id), id).toHaveLength(2);
    expect(beside("unknown")).toEqual(["gift", "priceless"]);
    expect(beside("gift")).toEqual(["priceless", "near"]);
  });
});

describe("what is looked at together just now", () => {
  const looks = (floor: ReturnType<typeof floorWith>["floor"], visitor: string, userAgent: string): void => {
    for (const [order, id] of ["a", "b"].entries())
      floor.happened({
        name: "product_viewed" as EventName,
        fields: { product_id: id },
        identifiers: [{ kind: "anonymous", value: visitor }],
        timestamp: at + order,
        body: JSON.stringify({ context: { userAgent } }),
      });
  };

  it("counts for people, and not for programs", () => {
    const { floor, strip } = floorWith("based on: viewed together\nnumber: 1\notherwise: new\n", [
      product("a"),
      product("b"),
      product("c", { added: "2026-01-01" }),
    ]);
    const besideA = () => strip({ name: "product_viewed", fields: { product_id: "a" } });
    looks(floor, "crawler", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)");
    expect(besideA()).toEqual(["c: new in the range"]);
    looks(floor, "person", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0");
    expect(besideA()).toEqual(["b: looked at with a"]);
  });
});

describe("products of a message", () => {
  it("are found when they are asked for: what is not in stock then is not among them", () => {
    const { plan, view, shown } = floorWith("based on: new\nnumber: 2\notherwise: popular\n", [
      product("a", { added: "2026-03-01" }),
      product("b", { added: "2026-02-01" }),
      product("c", { added: "2026-01-01" }),
    ]);
    const inMessage = (template: string) => plan.messageProducts?.(template, { view, at })?.map(({ id }) => id);
    expect(inMessage("thanks")).toEqual(["a", "b"]);
    shown[0] = 0;
    expect(inMessage("thanks")).toEqual(["b", "c"]);
    expect(inMessage("other")).toBeUndefined();
  });
});

describe("a cart", () => {
  it("is shown itself where the rule says so, the latest first, and then what goes with it", () => {
    const { floor, plan, view } = floorWith(
      "based on: in the cart\nseed: cart\nnumber: 3\notherwise: bought together\n",
      ["a", "b", "c", "d"].map((id) => product(id)),
    );
    floor.happened({
      name: "order_completed" as EventName,
      fields: { products: [{ product_id: "a" }, { product_id: "d" }] },
      identifiers: [],
      timestamp: at,
      body: "{}",
    });
    for (const [minutesAgo, id] of [
      [9, "a"],
      [8, "b"],
    ] as const)
      view.add({ name: "product_added", at: at - minutesAgo * 60_000, fields: { product_id: id } });
    const shown = plan.decide(view, at)[0]?.products?.map(({ id, reason }) => `${id}: ${reason}`);
    expect(shown).toEqual(["b: in the cart", "a: in the cart", "d: bought with a"]);
  });

  it("is what was put into it, less what was taken out or bought since; what is in it is shown nowhere", () => {
    const rule = "based on: bought together\nseed: cart\nnumber: 3\nexclude: in_cart\notherwise: popular\n";
    const { floor, plan, view } = floorWith(
      rule,
      ["a", "b", "c", "d"].map((id) => product(id)),
    );
    const did = (name: string, minutesAgo: number, fields: object) =>
      view.add({ name, at: at - minutesAgo * 60_000, fields: fields as JsonObject });
    const decided = () => {
      const { seed, products } = plan.decide(view, at)[0] ?? {};
      return [seed, products?.map(({ id, why }) => `${id}: ${why.basis}`)];
    };
    floor.happened({
      name: "order_completed" as EventName,
      fields: { products: [{ product_id: "a" }, { product_id: "c" }] },
      identifiers: [],
      timestamp: at,
      body: "{}",
    });
    const range = (...ids: readonly string[]) => ids.map((id) => `${id}: in the range`);
    expect(decided()).toEqual([null, range("a", "b", "c")]);
    did("product_added", 9, { product_id: "a" });
    expect(decided()).toEqual(["a", ["c: bought together", ...range("b", "d")]]);
    did("product_added", 8, { product_id: "c" });
    expect(decided()[1]).toEqual(range("b", "d"));
    did("product_removed", 7, { product_id: "a" });
    expect(decided()).toEqual(["c", ["a: bought together", ...range("b", "d")]]);
    did("order_completed", 6, { products: [{ product_id: "c" }] });
    expect(decided()).toEqual([null, range("a", "b", "c")]);
    did("product_added", 5, { product_id: "c" });
    expect(decided()[0]).toBe("c");
  });
});

describe("sums of neighbours", () => {
  it("come best first, each once, however many there are", () => {
    const width = 300;
    const neighbours = Uint32Array.from({ length: width }, (_, at) => (at * 7) % width);
    const table = { products: 1, width, neighbours, similarities: Float32Array.from(neighbours, (n) => 1 + (n % 50)) };
    const sums = new NeighbourSums();
    for (let again = 0; again < 2; again += 1) {
      sums.begin(width);
      sums.addTable(table, 0, 1);
      sums.finish();
      const found = Array.from({ length: sums.length }, (_, place) => sums.number(place));
      const wanted = [...neighbours.keys()].sort((a, b) => (b % 50) - (a % 50) || a - b);
      expect(found).toEqual(wanted);
    }
  });
});
