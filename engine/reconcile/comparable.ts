/**
 * Two profiles in the form in which they are compared: canonical, without what only tells how it was gathered, and without
 * what the records cannot settle. A stream or attribute that one of the past plans did without was dropped from those
 * profiles that happened to be in memory then, and of no others; and what a plan still lacks comes person by person.
 */
import type { Json, JsonObject } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import { attributeId, type LackingSince } from "../model/lacking.ts";
import type { Plan } from "../model/plan.ts";
import { canonical, type Profile } from "../profile/port.ts";
import { driftTextCharsMax } from "../limits-of-reconcile.ts";
import type { DriftCause, DriftSection } from "./port.ts";

export interface Unsettled {
  readonly streams: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
}

/** @param plans all that were in force, in order; the last is the present one */
export function unsettledBy(plans: readonly Plan[], lacking: LackingSince): Unsettled {
  const last = plans.at(-1);
  const gaps = (namesOf: (plan: Plan) => readonly string[]): Set<string> => {
    const sets = plans.map((plan) => new Set(namesOf(plan)));
    return new Set((last === undefined ? [] : namesOf(last)).filter((name) => wasGone(sets, name)));
  };
  const streams = gaps((plan) => plan.streams.map(({ key }) => key));
  const attributes = gaps((plan) => plan.attributes.map(({ name }) => name));
  const lackingStreams = new Set(lacking.streams.map(({ id }) => id));
  const lackingAttributes = new Set(lacking.attributes.map(({ id }) => id));
  for (const { id, key } of last?.streams ?? []) if (lackingStreams.has(id)) streams.add(key);
  for (const attribute of last?.attributes ?? [])
    if (lackingAttributes.has(attributeId(attribute))) attributes.add(attribute.name);
  return { streams, attributes };
}

/** Known, unknown for a while, and known again. */
function wasGone(sets: readonly ReadonlySet<string>[], name: string): boolean {
  const from = sets.findIndex((names) => names.has(name));
  return sets.slice(from).some((names) => !names.has(name));
}

export function comparable(profile: Profile, unsettled: Unsettled): JsonObject {
  const form = canonical(profile) as JsonObject;
  if ("sealedInto" in form) return form;
  const { marks: _marks, texts, ...kept } = form;
  return {
    ...kept,
    attributes: without(kept["attributes"], unsettled.attributes),
    streams: without(kept["streams"], unsettled.streams),
    ...(unsettled.streams.size === 0 && { texts: texts ?? [] }),
  };
}

function without(part: Json | undefined, names: ReadonlySet<string>): JsonObject {
  const entries = Object.entries((part ?? {}) as JsonObject);
  return Object.fromEntries(names.size === 0 ? entries : entries.filter(([name]) => !names.has(name)));
}

const MAPS = new Set(["attributes", "segments", "streams"]);

/** What differs, part by part; undefined on one side: it is not there. */
export function sectionsOf(live: JsonObject | undefined, history: JsonObject | undefined): readonly DriftSection[] {
  const names = [...new Set([...Object.keys(live ?? {}), ...Object.keys(history ?? {})])];
  return names.flatMap((name) => {
    const [ours, theirs] = [live?.[name], history?.[name]];
    if (textOf(ours) === textOf(theirs)) return [];
    if (!MAPS.has(name) || ours === undefined || theirs === undefined) return [sectionOf(name, ours, theirs)];
    const [left, right] = [ours as JsonObject, theirs as JsonObject];
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((part) =>
      textOf(left[part]) === textOf(right[part]) ? [] : [sectionOf(`${name}.${part}`, left[part], right[part])],
    );
  });
}

/** When somebody is woken, and when they should be. */
export function wakeUpSection({
  wakeUp,
  overslept = wakeUp,
}: {
  readonly wakeUp: Instant;
  readonly overslept?: Instant | undefined;
}): DriftSection {
  const told = (at: Instant): string | undefined => (Number.isFinite(at) ? JSON.stringify(new Date(at)) : undefined);
  return { name: "wake_up", live: told(wakeUp), history: told(overslept) };
}

function sectionOf(name: string, live: Json | undefined, history: Json | undefined): DriftSection {
  return { name, live: shortened(live), history: shortened(history) };
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function shortened(value: Json | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined || text.length <= driftTextCharsMax ? text : `${text.slice(0, driftTextCharsMax - 1)}…`;
}

/** Of one whose records are in order: what of it was altered tells what kind of drift it is. */
export function causeOf(sections: readonly DriftSection[]): DriftCause {
  const parts = new Set(sections.map(({ name }) => name.split(".", 1)[0] ?? ""));
  const only = (...names: readonly string[]): boolean => [...parts].every((part) => names.includes(part));
  if (only("streams", "texts")) return "stale_aggregate";
  if (only("points", "receipts")) return "wrong_balance";
  if (only("segments")) return "wrong_membership";
  return "edited_store";
}
