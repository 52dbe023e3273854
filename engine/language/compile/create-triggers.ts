/** The triggers of a plan, compiled: which of them an event, a segment or time can set off, and whether their conditions hold. */
import { duplicateHorizonMs } from "../../limits.ts";
import type { EventName, JsonObject } from "../../model/event.ts";
import { hashText } from "../../model/hash.ts";
import type { Instant } from "../../model/ids.ts";
import { createLocalZones } from "../../model/local-zones.ts";
import type { AppliedEvent, Change, ProfileView } from "../../model/plan.ts";
import type { Due, TriggerDefinition, TriggerSet } from "../../model/trigger.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import { conditionOf, type TriggerSource } from "../plan/checked-trigger.ts";
import { generateContents } from "./generate-rules.ts";
import { createLeaves } from "./leaves.ts";
import { createOccurrences } from "../time/occurrences.ts";
import { readShown } from "./read-shown.ts";
import { readSetOf, type ReadSet } from "./touched.ts";

/** Reads values and computes leaves of them, into an array with room for all of them. */
type ReadValues = (
  view: ProfileView,
  values: ReadSet,
  moment: { readonly at: Instant; readonly fields: JsonObject },
) => Uint8Array;

export interface PlanTriggers extends TriggerSet {
  /** The first instant after `at` at which time sets one off, as far as `change` may have moved it. */
  next(view: ProfileView, change: Change, at: Instant): Instant;
  /** How many values its conditions are computed into. */
  readonly leaves: number;
}

const NO_FIELDS: JsonObject = Object.freeze({});
const NONE: readonly number[] = Object.freeze([]);
/** An event that has come has happened, though the clock of the node that took it be ahead of this one's. */
const UNTIL_WHENEVER = Number.POSITIVE_INFINITY;

export function createTriggers(source: PlanSource, readValues: ReadValues): PlanTriggers | undefined {
  const { triggers } = source;
  if (triggers === undefined) return undefined;
  // Behind those of the triggers what is asked again when they are sent, of those that say so.
  const conditions = [...triggers.map(conditionOf), ...triggers.map(stillOf)];
  const leaves = createLeaves(
    source,
    conditions.flatMap((condition) => condition ?? []),
  );
  // A trigger is, to the generator, a content that shows one thing.
  const contents = conditions.map((when) => ({ choices: when === undefined ? [] : [{ when, show: "" }] }));
  const tests = generateContents({ contents }, leaves);
  const values = conditions.map((condition) => readSetOf(condition === undefined ? [] : [condition], leaves));

  const ofEvent = new Map<string, number[]>();
  const ofSegment = new Map<number, number[]>();
  const add = <Key>(to: Map<Key, number[]>, key: Key, index: number) => to.set(key, [...(to.get(key) ?? []), index]);
  for (const [index, { on }] of triggers.entries()) {
    if (on.is === "event") add(ofEvent, on.event, index);
    else if (on.is === "segment") add(ofSegment, on.segment * 2 + (on.entered ? 1 : 0), index);
  }

  function test(
    index: number,
    view: ProfileView,
    moment: { readonly at: Instant; readonly fields: JsonObject },
  ): boolean {
    if (conditions[index] === undefined) return true;
    const leafValues = readValues(view, values[index] as ReadSet, moment);
    return tests[index]?.(view, leafValues, moment.at) === 1;
  }

  const timed = createTimed(source, triggers);
  const sequences = createSequences(source, triggers);

  return {
    leaves: leaves.count,
    all: triggers.map(definitionOf),
    ofEvent: (name: EventName) => ofEvent.get(name) ?? NONE,
    ofSegment: (segment, entered) => ofSegment.get(segment * 2 + (entered ? 1 : 0)) ?? NONE,
    holds: (trigger, view, at, event) => test(trigger, view, { at, fields: event?.fields ?? NO_FIELDS }),
    shownOf: (trigger, event) => readShown(triggers[trigger]?.shows, event.fields),
    stillHolds(trigger, view, at) {
      const { on, still } = triggers[trigger] as TriggerSource;
      if (still !== true) return true;
      if (on.is === "segment" && view.inSegment(on.segment) !== on.entered) return false;
      return test(triggers.length + trigger, view, { at, fields: NO_FIELDS });
    },
    completed: (view, event, at) => sequences.completed(view, event, at).sort(byTime),
    complete: (view, at) => sequences.complete(view, at).sort(byTime),
    due: (view, span) => [...timed.due(view, span), ...sequences.due(view, span)].sort(byTime),
    next: (view, change, at) => Math.min(timed.next(view, change, at), sequences.next(view, change, at)),
  };
}

