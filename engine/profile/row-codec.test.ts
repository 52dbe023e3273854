import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BytesUnreadable } from "../model/byte-buffer.ts";
import type { Event } from "../model/event.ts";
import { IDENTIFIER_KINDS } from "../model/identifier.ts";
import type { ProfileId } from "../model/ids.ts";
import { absorb } from "./absorb.ts";
import { applyEvent, applyExposed, applyTransition, bindIdentifier, judge, seal, segmentEpoch } from "./apply.ts";
import { createProfile, type Profile } from "./profile.ts";
import {
  arbitraryEvents,
  createEvent,
  createPlan,
  DAY_MS,
  HOUR_MS,
  LOSER,
  NOW,
  reversedParts,
  SAMPLE_PARTS,
  WINNER,
} from "./profile-fixtures.ts";
import { emptiedOf, isEmptied } from "./emptied.ts";
import { rebase } from "./rebase.ts";
import { decodeProfile, encodeProfile, ROW_VERSION, UnknownRowError } from "./row-codec.ts";
import { readRowHead, saySame } from "./row-head.ts";
import { canonical, summarise } from "./summary.ts";

const plan = createPlan();

const identifiers = fc.array(
  fc.tuple(
    fc.constantFrom(...IDENTIFIER_KINDS),
    fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 40 })),
    fc.constantFrom("bound" as const, "pending" as const, "unproved" as const),
  ),
  { maxLength: 5 },
);
const transitions = fc.array(
  fc.tuple(fc.constantFrom(...plan.segments), fc.boolean(), fc.integer({ min: 1, max: 1000 })),
  { maxLength: 6 },
);

/** A profile with a bit of everything. */
const profile: fc.Arbitrary<Profile> = fc
  .tuple(
    arbitraryEvents(400 * DAY_MS, 120),
    identifiers,
    transitions,
    fc.nat(),
    fc.option(fc.nat(), { nil: undefined }),
    fc.boolean(),
  )
  .map(([events, held, moves, position, wakes, merged]) => {
    const each = fold(WINNER, events);
    for (const [kind, value, state] of held) bindIdentifier(each, { kind, value }, state);
    for (const [segment, entered, epoch] of moves) applyTransition(each, segment, entered, epoch, NOW + epoch);
    if (merged) absorb(each, encodeProfile(fold(LOSER, events.slice(0, 20))), "merge", LOSER);
    for (let n = 0; n < position % 4; n++)
      applyExposed(
        each,
        {
          kind: "exposed",
          profile: WINNER,
          holdout: `h${n}`,
          percent: 10,
          heldOut: n % 2 === 0,
          by: "content a",
          at: NOW - n,
        },
        NOW,
      );
    each.position = position;
    each.wakeUp = wakes === undefined ? Number.POSITIVE_INFINITY : NOW + wakes;
    return each;
  });

function fold(id: ProfileId, events: readonly Event[]): Profile {
  const each = createProfile(id, plan);
  for (const event of events) applyEvent(each, event, NOW);
  return each;
}

