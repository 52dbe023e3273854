/** Local times become instants and back, as clocks were really set. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DAY_MS,
  dateOfDay,
  dayOf,
  dayOfDate,
  localOf,
  nextDay,
  startOfDay,
  weekdayOf,
  weekOf,
  type Zone,
  zoneOf,
} from "./local-time.ts";
import { ODD_ZONES } from "./zone-fixtures.ts";

const zone = (name: string): Zone => {
  const found = zoneOf(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
};
const local = (written: string): number => Date.parse(`${written}Z`);
const shown = (instant: number): string => new Date(instant).toISOString().replace(".000Z", "Z");

describe("the instant of a local time", () => {
  it.each([
    ["Europe/Paris", "2026-07-14T10:00:00", "2026-07-14T08:00:00Z"],
    // Skipped: clocks went from 02:00 to 03:00.
    ["Europe/Paris", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"],
    ["Europe/Paris", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"],
    // Came twice: the first.
    ["Europe/Paris", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"],
    ["Europe/Paris", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"],
    ["America/New_York", "2026-03-08T02:15:00", "2026-03-08T07:00:00Z"],
    ["America/New_York", "2026-11-01T01:15:00", "2026-11-01T05:15:00Z"],
    // Half an hour of daylight saving.
    ["Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"],
    ["Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"],
    ["Asia/Kathmandu", "2026-01-01T00:00:00", "2025-12-31T18:15:00Z"],
    // A day that Samoa has never had.
    ["Pacific/Apia", "2011-12-29T23:59:00", "2011-12-30T09:59:00Z"],
    ["Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"],
    ["Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"],
    // Midnight itself was skipped.
    ["America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00Z"],
    // Midnight came twice.
    ["America/Havana", "2026-11-01T00:30:00", "2026-11-01T04:30:00Z"],
  ])("in %s of %s", (name, written, instant) => {
    expect(shown(zone(name).instantOf(local(written)))).toBe(instant);
  });

  it.each(ODD_ZONES)("in %s: shown by its own clock it is the same again, or was skipped", (name) => {
    const here = zone(name);
    fc.assert(
      fc.property(fc.integer({ min: local("1950-01-01T00:00:00"), max: local("2040-01-01T00:00:00") }), (wanted) => {
        const instant = here.instantOf(wanted);
        const clock = localOf(here, instant);
        // A gap: just before it clocks showed less.
        if (clock !== wanted) return clock > wanted && localOf(here, instant - 1) < wanted;
        return true;
      }),
    );
  });

  it.each(ODD_ZONES)(
    "in %s: of the local time of an instant it is that instant, or an earlier one that shows the same",
    (name) => {
      const here = zone(name);
      fc.assert(
        fc.property(fc.integer({ min: local("1950-01-01T00:00:00"), max: local("2040-01-01T00:00:00") }), (instant) => {
          const first = here.instantOf(localOf(here, instant));
          return first <= instant && localOf(here, first) === localOf(here, instant);
        }),
      );
    },
  );
});

it.each(ODD_ZONES)("the clocks of %s are those that ICU shows", (name) => {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "medium" });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_200_000_000 }), (seconds) => {
      const clock = new Date(localOf(zone(name), seconds * 1_000)).toISOString().slice(0, 19).replace("T", " ");
      return clock === format.format(seconds * 1_000);
    }),
    { numRuns: 100 },
  );
});

it("there is no zone of a strange name, and one zone for all spellings of its name", () => {
  for (const name of ["Europe/Pariss", "", "Paris", "+01:00", "a".repeat(80), "<script>", "Europe/París"])
    expect(zoneOf(name), name).toBeUndefined();
  expect(zoneOf("europe/paris")).toBe(zoneOf("Europe/Paris"));
  expect(zoneOf("Etc/UTC")).toBe(zoneOf("UTC"));
});

it("what is no instant has no local time, and what is no local time has no instant", () => {
  for (const here of [zone("UTC"), zone("Europe/Paris")])
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
      expect(here.offsetAt(value)).toBeNaN();
      expect(here.instantOf(value)).toBeNaN();
    }
});

describe("days", () => {
  it("begin at local midnight, or at the first instant of a day without one", () => {
    const day = dayOf(local("2018-11-04T00:00:00"));
    expect(shown(startOfDay(zone("America/Sao_Paulo"), day))).toBe("2018-11-04T03:00:00Z");
    expect(shown(startOfDay(zone("Europe/Paris"), day))).toBe("2018-11-03T23:00:00Z");
  });

  it("are named, and found by their names", () => {
    expect(dateOfDay(dayOfDate(2024, 2, 29))).toEqual({ year: 2024, month: 2, day: 29 });
    expect(dateOfDay(dayOfDate(2026, 2, 29))).toEqual({ year: 2026, month: 2, day: 28 });
    expect(dateOfDay(dayOfDate(2026, 14, 31))).toEqual({ year: 2027, month: 2, day: 28 });
    expect(dateOfDay(dayOfDate(1, 1, 1))).toEqual({ year: 1, month: 1, day: 1 });
    expect(weekdayOf(dayOfDate(2026, 11, 28))).toBe(5);
    expect(dateOfDay(weekOf(dayOfDate(2026, 11, 28), 0)).day).toBe(23);
    expect(dateOfDay(weekOf(dayOfDate(2026, 11, 28), 6)).day).toBe(22);
    expect(weekdayOf(-1)).toBe(2);
  });

  it.each(ODD_ZONES)("in %s no day changes before `nextDay` says", (name) => {
    const here = zone(name);
    const minutes = fc.integer({
      min: local("2005-01-01T00:00:00") / 60_000,
      max: local("2030-01-01T00:00:00") / 60_000,
    });
    const nearMidnight = fc
      .integer({ min: 12_800, max: 20_000 })
      .chain((day) =>
        fc.integer({ min: -90, max: 90 }).map((minute) => (startOfDay(here, day) + minute * 60_000) / 60_000),
      );
    fc.assert(
      fc.property(fc.oneof(minutes, nearMidnight), (minute) => {
        const at = Math.floor(minute) * 60_000;
        const today = dayOf(localOf(here, at));
        const next = nextDay(here, at, today + 1);
        expect(next).toBeGreaterThan(at);
        expect(next - at).toBeLessThanOrEqual(2 * DAY_MS);
        for (let seen = at; seen < next; seen += 60_000) expect(dayOf(localOf(here, seen))).toBe(today);
        return dayOf(localOf(here, next - 1)) === today && dayOf(localOf(here, next)) !== today;
      }),
      { numRuns: 25 },
    );
  });
});
