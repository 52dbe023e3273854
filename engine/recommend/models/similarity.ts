/**
 * How alike two products are, from what the same customers had to do with: one formula for all item models here,
 *
 *   sim(i, j) = S(i, j) / (d_i^b x d_j^g + shrinkage),  S(i, j) = sum over customers v of both of d_v^-2a
 *
 * d being degrees: customers a product, products a customer. a = 0, b = g = 1/2 is the cosine; a = 1/2 lets a customer of
 * many products say less of each pair; g under 1/2 keeps some of a product's popularity in its score. Summed over what a
 * customer has it is the training-free graph filter by degrees: a linear smoothing over the graph of customers and
 * products (GF-CF, Shen et al. 2021, with exponents of its own). Shrinkage distrusts pairs that few customers vouch for.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { inSharedMemory } from "../interactions/interaction-matrix.ts";

export interface SimilarityOptions {
  readonly customerExponent: number;
  readonly sourceExponent: number;
  readonly targetExponent: number;
  readonly shrinkage: number;
}

export const COSINE: SimilarityOptions = {
  customerExponent: 0,
  sourceExponent: 0.5,
  targetExponent: 0.5,
  shrinkage: 0,
};

export interface Scales {
  readonly customer: Float32Array;
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly shrinkage: number;
}

/**
 * What the formula reads of each customer and product: d_v^-2a, d_i^b, d_j^g. Where entries have weights a degree is their
 * sum for a customer and the sum of their squares for a product, so that the cosine stays one; without weights both count.
 * @param matrix whole, not capped: what is left out for speed does not make a product less known
 */
export function scalesOf(matrix: InteractionMatrix, options: SimilarityOptions): Scales {
  const { customers, products, starts, entries, weights } = matrix;
  const ofCustomers = new Float64Array(customers);
  const ofProducts = new Float64Array(products);
  for (let customer = 0; customer < customers; customer += 1)
    for (let at = starts[customer] as number; at < (starts[customer + 1] as number); at += 1) {
      const product = entries[at] as number;
      const weight = weights?.[at] ?? 1;
      ofCustomers[customer] = (ofCustomers[customer] as number) + weight;
      ofProducts[product] = (ofProducts[product] as number) + weight * weight;
    }
  return {
    customer: powersOf(ofCustomers, -2 * options.customerExponent),
    source: powersOf(ofProducts, options.sourceExponent),
    target: powersOf(ofProducts, options.targetExponent),
    shrinkage: options.shrinkage,
  };
}

/** degree^exponent, and 0 for who has nothing. In memory that threads share. */
export function powersOf(degrees: Float64Array | Uint32Array, exponent: number): Float32Array {
  const powers = new Float32Array(inSharedMemory(4 * degrees.length));
  for (let at = 0; at < degrees.length; at += 1) {
    const degree = degrees[at] as number;
    powers[at] = degree === 0 ? 0 : degree ** exponent;
  }
  return powers;
}
