/**
 * Dates and clocks: whole days, weeks, months and years between two dates; the first instant of a date and the date of an
 * instant, by a local clock; what that clock shows. A date is ms of its midnight in UTC.
 */
import {
  dateOfDay,
  DAY_MS,
  dayOf,
  dayOfDate,
  localOf,
  startOfDay,
  timeOfDay,
  weekdayOf,
} from "../../model/local-time.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";
import type { Arguments, CallKind, Printed } from "./call.ts";
import type { CallName } from "./call-name.ts";

/** Negative where `to` lies before `from`. */
function between(unit: string, count: (from: number, to: number) => number): CallKind {
  return {
    values: (from: number, to: number) => (to >= from ? count(from, to) : -count(to, from) + 0),
    gives: "number",
    print: (of) => printBetween(unit, of),
  };
}

function printBetween(unit: string, of: Arguments): Printed {
  const binds = 3;
  if (of.callOf(1) === "today") return { text: `${unit} since ${of.text(0, binds)}`, binds };
  if (of.callOf(0) === "today") return { text: `${unit} until ${of.text(1, binds)}`, binds };
  return { text: `${unit} between ${of.text(0, 1)} and ${of.text(1, 1)}`, binds };
}

/** Months that have passed from one day to a later one; a month from the 31st ends with a shorter month's last day. */
function wholeMonths(from: number, to: number): number {
  const [first, last] = [dateOfDay(from / DAY_MS), dateOfDay(to / DAY_MS)];
  const months = (last.year - first.year) * 12 + last.month - first.month;
  return dayOfDate(first.year, first.month + months, first.day) * DAY_MS <= to ? months : months - 1;
}

/**
 * Days from `today` on to the next day of this month and day, today included; 29 February is the 28th of other years.
 * @param after that year only later ones count; NaN when there is none
 */
function daysAhead(date: number, today: number, after: number): number {
  const { month, day } = dateOfDay(date / DAY_MS);
  const now = today / DAY_MS;
  const first = Math.max(dateOfDay(now).year, after + 1);
  const next = dayOfDate(first, month, day);
  return (next >= now ? next : dayOfDate(first + 1, month, day)) - now;
}

/** The same back to the last such day. */
function daysBehind(date: number, today: number, after: number): number {
  const { month, day } = dateOfDay(date / DAY_MS);
  const now = today / DAY_MS;
  const { year } = dateOfDay(now);
  const last = dayOfDate(year, month, day) <= now ? year : year - 1;
  return last > after ? now - dayOfDate(last, month, day) : Number.NaN;
}

const yearOfDate = (date: number): number => dateOfDay(date / DAY_MS).year;
const EVER = Number.NEGATIVE_INFINITY;

/** Of (date, today); printed by the condition that it is part of. */
function yearly(values: (date: number, today: number) => number, print: CallKind["print"]): CallKind {
  return { values, gives: "number", print };
}

const inside: CallKind["print"] = (of) => ({ text: of.text(0, 3), binds: 3 });

export const dates = {
  "days-between": between("days", (from, to) => Math.floor((to - from) / DAY_MS)),
  "weeks-between": between("weeks", (from, to) => Math.floor((to - from) / (7 * DAY_MS))),
  "months-between": between("months", wholeMonths),
  "years-between": between("years", (from, to) => Math.floor(wholeMonths(from, to) / 12)),
  "yearly-ahead": yearly(
    (date, today) => daysAhead(date, today, EVER),
    (of) => ({ text: of.text(0, 3), binds: 3 }),
  ),
  "yearly-behind": yearly(
    (date, today) => daysBehind(date, today, EVER),
    (of) => ({ text: of.text(0, 3), binds: 3 }),
  ),
  "anniversary-ahead": yearly(
    (date, today) => daysAhead(date, today, yearOfDate(date)),
    (of) => ({ text: `anniversary of ${of.text(0, 3)}`, binds: 3 }),
  ),
  "anniversary-behind": yearly(
    (date, today) => daysBehind(date, today, yearOfDate(date)),
    (of) => ({ text: `anniversary of ${of.text(0, 3)}`, binds: 3 }),
  ),
  "first-instant": {
    clocked: (zone, _at, date: number) => startOfDay(zone, date / DAY_MS),
    gives: "number",
    print: inside,
  },
  "local-date": {
    clocked: (zone, _at, instant: number) => dayOf(localOf(zone, instant)) * DAY_MS,
    gives: "number",
    print: inside,
  },
  today: {
    clocked: (zone, at) => dayOf(localOf(zone, at)) * DAY_MS,
    gives: "number",
    print: () => ({ text: "today", binds: 3 }),
  },
  "local-time": {
    clocked: (zone, at) => timeOfDay(localOf(zone, at)),
    gives: "number",
    print: () => ({ text: "local time", binds: 3 }),
  },
  weekday: {
    clocked: (zone, at) => WEEKDAYS[weekdayOf(dayOf(localOf(zone, at)))],
    gives: "text",
    print: () => ({ text: "weekday", binds: 3 }),
  },
} as const satisfies Partial<Record<CallName, CallKind>>;
