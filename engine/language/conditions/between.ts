/** `x between A and B`: both ends belong to it. Of times of day it may go over midnight: `between 22:00 and 06:00`. */
import { crossings } from "../time/alarms.ts";
import { js } from "../compile/code.ts";
import { isOrdered, typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkBetween: Check<"between"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (!isOrdered(left.type)) {
    const message = `\`${left.written}\` is ${typeName(left.type)}, which has no order: \`between\` cannot be applied`;
    checking.report({ code: "not_applicable", span: syntax.left.span, message, suggestion: "use `in [...]`" });
    return undefined;
  }
  const matched = checking.matched(left, [syntax.low, syntax.high]);
  const [low, high] = matched?.values ?? [];
  if (matched === undefined || low === undefined || high === undefined) return undefined;
  if (left.type.type !== "time" && low.kind === "literal" && high.kind === "literal" && low.value > high.value) {
    const message = "nothing lies between these two, as the first is the larger";
    const suggestion = `write \`between ${checking.written(syntax.high.span)} and ${checking.written(syntax.low.span)}\``;
    checking.report({ code: "always_the_same", span: syntax.span, message, suggestion });
    return undefined;
  }
  return { kind: "between", left: matched.left, low, high, ...(left.type.type === "time" && { round: true }) };
};

export const between: KindOf<"between"> = {
  ...quiet,
  operands: (node) => [node.left, node.low, node.high],
  holds: (node, facts) => {
    const left = facts.value(node.left);
    const low = facts.value(node.low);
    const high = facts.value(node.high);
    if (left === undefined || low === undefined || high === undefined) return false;
    return node.round === true && low > high ? left >= low || left <= high : left >= low && left <= high;
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    const [low, high] = [emit.operand(node.low), emit.operand(node.high)];
    const within = js`${left} >= ${low} && ${left} <= ${high}`;
    if (node.round !== true) return js`(${within})`;
    return js`(${low} > ${high} ? ${left} >= ${low} || ${left} <= ${high} : ${within})`;
  },
  print: (node, printing) =>
    `${printing.operand(node.left)} between ${printing.value(node.low)} and ${printing.value(node.high)}`,
  say: (node, saying) => [
    `${saying.operand(node.left)} is from ${saying.operand(node.low)} to ${saying.operand(node.high)}`,
  ],
  alarms: (node) => crossings(node.left, [node.low, node.high]),
  lowestBoundary: (node) => {
    const { low, high } = node;
    if (low.kind !== "literal" || high.kind !== "literal") return Number.NEGATIVE_INFINITY;
    // Below `low` and at or under 0 there is nothing to cross; the next boundary is just above `high`.
    const lowest = Math.ceil(Number(low.value));
    return lowest > 0 ? lowest : Math.floor(Number(high.value)) + 1;
  },
};
