/**
 * When dates and schedules fall due, by the customer's clock or the brand's. A local time that clocks skip is the first
 * instant after the gap, one that comes twice the first of the two; a 29th of February is a 28th in other years, and the
 * 31st of a month its last day. Yearly dates begin the year after the date itself.
 */
import type { FieldType, ProfileView } from "../../model/plan.ts";
import type { Instant } from "../../model/ids.ts";
import { DAY_MS, dateOfDay, dayOf, dayOfDate, localOf, weekdayOf, type Zone } from "../../model/local-time.ts";
import type { LocalZones } from "../../model/local-zones.ts";
import type { OccasionSource, ScheduleDays } from "../plan/checked-trigger.ts";

export interface Occurrences {
  /** The first after `after`; Infinity when there is none. */
  next(view: ProfileView, after: Instant): Instant;
  /** The last in [from, until]. */
  latest(view: ProfileView, from: Instant, until: Instant): Instant | undefined;
}

type Timed = Extract<OccasionSource, { readonly is: "date" | "schedule" }>;

/** @param typeOf the type of an attribute */
export function createOccurrences(
  on: Timed,
  zones: LocalZones,
  typeOf: (attribute: number) => FieldType | undefined,
): Occurrences {
  const zoneOf = (view: ProfileView): Zone => (on.clock === "brand" ? zones.brand : zones.of(view));
  const around = (view: ProfileView, at: Instant): readonly Instant[] => {
    const zone = zoneOf(view);
    const days =
      on.is === "schedule"
        ? scheduledAround(on.days, dayOf(localOf(zone, at)))
        : datesAround(on, dayIn(zone, view.attribute(on.attribute), typeOf(on.attribute)), dayOf(localOf(zone, at)));
    return days.map((day) => zone.instantOf(day * DAY_MS + on.timeMs));
  };
  return {
    next: (view, after) => around(view, after).find((instant) => instant > after) ?? Number.POSITIVE_INFINITY,
    latest: (view, from, until) => around(view, until).findLast((instant) => instant >= from && instant <= until),
  };
}

/** Days of the schedule about a day, ascending: one before it and one after it at least, as its time is not known here. */
function scheduledAround(on: ScheduleDays, day: number): readonly number[] {
  if (on.is === "month") {
    const { year, month } = dateOfDay(day);
    return [-1, 0, 1, 2].map((offset) => dayOfDate(year, month + offset, on.day));
  }
  const days: number[] = [];
  for (let offset = -8; offset <= 8; offset++) if (on.days.includes(weekdayOf(day + offset))) days.push(day + offset);
  return days;
}

function datesAround(
  { offsetDays, yearly }: Extract<Timed, { readonly is: "date" }>,
  date: number | undefined,
  day: number,
): readonly number[] {
  if (date === undefined) return [];
  if (!yearly) return [date + offsetDays];
  const { year: first, month, day: dayOfMonth } = dateOfDay(date);
  const { year } = dateOfDay(day - offsetDays);
  return [-1, 0, 1, 2].flatMap((offset) =>
    year + offset > first ? [dayOfDate(year + offset, month, dayOfMonth) + offsetDays] : [],
  );
}

/** A date is a day wherever one is; an instant is of the day that the clocks there show. */
function dayIn(zone: Zone, value: unknown, type: string | undefined): number | undefined {
  if (typeof value !== "number") return undefined;
  return dayOf(type === "date" ? value : localOf(zone, value));
}
