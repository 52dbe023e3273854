/**
 * Scores of neighbours of several products, summed, with the one that says most for each. Its arrays are as long as the
 * catalogue and are cleared by what was touched, so that a strip costs its candidates and not the catalogue.
 */
import type { NeighbourTable } from "../models/neighbour-table.ts";
import { NO_PRODUCT } from "../models/neighbour-table.ts";
import type { ProductReason } from "../../model/product-reason.ts";
import { TopProducts } from "../models/top-products.ts";
import { candidatesMax } from "../../limits-of-recommending.ts";
import type { LiveTable } from "./live-together.ts";
import { liveNeighbours } from "./live-together.ts";

/** Some times what a strip shows. */
const FEW = 32;

export class NeighbourSums {
  #sums = new Float32Array(0);
  #best = new Float32Array(0);
  #via = new Uint32Array(0);
  #counts = new Uint32Array(0);
  readonly #touched: number[] = [];
  readonly #few = new TopProducts(FEW);
  readonly #top = new TopProducts(candidatesMax);

  begin(products: number): void {
    for (const product of this.#touched) this.#sums[product] = 0;
    this.#touched.length = 0;
    if (this.#sums.length >= products) return;
    const room = products + 1_024;
    this.#sums = new Float32Array(room);
    this.#best = new Float32Array(room);
    this.#via = new Uint32Array(room);
    this.#counts = new Uint32Array(room);
  }

  addTable(table: NeighbourTable | undefined, product: number, weight: number): void {
    if (table === undefined || product >= table.products) return;
    const { width, neighbours, similarities, counts } = table;
    for (let at = product * width; at < (product + 1) * width; at += 1) {
      const other = neighbours[at] as number;
      if (other === NO_PRODUCT) return;
      this.#add(other, product, { score: weight * (similarities[at] as number), count: counts?.[at] ?? 0 });
    }
  }

  /** A pair that is seen now says as much as one that was learned, once it has been seen a few times. */
  addLive(table: LiveTable | undefined, product: number, weight: number): void {
    if (table === undefined) return;
    for (const { other, count } of liveNeighbours(table, product))
      this.#add(other, product, { score: (weight * count) / (count + 20), count: 0 });
  }

  #add(other: number, via: number, { score, count }: { readonly score: number; readonly count: number }): void {
    if (other >= this.#sums.length || !(score > 0)) return;
    const sum = this.#sums[other] as number;
    if (sum === 0) {
      this.#touched.push(other);
      this.#best[other] = 0;
      this.#counts[other] = 0;
    }
    this.#sums[other] = sum + score;
    if (score <= (this.#best[other] as number)) return;
    this.#best[other] = score;
    this.#via[other] = via;
    if (count > 0) this.#counts[other] = count;
  }

  /** The highest first; good until the next `begin`. */
  *candidates(
    say: (via: number, count: number) => ProductReason,
  ): Iterable<{ readonly number: number; readonly score: number; readonly why: () => ProductReason }> {
    let given = 0;
    // Nearly every strip is full after a few: only one that is not has the others sorted too.
    for (const top of [this.#few, this.#top]) {
      top.clear();
      for (const product of this.#touched) top.offer(product, this.#sums[product] as number);
      top.sort();
      for (; given < top.length; given += 1) {
        const number = top.products[given] as number;
        const why = (): ProductReason => say(this.#via[number] as number, this.#counts[number] as number);
        yield { number, score: top.scores[given] as number, why };
      }
      if (given === this.#touched.length) return;
    }
  }
}
