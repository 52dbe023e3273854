import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consentsMax } from "../limits-of-delivery.ts";
import { ANY, CONSENT_EVENT, type Consents, consentOf, enterConsents, uniteConsents } from "../model/consent.ts";
import type { ConsentStatement } from "../model/consent.ts";
import type { Event, JsonObject } from "../model/event.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { absorb } from "./absorb.ts";
import { applyEvent, seal } from "./apply.ts";
import { createProfile, type Profile } from "./profile.ts";
import { createEvent, createPlan, LOSER, NOW, WINNER } from "./profile-fixtures.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const plan = createPlan();

function says(fields: JsonObject, at: Instant = NOW, id = `m${at}`): Event {
  return createEvent(id, at, { name: CONSENT_EVENT, fields });
}

function fold(events: readonly Event[], id: ProfileId = WINNER): Profile {
  const profile = createProfile(id, plan);
  for (const event of events) applyEvent(profile, event, NOW);
  return profile;
}

function answer(profile: Profile, purpose: string, channel: string): string {
  return consentOf(profile, purpose, channel).answer;
}

describe("consent", () => {
  it("is unasked where nothing was said, and holds for its purpose and channel only", () => {
    const profile = fold([says({ consent: { "marketing.email": "granted", "club.sms": false } })]);
    expect(answer(profile, "marketing", "email")).toBe("granted");
    expect(answer(profile, "club", "sms")).toBe("refused");
    expect(answer(profile, "marketing", "sms")).toBe("unasked");
    expect(answer(profile, "elsewhere", "email")).toBe("unasked");
    expect(answer(createProfile(WINNER, plan), "marketing", "email")).toBe("unasked");
  });

  it("comes with when, where and to which wording it was said", () => {
    const proof = { consent_wording: "fr-2026-05", consent_source: "preference page" };
    const asked = fold([says({ consent: { marketing: { email: true } }, ...proof }, NOW - 5)]);
    expect(consentOf(asked, "marketing", "email")).toEqual({
      answer: "granted",
      at: NOW - 5,
      source: "preference page",
      wording: "fr-2026-05",
    });
    const plain = fold([createEvent("m1", NOW, { type: "identify", fields: { consent: { marketing: "refused" } } })]);
    expect(consentOf(plain, "marketing", "sms")).toMatchObject({ source: "site", wording: undefined });
  });

  it("for a purpose is for all of its channels, and any purpose's for a channel is meant by a star", () => {
    const profile = fold([
      says({ consent: { marketing: "granted", "marketing.sms": "refused" } }, NOW - 9),
      says({ consent: { "*.whatsapp": "refused" } }, NOW - 8),
    ]);
    expect(["email", "sms", "whatsapp"].map((channel) => answer(profile, "marketing", channel))).toEqual([
      "granted",
      "refused",
      "refused",
    ]);
    expect(answer(profile, "club", "whatsapp")).toBe("refused");
    applyEvent(profile, says({ consent: { marketing: "refused" } }, NOW - 7), NOW);
    expect(answer(profile, "marketing", "email")).toBe("refused");
    applyEvent(profile, says({ consent: { "marketing.sms": "granted" } }, NOW - 6), NOW);
    expect(answer(profile, "marketing", "sms")).toBe("granted");
  });

  it("is what was said last, however late it comes to be known", () => {
    const events = [
      says({ consent: { "marketing.email": "granted" } }, NOW - 3),
      says({ consent: { "marketing.email": "refused" } }, NOW - 2),
    ];
    expect(answer(fold(events), "marketing", "email")).toBe("refused");
    expect(answer(fold(events.toReversed()), "marketing", "email")).toBe("refused");
  });

  it("is refused where both were said in one moment", () => {
    const events = [
      says({ consent: { "marketing.email": "refused" } }, NOW, "m1"),
      says({ consent: { "marketing.email": "granted" } }, NOW, "m2"),
    ];
    expect(answer(fold(events), "marketing", "email")).toBe("refused");
    expect(canonical(fold(events.toReversed()))).toMatchObject({ consents: canonicalConsents(fold(events)) });
  });

  it("is said by identify and consent_changed only, and in these words only", () => {
    const odd: JsonObject[] = [
      { consent: true },
      { consent: ["marketing"] },
      { consent: null },
      { consent: { marketing: "yes", "marketing.email": 1, "Marketing.email": "granted", "": "granted", ".": true } },
      { consent: { "marketing.e mail": true, "marketing.email.more": true, [`a${"b".repeat(200)}`]: true } },
      { consent: { marketing: { email: null, sms: {}, "": true } } },
    ];
    for (const fields of odd) expect(fold([says(fields)]).consents, JSON.stringify(fields)).toEqual([]);
    expect(fold([createEvent("m1", NOW, { fields: { consent: { marketing: true } } })]).consents).toEqual([]);
  });

  it("is kept in bounds, refusals before grants", () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`purpose-${n}`, n % 10 !== 0]));
    const profile = fold([
      says({ consent: { "*.sms": "refused" } }, NOW - 1),
      says({ consent: many, consent_wording: "w".repeat(9_000), consent_source: "s".repeat(9_000) }),
    ]);
    expect(profile.consents.length).toBe(consentsMax);
    expect(answer(profile, "purpose-290", "email")).toBe("refused");
    expect(answer(profile, "unheard-of", "sms")).toBe("refused");
    expect(encodeProfile(profile).length).toBeLessThan(consentsMax * 350);
  });

  it("of a sealed profile is its winner's", () => {
    const profile = fold([says({ consent: { marketing: "refused" } })]);
    seal(profile, LOSER);
    expect(profile.consents).toEqual([]);
  });
});

