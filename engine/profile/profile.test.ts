import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  attributeCharsMax,
  attributeListMax,
  duplicateHorizonMs,
  duplicateIdsMax,
  streamEntriesMax,
} from "../limits.ts";
import type { Event } from "../model/event.ts";
import type { Instant, SourceId } from "../model/ids.ts";
import type { AggregateDefinition, Plan } from "../model/plan.ts";
import { absorb } from "./absorb.ts";
import { applyEvent, applyTransition, judge, segmentEpoch } from "./apply.ts";
import { createProfile, type Profile } from "./profile.ts";
import {
  arbitraryEvents,
  createEvent,
  createPlan,
  DAY_MS,
  HOUR_MS,
  LOSER,
  NOW,
  readSlowly,
  WINNER,
  withEqualTags,
} from "./profile-fixtures.ts";
import { rebase } from "./rebase.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const plan = createPlan();

function foldAll(events: readonly Event[], at: (n: number) => Instant = () => NOW, by: Plan = plan): Profile {
  const profile = createProfile(WINNER, by);
  for (const [n, event] of events.entries()) applyEvent(profile, event, at(n));
  return profile;
}

function shuffled<T>(values: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.shuffledSubarray([...values], { minLength: values.length });
}

function page(n: number, timestamp: Instant): Event {
  return createEvent(`p${n}`, timestamp, { name: "page_viewed" });
}

function order(n: number, timestamp: Instant): Event {
  return createEvent(`o${n}`, timestamp, {
    name: "order_completed",
    fields: { total: (n % 100) + 0.5, discount: (n % 7) - 3 },
  });
}

