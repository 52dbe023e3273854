/**
 * A plan whose new rules wait: what they rest on has not been gathered from history yet, so they are neither true nor false,
 * and neither is whatever rests on them, under `not` as well. A waiting segment is nobody's to enter or to leave, a waiting
 * choice of a content is passed over, a waiting trigger does not fire, a waiting bonus is not earned. Everything else decides as it will.
 */
import type { LackingSince } from "../../model/lacking.ts";
import { attributeId } from "../../model/lacking.ts";
import { hashText } from "../../model/hash.ts";
import type { BonusSource, Condition, PlanSource } from "./checked.ts";
import { conditionsOf } from "./checked-trigger.ts";
import { conditionsOfRecommendation } from "../recommendations/checked-recommendation.ts";
import { streamKey } from "./print.ts";
import { readsOf } from "./reads.ts";

export interface HeldBack {
  readonly plan: PlanSource;
  /** Names of the rules that wait, wholly or in part; in the order of segments, contents, triggers, bonuses. */
  readonly warming: readonly string[];
}

/** Two literals that differ: no clock and no profile changes that. */
const NEVER: Condition = {
  kind: "compare",
  operator: "=",
  left: { kind: "literal", as: "number", value: 0 },
  right: { kind: "literal", as: "number", value: 1 },
};

export function holdBack(plan: PlanSource, lacking: Pick<LackingSince, "attributes" | "streams">): HeldBack {
  const streamIds = new Set(lacking.streams.map(({ id }) => id));
  const attributeIds = new Set(lacking.attributes.map(({ id }) => id));
  const streams = new Set(
    plan.streams.flatMap((stream, index) => (streamIds.has(hashText(streamKey(stream, plan))) ? [index] : [])),
  );
  const attributes = new Set(
    plan.attributes.flatMap((attribute, index) => (attributeIds.has(attributeId(attribute)) ? [index] : [])),
  );
  const aggregates = new Set(
    plan.aggregates.flatMap((aggregate, index) => (streamsIn(aggregate).some((at) => streams.has(at)) ? [index] : [])),
  );
  const waitingSegments = new Set<number>();

  function waits(condition: Condition): boolean {
    const reads = readsOf([condition]);
    return (
      some(reads.aggregates, aggregates) || some(reads.attributes, attributes) || some(reads.segments, waitingSegments)
    );
  }

  // In order of dependency, so that one pass is enough.
  const segments = plan.segments.map((segment, index) => {
    if (!waits(segment.when)) return segment;
    waitingSegments.add(index);
    return { ...segment, when: { kind: "in-segment", segment: index } as const };
  });
  const waitingContents = new Set<string>();
  const contents = plan.contents.map((content) => ({
    ...content,
    choices: content.choices.map((choice) => {
      if (!waits(choice.when)) return choice;
      waitingContents.add(content.name);
      return { ...choice, when: NEVER };
    }),
  }));
  const waitingRecommendations = new Set<string>();
  const recommendations = plan.recommendations && {
    ...plan.recommendations,
    rules: plan.recommendations.rules.map((rule) => {
      if (!conditionsOfRecommendation(rule).some(waits)) return rule;
      waitingRecommendations.add(rule.name);
      return { ...rule, only: NEVER, exclude: null, boosts: [], boostWhen: [] };
    }),
  };
  const waitingTriggers = new Set<string>();
  const triggers = plan.triggers?.map((trigger) => {
    const { on } = trigger;
    const isDated = on.is === "date" && attributes.has(on.attribute);
    const isOfSegment = on.is === "segment" && waitingSegments.has(on.segment);
    const isOfSequence = on.is === "sequence" && aggregates.has(on.aggregate);
    if (!isDated && !isOfSegment && !isOfSequence && !conditionsOf(trigger).some(waits)) return trigger;
    waitingTriggers.add(trigger.name);
    return { ...trigger, when: NEVER };
  });
  const { loyalty } = plan;
  const isWaiting = ({ when }: BonusSource): boolean => when !== null && waits(when);
  const waitingBonuses = loyalty?.bonuses?.filter(isWaiting) ?? [];
  return {
    plan: {
      ...plan,
      segments,
      contents,
      ...(loyalty?.bonuses !== undefined && {
        loyalty: { ...loyalty, bonuses: loyalty.bonuses.filter((bonus) => !waitingBonuses.includes(bonus)) },
      }),
      ...(recommendations !== undefined && { recommendations }),
      ...(triggers !== undefined && { triggers }),
    },
    warming: [
      ...[...waitingSegments].flatMap((index) => plan.segments[index]?.name ?? []),
      ...waitingContents,
      ...waitingRecommendations,
      ...waitingTriggers,
      ...waitingBonuses.map(({ name }) => name),
    ],
  };
}

function some(of: ReadonlySet<number>, among: ReadonlySet<number>): boolean {
  for (const index of of) if (among.has(index)) return true;
  return false;
}

/** Indexes of the streams that an aggregate rests on, however it names them. */
export function streamsIn(aggregate: unknown): readonly number[] {
  if (Array.isArray(aggregate)) return aggregate.flatMap(streamsIn);
  if (typeof aggregate !== "object" || aggregate === null) return [];
  return Object.entries(aggregate).flatMap(([name, part]) =>
    name === "stream" && typeof part === "number" ? [part] : streamsIn(part),
  );
}
