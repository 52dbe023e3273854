/**
 * What is served of an item model: for each product the few others that are most like it, best first, in flat arrays that
 * may lie in shared memory. A product with fewer neighbours than there is room for has its list ended by NO_PRODUCT.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { transpose } from "../interactions/interaction-matrix.ts";
import { CoOccurrence } from "./co-occurrence.ts";
import type { RecommendationModel } from "./model.ts";
import type { Scales, SimilarityOptions } from "./similarity.ts";
import { scalesOf } from "./similarity.ts";
import { TopProducts } from "./top-products.ts";

export const NO_PRODUCT = 0xffff_ffff;

export interface NeighbourTable {
  readonly products: number;
  readonly width: number;
  /** products x width; row p is from p x width on. */
  readonly neighbours: Uint32Array;
  readonly similarities: Float32Array;
  /**
   * How many customers have both, of giants about: the sums themselves, where neither entries nor customers are weighed.
   * Absent where nobody is told.
   */
  readonly counts?: Uint32Array;
}

export function createTable(
  products: number,
  width: number,
  allocate: (bytes: number) => ArrayBufferLike,
): NeighbourTable {
  const neighbours = new Uint32Array(allocate(4 * products * width)).fill(NO_PRODUCT);
  return { products, width, neighbours, similarities: new Float32Array(allocate(4 * products * width)) };
}

export interface TableSource {
  readonly matrix: InteractionMatrix;
  readonly byProduct: InteractionMatrix;
  readonly scales: Scales;
  /** By product: 0 is nobody's neighbour, as nobody can be shown it. Absent: all may be. */
  readonly range?: Uint8Array | undefined;
}

/** Fills the rows of the products from `from` up to `to`; threads fill parts of one table side by side. */
export function fillTable(
  table: NeighbourTable,
  { matrix, byProduct, scales, range }: TableSource,
  [from, to]: readonly [number, number],
): void {
  const rows = new CoOccurrence(matrix, byProduct, scales.customer);
  const best = new TopProducts(table.width);
  const { target, shrinkage } = scales;
  for (let product = from; product < to; product += 1) {
    rows.gather(product);
    best.clear();
    const power = scales.source[product] as number;
    for (let at = 0; at < rows.count; at += 1) {
      const other = rows.touched[at] as number;
      if (other === product || range?.[other] === 0) continue;
      best.offer(other, (rows.sums[other] as number) / (power * (target[other] as number) + shrinkage));
    }
    best.sort();
    const start = product * table.width;
    if (table.counts !== undefined)
      for (let at = 0; at < best.length; at += 1)
        table.counts[start + at] = Math.round(rows.sums[best.products[at] as number] as number);
    table.neighbours.set(best.products.subarray(0, best.length), start);
    table.similarities.set(best.scores.subarray(0, best.length), start);
    rows.clear();
  }
}

export function buildTable(train: InteractionMatrix, width: number, options: SimilarityOptions): NeighbourTable {
  const byProduct = transpose(train);
  const table = createTable(train.products, width, (bytes) => new ArrayBuffer(bytes));
  fillTable(table, { matrix: train, byProduct, scales: scalesOf(train, options) }, [0, train.products]);
  return table;
}

export function createNeighbours(name: string, table: NeighbourTable): RecommendationModel {
  return {
    name,
    scoreInto(history, weights, scores) {
      scores.fill(0);
      for (let at = 0; at < history.length; at += 1)
        addNeighbours(table, history[at] as number, weights?.[at] ?? 1, scores);
    },
  };
}

function addNeighbours(
  { width, neighbours, similarities }: NeighbourTable,
  product: number,
  weight: number,
  scores: Float32Array,
): void {
  const end = (product + 1) * width;
  for (let place = product * width; place < end; place += 1) {
    const other = neighbours[place] as number;
    if (other === NO_PRODUCT) return;
    scores[other] = (scores[other] as number) + weight * (similarities[place] as number);
  }
}
