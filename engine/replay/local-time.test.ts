/** Times of files become instants. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeParser } from "./local-time.ts";

const retail = createTimeParser({ is: "pattern", pattern: "YYYY-MM-DD hh:mm:ss" }, "Europe/London");
const iso = (zone?: string) => createTimeParser({ is: "iso" }, zone);
const shown = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString());

describe("a local time", () => {
  it.each([
    ["2010-12-01 08:26:00", "2010-12-01T08:26:00.000Z"],
    ["2011-07-01 08:26:00", "2011-07-01T07:26:00.000Z"],
    // Skipped: clocks went from 01:00 to 02:00.
    ["2011-03-27 01:30:00", "2011-03-27T01:00:00.000Z"],
    ["2011-03-27 02:00:00", "2011-03-27T01:00:00.000Z"],
    // Came twice: the first.
    ["2011-10-30 01:30:00", "2011-10-30T00:30:00.000Z"],
    ["2011-10-30 02:00:00", "2011-10-30T02:00:00.000Z"],
    ["2011-02-29 08:00:00", undefined],
    ["2011-13-01 08:00:00", undefined],
    ["2011-01-01 24:00:00", undefined],
    ["2011-01-01T08:00:00", undefined],
    ["2011-01-01 08:00", undefined],
    ["", undefined],
  ])("of London: %s", (text, instant) => {
    expect(shown(retail(text))).toBe(instant);
  });

  it("without an hour is midnight", () => {
    expect(shown(createTimeParser({ is: "pattern", pattern: "DD.MM.YYYY" }, "Europe/Berlin")("01.07.2024"))).toBe(
      "2024-06-30T22:00:00.000Z",
    );
  });

  it("shown by the zone's own clock is the same again, unless it was skipped", () => {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "America/New_York",
      dateStyle: "short",
      timeStyle: "medium",
    });
    const parse = createTimeParser({ is: "pattern", pattern: "YYYY-MM-DD hh:mm:ss" }, "America/New_York");
    fc.assert(
      fc.property(fc.integer({ min: 1e9, max: 2e9 }), (seconds) => {
        const text = format.format(seconds * 1_000);
        const parsed = parse(text);
        return parsed !== undefined && format.format(parsed) === text && parsed <= seconds * 1_000;
      }),
    );
  });
});

describe("ISO 8601", () => {
  it.each([
    ["2017-01-28T19:06:53Z", "2017-01-28T19:06:53.000Z"],
    ["2017-01-28 19:06:53+01:00", "2017-01-28T18:06:53.000Z"],
    ["2017-01-28T19:06:53.123456-0330", "2017-01-28T22:36:53.123Z"],
    ["2017-01-28T19:06", "2017-01-28T18:06:00.000Z"],
    ["2017-01-28", "2017-01-27T23:00:00.000Z"],
    ["2017-02-30T00:00:00Z", undefined],
    ["28/01/2017", undefined],
  ])("%s", (text, instant) => {
    expect(shown(iso("Europe/Paris")(text))).toBe(instant);
  });
});

it("counts from 1970", () => {
  expect(createTimeParser({ is: "unix", unitMs: 1_000 }, undefined)("1485630413")).toBe(1_485_630_413_000);
  expect(createTimeParser({ is: "unix", unitMs: 1 }, undefined)("1485630413123")).toBe(1_485_630_413_123);
  expect(createTimeParser({ is: "unix", unitMs: 1 }, undefined)("1e5")).toBeUndefined();
});
