/** `in segment X`: membership as it stands, evaluated before by order of dependency. */
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkInSegment: Check<"in-segment"> = (syntax, checking) => {
  const segment = checking.segment(syntax.segment);
  return segment === undefined ? undefined : { kind: "in-segment", segment };
};

export const inSegment: KindOf<"in-segment"> = {
  ...quiet,
  isLeaf: false,
  operands: () => [],
  holds: (node, facts) => facts.inSegment(node.segment),
  compile: (node, emit) => emit.inSegment(node.segment),
  print: (node, printing) => `in segment ${printing.segment(node.segment)}`,
  say: (node, saying) => [`the profile is in the segment ${saying.segment(node.segment)}`],
  sayNot: (node, saying) => [`the profile is not in the segment ${saying.segment(node.segment)}`],
};
