/**
 * Generated code that joins leaves into rules: segments in functions of 50, in order of dependency, to evaluate all of
 * them; one small test a segment, to evaluate the few whose conditions an event has changed; and one function a content.
 * (All rules in one function are never optimised by V8; one function a rule costs a call each.)
 */
import type { ProfileView } from "../../model/plan.ts";
import type { PlanSource } from "../plan/checked.ts";
import { type Code, join, js, literal } from "./code.ts";
import { createBitEmitter } from "./emitter.ts";
import type { Leaves } from "./leaves.ts";
import type { Steps } from "../plan/steps.ts";

const segmentsPerFunction = 50;

/** Calls `flip` for each of its segments whose value differs from the view's. */
export type SegmentFunction = (
  view: ProfileView,
  leaves: Uint8Array,
  flip: (segment: number, entered: boolean) => void,
  at: number,
) => void;

/** The choice that holds, from 1; 0 for `otherwise`. */
export type ContentFunction = (view: ProfileView, leaves: Uint8Array, at: number) => number;

/** All segments, in their order, which is an order of dependency. */
export function* generateSegments(plan: PlanSource, leaves: Leaves): Steps<readonly SegmentFunction[]> {
  const emit = byteEmitter(leaves);
  const functions: SegmentFunction[] = [];
  for (let first = 0; first < plan.segments.length; first += segmentsPerFunction) {
    const tests = plan.segments.slice(first, first + segmentsPerFunction).map(({ when }, offset) => {
      const index = literal(first + offset);
      const holds = emit.condition(when);
      return js`c = ${holds}; if (c !== (V.inSegment(${index}) ? 1 : 0)) flip(${index}, c === 1);`;
    });
    functions.push(...build<SegmentFunction>([js`function (V, P, flip, at) { let c = 0; ${join(tests, "\n")} }`]));
    yield;
  }
  return functions;
}

/** Whether one segment holds, by the bits of a memo. */
export type SegmentTest = (view: ProfileView, memo: readonly number[], at: number) => number;

/** One test a segment: few are run at a time, and V8 compiles a function when it is first called. */
export function* generateTests(plan: PlanSource, leaves: Leaves): Steps<readonly SegmentTest[]> {
  const emit = createBitEmitter((leaf) => {
    const index = leaves.indexOf(leaf);
    return js`(M[${literal(index >>> 5)}] >>> ${literal(index & 31)} & 1)`;
  });
  const tests: SegmentTest[] = [];
  for (let first = 0; first < plan.segments.length; first += segmentsPerFunction) {
    const some = plan.segments.slice(first, first + segmentsPerFunction);
    tests.push(
      ...build<SegmentTest>(some.map(({ when }) => js`function (V, M, at) { return ${emit.condition(when)}; }`)),
    );
    yield;
  }
  return tests;
}

export function generateContents(
  plan: { readonly contents: readonly Pick<PlanSource["contents"][number], "choices">[] },
  leaves: Leaves,
): readonly ContentFunction[] {
  const emit = byteEmitter(leaves);
  const functions = plan.contents.map(({ choices }) => {
    const tests = choices.map(
      ({ when }, index) => js`if (${emit.condition(when)} === 1) return ${literal(index + 1)};`,
    );
    return js`function (V, P, at) { ${join(tests, "\n")} return 0; }`;
  });
  return build<ContentFunction>(functions);
}

function byteEmitter(leaves: Leaves): ReturnType<typeof createBitEmitter> {
  return createBitEmitter((leaf) => js`P[${literal(leaves.indexOf(leaf))}]`);
}

function build<F>(functions: readonly Code[]): readonly F[] {
  const body = js`"use strict"; return [${join(functions, ",")}];`;
  // oxlint-disable-next-line typescript/no-implied-eval -- code is made of `Code`, in which every value is escaped
  return new Function(body)() as readonly F[];
}
