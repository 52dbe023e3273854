/** Every call by name, and what both evaluators do with one. */
import type { FieldValue } from "../../model/plan.ts";
import type { Instant } from "../../model/ids.ts";
import type { Zone } from "../../model/local-time.ts";
import { customerZone } from "../../model/local-zones.ts";
import { metresBetween } from "../../model/place.ts";
import { memberDigest } from "../plan/member-digest.ts";
import type { Call, Operand } from "../plan/checked.ts";
import { arithmetic } from "./arithmetic.ts";
import type { CallKind } from "./call.ts";
import type { CallName } from "./call-name.ts";
import { dates } from "./dates.ts";
import { matchesGlob } from "./glob.ts";
import { people } from "./people.ts";
import { texts } from "./texts.ts";

const CALLS: { readonly [Name in CallName]: CallKind } = { ...arithmetic, ...texts, ...dates, ...people };

/** @throws RangeError for a call of no known name, as only bytes that no checker made can have */
export function callKindOf({ call }: Call): CallKind {
  if (!Object.hasOwn(CALLS, call)) throw new RangeError("a call of no known name");
  return CALLS[call];
}

type Valued = FieldValue | undefined;

/** By the interpreter: unknown as soon as one of its arguments is. */
export function valueOfCall(
  call: Call,
  values: readonly Valued[],
  { zone, at }: { readonly zone: Zone; readonly at: Instant },
): Valued {
  if (values.includes(undefined)) return undefined;
  const { values: compute, clocked } = callKindOf(call);
  // Each takes values of the types that the checker has found; the table cannot say so.
  const value =
    clocked === undefined
      ? (compute as (...of: readonly Valued[]) => Valued)(...values)
      : (clocked as (zone: Zone, at: Instant, ...of: readonly Valued[]) => Valued)(zone, at, ...values);
  return typeof value === "number" && Number.isNaN(value) ? undefined : value;
}

/** Digests of the members of each list of a plan. */
export type Lists = readonly ReadonlySet<string>[];

export function isListed(identifiers: readonly string[], list: ReadonlySet<string> | undefined): boolean {
  return list !== undefined && identifiers.some((value) => list.has(memberDigest(value)));
}

/** What generated code calls as `R.add(a, b)`, and `R.zone(name)` for the clock that a name means. */
export interface Runtime {
  zone(name: Valued): Zone;
  matches(text: string | undefined, pattern: string): boolean;
  isNear(place: number | undefined, metres: number, places: readonly number[]): boolean;
  inList(identifiers: readonly string[], list: number): boolean;
  readonly [call: string]: unknown;
}

export function createRuntime(brand: Zone, lists: Lists = []): Runtime {
  const calls = Object.entries(CALLS).map(([name, { values, clocked }]) => [name, values ?? clocked]);
  return {
    ...Object.fromEntries(calls),
    zone: (name) => customerZone(name, brand),
    matches: matchesGlob,
    isNear: (place, metres, places) =>
      place !== undefined && places.some((each) => metresBetween(place, each) <= metres),
    inList: (identifiers, list) => isListed(identifiers, lists[list]),
  };
}

/** Attributes, aggregates and properties that an operand reads, those within calls included; itself when it is one. */
export function readsIn(operand: Operand): readonly Operand[] {
  switch (operand.kind) {
    case "literal":
      return [];
    case "units":
      return readsIn(operand.of);
    case "call": {
      const zone = operand.zone === undefined || operand.zone === null ? [] : readsIn(operand.zone);
      return [...operand.of.flatMap(readsIn), ...zone];
    }
    default:
      return [operand];
  }
}

/** Calls within an operand that read a clock of now, itself included: what they give changes with time alone. */
export function clocksIn(operand: Operand): readonly Call[] {
  if (operand.kind === "units") return clocksIn(operand.of);
  if (operand.kind !== "call") return [];
  const own = CLOCKS.has(operand.call) ? [operand] : [];
  return [...own, ...operand.of.flatMap(clocksIn)];
}

const CLOCKS: ReadonlySet<CallName> = new Set(["today", "local-time", "weekday"]);
