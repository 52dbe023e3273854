/**
 * A model whose products are numbers of the catalogue: what was learned from history is numbered as it came. Products that
 * the catalogue has no room for are left out. Every table is made anew in memory that workers share; nothing is copied later.
 */
import { inSharedMemory } from "../interactions/interaction-matrix.ts";
import type { TrainedModel } from "../training/train-model.ts";
import type { LearnedModel } from "./learned-model.ts";
import type { NeighbourTable } from "./neighbour-table.ts";
import { NO_PRODUCT, createTable } from "./neighbour-table.ts";

/** @param numberFor gives each id its number, whether it is a product that is known or not */
export function renumber(model: TrainedModel, numberFor: (id: string) => number | undefined): LearnedModel {
  const numbers = Uint32Array.from(model.products, (id) => numberFor(id) ?? NO_PRODUCT);
  const products = numbers.reduce((most, number) => (number === NO_PRODUCT ? most : Math.max(most, number + 1)), 0);
  const order = (from: Uint32Array): Uint32Array => {
    const kept = Array.from(from, (product) => numbers[product] as number).filter((number) => number !== NO_PRODUCT);
    const shared = new Uint32Array(inSharedMemory(4 * kept.length));
    shared.set(kept);
    return shared;
  };
  const table = (from: NeighbourTable): NeighbourTable => {
    const plain = createTable(products, from.width, inSharedMemory);
    const counts = from.counts && new Uint32Array(inSharedMemory(4 * products * from.width));
    for (let product = 0; product < from.products; product += 1) {
      const number = numbers[product] as number;
      if (number === NO_PRODUCT) continue;
      let to = number * from.width;
      for (let at = product * from.width; at < (product + 1) * from.width; at += 1) {
        const other = from.neighbours[at] as number;
        if (other === NO_PRODUCT) break;
        if (numbers[other] === NO_PRODUCT) continue;
        plain.neighbours[to] = numbers[other] as number;
        plain.similarities[to] = from.similarities[at] as number;
        if (counts !== undefined) counts[to] = from.counts?.[at] ?? 0;
        to += 1;
      }
    }
    return counts === undefined ? plain : { ...plain, counts };
  };
  return {
    version: model.version,
    similarBy: model.similarBy,
    bought: table(model.bought),
    viewed: table(model.viewed),
    similar: table(model.similar),
    popular: order(model.popular),
    trending: order(model.trending),
  };
}
