/**
 * The distinct conditions on values among many rules: each is computed once, into one byte of an array, before the rules
 * that have it are joined from these bytes. Those that read the same value stand together.
 */
import type { Json, JsonObject } from "../../model/event.ts";
import { readFieldValue } from "../../model/field-value.ts";
import type { FieldType, FieldValue, ProfileView } from "../../model/plan.ts";
import { brandZone } from "../../model/local-zones.ts";
import { createRuntime, type Lists, type Runtime } from "../calls/registry.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import { type Code, indexed, join, js, literal } from "./code.ts";
import { kindOf } from "../conditions/registry.ts";
import { type Constants, createEmitter, createLocals, declareConstants, type OperandNames } from "./emitter.ts";
import { propertyLocals } from "./property-code.ts";
import { readPath } from "../plan/property-path.ts";
import { readsOf } from "../plan/reads.ts";
import { maybeUnknown } from "../plan/reductions.ts";
import { finish, type Steps } from "../plan/steps.ts";

/** Large enough that calls cost little, small enough that V8 optimises the function; whole words of bits. */
export const leavesPerFunction = 64;

/** Whether an aggregate's value is read into the array of numbers; texts and booleans stand behind the attributes. */
export function isNumber({ aggregates, streams }: PlanSource, index: number): boolean {
  const aggregate = aggregates[index];
  if (aggregate?.reduce !== "first-value" && aggregate?.reduce !== "last-value") return true;
  const type = streams[aggregate.stream]?.property?.type;
  return type !== "text" && type !== "boolean";
}

/** What leaves come to: a byte each, for rules that are joined from them, and a bit each, to see which have changed. */
export interface LeafBits {
  readonly bytes: Uint8Array;
  /** Leaf i is bit i % 32 of word i / 32. */
  readonly words: Int32Array;
}

export function createLeafBits(count: number): LeafBits {
  return { bytes: new Uint8Array(count), words: new Int32Array(Math.ceil(count / 32)) };
}

/** Computes its leaves from the values read into `aggregates` and `attributes`, and of the event at hand. */
export type LeafFunction = (
  aggregates: Float64Array,
  attributes: readonly (FieldValue | undefined)[],
  leaves: LeafBits,
  at: number,
  fields: JsonObject,
  view: ProfileView,
) => void;

export interface Leaves {
  readonly count: number;
  isNumber(aggregate: number): boolean;
  /** In order; function i computes leaves from i x leavesPerFunction on. */
  readonly functions: readonly LeafFunction[];
  /** @throws RangeError when it is not among those of the rules given */
  indexOf(leaf: Condition): number;
}

export function createLeaves(plan: PlanSource, conditions: readonly Condition[]): Leaves {
  return finish(createLeavesSteps(plan, conditions));
}

/** The same in steps. */
export function* createLeavesSteps(plan: PlanSource, conditions: readonly Condition[]): Steps<Leaves> {
  const groups = new Map<string, Condition[]>();
  for (const condition of conditions) {
    for (const leaf of leavesOf(condition)) {
      const text = JSON.stringify(leaf);
      const same = groups.get(text);
      if (same === undefined) groups.set(text, [leaf]);
      else same.push(leaf);
    }
    yield;
  }
  const distinct: { readonly same: readonly Condition[]; readonly order: number }[] = [];
  for (const same of groups.values()) {
    distinct.push({ same, order: firstRead(plan, same[0]) });
    yield;
  }
  distinct.sort((a, b) => a.order - b.order);
  yield;
  // By identity: looking a leaf up by its text would cost more than all the rest of loading.
  const indexes = new Map<Condition, number>();
  for (const [index, { same }] of distinct.entries()) {
    for (const leaf of same) indexes.set(leaf, index);
    yield;
  }
  const functions = yield* generate(
    plan,
    distinct.flatMap(({ same: [leaf] }) => leaf ?? []),
  );
  return {
    count: distinct.length,
    isNumber: (aggregate) => isNumber(plan, aggregate),
    functions,
    indexOf(leaf) {
      const index = indexes.get(leaf);
      if (index === undefined) throw new RangeError("a condition that no rule has");
      return index;
    },
  };
}

