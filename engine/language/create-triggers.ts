/** The triggers of a plan, compiled: which of them an event, a segment or time can set off, and whether their conditions hold. */
import type { EventName, JsonObject } from "../model/event.ts";
import { hashText } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { createLocalZones } from "../model/local-zones.ts";
import type { Change, ProfileView } from "../model/plan.ts";
import type { Due, TriggerDefinition, TriggerSet } from "../model/trigger.ts";
import type { PlanSource } from "./checked.ts";
import { conditionOf, type TriggerSource } from "./checked-trigger.ts";
import { generateContents } from "./generate-rules.ts";
import { createLeaves } from "./leaves.ts";
import { createOccurrences } from "./occurrences.ts";
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

export function createTriggers(source: PlanSource, readValues: ReadValues): PlanTriggers | undefined {
  const { triggers } = source;
  if (triggers === undefined) return undefined;
  const conditions = triggers.map(conditionOf);
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

  const zones = createLocalZones({ ...source.zone, attribute: source.zone.attribute ?? undefined });
  const timed = triggers.flatMap(({ on }, trigger) =>
    on.is === "date" || on.is === "schedule"
      ? [{ trigger, occurrences: createOccurrences(on, zones, (index) => source.attributes[index]?.type) }]
      : [],
  );
  const moving = new Set(triggers.flatMap(({ on }) => (on.is === "date" ? [on.attribute] : [])));
  if (source.zone.attribute !== null) moving.add(source.zone.attribute);

  return {
    leaves: leaves.count,
    all: triggers.map(definitionOf),
    ofEvent: (name: EventName) => ofEvent.get(name) ?? NONE,
    ofSegment: (segment, entered) => ofSegment.get(segment * 2 + (entered ? 1 : 0)) ?? NONE,
    holds(trigger, view, at, event) {
      if (conditions[trigger] === undefined) return true;
      const leafValues = readValues(view, values[trigger] as ReadSet, { at, fields: event?.fields ?? NO_FIELDS });
      return tests[trigger]?.(view, leafValues) === 1;
    },
    due: (view, { from, until }) =>
      timed
        .flatMap(({ trigger, occurrences }): readonly Due[] => {
          const at = occurrences.latest(view, from, until);
          return at === undefined ? [] : [{ trigger, at }];
        })
        .sort((a, b) => a.at - b.at || a.trigger - b.trigger),
    next(view, change, at) {
      if (timed.length === 0) return Number.POSITIVE_INFINITY;
      if (change.kind === "event" && !change.attributes.some((index) => moving.has(index)))
        return Number.POSITIVE_INFINITY;
      return timed.reduce((next, { occurrences }) => Math.min(next, occurrences.next(view, at)), Infinity);
    },
  };
}

function definitionOf(source: TriggerSource): TriggerDefinition {
  const { name, send, category, priority, expiresMs, atMost, competesForMs, holdout } = source;
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
    },
    atMost: atMost ?? undefined,
  };
}
