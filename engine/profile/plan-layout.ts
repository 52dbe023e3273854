/**
 * What the profile room derives of a plan, once a plan: where things stand by index, and under which number they are
 * stored. Rows do not depend on a plan: streams are stored by their definition's id, attributes by a hash of name and
 * type, segments by a hash of the name. Two names of one plan with the same hash are refused here, before anything is
 * stored under them.
 */
import { daysToldMsMax } from "../limits.ts";
import { hashText } from "../model/hash.ts";
import { attributeId } from "../model/lacking.ts";
import type { Instant } from "../model/ids.ts";
import type { AggregateDefinition, Plan, Reduce, SequenceStep } from "../model/plan.ts";
import { createLocalZones, type LocalZones } from "../model/local-zones.ts";
import { DATE_SPREAD_MS, PERIOD_MS_MAX, type Window } from "../model/window.ts";
import { firstKeyAt } from "./contribution.ts";
import { DAY_MS } from "../model/local-time.ts";

export const REDUCE_COUNT = 0;
export const REDUCE_SUM = 1;
export const REDUCE_FIRST = 2;
export const REDUCE_LAST = 3;
export const REDUCE_AVERAGE = 4;
export const REDUCE_SMALLEST = 5;
export const REDUCE_LARGEST = 6;
export const REDUCE_DISTINCT = 7;
export const REDUCE_DAYS = 8;
export const REDUCE_FIRST_VALUE = 9;
export const REDUCE_LAST_VALUE = 10;
export const REDUCE_SEQUENCE = 11;

const REDUCE_CODE: Readonly<Record<Reduce, number>> = {
  count: REDUCE_COUNT,
  sum: REDUCE_SUM,
  first: REDUCE_FIRST,
  last: REDUCE_LAST,
  average: REDUCE_AVERAGE,
  smallest: REDUCE_SMALLEST,
  largest: REDUCE_LARGEST,
  distinct: REDUCE_DISTINCT,
  days: REDUCE_DAYS,
  "first-value": REDUCE_FIRST_VALUE,
  "last-value": REDUCE_LAST_VALUE,
  sequence: REDUCE_SEQUENCE,
};

const COUNTS: readonly Reduce[] = ["count", "sum", "distinct", "days"];

/** Kept this much longer than any window needs, so that a read a little in the past is exact too. */
const READ_BACK_MS = DAY_MS;

/** What a stream keeps, as of the day of a profile's clock. */
export interface Kept {
  /** Contributions of earlier days are dropped; -Infinity: none are. */
  readonly fromDay: number;
  /** The first key of that day; 0: all. */
  readonly fromKey: number;
  /** Folded contributions of earlier days are gathered under `ever`. */
  readonly daysFrom: number;
}

/** How far back a stream is read. */
export interface Reach {
  /** Anything is kept so long; Infinity: ever. */
  keptMs: number;
  /** Days are told apart so long; 0 when only `ever` reads it. */
  daysMs: number;
  /** And both from this day on, counted from 1970, however long ago. */
  fromDay: number;
}

export interface SequencePart extends SequenceStep {
  readonly event: string;
  /** Of the same event as the step before, and so never the same contribution. */
  readonly strict: boolean;
}

export interface Sequence {
  readonly steps: readonly SequencePart[];
  readonly correlated: boolean;
  /** From the first step to the completion at most. */
  readonly lengthMs: number;
}

export interface PlanLayout {
  readonly plan: Plan;
  /** By aggregate index. */
  readonly streamOf: readonly number[];
  readonly reduceOf: readonly number[];
  /** Infinity: ever; NaN: of local time. */
  readonly windowMsOf: readonly number[];
  readonly windowOf: readonly Window[];
  readonly zones: LocalZones;
  /** undefined for all other aggregates. */
  readonly sequenceOf: readonly (Sequence | undefined)[];
  /** Without contributions. */
  readonly nothingOf: readonly number[];
  /** Indexes of the streams that keep texts. */
  readonly textStreams: readonly number[];
  /** By stream index. */
  readonly reachOf: readonly Reach[];
  /** Stored number of a stream, attribute or segment -> index, and back. */
  readonly streamOfId: ReadonlyMap<number, number>;
  readonly attributeOfHash: ReadonlyMap<number, number>;
  readonly attributeHashes: readonly number[];
  readonly segmentOfHash: ReadonlyMap<number, number>;
  readonly segmentHashes: readonly number[];
  readonly segmentOfName: ReadonlyMap<string, number>;
}

/** Two definitions of one plan would be stored under one number. */
export class PlanCollisionError extends Error {
  readonly code = "plan_collision";
  constructor(first: string, second: string) {
    super(`"${first}" and "${second}" hash to the same number: rename one of them`);
    this.name = "PlanCollisionError";
  }
}

/** By layout: the answers for the day that was last asked about, as nearly all profiles are of the same day. */
const keptOfDay = new WeakMap<PlanLayout, { day: number; readonly kept: Kept[] }>();

/** By stream index. Whole days, so that a contribution is dropped at one moment, whether it is exact or folded. */
export function keptAt(layout: PlanLayout, clock: Instant): readonly Kept[] {
  const day = Math.floor(clock / DAY_MS);
  let known = keptOfDay.get(layout);
  if (known === undefined || known.day !== day) {
    const kept = layout.reachOf.map((reach) => keptOn(day, reach));
    known = { day, kept };
    keptOfDay.set(layout, known);
  }
  return known.kept;
}

