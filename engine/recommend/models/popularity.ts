/** The products that most customers had to do with, for everybody the same: what every other model has to beat. */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import type { RecommendationModel } from "./model.ts";

/** Customers a product. */
export function countCustomers({ products, entries }: InteractionMatrix): Uint32Array {
  const counts = new Uint32Array(products);
  for (const product of entries) counts[product] = (counts[product] as number) + 1;
  return counts;
}

export function createPopularity(train: InteractionMatrix): RecommendationModel {
  const counts = Float32Array.from(countCustomers(train));
  return { name: "popularity", scoreInto: (_history, _weights, scores) => scores.set(counts) };
}
