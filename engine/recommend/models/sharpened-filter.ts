/**
 * The best of the item models: the filter by degrees less a part of itself applied twice. Applied once it smooths: who has
 * what. Twice it brings what everybody has, so taking that away sharpens (blurring and sharpening, Choi et al. 2023, "BSPM";
 * here in one step). The second application is taken from the leading vectors alone, as all else of it is small: with
 * M = D_v^-a R D_i^-1/2 and M^T M = U L U^T,
 *
 *   score = history x D_i^-b [S  -  D_i^(b-1/2) (t / l_1) U L^2 U^T D_i^(g-1/2)] D_j^-g .
 *
 * No training beside the vectors; the exponents, the rank and t are chosen on a part of the training data.
 */
import { createDraw } from "../evaluation/draw.ts";
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { degreesOf, transpose } from "../interactions/interaction-matrix.ts";
import { createDegreeFilter } from "./degree-filter.ts";
import { findLeadingVectors } from "./leading-vectors.ts";
import type { RecommendationModel } from "./model.ts";
import type { SimilarityOptions } from "./similarity.ts";
import { powersOf } from "./similarity.ts";

export interface SharpeningOptions extends SimilarityOptions {
  readonly rank: number;
  /** t: 0 takes nothing away. */
  readonly sharpening: number;
}

/** Chosen on a fifth of Gowalla's training part, held out by chance. */
export const SHARPENED: SharpeningOptions = {
  customerExponent: 0.35,
  sourceExponent: 0.5,
  targetExponent: 0.3,
  shrinkage: 0,
  rank: 128,
  sharpening: 2,
};

export function createSharpenedFilter(
  name: string,
  train: InteractionMatrix,
  options: SharpeningOptions = SHARPENED,
): RecommendationModel {
  const filter = createDegreeFilter(name, train, options);
  const products = degreesOf(transpose(train));
  const source = powersOf(products, -0.5);
  const target = powersOf(products, 0.5 - options.targetExponent);
  const { rank, vectors, strengths } = findLeadingVectors(train, {
    rank: options.rank,
    customerScale: powersOf(degreesOf(train), -options.customerExponent),
    productScale: source,
    random: createDraw(1),
  });
  const [strongest = 1] = strengths;
  const factors = Float64Array.from(strengths, (strength) => (options.sharpening * strength * strength) / strongest);
  const taste = new Float64Array(rank);
  return {
    name,
    scoreInto(history, weights, scores) {
      filter.scoreInto(history, weights, scores);
      taste.fill(0);
      for (let at = 0; at < history.length; at += 1) {
        const product = history[at] as number;
        const factor = (weights?.[at] ?? 1) * (source[product] as number);
        for (let column = 0; column < rank; column += 1)
          taste[column] = (taste[column] as number) + factor * (vectors[product * rank + column] as number);
      }
      for (let column = 0; column < rank; column += 1)
        taste[column] = (taste[column] as number) * (factors[column] as number);
      for (let product = 0; product < scores.length; product += 1) {
        let taken = 0;
        const start = product * rank;
        for (let column = 0; column < rank; column += 1)
          taken += (taste[column] as number) * (vectors[start + column] as number);
        scores[product] = (scores[product] as number) - taken * (target[product] as number);
      }
    },
  };
}
