/**
 * How good a model's lists are for what customers did afterwards: each customer's whole catalogue is ranked but for what
 * they had in training, and the first N are held against what they had later (full ranking; samples of negatives would
 * flatter some models and not others). Customers with nothing later are not asked.
 *
 * Recall@N is the part of a customer's later products that is in the list; NDCG@N discounts a hit at place r (from 1) by
 * log2(r + 1), over the best that was possible; both are means over customers, as in the papers on LightGCN. Coverage is
 * the part of the catalogue that is in anybody's list. Novelty is the mean of -log2(part of customers who had the product
 * in training) over all places: bits of surprise.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { rowOf, weightsOf } from "../interactions/interaction-matrix.ts";
import type { RecommendationModel } from "../models/model.ts";
import { countCustomers } from "../models/popularity.ts";
import { TopProducts } from "../models/top-products.ts";

export interface RankingQuality {
  readonly model: string;
  readonly top: number;
  /** One number a customer who was asked, in the order of their numbers: what intervals are drawn from. */
  readonly recalls: Float64Array;
  readonly ndcgs: Float64Array;
  readonly recall: number;
  readonly ndcg: number;
  readonly coverage: number;
  readonly noveltyBits: number;
}

export interface RankingInput {
  readonly train: InteractionMatrix;
  readonly test: InteractionMatrix;
  readonly top?: number;
}

export function evaluateRanking(model: RecommendationModel, { train, test, top = 20 }: RankingInput): RankingQuality {
  const asked: number[] = [];
  for (let customer = 0; customer < test.customers; customer += 1)
    if (rowOf(test, customer).length > 0) asked.push(customer);
  const recalls = new Float64Array(asked.length);
  const ndcgs = new Float64Array(asked.length);
  const shown = new Uint32Array(train.products);
  const counts = countCustomers(train);
  const scores = new Float32Array(train.products);
  const best = new TopProducts(top);
  let bits = 0;
  let places = 0;
  asked.forEach((customer, index) => {
    const history = rowOf(train, customer);
    model.scoreInto(history, weightsOf(train, customer), scores);
    for (const product of history) scores[product] = Number.NEGATIVE_INFINITY;
    rank(scores, best);
    const later = new Set(rowOf(test, customer));
    let gain = 0;
    let hits = 0;
    for (let place = 0; place < best.length; place += 1) {
      const product = best.products[place] as number;
      shown[product] = (shown[product] as number) + 1;
      bits -= Math.log2(Math.max(counts[product] as number, 1) / train.customers);
      places += 1;
      if (!later.has(product)) continue;
      hits += 1;
      gain += 1 / Math.log2(place + 2);
    }
    recalls[index] = hits / later.size;
    ndcgs[index] = gain / bestGain(Math.min(later.size, top));
  });
  return {
    model: model.name,
    top,
    recalls,
    ndcgs,
    recall: meanOf(recalls),
    ndcg: meanOf(ndcgs),
    coverage: train.products === 0 ? 0 : shown.filter((times) => times > 0).length / train.products,
    noveltyBits: places === 0 ? 0 : bits / places,
  };
}

/** The highest of all scores, best first; what has minus infinity is not in the list. */
export function rank(scores: Float32Array, best: TopProducts): void {
  best.clear();
  for (let product = 0; product < scores.length; product += 1) {
    const score = scores[product] as number;
    if (score !== Number.NEGATIVE_INFINITY) best.offer(product, score);
  }
  best.sort();
}

function bestGain(hits: number): number {
  let gain = 0;
  for (let place = 0; place < hits; place += 1) gain += 1 / Math.log2(place + 2);
  return gain;
}

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
