/**
 * What time alone turns, over years and by the clocks of many zones: from one wake-up to the next nothing changes, by a
 * brute-force evaluation at random instants and right before each wake-up; and profiles are not woken for nothing all day.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { profileFacts } from "../../engine/language/plan/interpret.ts";
import { encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import { DAY_MS } from "../../engine/model/local-time.ts";
import { ODD_ZONES } from "../../engine/model/zone-fixtures.ts";
import type { FieldValue } from "../../engine/model/plan.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const MODEL: readonly RuleFile[] = [
  {
    path: "brand.yaml",
    text: JSON.stringify({ brand: "b", "time zone": "Europe/Paris", "customer time zone": "zone" }),
  },
  {
    path: "fields.yaml",
    text: JSON.stringify({
      fields: {
        zone: "text",
        day: "date",
        other: "date",
        birthday: "birthday",
        visit: "instant",
        opens: "time",
        wait: "duration",
      },
    }),
  },
];

const ZONES = [...ODD_ZONES, "no zone", undefined];

const dates = fc.constantFrom("day", "other", "birthday");
const days = fc.integer({ min: 0, max: 40 });
const times = fc.constantFrom("00:00", "00:30", "02:00", "02:30", "09:00", "23:59", "opens");
const units = fc.constantFrom("days", "weeks", "months", "years");
const orders = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const weekdays = fc.constantFrom(...WEEKDAYS);
/** Never the whole week, which is refused. */
const stretches = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 5 }))
  .map(([first, more]) => `${WEEKDAYS[first]} .. ${WEEKDAYS[(first + more) % 7]}`);
const by = fc.constantFrom("", "", " in brand time");

const say = (...parts: readonly (string | fc.Arbitrary<string | number>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part.map(String))))
    .map((words) => words.join(" "));

const conditions = fc.oneof(
  say(dates, fc.constantFrom("is today", "is tomorrow", "is yesterday", "is not today")),
  say(
    "anniversary of",
    fc.constantFrom("day", "visit"),
    fc.constantFrom("is today", "is tomorrow", "within next 30 days"),
  ),
  say(
    dates,
    "within",
    fc.constantFrom("next", "last"),
    days.map((n) => `${n + 1} days`),
  ),
  say("visit within", fc.constantFrom("next", "last"), fc.constantFrom("90 minutes", "36 hours", "40 days")),
  say("visit", fc.constantFrom("is today", "is tomorrow", "is not yesterday")),
  say(
    fc.constantFrom("day", "visit"),
    "was",
    fc.constantFrom("more", "less"),
    "than",
    fc.constantFrom("20 hours", "30 days"),
    "ago",
  ),
  say(
    units,
    fc.constantFrom("since", "until"),
    fc.constantFrom("day", "birthday", "visit"),
    orders,
    fc.integer({ min: -3, max: 30 }),
  ),
  say(units, "between", dates, "and today", orders, fc.constantFrom("0", "1", "2.5", "18")),
  say("days since day in [", days, ",", days, "]"),
  say("days since day / 2", orders, days),
  say("today", orders, dates),
  say("day + 30 days", orders, "today"),
  say("local time", orders, times),
  say("local time between", times, "and", times),
  say("opens <= local time"),
  say("brand time >=", times),
  say("weekday in [", stretches, "]"),
  say("weekday not in [", weekdays, "]"),
  say("visit", orders, fc.constantFrom("day", "2011-12-30", "2010-03-14")),
  say("visit + wait", orders, "day"),
);

const START = Date.parse("2009-10-01T00:00:00Z");
const YEARS = 3.5 * 365 * DAY_MS;
const dayNear = fc.integer({ min: -800, max: 1_600 }).map((n) => Math.floor(START / DAY_MS + n) * DAY_MS);
const leapDays = fc.constantFrom("2008-02-29", "2012-02-29", "1988-02-29").map((text) => Date.parse(text));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 8 });

const profiles: fc.Arbitrary<Readonly<Record<string, FieldValue | undefined>>> = fc.record({
  zone: fc.constantFrom(...ZONES),
  day: maybe(dayNear),
  other: maybe(dayNear),
  birthday: maybe(
    fc.oneof(
      leapDays,
      dayNear.map((day) => day - 7_000 * DAY_MS),
    ),
  ),
  visit: maybe(fc.tuple(dayNear, fc.integer({ min: 0, max: DAY_MS })).map(([day, ms]) => day + ms)),
  opens: maybe(fc.integer({ min: 0, max: 47 }).map((half) => half * 1_800_000)),
  wait: maybe(fc.integer({ min: -100, max: 100 }).map((hours) => hours * 3_600_000)),
});

/** From 2009 on clocks did what they do least often: whole days skipped, changes a minute after midnight, Ramadan twice. */
it("nothing turns before the wake-up, in no zone and no year", () => {
  fc.assert(
    fc.property(
      fc.tuple(conditions, by),
      profiles,
      fc.integer({ min: 0, max: 1_000 }),
      fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 }),
      ([line, suffix], values, later, moments) => {
        const when = line + (line.includes("brand") ? "" : suffix);
        const source = planOf([...MODEL, { path: "segments/s.yaml", text: JSON.stringify({ segment: "s", when }) }]);
        const plan = loadPlan(encodePlan(source));
        const view = createEventLogView(plan);
        for (const [index, { name }] of plan.attributes.entries()) view.setAttribute(index, values[name]);
        const condition = source.segments[0]?.when;
        if (condition === undefined) throw new Error("no segment");
        const holds = (at: number): boolean => profileFacts(source, view, at).holds(condition);
        let at = Math.floor(START + later * DAY_MS * 0.37);
        const end = at + YEARS;
        let rings = 0;
        while (at < end && rings < 400) {
          plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => {
            if (entered) view.segments.add(segment);
            else view.segments.delete(segment);
          });
          expect(view.inSegment(0), `generated code, ${when} at ${new Date(at).toISOString()}`).toBe(holds(at));
          const next = Math.min(plan.nextFlip(view, { kind: "everything" }, at), end);
          expect(next).toBeGreaterThan(at);
          const span = next - at;
          for (const instant of [...moments.map((part) => at + Math.floor(part * span)), next - 1])
            expect(holds(instant), `${when} at ${new Date(instant).toISOString()}`).toBe(view.inSegment(0));
          at = next;
          rings++;
        }
      },
    ),
    { numRuns: 250 },
  );
}, 120_000);

it.each([
  ["birthday is today", 2.2],
  ["birthday within next 7 days", 2.2],
  ["years since birthday >= 18", 0.5],
  ["days since day > 30", 0.5],
  ["weekday in [mon..fri]", 105],
  ["today >= 2011-06-01", 0.5],
  ["visit within next 3 days", 1],
])("sleeps while %s can not turn: some %d wake-ups a year", (when, yearly) => {
  const source = planOf([...MODEL, { path: "segments/s.yaml", text: JSON.stringify({ segment: "s", when }) }]);
  const plan = loadPlan(encodePlan(source));
  const view = createEventLogView(plan);
  const values: Readonly<Record<string, FieldValue>> = {
    zone: "America/New_York",
    birthday: Date.parse("1992-02-29"),
    day: Date.parse("2009-12-01"),
    visit: Date.parse("2010-12-01T10:00:00Z"),
  };
  for (const [index, { name }] of plan.attributes.entries()) view.setAttribute(index, values[name]);
  let rings = 0;
  for (let at = START; at < START + 4 * 365 * DAY_MS; rings++) at = plan.nextFlip(view, { kind: "everything" }, at);
  expect(rings / 4).toBeLessThanOrEqual(yearly + 0.5);
});
