/**
 * The forms in which "similar to history" can be served, of which each brand has the one that is best for what its own
 * customers did later: neighbours by degrees, neighbours by cosine, or none where neither is as good as what is popular.
 * A brand with too little to tell by has neighbours by degrees, which win on nearly all published data.
 */
import { choiceCustomersMin } from "../../limits-of-recommending.ts";
import { COSINE } from "../models/similarity.ts";
import type { SimilarityOptions } from "../models/similarity.ts";

export const SIMILAR_FORMS = ["degrees", "cosine", "popularity"] as const;
export type SimilarForm = (typeof SIMILAR_FORMS)[number];

/** Of `degrees` chosen on a held-out fifth of Gowalla's training part, for lists of 50 neighbours. */
export const OPTIONS_OF: Readonly<Record<Exclude<SimilarForm, "popularity">, SimilarityOptions>> = {
  degrees: { customerExponent: 0.35, sourceExponent: 0.5, targetExponent: 0.3, shrinkage: 0 },
  cosine: { ...COSINE, shrinkage: 10 },
};

export interface JudgedForm {
  readonly form: SimilarForm;
  /** Mean NDCG of its lists. */
  readonly ndcg: number;
  /** The upper end of the interval of its NDCG less popularity's. */
  readonly overPopularityHigh: number;
}

/** @param customers who were asked for what they did later */
export function chooseForm(judged: readonly JudgedForm[], customers: number): SimilarForm {
  if (customers < choiceCustomersMin) return "degrees";
  const best = judged
    .filter(({ form }) => form !== "popularity")
    .reduce<JudgedForm | undefined>(
      (found, each) => (found === undefined || each.ndcg > found.ndcg ? each : found),
      undefined,
    );
  if (best === undefined) return "degrees";
  return best.overPopularityHigh < 0 ? "popularity" : best.form;
}
