/** The conditions of contents' choices as their rule files have them, in canonical form: why something is shown. */
import { decodePlan } from "./plan-bytes.ts";
import { createPrinting } from "./print.ts";

/** By the name of a content, the conditions of its choices in order. @throws PlanBytesError */
export function choiceTexts(bytes: Uint8Array): ReadonlyMap<string, readonly string[]> {
  const plan = decodePlan(bytes);
  const printing = createPrinting(plan);
  return new Map(
    plan.contents.map(({ name, choices }) => [
      name,
      choices.map(({ when, recommendation }) => choiceText(printing.condition(when), recommendation)),
    ]),
  );
}

/** @param condition as it is printed */
export function choiceText(condition: string, recommendation: string | undefined): string {
  if (recommendation === undefined) return condition;
  const shown = `recommendation: ${recommendation}`;
  return condition === "true" ? shown : `${condition}, ${shown}`;
}