export function leavesOf(condition: Condition): readonly Condition[] {
  const kind = kindOf(condition);
  return kind.isLeaf ? [condition] : kind.conditions(condition).flatMap(leavesOf);
}

/** What one event can change stands together, so that it computes few leaves of others; attributes after all aggregates. */
function firstRead(plan: PlanSource, leaf: Condition | undefined): number {
  const { aggregates, attributes } = readsOf(leaf === undefined ? [] : [leaf]);
  const order = (aggregate: number): number => {
    const stream = plan.aggregates[aggregate]?.stream ?? 0;
    const event = plan.streams[stream]?.event;
    return plan.streams.findIndex((each) => each.event === event) * plan.aggregates.length + aggregate;
  };
  return Math.min(...[...aggregates].map(order), ...[...attributes].map((index) => index + 1e9));
}

function* generate(plan: PlanSource, leaves: readonly Condition[]): Steps<readonly LeafFunction[]> {
  const functions: LeafFunction[] = [];
  const runtime = createRuntime(brandZone(plan.zone.brand), listsOf(plan));
  for (let first = 0; first < leaves.length; first += leavesPerFunction) {
    const some = leaves.slice(first, first + leavesPerFunction);
    const constants: Constants = [];
    const properties = propertyLocals();
    const worked = createLocals();
    const names = { ...namesIn(plan), eventProperty: properties.local, local: worked.local };
    const emit = createEmitter(names, constants);
    const declared = [...declareValues(plan, some)];
    // `+` makes 1 or 0 of a comparison without a branch.
    const stored = some.map((leaf, index) => {
      const computed = js`w |= (P[${literal(first + index)}] = +${emit.condition(leaf)}) << ${literal(index & 31)};`;
      const isWhole = (index & 31) === 31 || index === some.length - 1;
      return isWhole ? js`${computed} W[${literal((first + index) >>> 5)}] = w; w = 0;` : computed;
    });
    declared.push(...properties.declarations, ...worked.declarations);
    const compute = js`function (A, F, L, at, f, V) { const P = L.bytes, W = L.words; let w = 0;\n${join(declared, "\n")}\n${join(stored, "\n")} }`;
    const body = js`"use strict";\n${declareConstants(constants)}\nreturn ${compute};`;
    // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
    const make = new Function("O", "R", "readPath", "readValue", body) as (
      constants: Constants,
      runtime: Runtime,
      readPath: (fields: JsonObject, path: readonly string[]) => Json | undefined,
      readValue: (json: Json | undefined, type: FieldType) => FieldValue | undefined,
    ) => LeafFunction;
    functions.push(make(constants, runtime, readPath, readFieldValue));
    yield;
  }
  return functions;
}

/** Declares what the conditions read of `A` and `F`: values of aggregates and attributes. */
export function declareValues(plan: PlanSource, conditions: readonly Condition[]): readonly Code[] {
  const reads = readsOf(conditions);
  return [
    ...[...reads.aggregates].map((index) =>
      isNumber(plan, index)
        ? js`const ${indexed("a", index)} = A[${literal(index)}];`
        : js`const ${indexed("a", index)} = F[${literal(plan.attributes.length + index)}];`,
    ),
    ...[...reads.attributes].map((index) => js`const ${indexed("f", index)} = F[${literal(index)}];`),
  ];
}

/** Digests of the members of each list. */
export function listsOf({ lists = [] }: PlanSource): Lists {
  return lists.map(({ members }) => new Set(members));
}

/** How what `declareValues` has declared is named. */
export function namesIn(plan: PlanSource): Omit<OperandNames, "eventProperty" | "local"> {
  return {
    attribute: (index) => indexed("f", index),
    aggregate: (index) => indexed("a", index),
    aggregateKnown: (index) => {
      const value = indexed("a", index);
      if (!isNumber(plan, index)) return js`${value} !== undefined`;
      return maybeUnknown(plan.aggregates[index]?.reduce ?? "count") ? js`${value} === ${value}` : undefined;
    },
    property: () => {
      throw new TypeError("a property of an event is read outside of `where`");
    },
  };
}
