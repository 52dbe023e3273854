/** Windows of local time in the profile room, beside brute force, over years, changes of clocks and changes of zone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../model/ids.ts";
import { nextDateChange } from "../model/window-fixtures.ts";
import type { AggregateDefinition, Plan, Reduce } from "../model/plan.ts";
import type { Window } from "../model/window.ts";
import { applyEvent } from "./apply.ts";
import { createEvent, createPlan, HOUR_MS, readSlowly, SAMPLE_PARTS, WINNER } from "./profile-fixtures.ts";
import { createProfile } from "./profile.ts";
import { encodeProfile } from "./row-codec.ts";

const ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
const date = (text: string): number => Date.parse(text);

const WINDOWS: readonly Window[] = [
  { kind: "calendar", period: "day", clock: "customer" },
  { kind: "calendar", period: "week", clock: "customer" },
  { kind: "calendar", period: "month", clock: "brand" },
  { kind: "calendar", period: "year", clock: "customer" },
  { kind: "since", from: date("2011-12-30"), clock: "customer" },
  { kind: "since", from: date("2024-03-31"), clock: "brand" },
  { kind: "between", from: date("2012-02-28"), to: date("2012-02-29"), clock: "customer" },
  { kind: "between", from: date("2011-10-30"), to: date("2024-10-27"), clock: "customer" },
];
const REDUCES: readonly Reduce[] = [
  ...(["count", "sum", "average", "smallest", "largest", "first", "last"] as const),
  ...(["distinct", "days", "first-value", "last-value"] as const),
];

const aggregates: readonly AggregateDefinition[] = WINDOWS.flatMap((window) =>
  REDUCES.map((reduce) => ({ stream: 4, reduce, window })),
);
const plan: Plan = {
  ...createPlan({ ...SAMPLE_PARTS, attributes: [{ name: "zone", type: "text" }], aggregates }),
  zone: { brand: "Europe/Paris", attribute: 0, weekBegins: 0 },
};

/** Days on which clocks change, leap days, turns of the year, and the day that Apia never had. */
const DAYS = ["2011-12-30", "2012-02-29", "2012-12-31", "2024-03-31", "2024-10-27", "2024-11-03", "2023-04-02"].map(
  date,
);
const near = fc
  .tuple(fc.constantFrom(...DAYS), fc.integer({ min: -60, max: 60 }), fc.constantFrom(0, 1, -1, 1_800_000))
  .map(([day, hours, ms]) => day + hours * HOUR_MS + ms);
const anywhere = fc.integer({ min: date("2011-01-01"), max: date("2025-06-01") });
const instants = fc.oneof(near, near, anywhere);

function fill(moments: readonly Instant[], zone: string | undefined) {
  const until = Math.max(date("2025-07-01"), ...moments);
  const profile = createProfile(WINNER, plan);
  const events = moments.map((at, n) =>
    createEvent(`o${n}`, at, { name: "order_completed", fields: { discount: (n % 9) - 3 } }),
  );
  // All at the earliest clock, so that nothing is dropped before it is read.
  for (const event of events) applyEvent(profile, event, Math.min(...moments));
  if (zone !== undefined)
    applyEvent(profile, createEvent("z", until, { type: "identify", fields: { zone } }), Math.min(...moments));
  return { profile, events };
}

const zones = fc.option(fc.constantFrom(...ZONES, "Nowhere/Land"), { nil: undefined });

describe("windows of local time", () => {
  it("count what the calendar says, by the customer's clock or the brand's", () => {
    fc.assert(
      fc.property(fc.array(instants, { minLength: 1, maxLength: 30 }), zones, instants, (moments, zone, at) => {
        const { profile, events } = fill(moments, zone);
        for (const index of aggregates.keys())
          expect(profile.aggregate(index, at), JSON.stringify(aggregates[index])).toBe(
            readSlowly(plan, index, events, at, zone),
          );
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("keep what they will need, whenever the clock lets go of the rest", () => {
    fc.assert(
      fc.property(fc.array(instants, { minLength: 1, maxLength: 25 }), zones, (moments, zone) => {
        const { profile, events } = fill(
          moments.toSorted((a, b) => a - b),
          zone,
        );
        for (const at of moments.toSorted((a, b) => a - b)) {
          profile.clock = at;
          encodeProfile(profile);
          for (const index of aggregates.keys())
            expect(profile.aggregate(index, at), JSON.stringify(aggregates[index])).toBe(
              readSlowly(plan, index, events, at, zone),
            );
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it("change with no event only at a local midnight, and at the one they said", () => {
    fc.assert(
      fc.property(fc.array(instants, { minLength: 1, maxLength: 20 }), zones, instants, (moments, zone, at) => {
        const { profile, events } = fill(moments, zone);
        for (const index of aggregates.keys()) {
          const value = readSlowly(plan, index, events, at, zone);
          const until = profile.aggregateValidUntil(index, at);
          expect(until).toBeGreaterThan(at);
          const last = until === Number.POSITIVE_INFINITY ? date("2040-01-01") : until - 1;
          for (const part of [0.001, 0.2, 0.5, 0.9, 1])
            expect(readSlowly(plan, index, events, at + Math.floor((last - at) * part), zone)).toBe(value);
        }
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it("of today end at midnight, be the day 23, 24 or 25 hours long", () => {
    for (const [day, hours] of [
      ["2024-03-31", 23],
      ["2024-10-27", 25],
      ["2024-06-01", 24],
    ] as const) {
      const noon = Date.parse(`${day}T10:00:00Z`);
      const { profile } = fill([noon], "Europe/Paris");
      const midnight = nextDateChange("Europe/Paris", noon);
      expect(midnight - nextDateChange("Europe/Paris", noon - 24 * HOUR_MS)).toBe(hours * HOUR_MS);
      expect(profile.aggregateValidUntil(0, noon)).toBe(midnight);
      expect(profile.aggregate(0, midnight - 1)).toBe(1);
      expect(profile.aggregate(0, midnight)).toBe(0);
    }
  });

  it("follow a customer who moves", () => {
    const at = Date.parse("2024-06-01T23:00:00Z");
    const { profile } = fill([at - 3 * HOUR_MS], undefined);
    expect(profile.aggregate(0, at)).toBe(0); // it is 2 June in Paris
    applyEvent(profile, createEvent("z", at, { type: "identify", fields: { zone: "America/New_York" } }), at);
    expect(profile.aggregate(0, at)).toBe(1);
    expect(profile.aggregate(0, at + 6 * HOUR_MS)).toBe(0);
  });
});
