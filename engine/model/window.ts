/**
 * Which contributions an aggregate counts at an instant, by their timestamps. Rolling windows are exact lengths of time;
 * the others are of local time, by the customer's clock or the brand's, and begin and end at local midnights. Pure.
 */
import type { Instant } from "./ids.ts";
import {
  DAY_MS,
  dateOfDay,
  dayOf,
  dayOfDate,
  localOf,
  monthOf,
  nextDay,
  startOfDay,
  weekOf,
  yearOf,
  type Zone,
} from "./local-time.ts";

export type Period = "day" | "week" | "month" | "year";

/** `customer`: by their own clock where their zone is known, else by the brand's. */
export type WindowClock = "customer" | "brand";

/** Dates are ms of their midnight in UTC. */
export type LocalWindow =
  /** From the beginning of the local day, week, month or year of `at` to `at`. */
  | { readonly kind: "calendar"; readonly period: Period; readonly clock: WindowClock }
  | { readonly kind: "since"; readonly from: number; readonly clock: WindowClock }
  /** Both days inclusive. */
  | { readonly kind: "between"; readonly from: number; readonly to: number; readonly clock: WindowClock };

export type Window =
  | { readonly kind: "ever" }
  /** at - ms < timestamp <= at */
  | { readonly kind: "last"; readonly ms: number }
  | LocalWindow;

export const EVER: Window = Object.freeze({ kind: "ever" });

/** Whose clock, and on which weekday weeks begin there. */
export interface LocalClock {
  readonly zone: Zone;
  /** 0, Monday, to 6, Sunday. */
  readonly weekBegins: number;
}

/** The first instant that counts at `at`. */
export function windowStart(window: LocalWindow, at: Instant, clock: LocalClock): Instant {
  if (window.kind !== "calendar") return clock.zone.instantOf(window.from);
  return startOfDay(clock.zone, periodOf(window.period, dayOf(localOf(clock.zone, at)), clock));
}

/** The first instant after `at` that does not count. */
export function windowEnd(window: LocalWindow, at: Instant, clock: LocalClock): Instant {
  const now = Math.floor(at) + 1;
  return window.kind === "between" ? Math.min(now, clock.zone.instantOf(window.to + DAY_MS)) : now;
}

/** The earliest instant after `at` at which a calendar window may begin anew; Infinity for windows that never do. */
export function windowTurns(window: LocalWindow, at: Instant, clock: LocalClock): Instant {
  if (window.kind !== "calendar") return Number.POSITIVE_INFINITY;
  const day = dayOf(localOf(clock.zone, at));
  return nextDay(clock.zone, at, nextPeriodOf(window.period, day, clock));
}

/** The longest that a calendar window can be, a change of the customer's zone meanwhile included. */
export const PERIOD_MS_MAX: Readonly<Record<Period, number>> = {
  day: 3 * DAY_MS,
  week: 9 * DAY_MS,
  month: 33 * DAY_MS,
  year: 368 * DAY_MS,
};

/** No clock shows a date earlier or later than this beside UTC. */
export const DATE_SPREAD_MS = 2 * DAY_MS;

function periodOf(period: Period, day: number, { weekBegins }: LocalClock): number {
  switch (period) {
    case "day":
      return day;
    case "week":
      return weekOf(day, weekBegins);
    case "month":
      return monthOf(day);
    case "year":
      return yearOf(day);
  }
}

function nextPeriodOf(period: Period, day: number, clock: LocalClock): number {
  const { year, month } = dateOfDay(day);
  switch (period) {
    case "day":
      return day + 1;
    case "week":
      return weekOf(day, clock.weekBegins) + 7;
    case "month":
      return dayOfDate(year, month + 1, 1);
    case "year":
      return dayOfDate(year + 1, 1, 1);
  }
}