describe("aggregates of a profile", () => {
  it("are what their definition says, at any instant from a day before the clock on", () => {
    const instant = fc.oneof(
      fc.integer({ min: NOW - DAY_MS, max: NOW + 400 * DAY_MS }),
      fc.integer({ min: -24, max: 48 }).map((hours) => NOW + hours * HOUR_MS),
    );
    fc.assert(
      fc.property(arbitraryEvents(40 * DAY_MS, 120), fc.array(instant, { maxLength: 10 }), (events, instants) => {
        const profile = createProfile(WINNER, plan);
        for (const [n, event] of events.entries()) {
          applyEvent(profile, event, NOW);
          const at = instants[n % 10] ?? NOW;
          for (const index of plan.aggregates.keys())
            expect(profile.aggregate(index, at), `aggregate ${index}`).toBe(
              readSlowly(plan, index, events.slice(0, n + 1), at),
            );
        }
        // What is dropped by the clock was not needed by any of these instants.
        encodeProfile(profile);
        for (const at of [NOW - DAY_MS, ...instants])
          for (const index of plan.aggregates.keys())
            expect(profile.aggregate(index, at), `aggregate ${index}`).toBe(readSlowly(plan, index, events, at));
      }),
      { numRuns: 60 },
    );
  });

  it("change with no event at the instant they said, and not before", () => {
    fc.assert(
      fc.property(arbitraryEvents(40 * DAY_MS, 60), fc.integer({ min: -23, max: 1000 }), (events, hours) => {
        const profile = foldAll(events);
        const at = NOW + hours * HOUR_MS;
        for (const index of plan.aggregates.keys()) {
          const value = profile.aggregate(index, at);
          const until = profile.aggregateValidUntil(index, at);
          expect(until).toBeGreaterThan(at);
          if (until === Number.POSITIVE_INFINITY) {
            expect(profile.aggregate(index, at + 4000 * DAY_MS)).toBe(value);
            continue;
          }
          expect(profile.aggregate(index, until - 1)).toBe(value);
          expect(readSlowly(plan, index, events, until - 1)).toBe(value);
          // Counts and sums may get as much as they lose.
          const { reduce } = plan.aggregates[index] as AggregateDefinition;
          if (reduce === "first" || reduce === "last") expect(profile.aggregate(index, until)).not.toBe(value);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("of long streams stay exact as windows slide, back and forth", () => {
    const events = Array.from({ length: 900 }, (_, n) => order(n, NOW - ((n * 7919) % 900) * 3 * HOUR_MS));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -24, max: 3000 }), { minLength: 3, maxLength: 12 }), (hours) => {
        const profile = createProfile(WINNER, plan);
        for (const [n, event] of events.entries()) {
          applyEvent(profile, event, NOW);
          if (n % 83 !== 0) continue;
          const at = NOW + (hours[n % hours.length] as number) * HOUR_MS;
          for (const index of plan.aggregates.keys())
            expect(profile.aggregate(index, at), `aggregate ${index}`).toBe(
              readSlowly(plan, index, events.slice(0, n + 1), at),
            );
        }
      }),
      { numRuns: 15 },
    );
  });

  it("of more contributions than are kept exactly err by at most one day at the far edge, and never for ever", () => {
    const perDay = 60;
    const events = Array.from({ length: 100 * perDay }, (_, n) =>
      order(n, NOW - 100 * DAY_MS + Math.floor((n * DAY_MS) / perDay)),
    );
    expect(events.length).toBeGreaterThan(streamEntriesMax);
    const profile = createProfile(WINNER, plan);
    const check = (at: Instant, seen: readonly Event[]): void => {
      for (const [index, { window, reduce }] of plan.aggregates.entries()) {
        const exact = readSlowly(plan, index, seen, at);
        const read = profile.aggregate(index, at);
        if (window.kind === "ever") expect(read, `aggregate ${index}`).toBe(exact);
        else if (reduce === "count") {
          expect(read).toBeGreaterThanOrEqual(exact);
          expect(read - exact).toBeLessThanOrEqual(perDay);
        } else if (reduce === "sum") expect(Math.abs(read - exact)).toBeLessThanOrEqual(perDay * 100 * 10_000);
        else if (reduce === "first" || reduce === "last") {
          if (!Number.isNaN(exact)) expect(Math.abs(read - exact)).toBeLessThanOrEqual(DAY_MS);
        }
      }
    };
    for (const [n, event] of events.entries()) {
      applyEvent(profile, event, event.timestamp);
      if (n % 211 === 0) check(event.timestamp, events.slice(0, n + 1));
    }
    for (const hours of [0, 5, 31, 24 * 50, 24 * 200]) check(NOW + hours * HOUR_MS, events);
  });

  it("saturate beyond 2^53 and come back exactly", () => {
    const big = Array.from({ length: 40 }, (_, n) =>
      createEvent(`b${n}`, NOW - n * HOUR_MS, { name: "order_completed", fields: { discount: n < 20 ? 1e11 : -1e11 } }),
    );
    const profile = createProfile(WINNER, plan);
    for (const [n, event] of big.entries()) {
      applyEvent(profile, event, NOW);
      expect(profile.aggregate(12, NOW)).toBe(readSlowly(plan, 12, big.slice(0, n + 1), NOW));
    }
    expect(profile.aggregate(12, NOW)).toBe(0);
  });
});

describe("the fold of one profile", () => {
  it("does not depend on the order in which events come", () => {
    const cases = arbitraryEvents(duplicateHorizonMs, 80).chain((events) =>
      fc.tuple(fc.constant(events), shuffled(events)),
    );
    fc.assert(
      fc.property(cases, ([events, others]) => {
        const at = (n: number): Instant => NOW + n * HOUR_MS;
        expect(canonical(foldAll(others, at))).toEqual(canonical(foldAll(events, at)));
        const alike = withEqualTags(events);
        const same = others.map((event) => alike[events.indexOf(event)] as Event);
        expect(canonical(foldAll(same, at))).toEqual(canonical(foldAll(alike, at)));
      }),
      { numRuns: 150 },
    );
  });

  it("does not depend on the order either where streams, days and ids overflow", () => {
    const events = Array.from({ length: duplicateIdsMax + 900 }, (_, n) =>
      n % 3 === 0 ? page(n, NOW - n * 1000) : order(n, NOW - ((n * 31) % 400) * DAY_MS - n),
    );
    // Most at a few instants, so that what goes first among equals matters.
    const crowded = withEqualTags(events.map((event, n) => ({ ...event, timestamp: NOW - (n % 5) * DAY_MS })));
    const cases = fc
      .constantFrom(events, crowded)
      .chain((each) => fc.tuple(fc.constant(each), shuffled(each), fc.integer({ min: 1, max: 30 })));
    fc.assert(
      fc.property(cases, ([ordinary, others, days]) => {
        const at = (n: number): Instant => NOW + (n / events.length) * days * DAY_MS;
        const ordered = foldAll(ordinary, (n) => Math.floor(at(n)));
        const other = foldAll(others, (n) => Math.floor(at(n)));
        expect(JSON.stringify(canonical(other))).toBe(JSON.stringify(canonical(ordered)));
        expect(other.ids.count).toBeLessThanOrEqual(duplicateIdsMax);
      }),
      { numRuns: 10 },
    );
  });

  it("keeps the latest of each attribute, of those declared, in their type", () => {
    const first = createEvent("i1", NOW - 1000, {
      type: "identify",
      fields: { city: "Lyon", points: 12.5, spend: 19.99, vip: true, birthday: "1990-02-28", tags: ["a"], other: 1 },
    });
    const late = createEvent("i2", NOW - 2000, { type: "identify", fields: { city: "Paris", points: { a: 1 } } });
    const clear = createEvent("i3", NOW - 500, { type: "identify", fields: { vip: null, points: "many" } });
    const profile = createProfile(WINNER, plan);
    expect(applyEvent(profile, first, NOW)).toEqual({
      kind: "event",
      event: "identified",
      attributes: [0, 1, 2, 3, 4, 5],
    });
    expect(applyEvent(profile, late, NOW)).toMatchObject({ attributes: [] });
    expect(applyEvent(profile, clear, NOW)).toMatchObject({ attributes: [3] });
    const values = plan.attributes.map((_, index) => profile.attribute(index));
    expect(values).toEqual(["Lyon", 12.5, 199_900, undefined, Date.UTC(1990, 1, 28), ["a"]]);
  });

  it("decides between attributes of one instant by source, then by id, whichever came first", () => {
    const said = ["site", "app", "till"].flatMap((source) =>
      ["x", "y"].map((id) => createEvent(id, NOW, { type: "identify", fields: { city: `${source} ${id}` }, source })),
    );
    const [x, y] = said.filter(({ source }) => source === ("till" as SourceId)) as [Event, Event];
    const later = x.digest.high > y.digest.high ? x : y;
    for (const events of [said, said.toReversed()]) expect(foldAll(events).attribute(0)).toBe(later.fields.city);
  });

  it("keeps attributes within bounds", () => {
    const long = `${"x".repeat(attributeCharsMax - 1)}\u{1f600}`;
    const many = Array.from({ length: attributeListMax + 1 }, () => long);
    const profile = foldAll([createEvent("i", NOW, { type: "identify", fields: { city: long, tags: many } })]);
    expect(profile.attribute(0)).toBe("x".repeat(attributeCharsMax - 1));
    expect(profile.attribute(5)).toHaveLength(attributeListMax);
  });

  it("counts entries of segments", () => {
    const profile = createProfile(WINNER, plan);
    applyTransition(profile, "vip", true, 1, NOW);
    applyTransition(profile, "buyer", true, 1, NOW);
    applyTransition(profile, "vip", false, 1, NOW + 1);
    applyTransition(profile, "nowhere", true, 1, NOW);
    expect(plan.segments.map((_, index) => profile.inSegment(index))).toEqual([true, false, false]);
    applyTransition(profile, "vip", true, 2, NOW + 2);
    expect(plan.segments.map((name) => segmentEpoch(profile, name))).toEqual([1, 0, 2]);
    expect(profile.inSegment(2)).toBe(true);
  });

  it("under a plan with other segments, however many, still knows its own", () => {
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
    const wide = createPlan({ attributes: [], streams: [], aggregates: [], segments: names });
    const profile = createProfile(WINNER, wide);
    for (const [n, name] of names.entries()) applyTransition(profile, name, n % 3 === 0, n + 1, NOW);
    rebase(profile, createPlan({ attributes: [], streams: [], aggregates: [], segments: names.toReversed() }));
    expect(names.map((_, n) => profile.inSegment(39 - n))).toEqual(names.map((_, n) => n % 3 === 0));
    expect(names.map((name) => segmentEpoch(profile, name))).toEqual(names.map((_, n) => n + 1));
  });
});

describe("what a profile has applied", () => {
  it("is told from what is new, and the same id with another body from both", () => {
    fc.assert(
      fc.property(arbitraryEvents(duplicateHorizonMs, 100), (events) => {
        const profile = createProfile(WINNER, plan);
        for (const event of events) {
          expect(judge(profile, event, NOW)).toBe("new");
          applyEvent(profile, event, NOW);
          expect(judge(profile, event, NOW)).toBe("duplicate");
        }
        for (const event of events) {
          expect(judge(profile, event, NOW)).toBe("duplicate");
          expect(judge(profile, { ...event, bodyHash: event.bodyHash ^ 1 }, NOW)).toBe("conflict");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is too old beyond the horizon, and a repetition is a duplicate up to it", () => {
    const profile = createProfile(WINNER, plan);
    const event = page(1, NOW);
    applyEvent(profile, event, NOW);
    expect(judge(profile, event, NOW + duplicateHorizonMs)).toBe("duplicate");
    const other = page(2, NOW);
    expect(judge(profile, other, NOW + duplicateHorizonMs)).toBe("new");
    expect(judge(profile, other, NOW + duplicateHorizonMs + 1)).toBe("too_old");
    applyEvent(profile, page(3, NOW + 20 * DAY_MS), NOW + 20 * DAY_MS);
    canonical(profile);
    expect(judge(profile, event, NOW + 20 * DAY_MS)).toBe("too_old");
    expect(profile.ids.count).toBe(1);
  });

  it("is forgotten from the oldest on when there is too much of it, and then the floor says so", () => {
    const profile = createProfile(WINNER, plan);
    const events = Array.from({ length: duplicateIdsMax * 2 }, (_, n) => page(n, NOW + n * 100));
    for (const event of events) {
      expect(judge(profile, event, event.timestamp)).toBe("new");
      applyEvent(profile, event, event.timestamp);
    }
    const at = NOW + events.length * 100;
    const judgements = events.map((event) => judge(profile, event, at));
    expect(judgements).not.toContain("new");
    expect(judgements.filter((each) => each === "duplicate").length).toBeGreaterThanOrEqual(duplicateIdsMax);
    expect(judge(profile, page(-1, NOW), at)).toBe("too_old");
    expect(judge(profile, page(-1, at), at)).toBe("new");
    const row = encodeProfile(profile);
    const heir = createProfile(LOSER, plan);
    absorb(heir, row, "m", WINNER);
    for (const each of [profile, decodeProfile(row, plan, WINNER), heir]) {
      expect(each.ids.count).toBe(duplicateIdsMax);
      for (const event of events) expect(judge(each, event, at)).not.toBe("new");
    }
  });

  it("counts once where two that become one have it at different times, and as often as there is where they have not", () => {
    const [winner, loser] = [createProfile(WINNER, plan), createProfile(LOSER, plan)];
    for (const event of [page(1, NOW), page(2, NOW + 1_000)]) applyEvent(winner, event, NOW + 5_000);
    for (const event of [page(2, NOW + 3_000), page(3, NOW + 3_000)]) applyEvent(loser, event, NOW + 5_000);
    absorb(winner, encodeProfile(loser), "m", LOSER);
    expect(winner.aggregate(0, NOW + 5_000)).toBe(3);
  });

  it("is remembered over weeks of sleep and wakefulness", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 * DAY_MS }), { maxLength: 60 }), (steps) => {
        const profile = createProfile(WINNER, plan);
        const seen: Event[] = [];
        let at = NOW;
        for (const [n, step] of steps.entries()) {
          at += step;
          for (const event of seen) {
            const told = event.timestamp >= at - duplicateHorizonMs;
            expect(["duplicate", told ? "" : "too_old"]).toContain(judge(profile, event, at));
          }
          const event = page(n, at);
          applyEvent(profile, event, at);
          seen.push(event);
        }
      }),
      { numRuns: 40 },
    );
  });
});
