/** `x between A and B`: both ends belong to it. */
import { js } from "../code.ts";
import { isOrdered, typeName } from "../value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkBetween: Check<"between"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (!isOrdered(left.type)) {
    const message = `\`${left.written}\` is ${typeName(left.type)}, which has no order: \`between\` cannot be applied`;
    checking.report({ code: "not_applicable", span: syntax.left.span, message, suggestion: "use `in [...]`" });
    return undefined;
  }
  const low = checking.value(syntax.low, left);
  const high = checking.value(syntax.high, left);
  if (low === undefined || high === undefined) return undefined;
  if (low.kind === "literal" && high.kind === "literal" && low.value > high.value) {
    const message = "nothing lies between these two, as the first is the larger";
    const suggestion = `write \`between ${checking.written(syntax.high.span)} and ${checking.written(syntax.low.span)}\``;
    checking.report({ code: "always_the_same", span: syntax.span, message, suggestion });
    return undefined;
  }
  return { kind: "between", left: left.operand, low, high };
};

export const between: KindOf<"between"> = {
  ...quiet,
  operands: (node) => [node.left, node.low, node.high],
  holds: (node, facts) => {
    const left = facts.value(node.left);
    const low = facts.value(node.low);
    const high = facts.value(node.high);
    return left !== undefined && low !== undefined && high !== undefined && left >= low && left <= high;
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    return js`(${left} >= ${emit.operand(node.low)} && ${left} <= ${emit.operand(node.high)})`;
  },
  print: (node, printing) =>
    `${printing.operand(node.left)} between ${printing.value(node.low)} and ${printing.value(node.high)}`,
  say: (node, saying) => [
    `${saying.operand(node.left)} is from ${saying.operand(node.low)} to ${saying.operand(node.high)}`,
  ],
  lowestBoundary: (node) => {
    const { low, high } = node;
    if (low.kind !== "literal" || high.kind !== "literal") return Number.NEGATIVE_INFINITY;
    // Below `low` and at or under 0 there is nothing to cross; the next boundary is just above `high`.
    const lowest = Math.ceil(Number(low.value));
    return lowest > 0 ? lowest : Math.floor(Number(high.value)) + 1;
  },
};
