/**
 * Generated code that joins leaves into rules: segments in functions of 50, in order of dependency, one set of functions a
 * cause (an event name, or everything); and one function a content. (All rules in one function are never optimised by V8;
 * one function a rule costs a call each.)
 */
import type { ProfileView } from "../model/plan.ts";
import type { Condition, PlanSource } from "./checked.ts";
import { type Code, join, js, literal } from "./code.ts";
import { createBitEmitter } from "./emitter.ts";
import type { Leaves } from "./leaves.ts";

const segmentsPerFunction = 50;

/** Calls `flip` for each of its segments whose value differs from the view's. */
export type SegmentFunction = (
  view: ProfileView,
  leaves: Uint8Array,
  flip: (segment: number, entered: boolean) => void,
) => void;

/** The choice that holds, from 1; 0 for `otherwise`. */
export type ContentFunction = (view: ProfileView, leaves: Uint8Array) => number;

/** @param segments indexes in ascending order, which is an order of dependency */
export function generateSegments(
  plan: PlanSource,
  leaves: Leaves,
  segments: readonly number[],
): readonly SegmentFunction[] {
  const emit = createBitEmitter((leaf) => leaves.indexOf(leaf));
  const functions: Code[] = [];
  for (let first = 0; first < segments.length; first += segmentsPerFunction) {
    const tests = segments.slice(first, first + segmentsPerFunction).map((segment) => {
      const index = literal(segment);
      const holds = emit.condition(whenOf(plan, segment));
      return js`c = ${holds}; if (c !== (V.inSegment(${index}) ? 1 : 0)) flip(${index}, c === 1);`;
    });
    functions.push(js`function (V, P, flip) { let c = 0; ${join(tests, "\n")} }`);
  }
  return build<SegmentFunction>(functions);
}

export function generateContents(plan: PlanSource, leaves: Leaves): readonly ContentFunction[] {
  const emit = createBitEmitter((leaf) => leaves.indexOf(leaf));
  const functions = plan.contents.map(({ choices }) => {
    const tests = choices.map(
      ({ when }, index) => js`if (${emit.condition(when)} === 1) return ${literal(index + 1)};`,
    );
    return js`function (V, P) { ${join(tests, "\n")} return 0; }`;
  });
  return build<ContentFunction>(functions);
}

function whenOf(plan: PlanSource, segment: number): Condition {
  const when = plan.segments[segment]?.when;
  if (when === undefined) throw new RangeError(`there is no segment ${segment}`);
  return when;
}

function build<F>(functions: readonly Code[]): readonly F[] {
  const body = js`"use strict"; return [${join(functions, ",")}];`;
  // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
  return new Function(body)() as readonly F[];
}
