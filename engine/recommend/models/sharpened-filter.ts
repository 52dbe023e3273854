/**
 * The best of the item models: the filter by degrees less a part of itself applied twice. Applied once it smooths: who has
 * what. Twice it brings what everybody has, so taking that away sharpens (blurring and sharpening, Choi et al. 2023, "BSPM",
 * here in one step of each and with exponents of its own). With S of similarity.ts and x = history x D_i^-b S,
 *
 *   score = [x - (t / l) x D_i^-1 S] D_j^-g ,
 *
 * l being the largest eigenvalue of D^-1/2 S D^-1/2, so that t means the same whatever the degrees. Nothing is trained and
 * nothing between all products is held: both applications go through the customers, at the price of two passes over the
 * whole matrix for each person asked. The exponents and t are chosen on a part of the training data
 * (`npm run bench -- recommend-quality`).
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { transpose } from "../interactions/interaction-matrix.ts";
import type { RecommendationModel } from "./model.ts";
import type { SimilarityOptions } from "./similarity.ts";
import { scalesOf } from "./similarity.ts";

export interface SharpeningOptions extends Omit<SimilarityOptions, "shrinkage"> {
  /** t: 0 takes nothing away. */
  readonly sharpening: number;
}

/** Chosen on a fifth of Gowalla's training part, held out by chance. */
export const SHARPENED: SharpeningOptions = {
  customerExponent: 0.3,
  sourceExponent: 0.5,
  targetExponent: 0.15,
  sharpening: 1,
};

const EIGENVALUE_ROUNDS = 50;

export function createSharpenedFilter(
  name: string,
  train: InteractionMatrix,
  options: SharpeningOptions = SHARPENED,
): RecommendationModel {
  const byProduct = transpose(train);
  const { customer: customerScale, source, target } = scalesOf(train, { ...options, shrinkage: 0 });
  const degrees = scalesOf(train, { ...options, sourceExponent: 1, shrinkage: 0 }).source;
  const inverse = degrees.map((degree) => (degree === 0 ? 0 : 1 / degree));
  const taken = options.sharpening === 0 ? 0 : options.sharpening / largestEigenvalue(train, customerScale, inverse);
  const sums = new Float32Array(train.customers);
  const twice = new Float32Array(train.products);

  /** sums[v] = what customer v says of the history. */
  function askCustomers(history: ArrayLike<number>, weights: ArrayLike<number> | undefined): void {
    const { starts, entries, weights: entryWeights } = byProduct;
    sums.fill(0);
    for (let place = 0; place < history.length; place += 1) {
      const product = history[place] as number;
      const power = source[product] as number;
      if (power === 0) continue;
      const factor = (weights?.[place] ?? 1) / power;
      for (let at = starts[product] as number; at < (starts[product + 1] as number); at += 1) {
        const customer = entries[at] as number;
        sums[customer] = (sums[customer] as number) + factor * (entryWeights?.[at] ?? 1);
      }
    }
  }

  return {
    name,
    scoreInto(history, weights, scores) {
      askCustomers(history, weights);
      bringBack(train, customerScale, sums, scores);
      if (taken !== 0) {
        collect(train, scores, inverse, sums);
        bringBack(train, customerScale, sums, twice);
      }
      for (let product = 0; product < scores.length; product += 1) {
        const power = target[product] as number;
        const sharpened = (scores[product] as number) - taken * (twice[product] as number);
        scores[product] = power === 0 ? 0 : sharpened / power;
      }
    },
  };
}

/** sums[v] = what the products of customer v have of the values, each times its scale. */
function collect(
  { customers, starts, entries, weights }: InteractionMatrix,
  values: Float32Array,
  scale: Float32Array,
  sums: Float32Array,
): void {
  for (let customer = 0; customer < customers; customer += 1) {
    let sum = 0;
    for (let at = starts[customer] as number; at < (starts[customer + 1] as number); at += 1) {
      const product = entries[at] as number;
      sum += (weights?.[at] ?? 1) * (values[product] as number) * (scale[product] as number);
    }
    sums[customer] = sum;
  }
}

/** values[j] = what the customers of product j say together. */
function bringBack(
  { customers, starts, entries, weights }: InteractionMatrix,
  scale: Float32Array,
  sums: Float32Array,
  values: Float32Array,
): void {
  values.fill(0);
  for (let customer = 0; customer < customers; customer += 1) {
    const word = (sums[customer] as number) * (scale[customer] as number);
    if (word === 0) continue;
    for (let at = starts[customer] as number; at < (starts[customer + 1] as number); at += 1) {
      const product = entries[at] as number;
      values[product] = (values[product] as number) + word * (weights?.[at] ?? 1);
    }
  }
}

/**
 * Of D^-1/2 S D^-1/2, which is that of S D^-1: nothing in it is below 0, so that powers of it lead to the largest. By
 * Rayleigh's quotient, which is right long before the vector is.
 */
function largestEigenvalue(train: InteractionMatrix, customerScale: Float32Array, inverse: Float32Array): number {
  const sums = new Float32Array(train.customers);
  let value = 1;
  let vector = inverse.map((each) => (each === 0 ? 0 : 1 / each));
  for (let round = 0; round < EIGENVALUE_ROUNDS; round += 1) {
    const next = new Float32Array(vector.length);
    collect(train, vector, inverse, sums);
    bringBack(train, customerScale, sums, next);
    const squares = product(vector, vector, inverse);
    if (squares === 0) return value;
    value = product(vector, next, inverse) / squares;
    const length = Math.sqrt(product(next, next, inverse));
    vector = next.map((each) => each / length);
  }
  return value;
}

/** The sum of a times b times scale. */
function product(a: Float32Array, b: Float32Array, scale: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] as number) * (b[at] as number) * (scale[at] as number);
  return sum;
}
