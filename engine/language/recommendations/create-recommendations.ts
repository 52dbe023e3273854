/**
 * The recommendations of a plan, compiled. What the conditions read of a person is read once a strip; the conditions then
 * run for one product after the other, on that product's own values.
 */
import { historyProductsMax } from "../../limits-of-recommending.ts";
import type { JsonObject } from "../../model/event.ts";
import { ofType } from "../../model/field-value.ts";
import type { Instant } from "../../model/ids.ts";
import type { FieldValue, ProfileView } from "../../model/plan.ts";
import type {
  PersonProducts,
  ProductMoment,
  RecommendationDefinition,
  RecommendationSet,
} from "../../model/recommendation.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import { generateContents } from "../compile/generate-rules.ts";
import { valueOfAggregate } from "../plan/interpret.ts";
import { createLeafBits, createLeaves } from "../compile/leaves.ts";
import { readSetOf } from "../compile/touched.ts";
import { conditionsOfRecommendation } from "./checked-recommendation.ts";
import type { RecommendationSource } from "./checked-recommendation.ts";

export function createRecommendations(source: PlanSource): RecommendationSet | undefined {
  const { recommendations, attributes, aggregates } = source;
  if (recommendations === undefined) return undefined;
  const { rules, viewed, added, removed = null, bought } = recommendations;
  const leaves = createLeaves(source, rules.flatMap(conditionsOfRecommendation));
  const compiled = rules.map((rule) => {
    const { only, exclude, boostWhen } = rule;
    // To the generator each condition is a content that shows one thing.
    const tests = generateContents({ contents: [only, exclude, ...boostWhen].map(contentOf) }, leaves);
    return { rule, tests, reads: readSetOf(conditionsOfRecommendation(rule), leaves) };
  });
  const numbers = new Float64Array(aggregates.length);
  /** Attributes, and behind them the aggregates that are no numbers. */
  const values: (FieldValue | undefined)[] = [...attributes, ...aggregates].map(() => undefined);
  const bits = createLeafBits(leaves.count);

  return {
    all: rules.map(definitionOf),
    products: (view, at) => ({
      viewed: momentsOf(view, viewed, at),
      added: momentsOf(view, added, at),
      removed: momentsOf(view, removed, at),
      bought: momentsOf(view, bought, at),
    }),
    judge(recommendation, view, at) {
      const entry = compiled[recommendation];
      if (entry === undefined) throw new RangeError(`there is no recommendation ${recommendation}`);
      const { rule, tests, reads } = entry;
      for (const index of reads.aggregates) numbers[index] = view.aggregate(index, at);
      for (const index of reads.otherAggregates)
        values[attributes.length + index] = valueOfAggregate(source, view, index, at);
      for (const index of reads.attributes) {
        const type = attributes[index]?.type;
        values[index] = type === undefined ? undefined : ofType(view.attribute(index), type);
      }
      const compute = (fields: JsonObject): void => {
        for (const leafFunction of reads.leafFunctions) leafFunction(numbers, values, bits, at, fields, view);
      };
      const holds = (test: number): boolean => tests[test]?.(view, bits.bytes, at) === 1;
      return {
        allows(fields) {
          if (rule.only === null && rule.exclude === null) return true;
          compute(fields);
          return (rule.only === null || holds(0)) && !(rule.exclude !== null && holds(1));
        },
        boost(fields) {
          if (rule.boosts.length === 0) return 1;
          compute(fields);
          return rule.boosts.reduce((factor, by, index) => (holds(2 + index) ? factor * by : factor), 1);
        },
      };
    },
  };
}

function contentOf(when: Condition | null): { readonly choices: readonly { when: Condition; show: string }[] } {
  return { choices: when === null ? [] : [{ when, show: "" }] };
}

function definitionOf(source: RecommendationSource): RecommendationDefinition {
  const { name, basis, seed, number, perCategory, otherwise, pins, boosts } = source;
  return { name, basis, seed, number, perCategory, otherwise, pins, boosts };
}

/** The latest first, each product once; an order's text names several. */
function momentsOf(view: ProfileView, aggregate: number | null, at: Instant): PersonProducts["viewed"] {
  if (aggregate === null) return [];
  const moments: ProductMoment[] = [];
  const met = new Set<string>();
  for (const { text, at: when } of view.recentTexts(aggregate, at, historyProductsMax))
    for (const id of text.split("\n")) {
      if (met.has(id)) continue;
      met.add(id);
      moments.push({ id, at: when });
    }
  return moments;
}
