/**
 * From alarms to instants: for one alarm of a plan, a function that tells when it rings next for a profile. Lower bounds
 * only: where clocks are put back over midnight a day begins twice, and both times count.
 */
import {
  dateOfDay,
  DAY_MS,
  dayOf,
  dayOfDate,
  localOf,
  nextDay,
  timeOfDay,
  weekdayOf,
  type Zone,
} from "../../model/local-time.ts";
import { brandZone, customerZone } from "../../model/local-zones.ts";
import { ofType } from "../../model/field-value.ts";
import type { Instant } from "../../model/ids.ts";
import type { FieldValue, ProfileView } from "../../model/plan.ts";
import type { Alarm, Whose } from "./alarms.ts";
import type { Operand, PlanSource } from "../plan/checked.ts";
import { profileFacts } from "../plan/interpret.ts";

/** The earliest instant after `at` at which it may ring; Infinity when never. */
export type Rings = (view: ProfileView, at: Instant) => Instant;

type Reader = (view: ProfileView, at: Instant) => FieldValue | undefined;

const NEVER = Number.POSITIVE_INFINITY;

export function ringsOf(plan: PlanSource, alarm: Alarm): Rings {
  switch (alarm.kind) {
    case "age":
      return ageRings(numberReader(plan, alarm.instant), [alarm.offsetMs]);
    case "turned":
      return (view, at) => {
        const instant = view.transitionAt(alarm.segment, alarm.entered) + alarm.offsetMs;
        return instant > at ? instant : NEVER;
      };
    case "day":
      return onDays(plan, alarm.whose, (today) => today + 1);
    case "weekday":
      return onDays(plan, alarm.whose, (today) => nextWeekday(today, alarm.days));
    case "date": {
      const read = numberReader(plan, alarm.date);
      const step = alarm.unit === "day" ? daysAfter : monthsAfter;
      return onDays(plan, alarm.whose, (today, view, at) => {
        const date = read(view, at) / DAY_MS;
        return earliest(alarm.after, (after) => step(date, after), today);
      });
    }
    case "yearly": {
      const read = numberReader(plan, alarm.date);
      return onDays(plan, alarm.whose, (today, view, at) => {
        const date = read(view, at) / DAY_MS;
        return Number.isNaN(date) ? NEVER : nextYearly(date, alarm.after, today);
      });
    }
    case "time":
      return timeRings(plan, alarm);
  }
}

/** Of ages of one instant. @param offsets ms, ascending */
export function ageRings(read: (view: ProfileView, at: Instant) => number, offsets: readonly number[]): Rings {
  return (view, at) => {
    const instant = read(view, at);
    for (const offset of offsets) if (instant + offset > at) return instant + offset;
    return NEVER;
  };
}

/** NaN when unknown. Attributes and aggregates, which nearly all are, without a detour. */
export function numberReader(plan: PlanSource, operand: Operand): (view: ProfileView, at: Instant) => number {
  if (operand.kind === "aggregate") return (view, at) => view.aggregate(operand.aggregate, at);
  const read = reader(plan, operand);
  return (view, at) => {
    const value = read(view, at);
    return typeof value === "number" ? value : Number.NaN;
  };
}

function reader(plan: PlanSource, operand: Operand): Reader {
  if (operand.kind === "literal") return () => operand.value;
  if (operand.kind !== "attribute") return (view, at) => profileFacts(plan, view, at).value(operand);
  const type = plan.attributes[operand.attribute]?.type;
  return (view) => (type === undefined ? undefined : ofType(view.attribute(operand.attribute), type));
}

function zoneReader(plan: PlanSource, whose: Whose): (view: ProfileView, at: Instant) => Zone {
  const brand = brandZone(plan.zone.brand);
  if (whose === null) return () => brand;
  const read = reader(plan, whose);
  return (view, at) => customerZone(read(view, at), brand);
}

/** @param next the day, after today, that is waited for */
function onDays(
  plan: PlanSource,
  whose: Whose,
  next: (today: number, view: ProfileView, at: Instant) => number,
): Rings {
  const zoneFor = zoneReader(plan, whose);
  return (view, at) => {
    const zone = zoneFor(view, at);
    const day = next(dayOf(localOf(zone, at)), view, at);
    // Beyond all calendars there is no instant, and nothing to wait for.
    const instant = day < DAYS_MAX ? nextDay(zone, at, day) : NEVER;
    return Number.isNaN(instant) ? NEVER : instant;
  };
}

/** Days since 1970 up to which instants exist, some years left aside. */
const DAYS_MAX = 99_000_000;

function nextWeekday(today: number, days: readonly number[]): number {
  for (let day = today + 1; ; day++) if (days.includes(weekdayOf(day))) return day;
}

const daysAfter = (date: number, days: number): number => date + days;

function monthsAfter(date: number, months: number): number {
  if (Number.isNaN(date)) return NEVER;
  const { year, month, day } = dateOfDay(date);
  return dayOfDate(year, month + months, day);
}

function earliest(after: readonly number[], step: (after: number) => number, today: number): number {
  let day = NEVER;
  for (const each of after) {
    const then = step(each);
    if (then > today && then < day) day = then;
  }
  return day;
}

/** @param after days, from -366 to 366 */
function nextYearly(date: number, after: readonly number[], today: number): number {
  const { month, day } = dateOfDay(date);
  const { year } = dateOfDay(today);
  const years = [year - 1, year, year + 1, year + 2];
  return Math.min(...years.map((each) => earliest(after, (days) => dayOfDate(each, month, day) + days, today)));
}

/** The next time that clocks show one of the times, within the stretch of one offset; else the end of that stretch. */
function timeRings(plan: PlanSource, { whose, times }: Extract<Alarm, { kind: "time" }>): Rings {
  const zoneFor = zoneReader(plan, whose);
  const readers = times.map((time) => numberReader(plan, time));
  return (view, at) => {
    const zone = zoneFor(view, at);
    const now = timeOfDay(localOf(zone, at));
    let wait = DAY_MS - now;
    for (const read of readers) {
      const time = read(view, at);
      for (const moment of [time, time + 1]) if (moment > now && moment - now < wait) wait = moment - now;
    }
    return Math.min(at + wait, zone.steadyUntil(at));
  };
}
