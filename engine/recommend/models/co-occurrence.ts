/**
 * Which products the same customers had to do with, exactly, one product's row at a time: for every customer of it, every
 * other product of theirs. A row is gathered in an array as long as the catalogue, which fits in a processor's cache, and
 * what it touched is listed, so that clearing costs no more than filling. Nothing between all products is ever held.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";

export class CoOccurrence {
  /** The row's sum a product; 0 where not touched. */
  readonly sums: Float32Array;
  /** The products whose sum is not 0, in the order in which they were met; `count` of them. */
  readonly touched: Uint32Array;
  count = 0;
  readonly #matrix: InteractionMatrix;
  readonly #byProduct: InteractionMatrix;
  readonly #customerScale: Float32Array;

  /** @param customerScale what a customer's word counts: one number each */
  constructor(matrix: InteractionMatrix, byProduct: InteractionMatrix, customerScale: Float32Array) {
    this.#matrix = matrix;
    this.#byProduct = byProduct;
    this.#customerScale = customerScale;
    this.sums = new Float32Array(matrix.products);
    this.touched = new Uint32Array(matrix.products);
  }

  /** sums[j] = sum over customers v of scale(v) x weight(v, product) x weight(v, j); the product itself included. */
  gather(product: number): void {
    const { weights } = this.#matrix;
    const { starts: buyersFrom, entries: buyers, weights: buyersWeights } = this.#byProduct;
    const end = buyersFrom[product + 1] as number;
    for (let at = buyersFrom[product] as number; at < end; at += 1) {
      const customer = buyers[at] as number;
      const scale = (this.#customerScale[customer] as number) * (buyersWeights?.[at] ?? 1);
      if (weights === undefined) this.#add(customer, scale);
      else this.#addWeighted(customer, scale, weights);
    }
  }

  /** The two are apart so that the one without weights, which every large matrix is, reads no second array. */
  #add(customer: number, scale: number): void {
    const { sums, touched } = this;
    const { starts, entries } = this.#matrix;
    let { count } = this;
    const last = starts[customer + 1] as number;
    for (let entry = starts[customer] as number; entry < last; entry += 1) {
      const other = entries[entry] as number;
      const sum = sums[other] as number;
      if (sum === 0) {
        touched[count] = other;
        count += 1;
      }
      sums[other] = sum + scale;
    }
    this.count = count;
  }

  #addWeighted(customer: number, scale: number, weights: Float32Array): void {
    const { sums, touched } = this;
    const { starts, entries } = this.#matrix;
    let { count } = this;
    const last = starts[customer + 1] as number;
    for (let entry = starts[customer] as number; entry < last; entry += 1) {
      const other = entries[entry] as number;
      const sum = sums[other] as number;
      if (sum === 0) {
        touched[count] = other;
        count += 1;
      }
      sums[other] = sum + scale * (weights[entry] as number);
    }
    this.count = count;
  }

  clear(): void {
    for (let at = 0; at < this.count; at += 1) this.sums[this.touched[at] as number] = 0;
    this.count = 0;
  }
}
