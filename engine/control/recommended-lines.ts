/** What a recommendation has for one person now, as parts of an explanation: each product with why it is there. Pure. */
import type { PlanSource } from "../language/port.ts";
import { wordIn } from "../model/words-by-language.ts";
import type { StripsReport, WhyReport } from "./profile-port.ts";

type Strips = StripsReport["strips"] | undefined;

/** Said where strips are not known: of the past, and while the owner of a profile is away. */
export const STRIPS_UNKNOWN = "What is recommended is known of the present alone: its products are not told here.";

/** @returns undefined where no recommendation is of that name */
export function recommendationTree(source: PlanSource, rule: string, strips: Strips): WhyReport["tree"] | undefined {
  if (source.recommendations?.rules.some(({ name }) => name === rule) !== true) return undefined;
  return productLines(strips?.[rule] ?? [], 0);
}

/** Of a content's choice: that its recommendation has products, and which; none where it shows no recommendation. */
export function choiceLines(recommendation: string | undefined, strips: Strips): WhyReport["tree"] {
  if (recommendation === undefined || strips === undefined) return [];
  const products = strips[recommendation] ?? [];
  const text = `the recommendation ${recommendation} has products`;
  return [{ depth: 0, text, holds: products.length > 0, values: [] }, ...productLines(products, 1)];
}

function productLines(products: NonNullable<Strips>[string], depth: number): WhyReport["tree"] {
  return products.map(({ id, title, reason }) => ({
    depth,
    text: `${id}, ${wordIn(title, "en") ?? id}: ${reason}`,
    holds: true,
    values: [],
  }));
}
