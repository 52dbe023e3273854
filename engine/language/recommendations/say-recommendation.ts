/** A recommendation in plain English: how products are found, within what limits, and what fills the rest. */
import type { RecommendationBasis } from "../../model/recommendation.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import { type Naming, sayCondition } from "../explain/paraphrase.ts";
import type { RecommendationSource } from "./checked-recommendation.ts";

const SAID: Readonly<Record<RecommendationBasis, string>> = {
  "bought together": "products that others have bought together with",
  "viewed together": "products that others have looked at together with",
  "similar to history": "products like those that the customer has bought and looked at",
  "for this session": "products that go with what is being looked at in this visit",
  popular: "the products that most customers buy",
  trending: "the products that are bought and looked at more than before",
  "recently viewed": "the products that the customer has looked at, the latest first",
  new: "the products that came into the range last",
  "same category": "products of the category of",
  "in the cart": "what is in the customer's cart, what was put there last first",
};

const BY_SEED: readonly RecommendationBasis[] = ["bought together", "viewed together", "same category"];

export function sayRecommendation(plan: PlanSource, rule: RecommendationSource, naming: Naming): readonly string[] {
  const { basis, seed, number, perCategory, otherwise, pins, boosts, only, exclude, boostWhen } = rule;
  const by = BY_SEED.includes(basis) ? ` ${seed === null ? "the product of the moment" : `the ${seed}`}` : "";
  const say = (condition: Condition): readonly string[] => sayCondition(plan, condition, naming).map(ofProduct);
  return [
    `Up to ${number}: ${SAID[basis]}${by}`,
    "  in stock and not hidden",
    ...(only === null ? [] : ["  only those of which", ...say(only)]),
    ...(exclude === null ? [] : ["  but none of which", ...say(exclude)]),
    ...boosts.flatMap((factor, index) => {
      const when = boostWhen[index];
      return when === undefined ? [] : [`  times ${factor} where`, ...say(when)];
    }),
    ...(perCategory === null ? [] : [`  at most ${perCategory} of one category`]),
    ...(pins.length === 0 ? [] : [`  first of all: ${pins.join(", ")}`]),
    ...(otherwise.length === 0 ? [] : [`  and where places are left: ${otherwise.join(", then ")}`]),
  ];
}

/** What a condition reads of the product is, to the language, of the event at hand. */
function ofProduct(line: string): string {
  return line.replaceAll("the event's ", "").replaceAll("event.properties.", "");
}
