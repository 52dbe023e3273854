/** When dates and schedules fall due: zones, clocks that change, years with and without a 29th of February. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldType, ProfileView } from "../../model/plan.ts";
import { DAY_MS, localOf, weekdayOf, dayOf, zoneOf } from "../../model/local-time.ts";
import { createLocalZones } from "../../model/local-zones.ts";
import type { OccasionSource } from "../plan/checked-trigger.ts";
import { createOccurrences } from "./occurrences.ts";

const HOUR_MS = 3_600_000;
const iso = (instant: number) => (Number.isFinite(instant) ? new Date(instant).toISOString() : "never");

/** A profile whose attribute 0 is a date and 1 the name of a zone. */
function viewOf(date: string | undefined, zone: string | undefined): ProfileView {
  const values = [date === undefined ? undefined : Date.parse(date), zone];
  return {
    id: "p1",
    identifierValues: () => [],
    attribute: (index) => values[index],
    aggregate: () => Number.NaN,
    aggregateText: () => undefined,
    recentTexts: () => [],
    completions: () => [],
    completionsBy: () => [],
    nextCompletion: () => Number.POSITIVE_INFINITY,
    aggregateValidUntil: () => Infinity,
    transitionAt: () => Number.NaN,
    inSegment: () => false,
  };
}

function occurrencesOf(on: Extract<OccasionSource, { is: "date" | "schedule" }>, type: FieldType = "instant") {
  const zones = createLocalZones({ brand: "Europe/Paris", attribute: 1, weekBegins: 0 });
  return createOccurrences(on, zones, () => type);
}

const schedule = (days: readonly number[], timeMs: number, clock: "customer" | "brand" = "customer") =>
  occurrencesOf({ is: "schedule", days: { is: "week", days }, timeMs, clock });
const date = (offsetDays: number, yearly: boolean) =>
  occurrencesOf({ is: "date", attribute: 0, offsetDays, timeMs: 9 * HOUR_MS, yearly, clock: "customer" });

describe("a schedule", () => {
  it.each([
    ["Mondays at 8, from a Sunday", [0], 8, "2026-03-22T12:00Z", "2026-03-23T07:00:00.000Z"],
    ["Mondays at 8, from a Monday at 8", [0], 8, "2026-03-23T07:00Z", "2026-03-30T06:00:00.000Z"],
    ["an hour that is skipped", [6], 2.5, "2026-03-28T12:00Z", "2026-03-29T01:00:00.000Z"],
    ["an hour that comes twice", [6], 2.5, "2026-10-24T12:00Z", "2026-10-25T00:30:00.000Z"],
  ] as const)("%s", (_what, days, hour, from, next) => {
    expect(iso(schedule(days, hour * HOUR_MS).next(viewOf(undefined, undefined), Date.parse(from)))).toBe(next);
  });

  it("goes by the customer's clock, or by the brand's where it says so", () => {
    const view = viewOf(undefined, "America/New_York");
    const from = Date.parse("2026-06-01T00:00Z");
    expect(iso(schedule([0, 1], 8 * HOUR_MS).next(view, from))).toBe("2026-06-01T12:00:00.000Z");
    expect(iso(schedule([0, 1], 8 * HOUR_MS, "brand").next(view, from))).toBe("2026-06-01T06:00:00.000Z");
  });

  it("of the 31st comes on the last day of every month", () => {
    const monthly = occurrencesOf({ is: "schedule", days: { is: "month", day: 31 }, timeMs: 0, clock: "brand" });
    let at = Date.parse("2026-01-15T00:00Z");
    const days = Array.from({ length: 4 }, () => {
      at = monthly.next(viewOf(undefined, undefined), at);
      return new Date(localOf(zoneOf("Europe/Paris") as never, at)).toISOString().slice(0, 10);
    });
    expect(days).toEqual(["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
  });

  it("comes once a day that it is for, in every zone, and the latest is the last of those that came", () => {
    const zones = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
    const span = fc.integer({ min: Date.parse("2010-01-01"), max: Date.parse("2030-01-01") });
    const days = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }).map((some) => some.sort());
    fc.assert(
      fc.property(fc.constantFrom(...zones), span, days, fc.integer({ min: 0, max: 95 }), (name, from, on, quarter) => {
        const view = viewOf(undefined, name);
        const zone = zoneOf(name) as NonNullable<ReturnType<typeof zoneOf>>;
        const occurrences = schedule(on, quarter * 15 * 60_000);
        const until = from + 30 * DAY_MS;
        const came: number[] = [];
        for (let at = occurrences.next(view, from); at <= until; at = occurrences.next(view, at)) came.push(at);
        const localDays = came.map((at) => dayOf(localOf(zone, at)));
        expect(new Set(came).size).toBe(came.length);
        // Samoa had no 30 December 2011: what was for it comes as the next day begins, beside what is for that day.
        if (name !== "Pacific/Apia") {
          expect(new Set(localDays).size).toBe(localDays.length);
          for (const day of localDays) expect(on).toContain(weekdayOf(day));
        }
        expect(came.length).toBeGreaterThanOrEqual(on.length * 4 - 1);
        expect(occurrences.latest(view, from + 1, until)).toBe(came.at(-1));
        expect(occurrences.latest(view, (came.at(-1) ?? until) + 1, until)).toBe(undefined);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a date", () => {
  it.each([
    ["once, on the day", 0, false, "2026-05-10", "2026-01-01", "2026-05-10T07:00:00.000Z"],
    ["once, days before", -3, false, "2026-05-10", "2026-01-01", "2026-05-07T07:00:00.000Z"],
    ["once, and never again", 0, false, "2026-05-10", "2026-05-10T07:00Z", "never"],
    ["every year", 0, true, "1990-05-10", "2026-05-10T07:00Z", "2027-05-10T07:00:00.000Z"],
    ["every year, from the year after", 0, true, "2026-05-10", "2026-05-01", "2027-05-10T07:00:00.000Z"],
    ["29 February, in another year", 0, true, "1992-02-29", "2026-01-01", "2026-02-28T08:00:00.000Z"],
    ["29 February, in a year that has one", 0, true, "1992-02-29", "2028-02-28T09:00Z", "2028-02-29T08:00:00.000Z"],
    ["days before, over the turn of the year", -5, true, "1990-01-02", "2026-06-01", "2026-12-28T08:00:00.000Z"],
    ["not known", 0, true, undefined, "2026-01-01", "never"],
  ] as const)("%s", (_what, offset, yearly, day, from, next) => {
    expect(iso(date(offset, yearly).next(viewOf(day, undefined), Date.parse(from)))).toBe(next);
  });
});