function keptOn(day: number, reach: Reach): Kept {
  const { keptMs, daysMs } = reach;
  const fromDay = Math.min(day - Math.ceil((keptMs + READ_BACK_MS) / DAY_MS), reach.fromDay);
  if (fromDay !== Number.NEGATIVE_INFINITY)
    return { fromDay, fromKey: Math.max(0, firstKeyAt(fromDay * DAY_MS)), daysFrom: fromDay };
  const daysFrom = daysMs === 0 ? Number.POSITIVE_INFINITY : day - Math.ceil((daysMs + READ_BACK_MS) / DAY_MS);
  return { fromDay, fromKey: 0, daysFrom: Math.min(daysFrom, reach.fromDay) };
}

const layouts = new WeakMap<Plan, PlanLayout>();

/** @throws PlanCollisionError when the plan cannot be stored under; ask for it before a plan is activated */
export function layoutOf(plan: Plan): PlanLayout {
  const known = layouts.get(plan);
  if (known !== undefined) return known;
  const layout = createLayout(plan);
  layouts.set(plan, layout);
  return layout;
}

function createLayout(plan: Plan): PlanLayout {
  const streamIds = plan.streams.map(({ id }) => id);
  const attributeNames = plan.attributes.map(({ name, type }) => `${name}:${type}`);
  const attributeHashes = plan.attributes.map(attributeId);
  const segmentHashes = plan.segments.map((name) => hashText(name));
  const streamKeys = plan.streams.map(({ key }) => key);
  return {
    plan,
    streamOf: plan.aggregates.map(({ stream }) => stream),
    reduceOf: plan.aggregates.map(({ reduce }) => REDUCE_CODE[reduce]),
    windowMsOf: plan.aggregates.map(({ window }) => msOf(window)),
    windowOf: plan.aggregates.map(({ window }) => window),
    zones: createLocalZones(plan.zone),
    nothingOf: plan.aggregates.map(({ reduce }) => (COUNTS.includes(reduce) ? 0 : Number.NaN)),
    textStreams: plan.streams.flatMap(({ keepsTexts }, index) => (keepsTexts === true ? [index] : [])),
    sequenceOf: plan.aggregates.map((aggregate) => sequenceOf(plan, aggregate)),
    reachOf: reachesOf(plan),
    streamOfId: indexesOf(streamIds, streamKeys),
    attributeOfHash: indexesOf(attributeHashes, attributeNames),
    attributeHashes,
    segmentOfHash: indexesOf(segmentHashes, plan.segments),
    segmentHashes,
    segmentOfName: new Map(plan.segments.map((name, index) => [name, index])),
  };
}

function msOf(window: Window): number {
  return window.kind === "ever" ? Number.POSITIVE_INFINITY : window.kind === "last" ? window.ms : Number.NaN;
}

function reachesOf(plan: Plan): readonly Reach[] {
  const reaches = plan.streams.map((): Reach => ({ keptMs: 0, daysMs: 0, fromDay: Number.POSITIVE_INFINITY }));
  for (const { stream, window, reduce, steps = [] } of plan.aggregates) {
    // A step is needed as long as what may follow it, and then as long as the window.
    for (const [index, step] of steps.entries()) extend(reaches[step.stream] as Reach, window, lengthOf(steps, index));
    const reach = reaches[stream] as Reach;
    if (steps.length === 0) extend(reach, window, 0);
    if (reduce === "days") reach.daysMs = Math.max(reach.daysMs, Math.min(reach.keptMs, daysToldMsMax));
  }
  return reaches;
}

/** Whether who keeps `reach` keeps all that `other` wants. */
export function reachesAsFar(reach: Reach, other: Reach): boolean {
  if (reach.keptMs === Number.POSITIVE_INFINITY) return true;
  return reach.keptMs >= other.keptMs && reach.fromDay <= other.fromDay;
}

function lengthOf(steps: readonly SequenceStep[], from: number): number {
  return steps.slice(from + 1).reduce((sum, { withinMs }) => sum + withinMs, 0);
}

function sequenceOf({ streams }: Plan, { steps, correlated = false }: AggregateDefinition): Sequence | undefined {
  if (steps === undefined) return undefined;
  const parts = steps.map((step, index) => {
    const before = steps[index - 1];
    const event = streams[step.stream]?.event ?? "";
    return { ...step, event, strict: before !== undefined && streams[before.stream]?.event === event };
  });
  return { steps: parts, correlated, lengthMs: lengthOf(steps, 0) };
}

function extend(reach: Reach, window: Window, moreMs: number): void {
  switch (window.kind) {
    case "ever":
      reach.keptMs = Number.POSITIVE_INFINITY;
      return;
    case "last":
    case "calendar": {
      const ms = moreMs + (window.kind === "last" ? window.ms : PERIOD_MS_MAX[window.period]);
      reach.keptMs = Math.max(reach.keptMs, ms);
      reach.daysMs = Math.max(reach.daysMs, ms);
      return;
    }
    case "since":
    case "between":
      reach.fromDay = Math.min(reach.fromDay, Math.floor((window.from - DATE_SPREAD_MS - moreMs) / DAY_MS));
  }
}

function indexesOf(numbers: readonly number[], names: readonly string[]): ReadonlyMap<number, number> {
  const indexes = new Map<number, number>();
  for (const [index, number] of numbers.entries()) {
    const other = indexes.get(number);
    if (other !== undefined) throw new PlanCollisionError(names[other] ?? "", names[index] ?? "");
    indexes.set(number, index);
  }
  return indexes;
}
