/** `A then B within 1 hour`, `A then no B within 1 hour`: true once such a chain of events has completed. */
import { js } from "../compile/code.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkSequence: Check<"sequence"> = (syntax, checking) => {
  const left = checking.sequence(syntax);
  return left === undefined ? undefined : { kind: "happened", left };
};

export const happened: KindOf<"happened"> = {
  ...quiet,
  operands: (node) => [node.left],
  holds: (node, facts) => facts.value(node.left) !== undefined,
  compile: (node, emit) => js`(${emit.known(node.left) ?? js`true`})`,
  print: (node, printing) => printing.operand(node.left),
  say: (node, saying) => [`there was ${saying.operand(node.left)}`],
  sayNot: (node, saying) => [`there was not ${saying.operand(node.left)}`],
};
