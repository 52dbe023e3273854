/**
 * What one strip of products costs within a decision: 8 of 50,000 products, with conditions on price, the stock of one store,
 * purchases and cart, and at most two of a category.
 *
 * Estimate before the first run: ten products of a person with 50 neighbours each are 500 sums at 10 ns, 15 products judged at
 * 0.2 us and 8 shown at 0.5 us: some 20 us.
 */
import { checkRules, encodePlan, loadPlan } from "../engine/language/port.ts";
import type { ProfileView } from "../engine/model/plan.ts";
import { createDraw } from "../engine/recommend/evaluation/draw.ts";
import { inSharedMemory } from "../engine/recommend/interactions/interaction-matrix.ts";
import type { NeighbourTable } from "../engine/recommend/models/neighbour-table.ts";
import { createFloor } from "../engine/recommend/port.ts";
import { createLiveTogether } from "../engine/recommend/serving/live-together.ts";
import { keepResults, printTable } from "./results.ts";

const PRODUCTS = 50_000;
const WIDTH = 50;
const NOW = Date.parse("2026-11-28T12:00Z");
const BASES = ["bought together", "similar to history", "popular"] as const;

interface StripCost {
  readonly basis: string;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of the process, the person's profile made for it included: what the clock would say were nothing else running. */
  readonly cpuUs: number;
}

function measure(basis: string): StripCost {
  const files = [
    { path: "fields.yaml", text: "fields:\n  city: text\n" },
    { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties: {product_id: text}\n" },
    { path: "events/order_completed.yaml", text: "event: order_completed\nproperties: {order_id: text}\n" },
    { path: "content/strip.yaml", text: "content: strip\nfirst of: [{recommendation: r, show: a}]\notherwise: b\n" },
    {
      path: "recommendations/r.yaml",
      text: `recommendation: r\nbased on: ${basis}\nnumber: 8\nonly: product.price between 10 and 200 and product.stores has any of [lyon]\nexclude: bought_days_ago < 90 or in_cart\ndiversity: at most 2 a category\notherwise: new\n`,
    },
  ];
  const { plan: source } = checkRules(files);
  if (source === undefined) throw new Error("the rules are not sound");
  const draw = createDraw(9);
  const floor = createFloor();
  const shown = Uint8Array.from({ length: PRODUCTS }, () => (draw() < 0.9 ? 1 : 0));
  floor.receive({ is: "shared", shown, live: createLiveTogether(PRODUCTS) });
  const nothing = { was: undefined, currency: "EUR", brand: undefined, image: undefined, link: {}, hidden: false };
  const changes = Array.from({ length: PRODUCTS }, (_, at) => ({
    is: "put" as const,
    product: {
      ...nothing,
      id: `p${at}`,
      title: { en: `Product ${at}` },
      price: Math.round(draw() * 3_000_000),
      categories: [`c${at % 300}`],
      stock: { lyon: draw() < 0.8 ? 3 : 0, paris: 2 },
      added: NOW - at * 60_000,
      margin: undefined,
      attributes: {},
    },
  }));
  // As they come to a worker from the main thread.
  floor.receive({ is: "changes", changes: structuredClone(changes) });
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
  let cpuBefore = process.cpuUsage();
  for (let run = -5_000; run < times.length; run += 1) {
    if (run === 0) cpuBefore = process.cpuUsage();
    const view = personWith(Array.from({ length: 10 }, () => `p${Math.floor(draw() * PRODUCTS)}`));
    const started = performance.now();
    const [decision] = plan.decide(view, NOW);
    const us = (performance.now() - started) * 1000;
    if (decision?.products?.length !== 8) throw new Error(`a strip of ${decision?.products?.length ?? 0} products`);
    if (run >= 0) times[run] = us;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  times.sort();
  const at = (part: number): number => times[Math.floor(part * times.length)] as number;
  return { basis, p50Us: at(0.5), p99Us: at(0.99), cpuUs: (user + system) / times.length };
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

const strips = BASES.map(measure);
printTable([
  ["basis", "p50 us", "p99 us", "CPU us, with the person made"],
  ...strips.map(({ basis, p50Us, p99Us, cpuUs }) => [basis, p50Us.toFixed(1), p99Us.toFixed(1), cpuUs.toFixed(1)]),
]);
process.stdout.write(`\n${keepResults("strips", { strips })}\n`);
