/** Texts that events bring: kept as hashes, and as texts where a rule reads the first or the last of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamTextCharsMax, streamTextsMax } from "../limits.ts";
import type { Event } from "../model/event.ts";
import type { Plan, StreamDefinition } from "../model/plan.ts";
import { EVER } from "../model/window.ts";
import { absorb } from "./absorb.ts";
import { applyEvent } from "./apply.ts";
import { contributionsOf } from "./portrait.ts";
import { createEvent, createPlan, DAY_MS, HOUR_MS, LOSER, NOW, SAMPLE_PARTS, WINNER } from "./profile-fixtures.ts";
import { createProfile, type Profile } from "./profile.ts";
import { rebase } from "./rebase.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const stream: StreamDefinition = {
  id: 7,
  key: "page_viewed.path as texts",
  event: "page_viewed" as StreamDefinition["event"],
  contribution: ({ path }) => (typeof path === "string" ? path : undefined),
  valueType: "text",
  keepsTexts: true,
};
const parts = {
  ...SAMPLE_PARTS,
  streams: [stream, { ...stream, id: 8, key: "page_viewed.path", keepsTexts: undefined as never }],
  aggregates: [
    { stream: 0, reduce: "first-value", window: EVER },
    { stream: 0, reduce: "last-value", window: EVER },
    { stream: 0, reduce: "last-value", window: { kind: "last", ms: DAY_MS } },
    { stream: 1, reduce: "distinct", window: EVER },
  ],
} as const;
const plan: Plan = createPlan(parts);

const page = (n: number, path: string, ago: number): Event => createEvent(`p${n}`, NOW - ago, { fields: { path } });

function fold(events: readonly Event[], by = plan): Profile {
  const profile = createProfile(WINNER, by);
  for (const event of events) applyEvent(profile, event, NOW);
  return profile;
}

const seen = (profile: Profile) => [0, 1, 2].map((index) => profile.aggregateText(index, NOW));

describe("texts of events", () => {
  const three = [page(1, "/b", 3 * DAY_MS), page(2, "/a", 5 * DAY_MS), page(3, "/c", HOUR_MS)];

  it("are read again, whatever the order in which they came, and from a row", () => {
    for (const events of [three, three.toReversed()]) {
      const profile = fold(events);
      expect(seen(profile)).toEqual(["/a", "/c", "/c"]);
      expect(seen(decodeProfile(encodeProfile(profile), plan, WINNER))).toEqual(["/a", "/c", "/c"]);
      expect(profile.aggregate(3, NOW)).toBe(3);
      expect(contributionsOf(profile, 1, { at: NOW, most: 2 }).map(({ value }) => value)).toEqual(["/c", "/b"]);
      expect(contributionsOf(profile, 3, { at: NOW, most: 1 })).toEqual([{ at: NOW - HOUR_MS, value: "/c" }]);
    }
  });

  it("are united when profiles become one, as one fold of both would have them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.nat({ max: 6 })), { maxLength: 40 }),
        (moments) => {
          const events = moments.map(([hours, path], n) => page(n, `/${path}`, hours * HOUR_MS));
          const winner = fold(events.filter((_, n) => n % 3 !== 0));
          const loser = fold(events.filter((_, n) => n % 2 === 0 || n % 3 === 0));
          absorb(winner, encodeProfile(loser), "m", LOSER);
          const one = canonical(fold(events)) as { streams: unknown; texts: unknown };
          expect(canonical(winner)).toMatchObject({ streams: one.streams, texts: one.texts });
          expect(seen(winner)).toEqual(seen(fold(events)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("come along under another plan, and go with the stream that needed them", () => {
    const profile = fold(three);
    rebase(profile, createPlan({ ...parts, streams: [parts.streams[1], parts.streams[0]] as never }));
    rebase(profile, plan);
    expect(seen(profile)).toEqual(["/a", "/c", "/c"]);
    rebase(profile, createPlan({ ...parts, streams: [parts.streams[1]], aggregates: [] }));
    canonical(profile);
    expect(profile.streams.texts).toEqual([]);
  });

  it("are bounded: the newest are kept, and the first", () => {
    const long = "x".repeat(streamTextCharsMax + 1);
    const events = Array.from({ length: 5 * streamTextsMax }, (_, n) => page(n, `${n}${long}`, n * 1_000));
    for (const order of [events, events.toReversed()]) {
      const profile = fold(order);
      expect(profile.streams.texts.length).toBeLessThanOrEqual(2 * streamTextsMax + 1);
      const [first, last] = seen(decodeProfile(encodeProfile(profile), plan, WINNER));
      expect(first).toBe(`${events.length - 1}${long}`.slice(0, streamTextCharsMax));
      expect(last).toBe(`0${long}`.slice(0, streamTextCharsMax));
      expect(profile.streams.texts).toHaveLength(streamTextsMax + 1);
      expect(profile.aggregate(3, NOW)).toBe(events.length);
    }
  });
});