describe("rows of profiles", () => {
  it("give back the profile that was written", () => {
    fc.assert(
      fc.property(profile, (each) => {
        const row = encodeProfile(each);
        const back = decodeProfile(row, plan, each.id);
        expect(canonical(back)).toEqual(canonical(each));
        expect(summarise(back)).toEqual(summarise(each));
        expect([back.position, back.wakeUp, back.clock]).toEqual([each.position, each.wakeUp, each.clock]);
        for (const index of plan.aggregates.keys())
          for (const at of [NOW - HOUR_MS, NOW, NOW + 30 * DAY_MS])
            expect(back.aggregate(index, at)).toBe(each.aggregate(index, at));
        expect(canonical(decodeProfile(encodeProfile(back), plan, each.id))).toEqual(canonical(each));
      }),
      { numRuns: 150 },
    );
  });

  it("say at their beginning what is told without opening them", () => {
    fc.assert(
      fc.property(profile, (each) => {
        const { position, wakeUp, agenda } = each;
        const hasAgenda = agenda.waiting.length + agenda.ended.length > 0;
        expect(readRowHead(encodeProfile(each))).toEqual({
          position,
          wakeUp,
          hasAgenda,
          isEmptied: isEmptied(each),
        });
      }),
      { numRuns: 100 },
    );
    const visitor = { kind: "anonymous", value: "v-1" } as const;
    const begun = createProfile(WINNER, plan);
    bindIdentifier(begun, visitor, "bound");
    expect(readRowHead(encodeProfile(begun)).isEmptied).toBe(false);
    expect(readRowHead(encodeProfile(emptiedOf(begun, visitor, plan)))).toMatchObject({ isEmptied: true });
    seal(begun, LOSER);
    const { position } = begun;
    expect(readRowHead(encodeProfile(begun))).toEqual({
      position,
      wakeUp: Infinity,
      hasAgenda: false,
      isEmptied: false,
    });
  });

  it("say the same whenever the profile wakes up, and not when anything else is another", () => {
    fc.assert(
      fc.property(profile, fc.nat(), (each, wakes) => {
        const row = encodeProfile(each);
        for (const wakeUp of [NOW + wakes, Infinity]) {
          each.wakeUp = wakeUp;
          expect(saySame(row, encodeProfile(each))).toBe(true);
        }
        each.position += 1;
        expect(saySame(row, encodeProfile(each))).toBe(false);
        each.position -= 1;
        applyEvent(each, createEvent("one more", NOW), NOW);
        expect(saySame(encodeProfile(each), row)).toBe(false);
        seal(each, LOSER);
        expect(saySame(row, encodeProfile(each))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it("of long histories give back the profile too", () => {
    const each = createProfile(WINNER, plan);
    for (let n = 0; n < 6000; n++)
      applyEvent(
        each,
        createEvent(`o${n}`, NOW + n * HOUR_MS, {
          name: n % 4 === 0 ? "page_viewed" : "order_completed",
          fields: { total: n / 8, discount: 1e9 },
        }),
        NOW + n * HOUR_MS,
      );
    const back = decodeProfile(encodeProfile(each), plan, WINNER);
    expect(canonical(back)).toEqual(canonical(each));
  });

  it("of sealed profiles are short redirects", () => {
    const each = fold(WINNER, [createEvent("m1", NOW)]);
    each.position = 77;
    seal(each, LOSER);
    const row = encodeProfile(each);
    expect(row.length).toBeLessThan(24);
    const back = decodeProfile(row, plan, WINNER);
    expect([back.sealedInto, back.position]).toEqual([LOSER, 77]);
  });

  it("of a later form are refused by name, and cut ones too", () => {
    const row = encodeProfile(fold(WINNER, [createEvent("m1", NOW), createEvent("m2", NOW)]));
    const later = new Uint8Array(row);
    later[0] = ROW_VERSION + 1;
    expect(() => decodeProfile(later, plan, WINNER)).toThrow(UnknownRowError);
    for (let length = 1; length < row.length; length++)
      expect(() => decodeProfile(row.subarray(0, length), plan, WINNER), `cut to ${length}`).toThrow(BytesUnreadable);
  });

  it("are read under another plan as a rebase would have it", () => {
    const other = createPlan(reversedParts(SAMPLE_PARTS));
    fc.assert(
      fc.property(profile, (each) => {
        const before = canonical(each);
        const row = encodeProfile(each);
        rebase(each, other);
        expect(canonical(each)).toEqual(before);
        expect(canonical(decodeProfile(row, other, each.id))).toEqual(before);
        for (const index of other.aggregates.keys())
          expect(each.aggregate(index, NOW)).toBe(decodeProfile(row, plan, each.id).aggregate(index, NOW));
        rebase(each, plan);
        expect(canonical(each)).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  it("leave out what the reading plan does not know, but memberships", () => {
    const each = fold(WINNER, [
      createEvent("m1", NOW, { name: "order_completed", fields: { total: 5, discount: 1 } }),
      createEvent("m2", NOW, { type: "identify", fields: { city: "Lyon", points: 3 } }),
    ]);
    applyTransition(each, "vip", true, 1, NOW);
    const small = createPlan({
      attributes: [
        { name: "points", type: "text" },
        { name: "city", type: "text" },
      ],
      streams: SAMPLE_PARTS.streams.slice(2, 3),
      aggregates: [{ stream: 0, reduce: "sum", window: { kind: "last", ms: 30 * DAY_MS } }],
      segments: ["buyer"],
    });
    for (const read of [decodeProfile(encodeProfile(each), small, WINNER), each]) {
      rebase(read, small);
      expect([read.attribute(0), read.attribute(1), read.aggregate(0, NOW), read.inSegment(0)]).toEqual([
        undefined,
        "Lyon",
        50_000,
        false,
      ]);
      // A plan that has the segment again finds its people where they were.
      for (const again of [read, decodeProfile(encodeProfile(read), small, WINNER)]) {
        rebase(again, plan);
        expect([again.inSegment(plan.segments.indexOf("vip")), segmentEpoch(again, "vip")]).toEqual([true, 1]);
      }
    }
  });
});

describe("two profiles that become one", () => {
  const shared = fc.tuple(
    arbitraryEvents(6 * DAY_MS, 80),
    fc.array(fc.constantFrom("winner", "loser", "both"), { minLength: 80, maxLength: 80 }),
  );

  it("are what folding the events of both would have given, with what both had applied once", () => {
    fc.assert(
      fc.property(shared, ([events, places]) => {
        const winner = fold(
          WINNER,
          events.filter((_, n) => places[n] !== "loser"),
        );
        const loser = fold(
          LOSER,
          events.filter((_, n) => places[n] !== "winner"),
        );
        absorb(winner, encodeProfile(loser), "m", LOSER);
        const whole = { ...(canonical(fold(WINNER, events)) as object), absorbed: [LOSER], merges: ["m"] };
        expect(canonical(winner)).toEqual(whole);
        for (const event of events) expect(judge(winner, event, NOW)).toBe("duplicate");
      }),
      { numRuns: 150 },
    );
  });

  it("are so too where streams overflow into days", () => {
    const events = Array.from({ length: 4000 }, (_, n) =>
      createEvent(`o${n}`, NOW - n * 40 * 60_000, { name: "order_completed", fields: { total: n, discount: n % 5 } }),
    );
    const winner = fold(
      WINNER,
      events.filter((_, n) => n % 3 !== 0),
    );
    const loser = fold(
      LOSER,
      events.filter((_, n) => n % 3 === 0),
    );
    absorb(winner, encodeProfile(loser), "m", LOSER);
    const whole = canonical(fold(WINNER, events)) as { streams: unknown };
    expect((canonical(winner) as { streams: unknown }).streams).toEqual(whole.streams);
  });

  it("are one after the first time, however often it is done, and whichever absorbs", () => {
    fc.assert(
      fc.property(shared, transitions, transitions, ([events, places], ours, theirs) => {
        const make = (id: ProfileId, other: string, moves: typeof ours): Profile => {
          const each = fold(
            id,
            events.filter((_, n) => places[n] !== other),
          );
          for (const [segment, entered, epoch] of moves) applyTransition(each, segment, entered, epoch, NOW + epoch);
          return each;
        };
        const winner = make(WINNER, "loser", ours);
        const row = encodeProfile(make(LOSER, "winner", theirs));
        const ownRow = encodeProfile(winner);
        expect(absorb(winner, row, "m", LOSER)).toBe(true);
        const once = canonical(winner) as Record<string, unknown>;
        expect(absorb(winner, row, "m", LOSER)).toBe(false);
        expect(canonical(winner)).toEqual(once);
        absorb(winner, row, "again", LOSER);
        expect(canonical(winner)).toEqual({ ...once, merges: ["again", "m"] });

        const opposite = decodeProfile(row, plan, LOSER);
        absorb(opposite, ownRow, "m", WINNER);
        expect(canonical(opposite)).toEqual({ ...once, profile: LOSER, absorbed: [WINNER] });
      }),
      { numRuns: 80 },
    );
  });

  it("unite identifiers, constituents and segments: the further state, the higher epoch, in where either was", () => {
    const winner = createProfile(WINNER, plan);
    bindIdentifier(winner, { kind: "anonymous", value: "a1" }, "bound");
    bindIdentifier(winner, { kind: "user", value: "u9" }, "pending");
    applyTransition(winner, "vip", true, 3, NOW);
    applyTransition(winner, "vip", false, 3, NOW + 1);
    applyTransition(winner, "buyer", true, 1, NOW);
    const loser = createProfile(LOSER, plan);
    bindIdentifier(loser, { kind: "anonymous", value: "a2" }, "bound");
    bindIdentifier(loser, { kind: "user", value: "u9" }, "bound");
    bindIdentifier(loser, { kind: "email", value: "a@b.fr" }, "unproved");
    applyTransition(loser, "vip", true, 1, NOW);
    const third = "0030199000000000000000cc" as ProfileId;
    absorb(loser, encodeProfile(createProfile(third, plan)), third, third);
    absorb(winner, encodeProfile(loser), LOSER, LOSER);
    expect(winner.absorbed).toEqual([LOSER, third]);
    expect(winner.identifiers).toEqual([
      { kind: "anonymous", value: "a1", state: "bound" },
      { kind: "user", value: "u9", state: "bound" },
      { kind: "anonymous", value: "a2", state: "bound" },
      { kind: "email", value: "a@b.fr", state: "unproved" },
    ]);
    expect(canonical(winner)).toMatchObject({
      segments: { buyer: [true, 1, NOW, null], vip: [true, 3, NOW, NOW + 1] },
    });
    const { segments } = plan;
    const turned = (segment: string) =>
      [true, false].map((entered) => winner.transitionAt(segments.indexOf(segment), entered));
    expect(["buyer", "vip", "lapsing"].map(turned)).toEqual([
      [NOW, Number.NaN],
      [NOW, NOW + 1],
      [Number.NaN, Number.NaN],
    ]);
  });

  it("cannot be made of a redirect", () => {
    const sealed = createProfile(LOSER, plan);
    seal(sealed, WINNER);
    expect(() => absorb(createProfile(WINNER, plan), encodeProfile(sealed), "m", LOSER)).toThrow(/no state/);
  });
});
