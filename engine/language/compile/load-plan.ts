/**
 * From a plan's bytes to a plan that runs, in a shard worker: generated code for segments, contents and streams, and the
 * index of what a change touches. Values are read into arrays of the plan before its functions run, so a plan must not be evaluated from within the `flip` of its own evaluation.
 */
import type { JsonObject } from "../../model/event.ts";
import { ofType } from "../../model/field-value.ts";
import type {
  AttributeDefinition,
  Decision,
  EventAtHand,
  FieldValue,
  Plan,
  PlanLoader,
  ProfileView,
} from "../../model/plan.ts";
import type { Exposure } from "../../model/holdout.ts";
import type { ChooseProducts } from "../../model/recommendation.ts";
import type { Instant, PlanDigest } from "../../model/ids.ts";
import { type LackingSince, lacksNothing, NOTHING_LACKING } from "../../model/lacking.ts";
import { conditionsOfLoyalty, type PlanSource } from "../plan/checked.ts";
import { valueOfAggregate } from "../plan/interpret.ts";
import { createBonuses } from "./create-bonuses.ts";
import { createSending } from "./create-sending.ts";
import { createStreams } from "./create-streams.ts";
import { createTriggers } from "./create-triggers.ts";
import { conditionsOf } from "../plan/checked-trigger.ts";
import { createRecommendations } from "../recommendations/create-recommendations.ts";
import { createRecommendedChoices } from "../recommendations/serve-choices.ts";
import { conditionsOfRecommendations } from "../recommendations/checked-recommendation.ts";
import { createDecisionLists } from "./decision-lists.ts";
import { type ContentFunction, generateContents, generateSegments, generateTests } from "./generate-rules.ts";
import { holdBack } from "../plan/hold-back.ts";
import { createKeptOut } from "./kept-out.ts";
import { createLeafBits, createLeavesSteps } from "./leaves.ts";
import { decodePlanSteps, digestPlanSteps, PlanBytesError } from "../plan/plan-bytes.ts";
import { readsOf } from "../plan/reads.ts";
import { finish, finishGently, type Pauses, type Steps } from "../plan/steps.ts";
import { createPageMessage } from "./page-message.ts";
import { createTillWords } from "./till-words.ts";
import { createTouchedIndex, readSetOf, type ReadSet, type Touched } from "./touched.ts";

/** @throws PlanBytesError when the bytes are no plan of this version */
export const loadPlan: PlanLoader = (bytes, lacking = NOTHING_LACKING) => finish(compileSteps(bytes, lacking)).plan;

/**
 * The same beside events that go on being answered by the plan before it: slice by slice. Every function of the plan is run
 * once, on nobody, so that V8 makes its first code of it here and not within the first event; its fast code comes of
 * `rehearse`. Rejects with PlanBytesError.
 */
export function loadPlanGently(bytes: Uint8Array, pauses: Pauses, lacking = NOTHING_LACKING): Promise<Plan> {
  return finishGently(warmedSteps(bytes, lacking), pauses);
}

function* warmedSteps(bytes: Uint8Array, lacking: LackingSince): Steps<Plan> {
  const { plan, functions } = yield* compileSteps(bytes, lacking);
  for (const run of functions) {
    run(nobody, 0);
    yield;
  }
  return plan;
}

interface Compiled {
  readonly plan: Plan;
  /** Each runs one function of it on what was read last, and says nothing. */
  readonly functions: readonly ((view: ProfileView, at: Instant) => void)[];
}

const nobody = {
  id: "",
  identifierValues: () => [],
  inSegment: () => false,
  transitionAt: () => Number.NaN,
} as unknown as ProfileView;

function* compileSteps(bytes: Uint8Array, lacking: LackingSince): Steps<Compiled> {
  const source = yield* decodePlanSteps(bytes);
  const digest = yield* digestPlanSteps(bytes);
  try {
    if (lacksNothing(lacking)) return yield* compilePlan(source, digest);
    const held = holdBack(source, lacking);
    const { plan, functions } = yield* compilePlan(held.plan, digest);
    return { plan: { ...plan, warming: held.warming }, functions };
  } catch (cause) {
    throw new PlanBytesError("the plan does not hold together", { cause });
  }
}

