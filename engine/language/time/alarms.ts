/**
 * When time alone can flip a condition, as far as it reads clocks or ages: each kind of condition says it in these terms,
 * and flips.ts makes of them the earliest instant at which anything may flip. (What windows of aggregates let go of is the
 * profile's matter.) An alarm may ring in vain, and never late; those below that look at a literal ring seldom, so that
 * profiles sleep.
 */
import type { Call, Operand } from "../plan/checked.ts";
import { clocksIn } from "../calls/registry.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";

/** Whose clock: the operand that names the customer's zone; null, the brand's. */
export type Whose = Operand | null;

export type Alarm =
  /** `instant` has passed by `offsetMs`. */
  | { readonly kind: "age"; readonly instant: Operand; readonly offsetMs: number }
  /** So long ago the profile last entered, or left, a segment. */
  | { readonly kind: "turned"; readonly segment: number; readonly entered: boolean; readonly offsetMs: number }
  /** A local day begins. */
  | { readonly kind: "day"; readonly whose: Whose }
  /** A local day begins that is one of these of the week, 0 for Monday. */
  | { readonly kind: "weekday"; readonly whose: Whose; readonly days: readonly number[] }
  /** A local day begins that is the date and so many days, or months, after it. */
  | {
      readonly kind: "date";
      readonly whose: Whose;
      readonly date: Operand;
      readonly unit: "day" | "month";
      readonly after: readonly number[];
    }
  /** A local day begins that is so many days after the date's day in some year. */
  | { readonly kind: "yearly"; readonly whose: Whose; readonly date: Operand; readonly after: readonly number[] }
  /** The local clock shows one of these times, or a ms more; or midnight. */
  | { readonly kind: "time"; readonly whose: Whose; readonly times: readonly Operand[] };

/** Of a comparison of `left` with others, all values: when it can change. */
export function crossings(left: Operand, others: readonly Operand[]): readonly Alarm[] {
  const all = [left, ...others];
  if (all.every((operand) => clocksIn(operand).length === 0)) return [];
  const [only, ...more] = all.filter((operand) => clocksIn(operand).length > 0);
  const rest = all.filter((operand) => operand !== only);
  const refined = only?.kind === "call" && more.length === 0 ? crossingsOf(only, rest) : undefined;
  return refined ?? all.flatMap(anyTime);
}

/** Where the clock stands within something that cannot be looked through. */
export function anyTime(operand: Operand): readonly Alarm[] {
  // Times of day are compared and never calculated with, so what is left is about days.
  return clocksIn(operand).map(({ zone }) => ({ kind: "day", whose: zone ?? null }));
}

/** @param rest is no clock @returns undefined when nothing better is known than every day */
function crossingsOf(clock: Call, rest: readonly Operand[]): readonly Alarm[] | undefined {
  const whose = clock.zone ?? null;
  switch (clock.call) {
    case "local-time":
      return [{ kind: "time", whose, times: rest }];
    case "today":
      return rest.map((date) => ({ kind: "date", whose, date, unit: "day", after: [0, 1] }));
    case "weekday":
      return weekdayChanges(whose, rest);
    case "days-between":
    case "weeks-between":
    case "months-between":
    case "years-between":
      return countCrossings(clock, rest);
    default:
      return undefined;
  }
}

function weekdayChanges(whose: Whose, rest: readonly Operand[]): readonly Alarm[] | undefined {
  const named = rest.flatMap((operand) => (operand.kind === "literal" ? [operand.value] : []));
  if (named.length < rest.length) return undefined;
  const is = (day: number): boolean => named.includes(WEEKDAYS[(day + 7) % 7] as string);
  const days = WEEKDAYS.map((_, day) => day).filter((day) => is(day) !== is(day - 1));
  return days.length === 0 ? [] : [{ kind: "weekday", whose, days }];
}

const UNITS = {
  "days-between": { unit: "day", length: 1 },
  "weeks-between": { unit: "day", length: 7 },
  "months-between": { unit: "month", length: 1 },
  "years-between": { unit: "month", length: 12 },
} as const;

/** `years since X >= 18`: when the count passes from below a number to it, or from it to beyond. */
function countCrossings(clock: Call, rest: readonly Operand[]): readonly Alarm[] | undefined {
  const [from, to] = clock.of;
  const numbers = rest.flatMap((operand) => (operand.kind === "literal" ? [Number(operand.value)] : []));
  if (from === undefined || to?.kind !== "call" || to.call !== "today" || numbers.length < rest.length)
    return undefined;
  if (clocksIn(from).length > 0) return undefined;
  const { unit, length } = UNITS[clock.call as keyof typeof UNITS];
  const counts = numbers.flatMap((number) => [Math.ceil(number), Math.floor(number) + 1]);
  // Before the date counts are negative, and those of months and weeks turn elsewhere than the steps after it.
  if (clock.call !== "days-between" && counts.some((count) => count < 1)) return undefined;
  const after = [...new Set(counts.map((count) => count * length))].sort((a, b) => a - b);
  return [{ kind: "date", whose: to.zone ?? null, date: from, unit, after }];
}

/** Operands whose values an alarm looks at. */
export function readByAlarm(alarm: Alarm): readonly Operand[] {
  const whose = "whose" in alarm && alarm.whose !== null ? [alarm.whose] : [];
  switch (alarm.kind) {
    case "age":
      return [alarm.instant];
    case "date":
    case "yearly":
      return [alarm.date, ...whose];
    case "time":
      return [...alarm.times, ...whose];
    case "turned":
      return [];
    case "day":
    case "weekday":
      return whose;
  }
}
