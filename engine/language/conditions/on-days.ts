/** `E on 3 different days in last 30 days`: other words for `days of E in last 30 days >= 3`. */
import type { Name, OperandSyntax } from "../grammar/syntax.ts";
import type { Check, Checking } from "./kind.ts";

export const checkOnDays: Check<"on-days"> = ({ left, where, times, window, span }, checking) => {
  const event = eventOf(left, checking);
  if (times.value < 1 || !Number.isInteger(times.value)) {
    const message = "a number of days is a whole number from 1 up";
    const suggestion = `write \`${checking.written(left.span)} on 3 different days\``;
    checking.report({ code: "bad_number", span: times.span, message, suggestion });
    return undefined;
  }
  if (event === undefined) return undefined;
  const counted = checking.aggregate({ kind: "aggregate", reduce: "days", of: event, where, window, span });
  if (counted === undefined) return undefined;
  const { most } = counted.type;
  if (most !== undefined && times.value > most) {
    const message = `this time has at most ${most} different ${most === 1 ? "day" : "days"}, so this is never true`;
    const suggestion = most === 1 ? "write a longer window" : `a number from 1 to ${most}, or a longer window`;
    checking.report({ code: "always_the_same", span: times.span, message, suggestion });
    return undefined;
  }
  const least = { kind: "literal", as: "number", value: times.value } as const;
  return { kind: "compare", operator: ">=", left: counted.operand, right: least };
};

/** What is said of events stands behind the name of one. */
export function eventOf(left: OperandSyntax, checking: Checking): Name | undefined {
  if (left.kind === "word") return left;
  const message = `this is said of an event, and \`${checking.written(left.span)}\` is none`;
  checking.report({ code: "not_applicable", span: left.span, message, suggestion: "begin with the name of an event" });
  return undefined;
}
