/**
 * Purchases of a made-up brand: each customer has two tastes of 500, buys seven of ten times within one and else anything;
 * within a taste, and among all products, demand follows Zipf's law. Grouped by customer, as history reads them.
 */
import { createDraw } from "../engine/recommend/evaluation/draw.ts";
import type { InteractionMatrix } from "../engine/recommend/interactions/interaction-matrix.ts";
import { inSharedMemory } from "../engine/recommend/interactions/interaction-matrix.ts";

export const PRODUCTS = 50_000;
const TASTES = 500;
const OF_TASTE = PRODUCTS / TASTES;
const WITHIN = 0.7;

/** Distinct products of each customer, about `purchases` in all: who buys a thing twice has it once. */
export function generatePurchases(customers: number, purchases: number): InteractionMatrix {
  const draw = createDraw(42);
  const all = zipfTable(PRODUCTS);
  const inTaste = zipfTable(OF_TASTE);
  const starts = new Uint32Array(inSharedMemory(4 * (customers + 1)));
  const room = new Uint16Array(inSharedMemory(2 * Math.ceil(purchases * 1.05)));
  const mean = purchases / customers;
  let at = 0;
  for (let customer = 0; customer < customers; customer += 1) {
    const tastes = [Math.floor(draw() * TASTES), Math.floor(draw() * TASTES)] as const;
    const wanted = Math.max(1, Math.round(mean * (0.5 + draw())));
    const from = at;
    for (let bought = 0; bought < wanted && at < room.length; bought += 1) {
      const taste = tastes[draw() < 0.5 ? 0 : 1];
      const isWithin = draw() < WITHIN;
      // A taste's products are spread over the whole order of demand.
      room[at] = isWithin
        ? taste + TASTES * (inTaste[Math.floor(draw() * inTaste.length)] as number)
        : (all[Math.floor(draw() * all.length)] as number);
      at += 1;
    }
    const row = room.subarray(from, at).sort();
    let kept = from;
    for (let each = 0; each < row.length; each += 1)
      if (each === 0 || row[each] !== row[each - 1]) room[kept++] = row[each] as number;
    at = kept;
    starts[customer + 1] = at;
  }
  return { customers, products: PRODUCTS, starts, entries: room.subarray(0, at), weights: undefined };
}

/** Ranks by how often they come, for drawing by a look-up. */
function zipfTable(ranks: number): Uint16Array {
  const table = new Uint16Array(2 ** 20);
  let harmonic = 0;
  for (let rank = 1; rank <= ranks; rank += 1) harmonic += 1 / rank;
  let at = 0;
  let sum = 0;
  for (let rank = 0; rank < ranks; rank += 1) {
    sum += 1 / (rank + 1) / harmonic;
    const end = Math.min(table.length, Math.round(sum * table.length));
    table.fill(rank, at, end);
    at = Math.max(at, end);
  }
  return table;
}
