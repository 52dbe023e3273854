/**
 * The recommendations of a plan, compiled. What the conditions read of a person is read once a strip; the conditions then
 * run for one product after the other, on columns of the products' values.
 */
import { historyProductsMax } from "../../limits-of-recommending.ts";
import { ofType } from "../../model/field-value.ts";
import type { Instant } from "../../model/ids.ts";
import type { FieldValue, ProfileView } from "../../model/plan.ts";
import type { ProductMoment, RecommendationDefinition, RecommendationSet } from "../../model/recommendation.ts";
import type { PlanSource } from "../plan/checked.ts";
import { isNumber } from "../compile/leaves.ts";
import { valueOfAggregate } from "../plan/interpret.ts";
import { readsOf } from "../plan/reads.ts";
import { conditionsOfRecommendation } from "./checked-recommendation.ts";
import type { RecommendationSource } from "./checked-recommendation.ts";
import { generateJudge, ProductWords } from "./generate-judges.ts";

export function createRecommendations(source: PlanSource): RecommendationSet | undefined {
  const { recommendations, attributes, aggregates } = source;
  if (recommendations === undefined) return undefined;
  const { rules, viewed, added, removed = null, bought } = recommendations;
  const words = new ProductWords();
  const compiled = rules.map((rule) => {
    const reads = readsOf(conditionsOfRecommendation(rule));
    return {
      generated: generateJudge(source, rule, words),
      attributes: [...reads.attributes],
      aggregates: [...reads.aggregates],
    };
  });
  const numbers = new Float64Array(aggregates.length);
  /** Attributes, and behind them the aggregates that are no numbers. */
  const values: (FieldValue | undefined)[] = [...attributes, ...aggregates].map(() => undefined);

  return {
    all: rules.map(definitionOf),
    words: words.all,
    products: (view, at) => ({
      viewed: momentsOf(view, viewed, at),
      added: momentsOf(view, added, at),
      removed: momentsOf(view, removed, at),
      bought: momentsOf(view, bought, at),
    }),
    judge(recommendation, { view, at }, hand) {
      const entry = compiled[recommendation];
      if (entry === undefined) throw new RangeError(`there is no recommendation ${recommendation}`);
      for (const index of entry.aggregates)
        if (isNumber(source, index)) numbers[index] = view.aggregate(index, at);
        else values[attributes.length + index] = valueOfAggregate(source, view, index, at);
      for (const index of entry.attributes) {
        const type = attributes[index]?.type;
        values[index] = type === undefined ? undefined : ofType(view.attribute(index), type);
      }
      const { allows, boost } = entry.generated;
      return {
        allows: (product) => allows(numbers, values, hand, product, at, view),
        boost: (product) => boost(numbers, values, hand, product, at, view),
      };
    },
  };
}

function definitionOf(source: RecommendationSource): RecommendationDefinition {
  const { name, basis, seed, number, perCategory, otherwise, pins, boosts } = source;
  return { name, basis, seed, number, perCategory, otherwise, pins, boosts };
}

/** The latest first; an order's text names several. */
function momentsOf(view: ProfileView, aggregate: number | null, at: Instant): readonly ProductMoment[] {
  if (aggregate === null) return [];
  const moments: ProductMoment[] = [];
  for (const { text, at: when } of view.recentTexts(aggregate, at, historyProductsMax))
    if (text.includes("\n")) for (const id of text.split("\n")) moments.push({ id, at: when });
    else moments.push({ id: text, at: when });
  return moments;
}
