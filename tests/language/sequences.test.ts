/** Sequences in the profile room beside every chain tried one by one; and people who do nothing, over years. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import type { Event, EventName, JsonObject } from "../../engine/model/event.ts";
import { digestText } from "../../engine/model/hash.ts";
import type { ProfileId, SourceId } from "../../engine/model/ids.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { absorb, applyEvent, createProfile, encodeProfile, rebase } from "../../engine/profile/port.ts";
import type { Profile } from "../../engine/profile/port.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOSER = "0020199000000000000000bb";
const START = Date.parse("2026-03-01T00:00:00Z");

const MODEL: readonly RuleFile[] = [
  { path: "brand.yaml", text: "brand: b\ntime zone: Europe/Paris\n" },
  { path: "events/cart.yaml", text: "event: cart\nproperties: {id: text, total: money}\n" },
  { path: "events/order.yaml", text: "event: order\nproperties: {id: text, total: money}\n" },
  { path: "events/visit.yaml", text: "event: visit\nproperties: {id: text}\n" },
];

function load(lines: readonly string[]): Plan {
  const segments = lines.map((when, n) => ({
    path: `segments/s${n}.yaml`,
    text: JSON.stringify({ segment: `s${n}`, when }),
  }));
  return loadPlan(encodePlan(planOf([...MODEL, ...segments])));
}

const LINES = [
  "cart then order within 3 hours",
  "cart then no order within 3 hours",
  "cart then no order with same id within 3 hours in last 1 day",
  "cart then order within 2 hours with same id in last 5 hours",
  "visit then cart within 2 hours then order within 2 hours in last 2 days",
  "visit then visit within 1 hour",
  "visit then visit within 2 hours then no visit within 4 hours",
  "visit then no visit within 1 day today",
  "cart where total > 3 then order where (total > 3 and id is known) within 6 hours",
  "visit then cart with same id within 2 hours then no order within 3 hours this week",
  "cart then order within 5 hours since 2026-03-01",
];
const plan = load(LINES);

let messages = 0;
function event(name: string, at: number, fields: JsonObject): Event {
  const messageId = `m${messages++}`;
  const base = { type: "track", source: "s" as SourceId, identifiers: [], proved: true, body: "" } as const;
  return {
    ...base,
    name: name as EventName,
    messageId,
    digest: digestText(messageId),
    bodyHash: 0,
    timestamp: at,
    fields,
  };
}

const halves = fc.integer({ min: 0, max: 60 }).map((n) => START + n * (HOUR_MS / 2));
const moments = fc.oneof(
  halves,
  halves.map((at) => at + 1),
  halves.map((at) => at - 1),
);
const events = fc.array(
  fc
    .tuple(fc.constantFrom("cart", "order", "visit"), moments, fc.constantFrom("a", "b"), fc.constantFrom(2, 5))
    .map(([name, at, id, total]) => event(name, at, { id, total })),
  { maxLength: 14 },
);

function profileOf(all: readonly Event[], id = "0010199000000000000000aa"): Profile {
  const profile = createProfile(id as ProfileId, plan);
  for (const each of all) applyEvent(profile, each, each.timestamp);
  return profile;
}

function viewOf(all: readonly Event[]) {
  const view = createEventLogView(plan);
  for (const { name, timestamp, fields } of all) view.add({ name, at: timestamp, fields });
  return view;
}

const sequences = plan.aggregates.flatMap(({ reduce }, index) => (reduce === "sequence" ? [index] : []));

describe("sequences", () => {
  it("are found where every chain is tried, whatever the order in which events came, in one profile or two", () => {
    fc.assert(
      fc.property(events, fc.array(moments, { minLength: 4, maxLength: 4 }), fc.nat(), (all, instants, salt) => {
        const view = viewOf(all);
        const shuffled = all.toSorted((a, b) => ((a.digest.low ^ salt) >>> 0) - ((b.digest.low ^ salt) >>> 0));
        const merged = profileOf(all.filter((_, n) => n % 3 > 0));
        absorb(
          merged,
          encodeProfile(
            profileOf(
              all.filter((_, n) => n % 3 < 2),
              LOSER,
            ),
          ),
          "m",
          LOSER as ProfileId,
        );
        for (const profile of [profileOf(shuffled), merged])
          for (const at of [...instants, START + 40 * HOUR_MS])
            for (const index of sequences) {
              const what = `${LINES[index]} at ${at - START}`;
              expect(profile.aggregate(index, at), what).toBe(view.aggregate(index, at));
              expect(profile.completions(index, START + HOUR_MS, at), what).toEqual(
                view.completions(index, START + HOUR_MS, at),
              );
            }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("come about and pass by time alone at the instant they said, and not before", () => {
    fc.assert(
      fc.property(events, moments, (all, at) => {
        const past = all.filter(({ timestamp }) => timestamp <= at);
        const [profile, view] = [profileOf(past), viewOf(past)];
        for (const index of sequences) {
          const is = !Number.isNaN(view.aggregate(index, at));
          const until = profile.aggregateValidUntil(index, at);
          expect(until).toBeGreaterThan(at);
          const end = until === Number.POSITIVE_INFINITY ? at + 400 * DAY_MS : until - 1;
          for (const part of [0, 0.1, 0.5, 1])
            expect(!Number.isNaN(view.aggregate(index, at + Math.floor((end - at) * part))), LINES[index]).toBe(is);
          expect(profile.nextCompletion(index, at)).toBe(view.nextCompletion(index, at));
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("under way are those of which the next step may still come, and nothing else", () => {
    fc.assert(
      fc.property(events, moments, (all, at) => {
        const past = all.filter(({ timestamp }) => timestamp <= at);
        const [profile, view] = [profileOf(past), viewOf(past)];
        for (const index of sequences) {
          const { steps = [] } = plan.aggregates[index] as Plan["aggregates"][number];
          const found = profile.sequenceUnderWay(index, at);
          const due = view.nextCompletion(index, at);
          const waitsForTime = found !== undefined && steps[found.came.length]?.absent === true;
          expect(waitsForTime, LINES[index]).toBe(due < Number.POSITIVE_INFINITY);
          if (found === undefined) continue;
          const { came, until } = found;
          expect(until).toBeGreaterThan(at);
          expect(until).toBe((came.at(-1) as number) + (steps[came.length]?.withinMs as number));
          if (waitsForTime) expect(view.completions(index, at, until)).toContain(until);
          for (const [n, instant] of came.entries()) {
            const event = plan.streams[steps[n]?.stream ?? -1]?.event;
            expect(past.some(({ name, timestamp }) => name === event && timestamp === instant)).toBe(true);
            const gap = n === 0 ? 0 : instant - (came[n - 1] as number);
            if (n > 0) expect(gap >= 0 && gap <= (steps[n]?.withinMs as number)).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("survive a row and another plan", () => {
    const all = [event("cart", START, { id: "a" }), event("order", START + HOUR_MS, { id: "a" })];
    const profile = profileOf(all);
    rebase(profile, load(LINES.toReversed()));
    rebase(profile, plan);
    const at = START + 2 * HOUR_MS;
    for (const index of sequences) expect(profile.aggregate(index, at)).toBe(viewOf(all).aggregate(index, at));
  });
});

/** Works off wake-ups and tells every flip with its instant, as a turn would. */
function live(lines: readonly string[], all: readonly Event[], until: number): readonly [string, number][] {
  const rules = load(lines);
  const profile = createProfile("0010199000000000000000aa" as ProfileId, rules);
  const flips: [string, number][] = [];
  const evaluate = (at: number): void =>
    rules.evaluate(profile, { kind: "everything" }, at, (segment, entered) => {
      flips.push([`${entered ? "+" : "-"}${lines[segment]}`, at]);
      profile.setMembership({ index: segment, inside: entered, epoch: 1, at });
    });
  const wakeUntil = (end: number): void => {
    for (;;) {
      const next = rules.nextFlip(profile, { kind: "everything" }, profile.clock);
      if (!(next <= end)) return;
      profile.clock = next;
      evaluate(next);
    }
  };
  for (const each of all) {
    wakeUntil(each.timestamp - 1);
    applyEvent(profile, each, each.timestamp);
    evaluate(each.timestamp);
  }
  wakeUntil(until);
  return flips;
}

