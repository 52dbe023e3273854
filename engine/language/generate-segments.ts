/**
 * Generated code for segments and contents. Segments stand in functions of 32, in order of dependency, each behind one bit
 * of a mask: whatever changed, one set of functions serves, and unions of causes are unions of masks. (One function of all
 * is never optimised by V8; one function a rule costs a call each: 57 us for 1,000 rules against 7.)
 * Aggregates and attributes are read once, before, into the arrays A and F; within a function a value that several of its
 * segments use is a local.
 */
import type { FieldValue, ProfileView } from "../model/plan.ts";
import type { Condition, PlanSource } from "./checked.ts";
import { type Code, indexed, join, js, literal } from "./code.ts";
import { type Constants, createEmitter, declareConstants, type OperandNames } from "./emitter.ts";
import { readsOf } from "./reads.ts";

/** One bit of an integer each. */
export const segmentsPerFunction = 32;

export type SegmentFunction = (
  mask: number,
  view: ProfileView,
  aggregates: Float64Array,
  attributes: readonly (FieldValue | undefined)[],
  at: number,
  flip: (segment: number, entered: boolean) => void,
) => void;

/** The choice that holds, from 1; 0 for `otherwise`. */
export type ContentFunction = (
  view: ProfileView,
  aggregates: Float64Array,
  attributes: readonly (FieldValue | undefined)[],
  at: number,
) => number;

export function generateSegments(plan: PlanSource): readonly SegmentFunction[] {
  const constants: Constants = [];
  const functions: Code[] = [];
  for (let first = 0; first < plan.segments.length; first += segmentsPerFunction) {
    const conditions = plan.segments.slice(first, first + segmentsPerFunction).map(({ when }) => when);
    const { names, declarations } = namesFor(conditions, plan);
    const emit = createEmitter(names, constants);
    const tests = conditions.map((condition, bit) => {
      const index = literal(first + bit);
      const holds = emit.condition(condition);
      return js`if (m & ${literal(1 << bit)}) { c = ${holds}; if (c !== V.inSegment(${index})) flip(${index}, c); }`;
    });
    functions.push(js`function (m, V, A, F, at, flip) { let c = false; ${declarations}\n${join(tests, "\n")} }`);
  }
  return build<SegmentFunction>(functions, constants);
}

export function generateContents(plan: PlanSource): readonly ContentFunction[] {
  const constants: Constants = [];
  const functions = plan.contents.map(({ choices }) => {
    const conditions = choices.map(({ when }) => when);
    const { names, declarations } = namesFor(conditions, plan);
    const emit = createEmitter(names, constants);
    const tests = conditions.map(
      (condition, index) => js`if (${emit.condition(condition)}) return ${literal(index + 1)};`,
    );
    return js`function (V, A, F, at) { ${declarations}\n${join(tests, "\n")} return 0; }`;
  });
  return build<ContentFunction>(functions, constants);
}

/** Locals for what is read more than once among `conditions`; the rest is read in place. */
function namesFor(conditions: readonly Condition[], plan: PlanSource): { names: OperandNames; declarations: Code } {
  const reads = conditions.map((condition) => readsOf([condition]));
  const often = (kind: "attributes" | "aggregates") => {
    const counts = new Map<number, number>();
    for (const read of reads) for (const index of read[kind]) counts.set(index, (counts.get(index) ?? 0) + 1);
    return new Set([...counts].filter(([, count]) => count > 1).map(([index]) => index));
  };
  const aggregates = often("aggregates");
  const attributes = often("attributes");
  const declarations = join(
    [
      ...[...aggregates].map((index) => js`const ${indexed("a", index)} = A[${literal(index)}];`),
      ...[...attributes].map((index) => js`const ${indexed("f", index)} = F[${literal(index)}];`),
    ],
    "\n",
  );
  const names: OperandNames = {
    attribute: (index) => (attributes.has(index) ? indexed("f", index) : js`F[${literal(index)}]`),
    aggregate: (index) => (aggregates.has(index) ? indexed("a", index) : js`A[${literal(index)}]`),
    aggregateMayBeUnknown: (index) => ["first", "last"].includes(plan.aggregates[index]?.reduce ?? ""),
    property: () => {
      throw new TypeError("a property of an event is read outside of `where`");
    },
  };
  return { names, declarations };
}

/** The one place, with generate-streams.ts, where code is made to run; it consists of `Code` only. */
function build<F>(functions: readonly Code[], constants: Constants): readonly F[] {
  const body = js`"use strict";\n${declareConstants(constants)}\nreturn [${join(functions, ",")}];`;
  // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
  return new Function("O", body)(constants) as readonly F[];
}
