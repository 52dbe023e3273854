/** `x is known`, `x is unknown`: the only conditions that tell an unknown value from others without `not`. */
import { anyTime } from "../time/alarms.ts";
import { js } from "../compile/code.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkKnown: Check<"known"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (!left.type.maybeUnknown) {
    const message = `\`${left.written}\` is always known: without events it is 0`;
    const suggestion = `write \`${left.written} ${syntax.unknown ? "=" : ">"} 0\``;
    checking.report({ code: "always_the_same", span: syntax.span, message, suggestion });
    return undefined;
  }
  return { kind: "known", left: left.operand, unknown: syntax.unknown };
};

export const known: KindOf<"known"> = {
  ...quiet,
  operands: (node) => [node.left],
  alarms: (node) => [node.left].flatMap(anyTime),
  holds: (node, facts) => (facts.value(node.left) === undefined) === node.unknown,
  compile: (node, emit) => {
    const test = emit.known(node.left) ?? js`true`;
    return node.unknown ? js`(!(${test}))` : js`(${test})`;
  },
  print: (node, printing) => `${printing.operand(node.left)} is ${node.unknown ? "unknown" : "known"}`,
  say: (node, saying) => [`${saying.operand(node.left)} is ${node.unknown ? "not known" : "known"}`],
};