describe("with no event and no scan", () => {
  it("a cart left behind is told after 60 minutes, and an order in the 60th minute prevents it", () => {
    const line = "cart then no order within 1 hour";
    const cart = event("cart", START, {});
    expect(live([line], [cart], START + 900 * DAY_MS)).toEqual([[`+${line}`, START + HOUR_MS]]);
    const late = event("order", START + HOUR_MS, {});
    expect(live([line], [cart, late], START + 900 * DAY_MS)).toEqual([]);
    const tooLate = event("order", START + HOUR_MS + 1, {});
    expect(live([line], [cart, tooLate], START + 900 * DAY_MS)).toEqual([[`+${line}`, START + HOUR_MS]]);
  });

  it("a sequence is of exactly its time, and passes out of its window", () => {
    const line = "cart then order within 1 hour in last 1 day";
    for (const [after, holds] of [
      [HOUR_MS - 1, true],
      [HOUR_MS, true],
      [HOUR_MS + 1, false],
    ] as const) {
      const flips = live([line], [event("cart", START, {}), event("order", START + after, {})], START + 99 * DAY_MS);
      const told = [
        [`+${line}`, START + after],
        [`-${line}`, START + after + DAY_MS],
      ];
      expect(flips).toEqual(holds ? told : []);
    }
  });

  it("somebody leaves `3 orders in last 30 days` when the oldest is 30 days old, over years and changes of clocks", () => {
    const line = "count of order in last 30 days >= 3";
    const orders = Array.from({ length: 40 }, (_, n) =>
      event("order", START + n * 11 * DAY_MS + (n % 5) * HOUR_MS, {}),
    );
    const flips = live([line], orders, START + 900 * DAY_MS);
    const leaves = flips.filter(([what]) => what.startsWith("-"));
    expect(leaves.length).toBeGreaterThan(0);
    for (const [, at] of leaves) expect(orders.some(({ timestamp }) => timestamp + 30 * DAY_MS === at)).toBe(true);
  });

  it("a day's window ends at local midnight, on days of 23 and 25 hours too", () => {
    const line = "count of visit today >= 1";
    for (const [noon, midnight] of [
      ["2026-03-29T10:00:00Z", "2026-03-29T22:00:00Z"],
      ["2026-10-25T10:00:00Z", "2026-10-25T23:00:00Z"],
      ["2028-02-29T10:00:00Z", "2028-02-29T23:00:00Z"],
    ] as const)
      expect(live([line], [event("visit", Date.parse(noon), {})], Date.parse(noon) + 900 * DAY_MS)).toEqual([
        [`+${line}`, Date.parse(noon)],
        [`-${line}`, Date.parse(midnight)],
      ]);
  });
});
