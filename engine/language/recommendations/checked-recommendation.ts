/** Recommendations in a plan's bytes. */
import type { RecommendationDefinition } from "../../model/recommendation.ts";
import type { Condition } from "../plan/checked.ts";

export interface RecommendationSource extends RecommendationDefinition {
  readonly only: Condition | null;
  readonly exclude: Condition | null;
  /** One for each of `boosts`. */
  readonly boostWhen: readonly Condition[];
}

export interface RecommendationsSource {
  /** In the order of their names. */
  readonly rules: readonly RecommendationSource[];
  /** Indexes of aggregates whose texts are ids of products; null where the brand declares no such event. */
  readonly viewed: number | null;
  readonly added: number | null;
  /** Absent from plans of before there was such an event. */
  readonly removed?: number | null;
  readonly bought: number | null;
}

export function conditionsOfRecommendations(source: RecommendationsSource | undefined): readonly Condition[] {
  return (source?.rules ?? []).flatMap(conditionsOfRecommendation);
}

export function conditionsOfRecommendation({ only, exclude, boostWhen }: RecommendationSource): readonly Condition[] {
  return [only, exclude, ...boostWhen].filter((condition) => condition !== null);
}