const PURPOSES = ["marketing", "club", ANY];
const CHANNELS = ["email", "sms", ANY];
/** One more than anybody names: what is said of any holds for it. */
const ASKED = ["marketing", "club", "other"].flatMap((purpose) =>
  ["email", "sms", "other"].map((channel) => [purpose, channel] as const),
);

const statement: fc.Arbitrary<ConsentStatement> = fc
  .record({
    purpose: fc.constantFrom(...PURPOSES),
    channel: fc.constantFrom(...CHANNELS),
    answer: fc.constantFrom("granted" as const, "refused" as const),
    at: fc.integer({ min: NOW - 6, max: NOW }),
    source: fc.constantFrom("site", "shop"),
    wording: fc.constantFrom("v1", undefined),
  })
  .map((each) => ({ ...each, since: each.at }));
const statements = fc.array(statement, { maxLength: 8 });

function resolved(consents: Consents): readonly string[] {
  return ASKED.map(([purpose, channel]) => consentOf({ consents }, purpose, channel).answer);
}

/** By definition: the latest of what covers the question, of one time the narrower, of one width a refusal. */
function slowly(said: readonly ConsentStatement[]): readonly string[] {
  return ASKED.map(([purpose, channel]) => {
    const covering = said.filter(
      (each) => [ANY, purpose].includes(each.purpose) && [ANY, channel].includes(each.channel),
    );
    const latest = Math.max(...covering.map(({ at }) => at));
    const then = covering.filter(({ at }) => at === latest);
    const width = (each: ConsentStatement): number => Number(each.purpose === ANY) + Number(each.channel === ANY);
    const least = Math.min(...then.map(width));
    const answers = then.filter((each) => width(each) === least).map((each) => each.answer);
    return answers.includes("refused") ? "refused" : (answers[0] ?? "unasked");
  });
}

function canonicalConsents(profile: Profile): unknown {
  return (canonical(profile) as { readonly consents: unknown }).consents;
}

describe("statements on consent", () => {
  it("give the same in every order and every grouping, and what the definition says", () => {
    fc.assert(
      fc.property(statements, fc.nat(7), (said, cut) => {
        const all = enterConsents([], said);
        expect(resolved(all)).toEqual(slowly(said));
        expect(said.reduceRight<Consents>((held, each) => enterConsents(held, [each]), [])).toEqual(all);
        const apart = enterConsents(enterConsents([], said.slice(cut)), said.slice(0, cut));
        expect(apart).toEqual(all);
      }),
    );
  });

  it("of two that become one are the stricter at every purpose and channel, whichever absorbs", () => {
    fc.assert(
      fc.property(statements, statements, statements, (a, b, c) => {
        const [ours, theirs, others] = [enterConsents([], a), enterConsents([], b), enterConsents([], c)];
        const united = uniteConsents(ours, theirs);
        const [our, their] = [resolved(ours), resolved(theirs)];
        const stricter = our.map((mine, n) => {
          const both = [mine, their[n] as string];
          return both.includes("refused") ? "refused" : both.includes("granted") ? "granted" : "unasked";
        });
        expect(resolved(united)).toEqual(stricter);
        expect(uniteConsents(theirs, ours)).toEqual(united);
        expect(resolved(uniteConsents(united, theirs))).toEqual(stricter);
        const thrice = [uniteConsents(united, others), uniteConsents(ours, uniteConsents(theirs, others))];
        expect(resolved(thrice[0] ?? [])).toEqual(resolved(thrice[1] ?? []));
      }),
      { numRuns: 500 },
    );
  });

  it("made after two became one hold, and a grant that comes late does not undo a refusal", () => {
    const winner = fold([says({ consent: { "marketing.email": "granted" } }, NOW - 2)]);
    const loser = fold([says({ consent: { marketing: "refused" } }, NOW - 9)], LOSER);
    absorb(winner, encodeProfile(loser), "m", LOSER);
    expect(consentOf(winner, "marketing", "email")).toMatchObject({ answer: "refused", at: NOW - 9 });
    applyEvent(winner, says({ consent: { "marketing.email": "granted" } }, NOW - 5), NOW);
    expect(answer(winner, "marketing", "email")).toBe("refused");
    applyEvent(winner, says({ consent: { "marketing.email": "granted" } }, NOW - 1), NOW);
    expect(answer(winner, "marketing", "email")).toBe("granted");
    // The loser's store had gone back to before it was sealed: it says nothing new.
    absorb(winner, encodeProfile(loser), "again", LOSER);
    expect(answer(winner, "marketing", "email")).toBe("granted");
  });

  it("stand in a profile's row", () => {
    fc.assert(
      fc.property(statements, statements, (a, b) => {
        const profile = fold([createEvent("m1", NOW)]);
        profile.consents = uniteConsents(enterConsents([], a), enterConsents([], b));
        const back = decodeProfile(encodeProfile(profile), plan, WINNER);
        expect(back.consents).toEqual(profile.consents);
        expect(canonical(back)).toEqual(canonical(profile));
      }),
    );
  });
});
