/**
 * `last order_completed was more than 60 days ago`, and the same of any date. Exact to the millisecond: more is
 * at - x > D, less is at - x < D with x not in the future. Both are false when x is unknown.
 */
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { anyTime } from "../time/alarms.ts";
import type { RecencyHow } from "../plan/checked.ts";
import { js, literal } from "../compile/code.ts";
import { checkDuration } from "../check/check-duration.ts";
import { noteKept } from "../check/field-kept.ts";
import { printDuration } from "../grammar/duration.ts";
import { typeName } from "../check/value-type.ts";
import { type Check, type KindOf, quiet } from "./kind.ts";

export const checkRecency: Check<"recency"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  const agoMs = checkDuration(syntax.ago, ruleDurationMsMax, checking);
  if (left === undefined || agoMs === undefined) return undefined;
  if (checking.timeless) {
    const message = "after `where` the age of a date cannot be asked: an event is counted or not, for good";
    checking.report({
      code: "not_applicable",
      span: syntax.span,
      message,
      suggestion: "use a window: `in last 7 days`",
    });
    return undefined;
  }
  const instant = checking.asInstant(left);
  if (instant === undefined) return undefined;
  if (instant.type.type !== "instant") {
    const message = `\`${left.written}\` is ${typeName(left.type)}, not a date: \`was ... ago\` cannot be applied`;
    const suggestion = "it applies to dates, and to `last EVENT` and `first EVENT`";
    checking.report({ code: "not_applicable", span: syntax.left.span, message, suggestion });
    return undefined;
  }
  const { of } = left.type;
  if (of !== undefined && agoMs > of.retentionMs) {
    const message = `\`${of.event}\` is kept for ${printDuration(of.retentionMs)}, and this asks back ${printDuration(agoMs)}`;
    const suggestion = `ask less far back, or keep it longer: \`retention\` in events/${of.event}.yaml`;
    checking.report({ code: "beyond_retention", span: syntax.span, message, suggestion });
    return undefined;
  }
  if (syntax.how === "more")
    noteKept({ field: left.written, keptMs: left.keptMs, afterMs: agoMs, span: syntax.span }, checking.report);
  return { kind: "recency", how: syntax.how, left: instant.operand, agoMs };
};

/** Ages at which it turns. */
const TURNS: Readonly<Record<RecencyHow, (agoMs: number) => readonly number[]>> = {
  more: (agoMs) => [agoMs + 1],
  less: (agoMs) => [0, agoMs],
  ahead: (agoMs) => [-agoMs, 1],
};

export const recency: KindOf<"recency"> = {
  ...quiet,
  operands: (node) => [node.left],
  holds: (node, facts) => {
    const instant = facts.value(node.left);
    if (typeof instant !== "number") return false;
    const age = facts.at - instant;
    switch (node.how) {
      case "more":
        return age > node.agoMs;
      case "less":
        return age >= 0 && age < node.agoMs;
      case "ahead":
        return age <= 0 && -age <= node.agoMs;
    }
  },
  compile: (node, emit) => {
    const left = emit.operand(node.left);
    const ago = literal(node.agoMs);
    switch (node.how) {
      case "more":
        return js`(${emit.at} - ${left} > ${ago})`;
      case "less":
        return js`(${emit.at} - ${left} < ${ago} && ${left} <= ${emit.at})`;
      case "ahead":
        return js`(${left} >= ${emit.at} && ${left} - ${emit.at} <= ${ago})`;
    }
  },
  print: ({ how, left, agoMs }, printing) =>
    how === "ahead"
      ? `${printing.operand(left)} within next ${printDuration(agoMs)}`
      : `${printing.operand(left)} was ${how} than ${printDuration(agoMs)} ago`,
  say: ({ how, left, agoMs }, saying) => {
    const said = { more: "was longer ago than", less: "was within the last", ahead: "is within the next" }[how];
    return [`${saying.operand(left)} ${said} ${printDuration(agoMs)}`];
  },
  alarms: ({ how, left, agoMs }) => [
    ...TURNS[how](agoMs).map((offsetMs) => ({ kind: "age", instant: left, offsetMs }) as const),
    ...anyTime(left),
  ],
};
