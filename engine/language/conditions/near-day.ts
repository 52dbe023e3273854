/**
 * `birthday is today`, `within next 7 days`, `within last 7 days`: a date against the local day, whole days both ways. Of a
 * day that comes back every year, and of an anniversary, the year is ignored: 29 February is the 28th of other years. A
 * moment is asked for its local day by `is today`, and to the millisecond by `within`.
 */
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { DAY_MS } from "../../model/local-time.ts";
import { refuseClock } from "../check/after-where.ts";
import { type Alarm, anyTime } from "../time/alarms.ts";
import type { CallName } from "../calls/call-name.ts";
import { checkDuration } from "../check/check-duration.ts";
import type { Call, Condition, ConditionOf } from "../plan/checked.ts";
import { js, literal } from "../compile/code.ts";
import { printDuration } from "../grammar/duration.ts";
import type { OperandSyntax } from "../grammar/syntax.ts";
import { typeName } from "../check/value-type.ts";
import { reportOfBirth } from "./comparison.ts";
import { type Check, type Checking, type KindOf, quiet, type TypedOperand } from "./kind.ts";

const DAYS = { today: ["ahead", 0], tomorrow: ["ahead", 1], yesterday: ["behind", 1] } as const;

export const checkNearDay: Check<"near-day"> = (syntax, checking) => {
  const asked = subjectOf(syntax.left, checking);
  if (asked === undefined || !isOfDays(asked.typed, syntax.left, checking)) return undefined;
  const date = checking.asDate(asked.typed);
  const [side, days] = DAYS[syntax.day];
  return date && nearDay({ ...asked, typed: date }, { side, from: days, to: days, negated: syntax.negated }, checking);
};

export const checkWithin: Check<"within"> = (syntax, checking) => {
  const asked = subjectOf(syntax.left, checking);
  const ms = checkDuration(syntax.length, ruleDurationMsMax, checking);
  if (asked === undefined || ms === undefined || !isOfDays(asked.typed, syntax.left, checking)) return undefined;
  const { typed, yearly } = asked;
  if (typed.type.type === "instant" && yearly !== "anniversary")
    return { kind: "recency", how: syntax.side === "next" ? "ahead" : "less", left: typed.operand, agoMs: ms };
  const date = checking.asDate(typed);
  const days = ms / DAY_MS;
  const { span } = syntax.length;
  if (!Number.isInteger(days)) {
    const message = `\`${typed.written}\` is a date, and dates are counted in whole days`;
    checking.report({ code: "bad_duration", span, message, suggestion: "write `within next 7 days`" });
    return undefined;
  }
  if (yearly !== "no" && days > YEAR_DAYS) {
    const message = "a day that comes back every year is always within a year";
    checking.report({ code: "always_the_same", span, message, suggestion: "write a shorter time" });
    return undefined;
  }
  const side = syntax.side === "next" ? "ahead" : "behind";
  return date && nearDay({ ...asked, typed: date }, { side, from: 0, to: days, negated: false }, checking);
};

const YEAR_DAYS = 364;

interface Asked {
  readonly typed: TypedOperand;
  readonly yearly: "no" | "every year" | "anniversary";
}

function subjectOf(syntax: OperandSyntax, checking: Checking): Asked | undefined {
  const typed = checking.subject(syntax.kind === "anniversary" ? syntax.of : syntax);
  if (typed === undefined) return undefined;
  if (typed.type.ofBirth === true && syntax.kind !== "anniversary") return reportOfBirth(typed, syntax.span, checking);
  if (syntax.kind === "anniversary") return { typed, yearly: "anniversary" };
  return { typed, yearly: typed.type.everyYear ? "every year" : "no" };
}

function isOfDays({ type, written }: TypedOperand, { span }: OperandSyntax, checking: Checking): boolean {
  if (checking.timeless) {
    refuseClock(span, checking);
    return false;
  }
  if (type.type === "date" || type.type === "instant") return true;
  const message = `\`${written}\` is ${typeName(type)}, not a date`;
  checking.report({ code: "not_applicable", span, message, suggestion: "only dates and moments are today, or near" });
  return false;
}

interface Near {
  readonly side: "ahead" | "behind";
  readonly from: number;
  readonly to: number;
  readonly negated: boolean;
}

function nearDay({ typed, yearly }: Asked, { side, ...range }: Near, { zone }: Checking): Condition {
  const today = { kind: "call", call: "today", of: [], type: "date", zone } as const;
  const call = (name: CallName, of: Call["of"]): Call => ({ kind: "call", call: name, of, type: "number" });
  const { operand } = typed;
  const days =
    yearly === "no"
      ? call("days-between", side === "ahead" ? [today, operand] : [operand, today])
      : call(`${yearly === "anniversary" ? "anniversary" : "yearly"}-${side}`, [operand, today]);
  return { kind: "near-day", days, ...range };
}

type NearDay = ConditionOf<"near-day">;

/** The date, today, and which way is counted. */
function partsOf({ days }: NearDay): {
  readonly date: Call["of"][number];
  readonly today: Call;
  readonly ahead: boolean;
} {
  const [first, second] = days.of as readonly [Call["of"][number], Call["of"][number]];
  const isToday = first.kind === "call" && first.call === "today";
  const ahead = isToday || days.call.endsWith("ahead");
  return isToday ? { date: second, today: first, ahead } : { date: first, today: second as Call, ahead };
}

/** `is today`, `within next 7 days`. */
function wordsOf(node: NearDay): string {
  const { ahead } = partsOf(node);
  if (node.from === node.to)
    return `is ${node.negated ? "not " : ""}${node.to === 0 ? "today" : ahead ? "tomorrow" : "yesterday"}`;
  return `within ${ahead ? "next" : "last"} ${printDuration(node.to * DAY_MS)}`;
}

export const nearDayKind: KindOf<"near-day"> = {
  ...quiet,
  operands: (node) => [node.days],
  holds: (node, facts) => {
    const days = facts.value(node.days);
    if (typeof days !== "number") return false;
    return (days >= node.from && days <= node.to) !== node.negated;
  },
  compile: (node, emit) => {
    const days = emit.operand(node.days);
    const near = js`${days} >= ${literal(node.from)} && ${days} <= ${literal(node.to)}`;
    return node.negated ? js`(${days} === ${days} && !(${near}))` : js`(${near})`;
  },
  print: (node, printing) => `${subjectText(node, (operand) => printing.operand(operand))} ${wordsOf(node)}`,
  say: (node, saying) => {
    const known = node.negated && saying.maybeUnknown(node) ? " (and is known)" : "";
    const is = node.from === node.to ? "" : "is ";
    return [`${subjectText(node, (operand) => saying.operand(operand))} ${is}${wordsOf(node)}${known}`];
  },
  alarms: (node) => {
    const { date, today, ahead } = partsOf(node);
    const after = ahead ? [-node.to, 1 - node.from] : [node.from, node.to + 1];
    const isYearly = node.days.call !== "days-between";
    const whose = today.zone ?? null;
    const alarm: Alarm = isYearly
      ? { kind: "yearly", whose, date, after }
      : { kind: "date", whose, date, unit: "day", after };
    return [alarm, ...anyTime(date)];
  },
};

function subjectText(node: NearDay, text: (operand: Call["of"][number]) => string): string {
  const { date } = partsOf(node);
  return node.days.call.startsWith("anniversary") ? `anniversary of ${text(date)}` : text(date);
}
