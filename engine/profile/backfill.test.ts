/** What a new plan lacks, gathered from the past and united in any order, gives what one fold under it would have given. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import { attributeId } from "../model/lacking.ts";
import type { Plan, StreamDefinition } from "../model/plan.ts";
import { applyEvent } from "./apply.ts";
import { lackingBetween, uniteBackfill } from "./backfill.ts";
import { createProfile, type Profile } from "./profile.ts";
import { arbitraryEvents, createEvent, createPlan, DAY_MS, NOW, SAMPLE_PARTS, WINNER } from "./profile-fixtures.ts";
import { rebase } from "./rebase.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const young = createPlan();
const [pages, , totals] = SAMPLE_PARTS.streams as readonly [StreamDefinition, StreamDefinition, StreamDefinition];
/** Knows fewer streams and attributes, and one stream for a shorter time. */
const old = createPlan({
  ...SAMPLE_PARTS,
  attributes: SAMPLE_PARTS.attributes.slice(0, 2),
  streams: [pages, totals],
  aggregates: [
    { stream: 0, reduce: "count", window: { kind: "last", ms: DAY_MS / 24 } },
    { stream: 1, reduce: "sum", window: { kind: "last", ms: 30 * DAY_MS } },
  ],
});

const backfilled = lackingBetween(old, young).streams.map((stream, mark) => ({ ...stream, mark }));

function fold(events: readonly Event[], plan: Plan, profile: Profile = createProfile(WINNER, plan)): Profile {
  for (const event of events) applyEvent(profile, event, NOW);
  return profile;
}

/** Message ids are not gathered: what was applied once is known already. */
function kept(profile: Profile): unknown {
  encodeProfile(profile);
  const { ids: _, floor: __, marks: ___, ...rest } = canonical(profile) as Record<string, unknown>;
  return rest;
}

describe("what a new plan lacks", () => {
  it("is told by streams that are new or are kept longer, and by new attributes", () => {
    const { streams, attributes } = lackingBetween(old, young);
    expect(streams).toEqual([1, 2, 3, 4].map((index) => ({ id: young.streams[index]?.id, longer: index === 2 })));
    expect(attributes).toEqual(young.attributes.slice(2).map(attributeId));
    expect(lackingBetween(young, young)).toEqual({ streams: [], attributes: [] });
    expect(lackingBetween(young, old)).toEqual({ streams: [], attributes: [] });
  });

  it("comes to what one fold would have given, whatever happens before, between and after, and however often", () => {
    fc.assert(
      fc.property(
        arbitraryEvents(400 * DAY_MS, 60),
        fc.nat(60),
        fc.nat(60),
        fc.boolean(),
        (events, one, other, isTwice) => {
          const [plans, arrives] = [Math.min(one, other), Math.max(one, other)];
          const profile = fold(events.slice(0, plans), old);
          rebase(profile, young);
          fold(events.slice(plans, arrives), young, profile);
          const row = encodeProfile(fold(events.slice(0, plans), young));
          uniteBackfill(profile, { row, streams: backfilled });
          if (isTwice) uniteBackfill(profile, { row, streams: backfilled });
          fold(events.slice(arrives), young, profile);
          expect(kept(profile)).toEqual(kept(fold(events, young)));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is counted once of whom a plan before the last kept it, and of whom nobody remembers that it came", () => {
    fc.assert(
      fc.property(arbitraryEvents(20 * DAY_MS, 60), fc.nat(60), fc.boolean(), (events, plans, isKept) => {
        const row = encodeProfile(fold(events.slice(0, plans), young));
        const profile = isKept ? decodeProfile(row, young, WINNER) : fold(events.slice(0, plans), old);
        if (!isKept) rebase(profile, young);
        fold(events.slice(plans), young, profile);
        for (let time = 0; time < 2; time++) {
          uniteBackfill(profile, { row, streams: backfilled });
          profile.marks = [];
        }
        expect(kept(profile)).toEqual(kept(fold(events, young)));
      }),
      { numRuns: 150 },
    );
  });

  it("of a stream longer than what is kept exactly counts every contribution once", () => {
    const events = Array.from({ length: 3_000 }, (_, n) =>
      createEvent(`o${n}`, NOW - 300 * DAY_MS + n * 60_000, { name: "order_completed", fields: { total: n % 9 } }),
    );
    for (const plans of [10, 900, 2_000, 3_000]) {
      const profile = fold(events.slice(0, plans), old);
      rebase(profile, young);
      fold(events.slice(plans), young, profile);
      const row = encodeProfile(fold(events.slice(0, plans), young));
      uniteBackfill(profile, { row, streams: backfilled });
      uniteBackfill(profile, { row, streams: backfilled });
      const whole = fold(events, young);
      // Of the stream that is kept longer, days that both have folded are told by the fuller one.
      for (const [index, { stream }] of young.aggregates.entries())
        if (young.streams[stream]?.id !== totals.id)
          expect(profile.aggregate(index, NOW), `aggregate ${index} of ${plans}`).toBe(whole.aggregate(index, NOW));
    }
  });
});
