/** What one strip of products costs within a decision: 8 products, conditions on price, purchases and cart, 50,000 products. */
import { checkRules, encodePlan, loadPlan } from "../engine/language/port.ts";
import type { ProfileView } from "../engine/model/plan.ts";
import { createDraw } from "../engine/recommend/evaluation/draw.ts";
import { inSharedMemory } from "../engine/recommend/interactions/interaction-matrix.ts";
import type { NeighbourTable } from "../engine/recommend/models/neighbour-table.ts";
import { createFloor } from "../engine/recommend/port.ts";
import { createLiveTogether } from "../engine/recommend/serving/live-together.ts";

const PRODUCTS = 50_000;
const WIDTH = 50;
const NOW = Date.parse("2026-11-28T12:00Z");
const BASES = ["bought together", "similar to history", "popular"] as const;

export interface StripCost {
  readonly basis: string;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

export function measureStrips(): readonly StripCost[] {
  return BASES.map((basis) => measure(basis));
}

function measure(basis: string): StripCost {
  const files = [
    { path: "fields.yaml", text: "fields:\n  city: text\n" },
    { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {product_id: text}\n" },
    { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {order_id: text}\n" },
    { path: "content/strip.yaml", text: "content: strip\nfirst of: [{recommendation: r, show: a}]\notherwise: b\n" },
    {
      path: "recommendations/r.yaml",
      text: `recommendation: r\nbased on: ${basis}\nnumber: 8\nonly: product.price between 10 and 200\nexclude: bought_days_ago < 90 or in_cart\ndiversity: at most 2 a category\notherwise: new\n`,
    },
  ];
  const { plan: source } = checkRules(files);
  if (source === undefined) throw new Error("the rules are not sound");
  const draw = createDraw(9);
  const floor = createFloor();
  const shown = Uint8Array.from({ length: PRODUCTS }, () => (draw() < 0.9 ? 1 : 0));
  floor.receive({ is: "shared", shown, live: createLiveTogether(PRODUCTS) });
  const nothing = { was: undefined, currency: "EUR", brand: undefined, image: undefined, link: {}, hidden: false };
  floor.receive({
    is: "changes",
    changes: Array.from({ length: PRODUCTS }, (_, at) => ({
      is: "put" as const,
      product: {
        ...nothing,
        id: `p${at}`,
        title: { en: `Product ${at}` },
        price: Math.round(draw() * 3_000_000),
        categories: [`c${at % 300}`],
        stock: 3,
        added: NOW - at * 60_000,
        margin: undefined,
        attributes: {},
      },
    })),
  });
  const table = (): NeighbourTable => ({
    products: PRODUCTS,
    width: WIDTH,
    neighbours: new Uint32Array(inSharedMemory(4 * PRODUCTS * WIDTH)).map(() => Math.floor(draw() * PRODUCTS)),
    similarities: new Float32Array(inSharedMemory(4 * PRODUCTS * WIDTH)).map((_, at) => 1 / (1 + (at % WIDTH))),
  });
  const popular = Uint32Array.from({ length: PRODUCTS }, (_, at) => at);
  const similarBy = "degrees" as const;
  const model = {
    version: "bench",
    similarBy,
    bought: table(),
    viewed: table(),
    similar: table(),
    popular,
    trending: popular,
  };
  floor.receive({ is: "model", model });
  const plan = floor.serve(loadPlan(encodePlan(source)));
  const times = new Float64Array(20_000);
  for (let run = -5_000; run < times.length; run += 1) {
    const view = personWith(Array.from({ length: 10 }, () => `p${Math.floor(draw() * PRODUCTS)}`));
    const started = performance.now();
    const [decision] = plan.decide(view, NOW);
    const us = (performance.now() - started) * 1000;
    if (decision?.products?.length !== 8) throw new Error(`a strip of ${decision?.products?.length ?? 0} products`);
    if (run >= 0) times[run] = us;
  }
  const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
  times.sort();
  const at = (part: number): number => times[Math.floor(part * times.length)] as number;
  return { basis, mean, p50: at(0.5), p99: at(0.99) };
}

function personWith(viewed: readonly string[]): ProfileView {
  return {
    id: "bench",
    identifierValues: () => [],
    attribute: () => undefined,
    aggregate: () => Number.NaN,
    aggregateText: () => undefined,
    recentTexts: (index: number) =>
      index === 0 ? viewed.map((text, order) => ({ text, at: NOW - order * 1_000 })) : [],
    aggregateValidUntil: () => Number.POSITIVE_INFINITY,
    completions: () => [],
    completionsBy: () => [],
    nextCompletion: () => Number.POSITIVE_INFINITY,
    inSegment: () => false,
    transitionAt: () => Number.NaN,
  };
}
