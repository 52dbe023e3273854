/**
 * Choices of contents that show a recommendation: when such a choice holds its products are found, and where there are none
 * the choices below it are tried. Everything is a pure function of what `choose` is given.
 */
import type { Decision } from "../../model/plan.ts";
import type { ChosenProducts } from "../../model/recommendation.ts";
import type { PlanSource } from "../plan/checked.ts";
import { type ContentFunction, generateContents } from "../compile/generate-rules.ts";
import type { Leaves } from "../compile/leaves.ts";

/** @returns the products of a recommendation, by its index; none where there are none */
export type ProductsOf = (recommendation: number) => ChosenProducts;

export interface RecommendedChoices {
  /**
   * The decision of a content whose choice shows a recommendation, with its products; or that of a choice below it.
   * @param next the choice that holds of those below one, counted from 1; 0 for `otherwise`
   */
  complete(content: number, decision: Decision, next: Next, products: ProductsOf): Decision;
}

type Next = (test: ContentFunction) => number;

/** @param decisions by content, then by choice */
export function createRecommendedChoices(
  source: PlanSource,
  leaves: Leaves,
  decisions: readonly (readonly Decision[])[],
): RecommendedChoices | undefined {
  const rules = source.recommendations?.rules ?? [];
  const isUsed = source.contents.some(({ choices }) =>
    choices.some(({ recommendation }) => recommendation !== undefined),
  );
  if (!isUsed) return undefined;
  const indexes = new Map(rules.map(({ name }, index) => [name, index]));
  /** By content, then by choice from 1: what holds below it. */
  const below = source.contents.map(({ choices }) =>
    choices.map(({ recommendation }, at) =>
      recommendation === undefined
        ? undefined
        : generateContents({ contents: [{ choices: choices.slice(at + 1) }] }, leaves)[0],
    ),
  );
  return {
    complete(content, decision, next, products) {
      let current = decision;
      let seed: string | null | undefined;
      for (;;) {
        const { recommendation, choice } = current;
        if (recommendation === undefined) return seed === undefined ? current : { ...current, seed };
        const found = products(indexes.get(recommendation) ?? -1);
        seed = found.seed ?? null;
        if (found.products.length > 0) return { ...current, products: found.products, seed };
        const test = below[content]?.[choice - 1];
        const following = test === undefined ? 0 : next(test);
        current = decisions[content]?.[following === 0 ? 0 : choice + following] as Decision;
      }
    },
  };
}
