/**
 * The item model in its exact form: every pair of products with a customer in common is kept, a row a product. It is what
 * the lists of neighbours that are served are measured against; a catalogue of tens of thousands takes hundreds of MB.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { transpose } from "../interactions/interaction-matrix.ts";
import { CoOccurrence } from "./co-occurrence.ts";
import type { RecommendationModel } from "./model.ts";
import type { SimilarityOptions } from "./similarity.ts";
import { scalesOf } from "./similarity.ts";

/** Rows of a square sparse matrix of products, in pieces, as no array holds more than 2^32 bytes. */
export interface SimilarityRows {
  readonly others: readonly Uint32Array[];
  readonly values: readonly Float32Array[];
}

export function gatherRows(train: InteractionMatrix, options: SimilarityOptions): SimilarityRows {
  const byProduct = transpose(train);
  const { customer, source, target, shrinkage } = scalesOf(train, options);
  const rows = new CoOccurrence(train, byProduct, customer);
  const others: Uint32Array[] = [];
  const values: Float32Array[] = [];
  for (let product = 0; product < train.products; product += 1) {
    rows.gather(product);
    const touched = rows.touched.slice(0, rows.count);
    const power = source[product] as number;
    others.push(touched);
    values.push(
      Float32Array.from(
        touched,
        (other) => (rows.sums[other] as number) / (power * (target[other] as number) + shrinkage),
      ),
    );
    rows.clear();
  }
  return { others, values };
}

export function createDegreeFilter(
  name: string,
  train: InteractionMatrix,
  options: SimilarityOptions,
): RecommendationModel {
  const { others, values } = gatherRows(train, options);
  return {
    name,
    scoreInto(history, weights, scores) {
      scores.fill(0);
      for (let at = 0; at < history.length; at += 1) {
        const product = history[at] as number;
        const weight = weights?.[at] ?? 1;
        const row = others[product] as Uint32Array;
        const similarities = values[product] as Float32Array;
        for (let place = 0; place < row.length; place += 1) {
          const other = row[place] as number;
          scores[other] = (scores[other] as number) + weight * (similarities[place] as number);
        }
      }
    },
  };
}
