/**
 * The best products for every customer at once, by a table of neighbours: what campaigns are sent by. A row a customer, best
 * first; what they have already is not in it. Who has too little for the model has the rest of their row filled with what
 * most people buy, so that no row is short but where the catalogue is.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { historyProductsMax } from "../../limits-of-recommending.ts";
import type { NeighbourTable } from "./neighbour-table.ts";
import { NO_PRODUCT } from "./neighbour-table.ts";
import { TopProducts } from "./top-products.ts";

export interface CustomerLists {
  readonly top: number;
  /** customers x top; NO_PRODUCT ends a row that is short. */
  readonly products: Uint32Array;
  /** 0 where a product stands for its popularity. */
  readonly scores: Float32Array;
}

export function createLists(
  customers: number,
  top: number,
  allocate: (bytes: number) => ArrayBufferLike,
): CustomerLists {
  const products = new Uint32Array(allocate(4 * customers * top)).fill(NO_PRODUCT);
  return { top, products, scores: new Float32Array(allocate(4 * customers * top)) };
}

export interface ListsSource {
  readonly matrix: InteractionMatrix;
  readonly table: NeighbourTable;
  /** Products that may be in a list: 1. */
  readonly shown: Uint8Array;
  /** Those that most people have, most first. */
  readonly popular: Uint32Array;
}

/** Fills the rows of the customers from `from` up to `to`. */
export function fillLists(lists: CustomerLists, source: ListsSource, [from, to]: readonly [number, number]): void {
  const { matrix, table, shown, popular } = source;
  const { starts, entries, weights } = matrix;
  const { width, neighbours, similarities } = table;
  const sums = new Float32Array(matrix.products);
  const touched = new Uint32Array(matrix.products);
  const isHad = new Uint8Array(matrix.products);
  const best = new TopProducts(lists.top);
  for (let customer = from; customer < to; customer += 1) {
    const end = starts[customer + 1] as number;
    const start = starts[customer] as number;
    let count = 0;
    for (let at = start; at < end; at += 1) isHad[entries[at] as number] = 1;
    // Of a long past every n-th product is asked; a customer's row stands in no order of time.
    const step = Math.max(1, (end - start) / (2 * historyProductsMax));
    for (let place = start; place < end; place += step) {
      const at = Math.floor(place);
      const weight = weights?.[at] ?? 1;
      const row = (entries[at] as number) * width;
      for (let each = row; each < row + width; each += 1) {
        const other = neighbours[each] as number;
        if (other === NO_PRODUCT) break;
        const sum = sums[other] as number;
        if (sum === 0) {
          touched[count] = other;
          count += 1;
        }
        sums[other] = sum + weight * (similarities[each] as number);
      }
    }
    best.clear();
    let bar = best.bar;
    for (let at = 0; at < count; at += 1) {
      const product = touched[at] as number;
      const sum = sums[product] as number;
      sums[product] = 0;
      // Nearly all are below what the list has by then: the rest is looked at for the few that are not.
      if (sum < bar || isHad[product] !== 0 || shown[product] !== 1) continue;
      best.offer(product, sum);
      bar = best.bar;
    }
    best.sort();
    const first = customer * lists.top;
    lists.products.set(best.products.subarray(0, best.length), first);
    lists.scores.set(best.scores.subarray(0, best.length), first);
    if (best.length < lists.top) {
      // Those in the row already are not to come twice.
      for (let at = 0; at < best.length; at += 1) isHad[best.products[at] as number] = 2;
      let place = best.length;
      for (let at = 0; at < popular.length && place < lists.top; at += 1) {
        const product = popular[at] as number;
        if (isHad[product] !== 0 || shown[product] !== 1) continue;
        lists.products[first + place] = product;
        place += 1;
      }
      for (let at = 0; at < best.length; at += 1) isHad[best.products[at] as number] = 0;
    }
    for (let at = start; at < end; at += 1) isHad[entries[at] as number] = 0;
  }
}
