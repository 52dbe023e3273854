/** Windows by brute force, for tests: local dates as ICU writes them, compared as texts, and no arithmetic of zones. */
import type { Instant } from "./ids.ts";
import type { FieldValue, PlanZone } from "./plan.ts";
import type { Window, WindowClock } from "./window.ts";

const formats = new Map<string, Intl.DateTimeFormat>();
const dates = new Map<string, string>();

/** `2026-03-01`; ICU takes microseconds, so what it said is remembered. */
export function localDate(zone: string, at: Instant): string {
  if (zone === "UTC") return dateOf(at);
  const key = `${at} ${zone}`;
  const known = dates.get(key);
  if (known !== undefined) return known;
  if (dates.size > 200_000) dates.clear();
  const date = formatDate(zone, at);
  dates.set(key, date);
  return date;
}

function formatDate(zone: string, at: Instant): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
    formats.set(zone, format);
  }
  return format.format(at);
}

/** Who is asked for the zone of a customer. */
export interface Clocks {
  readonly zone: PlanZone;
  attribute(index: number): FieldValue | undefined;
}

export function zoneFor(clock: WindowClock, { zone, attribute }: Clocks): string {
  const own = clock === "brand" || zone.attribute === undefined ? undefined : attribute(zone.attribute);
  return typeof own === "string" && isZone(own) ? own : zone.brand;
}

/** Whether a contribution of that instant, at or before `at`, counts. */
export function windowTest(window: Window, at: Instant, clocks: Clocks): (timestamp: Instant) => boolean {
  switch (window.kind) {
    case "ever":
      return () => true;
    case "last":
      return (timestamp) => timestamp > at - window.ms;
    default: {
      const zone = zoneFor(window.clock, clocks);
      const today = localDate(zone, at);
      const from = window.kind === "calendar" ? periodStart(window.period, today, clocks) : dateOf(window.from);
      const to = window.kind === "between" ? dateOf(window.to) : "9999";
      return (timestamp) => {
        const date = localDate(zone, timestamp);
        return date >= from && date <= to;
      };
    }
  }
}

/** The first instant after `at` of which the local date is another. */
export function nextDateChange(zone: string, at: Instant): Instant {
  const today = localDate(zone, at);
  let [same, other] = [at, at];
  while (localDate(zone, other) === today) {
    same = other;
    other += 900_000;
  }
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (localDate(zone, middle) === today) same = middle;
    else other = middle;
  }
  return other;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).format(0);
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

function periodStart(period: string, today: string, { zone }: Clocks): string {
  if (period === "month") return `${today.slice(0, 8)}01`;
  if (period === "year") return `${today.slice(0, 5)}01-01`;
  let day = Date.parse(today);
  // A Sunday is day 0 there, a Monday here.
  while (period === "week" && (new Date(day).getUTCDay() + 6) % 7 !== zone.weekBegins) day -= 86_400_000;
  return dateOf(day);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
