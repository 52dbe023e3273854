/**
 * The attributes of a profile: each the value with the latest stamp, so that they do not depend on the order in which
 * events came. Only fields that the plan declares are kept. A trait sent as null clears the attribute, and is remembered
 * as cleared: an older value that comes late does not bring it back.
 */
import { isWellFormed } from "../model/byte-buffer.ts";
import { type Event, type EventName, eventName, type Json } from "../model/event.ts";
import type { Instant } from "../model/ids.ts";
import type { FieldValue } from "../model/plan.ts";
import { isScored, RFM_PREFIX } from "../model/rfm.ts";
import { readAttribute } from "./attribute-values.ts";
import type { PlanLayout } from "./plan-layout.ts";

/** When and by what an attribute was said; shared by all attributes of one event. */
export interface Stamp {
  readonly timestamp: Instant;
  readonly source: string;
  /** Of the message id, as Digest64. */
  readonly high: number;
  readonly low: number;
}

export interface HeldAttribute {
  /** Into the plan's attributes. */
  readonly index: number;
  /** undefined: cleared. */
  readonly value: FieldValue | undefined;
  readonly stamp: Stamp;
}

/** Positive when `a` is the later one: by timestamp, then source, then the digest of the message id. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.high - b.high || a.low - b.low;
}

const NOTHING_CHANGED: readonly number[] = Object.freeze([]);

export interface AttributeChange {
  readonly held: readonly HeldAttribute[];
  /** Indexes of the attributes whose value is another now. */
  readonly changed: readonly number[];
}

const ACCOUNT = "account.";

/** The trait of a group call that a field under `account.` is; the group's own id is `account.id`. */
function accountTrait(field: string): string | undefined {
  if (!field.startsWith(ACCOUNT)) return undefined;
  const trait = field.slice(ACCOUNT.length);
  return trait === "id" ? "groupId" : trait;
}

/** What an event of such a kind says of a field, by the name that it has there; undefined: nothing. */
function traitOf(field: string, type: Event["type"], scored: boolean): string | undefined {
  if (field.startsWith(RFM_PREFIX)) return scored ? field.slice(RFM_PREFIX.length) : undefined;
  if (scored) return undefined;
  return type === "group" ? accountTrait(field) : field;
}

/** In which events a field is said, and as which of their fields. */
export function saidIn(field: string): readonly { readonly name: EventName; readonly trait: string }[] {
  return (["identify", "group"] as const).flatMap((type) => {
    const trait = traitOf(field, type, false);
    return trait === undefined ? [] : [{ name: eventName(type, ""), trait }];
  });
}

/**
 * `held` with the values cleared that were said before an instant, by the names of fields; `held` itself when there are none.
 * That one was said then stays, so that an older one that comes late does not take its place.
 */
export function clearAged(
  held: readonly HeldAttribute[],
  attributes: PlanLayout["plan"]["attributes"],
  before: Readonly<Record<string, Instant>>,
): AttributeChange {
  const changed = held.flatMap(({ index, value, stamp }) => {
    const limit = before[attributes[index]?.name ?? ""];
    return value !== undefined && limit !== undefined && stamp.timestamp < limit ? [index] : [];
  });
  if (changed.length === 0) return { held, changed };
  const cleared = held.map((each) => (changed.includes(each.index) ? { ...each, value: undefined } : each));
  return { held: cleared, changed };
}

/**
 * What `held` becomes by the traits of an identify event, of the group that a group event says somebody is of, or by what
 * the night has worked out.
 */
export function applyTraits(held: readonly HeldAttribute[], layout: PlanLayout, event: Event): AttributeChange {
  let next = held;
  let changed = NOTHING_CHANGED;
  let stamp: Stamp | undefined;
  const scored = isScored(event);
  for (const [index, { name, type }] of layout.plan.attributes.entries()) {
    const trait = traitOf(name, event.type, scored);
    if (trait === undefined || !Object.hasOwn(event.fields, trait)) continue;
    const raw = event.fields[trait] as Json;
    const value = raw === null ? undefined : readAttribute(raw, type);
    if (value === undefined && raw !== null) continue;
    stamp ??= { timestamp: event.timestamp, source: internSource(event.source), ...event.digest };
    const after = putAttribute(next, { index, value, stamp });
    if (after === next) continue;
    if (!equalValues(attributeIn(next, index), value)) changed = [...changed, index];
    next = after;
  }
  return { held: next, changed };
}

/** `held` with one more attribute, or `held` itself when it has a later value. */
export function putAttribute(held: readonly HeldAttribute[], attribute: HeldAttribute): readonly HeldAttribute[] {
  const at = held.findIndex(({ index }) => index >= attribute.index);
  // Not by spreading, which leaves room for a dozen more.
  if (at < 0) return held.concat([attribute]);
  const known = held[at] as HeldAttribute;
  if (known.index !== attribute.index) return held.toSpliced(at, 0, attribute);
  return compareStamps(attribute.stamp, known.stamp) > 0 ? held.with(at, attribute) : held;
}

export function attributeIn(held: readonly HeldAttribute[], index: number): FieldValue | undefined {
  for (let i = 0; i < held.length; i++) {
    const each = held[i] as HeldAttribute;
    if (each.index === index) return each.value;
  }
  return undefined;
}

function equalValues(a: FieldValue | undefined, b: FieldValue | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

const sources = new Map<string, string>();
const sourcesMax = 1_000;

/** One text for all stamps of a source, cut loose from the frame it came in. */
export function internSource(source: string): string {
  const known = sources.get(source);
  if (known !== undefined) return known;
  if (sources.size >= sourcesMax) sources.clear();
  const own = ownText(source);
  sources.set(own, own);
  return own;
}

/** A copy of a text that does not keep the longer text alive out of which it was cut. */
export function ownText(text: string): string {
  const form = isWellFormed(text) ? "utf8" : "utf16le";
  return Buffer.from(text, form).toString(form);
}