function* compilePlan(source: PlanSource, digest: PlanDigest): Steps<Compiled> {
  const { attributes } = source;
  const streams = createStreams(source);
  const streamsByEvent = indexesBy(streams.map(({ event }) => event));
  const choices = source.contents.flatMap((content) => content.choices.map(({ when }) => when));
  yield;
  const segmentLeaves = yield* createLeavesSteps(
    source,
    source.segments.map(({ when }) => when),
  );
  const touched = yield* createTouchedIndex(source, segmentLeaves);
  const segmentFunctions = yield* generateSegments(source, segmentLeaves);
  const segmentTests = yield* generateTests(source, segmentLeaves);
  const memoWords = Math.ceil(segmentLeaves.count / 32);
  /** Segments still to be evaluated for the event at hand, a bit each; all 0 between evaluations. */
  const pending = new Int32Array(Math.ceil(source.segments.length / 32));
  // Contents are few and decided often: their leaves stand apart, so that no others are computed with them.
  const contentLeaves = yield* createLeavesSteps(source, choices);
  const contentFunctions = generateContents(source, contentLeaves);
  const contentValues = readSetOf(choices, contentLeaves);
  const decisions = source.contents.map(decisionsOf);
  const keptOut = createKeptOut(source, decisions);
  const decisionLists = createDecisionLists(decisions);
  const recommendations = createRecommendations(source);
  const recommended = createRecommendedChoices(source, contentLeaves, decisions);
  const shows = shownAttributes(source, source.shows);
  const messages = shownAttributes(source, source.messages);
  const recommendationNames = source.recommendations?.rules.map(({ name }) => name) ?? [];
  const recommendationOf = new Map(
    Object.entries(source.messageRecommendations ?? {}).map(([template, name]) => [
      template,
      recommendationNames.indexOf(name),
    ]),
  );
  const language = attributes.findIndex(({ name, type }) => name === "language" && type === "text");

  const aggregateValues = new Float64Array(source.aggregates.length);
  /** Attributes, and behind them the aggregates that are no numbers. */
  const attributeValues: (FieldValue | undefined)[] = [...attributes, ...source.aggregates].map(() => undefined);
  const triggers = createTriggers(source, (view, values, moment) => {
    read(view, values, moment);
    return leafBits.bytes;
  });
  const bonuses = createBonuses(source, (view, values, moment) => {
    read(view, values, moment);
    return leafBits.bytes;
  });
  const leafBits = createLeafBits(
    Math.max(segmentLeaves.count, contentLeaves.count, triggers?.leaves ?? 0, bonuses?.leaves ?? 0),
  );

  function read(
    view: ProfileView,
    { aggregates, otherAggregates, attributes: read, leafFunctions }: ReadSet,
    { at, fields }: { readonly at: Instant; readonly fields: JsonObject },
  ): void {
    for (let i = 0; i < aggregates.length; i++) {
      const index = aggregates[i] as number;
      aggregateValues[index] = view.aggregate(index, at);
    }
    for (let i = 0; i < otherAggregates.length; i++) {
      const index = otherAggregates[i] as number;
      attributeValues[attributes.length + index] = valueOfAggregate(source, view, index, at);
    }
    for (let i = 0; i < read.length; i++) {
      const index = read[i] as number;
      const type = attributes[index]?.type;
      attributeValues[index] = type === undefined ? undefined : ofType(view.attribute(index), type);
    }
    for (let i = 0; i < leafFunctions.length; i++) {
      leafFunctions[i]?.(aggregateValues, attributeValues, leafBits, at, fields, view);
    }
  }

  /** Only what a template shows makes a decision an object of its own. */
  function withValues(decision: Decision, view: ProfileView): Decision {
    const shown = shows.get(decision.show);
    return shown === undefined ? decision : { ...decision, values: knownOf(shown, view) };
  }

  function knownOf(shown: readonly number[], view: ProfileView): Readonly<Record<string, FieldValue>> {
    const values: Record<string, FieldValue> = {};
    for (const index of shown) {
      const { name, type } = attributes[index] as AttributeDefinition;
      const value = ofType(view.attribute(index), type);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  function messageValues(template: string, view: ProfileView): Readonly<Record<string, FieldValue>> {
    return knownOf(messages.get(template) ?? noIndexes, view);
  }

  function withProducts(
    lists: readonly Decision[],
    choose: ChooseProducts,
    moment: Parameters<ChooseProducts>[2],
  ): readonly Decision[] {
    if (recommended === undefined || recommendations === undefined) return lists;
    return lists.map((decision, content) =>
      recommended.complete(
        content,
        decision,
        (test) => test(moment.view, leafBits.bytes, moment.at),
        (index) => choose(recommendations, index, moment),
      ),
    );
  }

  function markPending(segment: number): void {
    pending[segment >>> 5] = (pending[segment >>> 5] as number) | (1 << (segment & 31));
  }

  function evaluateAll(view: ProfileView, at: Instant, flip: Flip): void {
    read(view, touched.everything, { at, fields: NO_FIELDS });
    const { bytes, words } = leafBits;
    view.memo = Array.from(words.subarray(0, memoWords));
    for (let i = 0; i < segmentFunctions.length; i++) segmentFunctions[i]?.(view, bytes, flip, at);
  }

  /** Conditions first, 32 at a time; a segment only if one of its own has changed, or a segment that it is about. */
  function evaluateChanged(
    view: ProfileView,
    memo: number[],
    { words, masks, values }: Touched,
    { at, flip }: { readonly at: Instant; readonly flip: Flip },
  ): void {
    read(view, values, { at, fields: NO_FIELDS });
    let first = pending.length;
    let last = -1;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number;
      let changed = ((memo[word] as number) ^ (leafBits.words[word] as number)) & (masks[i] as number);
      if (changed === 0) continue;
      memo[word] = (memo[word] as number) ^ changed;
      for (; changed !== 0; changed &= changed - 1) {
        const segments = touched.segmentsOfLeaf[word * 32 + lowestBit(changed)] as Int32Array;
        for (let k = 0; k < segments.length; k++) markPending(segments[k] as number);
        first = Math.min(first, (segments[0] as number) >>> 5);
        last = Math.max(last, (segments[segments.length - 1] as number) >>> 5);
      }
    }
    for (let word = first; word <= last; word++) {
      // Segments that are about one that flips stand after it, perhaps in the same word.
      for (let some = pending[word] as number; some !== 0; some = pending[word] as number) {
        pending[word] = some & (some - 1);
        const segment = word * 32 + lowestBit(some);
        const holds = segmentTests[segment]?.(view, memo, at) === 1;
        if (holds === view.inSegment(segment)) continue;
        flip(segment, holds);
        const dependents = touched.dependents[segment] as Int32Array;
        for (let k = 0; k < dependents.length; k++) markPending(dependents[k] as number);
        if (dependents.length > 0) last = Math.max(last, (dependents[dependents.length - 1] as number) >>> 5);
      }
    }
  }

  const noBits: readonly number[] = Array.from(leafBits.words);
  const ignore: Flip = () => undefined;
  const functions: Compiled["functions"] = [
    ...[...segmentLeaves.functions, ...contentLeaves.functions].map(
      (compute) => (view: ProfileView, at: Instant) =>
        compute(aggregateValues, attributeValues, leafBits, at, NO_FIELDS, view),
    ),
    ...segmentFunctions.map(
      (evaluate) => (view: ProfileView, at: Instant) => evaluate(view, leafBits.bytes, ignore, at),
    ),
    ...segmentTests.map((test) => (view: ProfileView, at: Instant) => void test(view, noBits, at)),
    ...contentFunctions.map((choose) => (view: ProfileView, at: Instant) => void choose(view, leafBits.bytes, at)),
  ];

  const plan: Plan = {
    digest,
    attributes,
    streams,
    streamsOf: (event) => streamsByEvent.get(event) ?? noIndexes,
    aggregates: source.aggregates,
    segments: source.segments.map(({ name }) => name),
    contents: source.contents.map(({ name }) => name),
    zone: { ...source.zone, attribute: source.zone.attribute ?? undefined },
    loyalty: source.loyalty,
    ...(bonuses !== undefined && { bonuses: bonuses.holding }),
    recommendations,
    triggers,
    readsTransitions: readsTransitions(source),
    language: language < 0 ? undefined : language,
    ...createTillWords(source),
    messageValues,
    pageMessage: createPageMessage(source, messageValues),
    messageProducts(template, { view, at }, choose) {
      const index = recommendationOf.get(template);
      if (index === undefined || recommendations === undefined || choose === undefined) return undefined;
      return choose(recommendations, index, { view, at, event: undefined }).products;
    },
    strips(moment, choose) {
      if (recommendations === undefined || choose === undefined) return {};
      const productsOf = (index: number) => choose(recommendations, index, { ...moment, event: undefined }).products;
      return Object.fromEntries(recommendationNames.map((name, index) => [name, productsOf(index)]));
    },
    sending: triggers === undefined ? undefined : createSending(source),

    evaluate(view, change, at, flip) {
      const { memo } = view;
      const few = memo === undefined ? undefined : touched.of(change);
      if (memo === undefined || few === undefined) evaluateAll(view, at, flip);
      else if (few.words.length > 0) evaluateChanged(view, memo, few, { at, flip });
    },

    decide(view, at, event, choose) {
      read(view, contentValues, { at, fields: event?.fields ?? NO_FIELDS });
      const { choices: chosenChoices } = decisionLists;
      for (let i = 0; i < contentFunctions.length; i++)
        chosenChoices[i] = (contentFunctions[i] as ContentFunction)(view, leafBits.bytes, at);
      keptOut?.apply(view.id, chosenChoices);
      const lists = decisionLists.chosen();
      const chosen = choose === undefined ? lists : withProducts(lists, choose, { view, at, event });
      return shows.size === 0 ? chosen : chosen.map((decision) => withValues(decision, view));
    },

    ...(keptOut !== undefined && {
      exposures: (view: ProfileView, at: Instant, event?: EventAtHand): readonly Exposure[] => {
        read(view, contentValues, { at, fields: event?.fields ?? NO_FIELDS });
        return keptOut.exposures(view.id, (content) =>
          (contentFunctions[content] as ContentFunction)(view, leafBits.bytes, at),
        );
      },
    }),

    *rehearse(view, at) {
      read(view, { ...touched.everything, leafFunctions: [] }, { at, fields: NO_FIELDS });
      for (const run of functions) {
        run(view, at);
        yield;
      }
    },

    nextFlip(view, change, at) {
      const flip = touched.flipsOf(change).next(view, at);
      return triggers === undefined ? flip : Math.min(flip, triggers.next(view, change, at));
    },
  };
  return { plan, functions };
}

/** No event is at hand. */
const NO_FIELDS: JsonObject = Object.freeze({});

type Flip = (segment: number, entered: boolean) => void;

/** Which is the lowest bit that is set, 0 to 31. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

const noIndexes: readonly number[] = Object.freeze([]);

function readsTransitions({ segments, contents, triggers = [], recommendations, loyalty }: PlanSource): boolean {
  const choices = contents.flatMap((content) => content.choices);
  const conditions = [...[...segments, ...choices].map(({ when }) => when), ...triggers.flatMap(conditionsOf)].concat(
    conditionsOfRecommendations(recommendations),
    conditionsOfLoyalty(loyalty),
  );
  return readsOf(conditions).alarms.some(({ kind }) => kind === "turned");
}

/** One frozen decision a choice, so that deciding makes no objects; the first is for `otherwise`. */
function decisionsOf(content: PlanSource["contents"][number]): Decision[] {
  const choices: readonly { readonly show: string; readonly recommendation?: string }[] = content.choices;
  return [{ show: content.otherwise }, ...choices].map(({ show, recommendation }, choice) =>
    Object.freeze({ content: content.name, show, choice, ...(recommendation !== undefined && { recommendation }) }),
  );
}

/** By the name of a template, indexes of the attributes that it shows. */
function shownAttributes(
  { attributes }: PlanSource,
  shows: PlanSource["shows"] = {},
): ReadonlyMap<string, readonly number[]> {
  const indexOf = (name: string): number => attributes.findIndex((attribute) => attribute.name === name);
  return new Map(Object.entries(shows).map(([show, names]) => [show, names.map(indexOf)]));
}

function indexesBy(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const byName = new Map<string, number[]>();
  for (const [index, name] of names.entries()) byName.set(name, [...(byName.get(name) ?? []), index]);
  return byName;
}
