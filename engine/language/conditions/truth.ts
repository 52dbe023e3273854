/** A boolean standing alone: `newsletter`. False when unknown. */
import { anyTime } from "../time/alarms.ts";
import { js } from "../compile/code.ts";
import { typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkTruth: Check<"truth"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (left.type.type !== "boolean") {
    const message = `\`${left.written}\` is ${typeName(left.type)}: alone it is no condition`;
    const suggestion = left.type.counts
      ? `compare it: \`${left.written} >= 1\``
      : !left.type.maybeUnknown
        ? "compare it"
        : `compare it, or write \`${left.written} is known\``;
    checking.report({ code: "not_applicable", span: syntax.span, message, suggestion });
    return undefined;
  }
  return { kind: "truth", left: left.operand };
};

export const truth: KindOf<"truth"> = {
  ...quiet,
  operands: (node) => [node.left],
  alarms: (node) => [node.left].flatMap(anyTime),
  holds: (node, facts) => facts.value(node.left) === true,
  compile: (node, emit) => js`(${emit.operand(node.left)} === true)`,
  print: (node, printing) => printing.operand(node.left),
  sayNot: (node, saying) => {
    const orUnknown = saying.maybeUnknown(node) ? " (or is not known)" : "";
    return [`${saying.operand(node.left)} is not true${orUnknown}`];
  },
  say: (node, saying) => [`${saying.operand(node.left)} is true`],
};