function stillOf({ still, when }: TriggerSource): Condition | undefined {
  return still === true ? (when ?? undefined) : undefined;
}

const byTime = (a: Due, b: Due): number => a.at - b.at || a.trigger - b.trigger;

/** What the passing of time sets off. */
interface ByTime extends Pick<PlanTriggers, "next"> {
  due(view: ProfileView, span: { readonly from: Instant; readonly until: Instant }): readonly Due[];
}

/** Dates and schedules. */
function createTimed(source: PlanSource, triggers: readonly TriggerSource[]): ByTime {
  const zones = createLocalZones({ ...source.zone, attribute: source.zone.attribute ?? undefined });
  const timed = triggers.flatMap(({ on }, trigger) =>
    on.is === "date" || on.is === "schedule"
      ? [{ trigger, occurrences: createOccurrences(on, zones, (index) => source.attributes[index]?.type) }]
      : [],
  );
  const moving = new Set(triggers.flatMap(({ on }) => (on.is === "date" ? [on.attribute] : [])));
  if (source.zone.attribute !== null) moving.add(source.zone.attribute);
  return {
    due: (view, { from, until }) =>
      timed.flatMap(({ trigger, occurrences }): readonly Due[] => {
        const at = occurrences.latest(view, from, until);
        return at === undefined ? [] : [{ trigger, at }];
      }),
    next(view, change, at) {
      if (timed.length === 0) return Number.POSITIVE_INFINITY;
      if (change.kind === "event" && !change.attributes.some((index) => moving.has(index)))
        return Number.POSITIVE_INFINITY;
      return timed.reduce((next, { occurrences }) => Math.min(next, occurrences.next(view, at)), Infinity);
    },
  };
}

interface Sequences extends ByTime {
  completed(view: ProfileView, event: AppliedEvent, at: Instant): Due[];
  complete(view: ProfileView, at: Instant): Due[];
}

/** One event after another, or not: an event completes the one, time the other. */
function createSequences(source: PlanSource, triggers: readonly TriggerSource[]): Sequences {
  const all = triggers.flatMap(({ on }, trigger) => {
    if (on.is !== "sequence") return [];
    const { aggregate } = on;
    const { steps = [] } = source.aggregates[aggregate] ?? {};
    return [{ trigger, aggregate, events: steps.map(({ stream }) => source.streams[stream]?.event), steps }];
  });
  const isOfTime = ({ steps }: (typeof all)[number]): boolean => steps.at(-1)?.absent === true;
  const ofTime = all.filter(isOfTime);
  const ofEvents = all.filter((sequence) => !isOfTime(sequence));
  const byEvent = new Map<string | undefined, typeof all>();
  for (const event of new Set(all.flatMap(({ events }) => events)))
    byEvent.set(
      event,
      all.filter(({ events }) => events.includes(event)),
    );
  return {
    completed: (view, event, at) =>
      (byEvent.get(event.name) ?? []).flatMap((sequence) => {
        const span = { after: at - duplicateHorizonMs, upTo: isOfTime(sequence) ? at : UNTIL_WHENEVER };
        return view
          .completionsBy(sequence.aggregate, event, span)
          .map((instant) => ({ trigger: sequence.trigger, at: instant }));
      }),
    complete: (view, at) =>
      ofEvents.flatMap(({ trigger, aggregate }) =>
        view
          .completions(aggregate, at - duplicateHorizonMs, UNTIL_WHENEVER)
          .map((instant) => ({ trigger, at: instant })),
      ),
    due: (view, { from, until }) =>
      ofTime.flatMap(({ trigger, aggregate }) =>
        view
          .completions(aggregate, Math.max(from - 1, until - duplicateHorizonMs), until)
          .map((at) => ({ trigger, at })),
      ),
    next(view, change, at) {
      let next = Number.POSITIVE_INFINITY;
      for (const { aggregate, events } of ofTime)
        if (change.kind === "everything" || events.includes(change.event))
          next = Math.min(next, view.nextCompletion(aggregate, at));
      return next;
    },
  };
}

function definitionOf(source: TriggerSource): TriggerDefinition {
  const { name, send, category, priority, expiresMs, atMost, competesForMs, holdout, ifUnknown } = source;
  return {
    name,
    id: hashText(name),
    intent: {
      ...send,
      category,
      priority,
      expiresMs: expiresMs ?? undefined,
      competesForMs,
      holdout: holdout ?? undefined,
      ...(ifUnknown !== undefined && { ifUnknown }),
    },
    atMost: atMost ?? undefined,
  };
}
