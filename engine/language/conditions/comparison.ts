/** `=`, `!=`, `<`, `<=`, `>`, `>=`, `is`, `is not`, `was before`, `was after`. Any comparison with an unknown value is false. */
import { streamEntriesMax } from "../../limits.ts";
import { crossings } from "../time/alarms.ts";
import { clocksIn } from "../calls/registry.ts";
import type { ConditionOf } from "../plan/checked.ts";
import { js, type Code } from "../compile/code.ts";
import type { Span } from "../source/source.ts";
import type { ComparisonOperator, ComparisonSyntax } from "../grammar/syntax.ts";
import { type Check, type Checking, type Emitter, type KindOf, quiet, type TypedOperand } from "./kind.ts";
import { isOrdered, typeName } from "../check/value-type.ts";

export const checkComparison: Check<"compare"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (!canCompare(syntax, left, checking)) return undefined;
  const matched = checking.matched(left, [syntax.right]);
  const right = matched?.values[0];
  if (matched === undefined || right === undefined) return undefined;
  if (left.type.counts && right.kind === "literal" && typeof right.value === "number") {
    noteLargeCount(left, right.value, syntax.span, checking);
    const { most } = left.type;
    const always = countVerdict(syntax.operator, right.value, most);
    if (always !== undefined) {
      const range = most === undefined ? "up" : `to ${most} in this time`;
      const message = `a count is a whole number from 0 ${range}, so this is ${always ? "always" : "never"} true`;
      checking.report({
        code: "always_the_same",
        span: syntax.span,
        message,
        suggestion: "compare with another number",
      });
      return undefined;
    }
  }
  if (left.type.ofBirth === true && syntax.operator === "=" && clocksIn(right).length > 0)
    return reportOfBirth(left, syntax.span, checking);
  if (JSON.stringify(matched.left) === JSON.stringify(right)) {
    const message = "this compares something with itself, so it is the same for everybody of whom it is known";
    const suggestion = "compare with something else, or write `is known`";
    checking.report({ code: "always_the_same", span: syntax.span, message, suggestion, notice: true });
  }
  return { kind: "compare", operator: syntax.operator, left: matched.left, right };
};

/** Of a day within a year of a birthday, asked for the present. */
export function reportOfBirth({ written }: TypedOperand, span: Span, checking: Checking): undefined {
  const message = `\`${written}\` came once, soon after the birth itself, so this is true for the newly born only`;
  const field = written.split(" ")[0];
  const suggestion = `what comes back is \`${field} within last 30 days\`; a trigger waits for \`30 days after ${field} every year at 09:00\``;
  checking.report({ code: "always_the_same", span, message, suggestion });
  return undefined;
}

/** Beyond what a stream keeps one by one a count in a window is told by days. */
export function noteLargeCount({ type }: TypedOperand, value: number, span: Span, { report }: Checking): void {
  if (type.windowed !== true || value <= streamEntriesMax) return;
  const message = `up to ${streamEntriesMax.toLocaleString("en")} events of a person are counted exactly; of more, the oldest leave the window up to a day late`;
  report({
    code: "inexact",
    span,
    message,
    suggestion: "compare with a smaller number, if the day matters",
    notice: true,
  });
}

function canCompare(syntax: ComparisonSyntax, left: TypedOperand, checking: Checking): boolean {
  const { operator, operatorSpan: span } = syntax;
  const what = `\`${left.written}\` is ${typeName(left.type)}`;
  if (left.type.type === "list") {
    const suggestion = `write \`${left.written} contains VALUE\``;
    checking.report({
      code: "not_applicable",
      span,
      message: `${what}, which cannot be compared as a whole`,
      suggestion,
    });
    return false;
  }
  if (operator === "=" || operator === "!=" || isOrdered(left.type)) return true;
  const message = `${what}, which has no order: \`${checking.written(span)}\` cannot be applied`;
  const aboutCount = checking.timeless && left.type.type === "boolean";
  const suggestion = aboutCount
    ? `to compare the count, put parentheses: \`where (${left.written}) ${checking.written(span)} ...\``
    : "use `=`, `!=` or `in [...]`";
  checking.report({ code: "not_applicable", span, message, suggestion });
  return false;
}

/** True or false when every count gives the same answer. */
function countVerdict(operator: ComparisonOperator, value: number, most = Infinity): boolean | undefined {
  const none = value < 0 || value > most || !Number.isInteger(value);
  switch (operator) {
    case "=":
      return none ? false : undefined;
    case "!=":
      return none ? true : undefined;
    case "<":
      return value <= 0 ? false : value > most ? true : undefined;
    case "<=":
      return value < 0 ? false : value >= most ? true : undefined;
    case ">":
      return value < 0 ? true : value >= most ? false : undefined;
    case ">=":
      return value <= 0 ? true : value > most ? false : undefined;
  }
}

const SAID: Readonly<Record<ComparisonOperator, string>> = {
  "=": "is",
  "!=": "is not",
  "<": "is below",
  "<=": "is at most",
  ">": "is above",
  ">=": "is at least",
};

type Compare = ConditionOf<"compare">;

export const compare: KindOf<"compare"> = {
  ...quiet,
  operands: (node) => [node.left, node.right],
  holds: (node, facts) => {
    const left = facts.value(node.left);
    const right = facts.value(node.right);
    if (left === undefined || right === undefined) return false;
    switch (node.operator) {
      case "=":
        return left === right;
      case "!=":
        return left !== right;
      case "<":
        return left < right;
      case "<=":
        return left <= right;
      case ">":
        return left > right;
      case ">=":
        return left >= right;
    }
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    const right = emit.operand(node.right);
    switch (node.operator) {
      case "=":
        // A literal never equals what is unknown; two unknown fields would equal each other.
        return node.right.kind === "literal"
          ? js`(${left} === ${right})`
          : guarded(node, emit, js`${left} === ${right}`);
      case "!=":
        return guarded(node, emit, js`${left} !== ${right}`);
      // What is unknown is undefined or NaN, and any order with those is false.
      case "<":
        return js`(${left} < ${right})`;
      case "<=":
        return js`(${left} <= ${right})`;
      case ">":
        return js`(${left} > ${right})`;
      case ">=":
        return js`(${left} >= ${right})`;
    }
  },
  print: (node, printing) => `${printing.operand(node.left)} ${node.operator} ${printing.value(node.right)}`,
  say: (node, saying) => {
    const known = node.operator === "!=" && saying.maybeUnknown(node) ? " (and is known)" : "";
    return [`${saying.operand(node.left)} ${SAID[node.operator]} ${saying.operand(node.right)}${known}`];
  },
  alarms: (node) => crossings(node.left, [node.right]),
  lowestBoundary: (node) => {
    if (node.right.kind !== "literal" || typeof node.right.value !== "number") return Number.NEGATIVE_INFINITY;
    const value = node.right.value;
    if (node.operator === "<" || node.operator === ">=") return Math.ceil(value);
    if (node.operator === ">" || node.operator === "<=") return Math.floor(value) + 1;
    return Number.isInteger(value) ? Math.max(1, value) : Number.POSITIVE_INFINITY;
  },
};

function guarded(node: Compare, emit: Emitter, test: Code): Code {
  const left = emit.known(node.left);
  const right = emit.known(node.right);
  const both = left === undefined ? right : right === undefined ? left : js`${left} && ${right}`;
  return both === undefined ? js`(${test})` : js`(${both} && ${test})`;
}
