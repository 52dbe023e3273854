/** Rule files as tests write them, checked and compiled; a mistake in them is the test's. */
import type { Plan } from "../../model/plan.ts";
import { checkRules } from "../check/check-rules.ts";
import type { PlanSource } from "../plan/checked.ts";
import { encodePlan } from "../plan/plan-bytes.ts";
import { loadPlan } from "./load-plan.ts";

/** Texts by path, below the rules folder. */
export type RuleTexts = Readonly<Record<string, string>>;

/** @throws with every problem found */
export function soundSource(texts: RuleTexts): PlanSource {
  const { plan, problems } = checkRules(Object.entries(texts).map(([path, text]) => ({ path, text })));
  if (plan === undefined) throw new TypeError(JSON.stringify(problems, null, 1));
  return plan;
}

/** @throws with every problem found */
export function soundPlan(texts: RuleTexts): Plan {
  return loadPlan(encodePlan(soundSource(texts)));
}
