/** The agenda as a fold: what records do to it, in any order of repetition, through rows and merges. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventName } from "../model/event.ts";
import type { Instant, PlanDigest, ProfileId } from "../model/ids.ts";
import type { Outcome } from "../model/message.ts";
import type { AttemptRecord, DecidedRecord, OutcomeRecord } from "../model/record.ts";
import { type MessageId, messageIdOf } from "../model/trigger.ts";
import { absorb } from "./absorb.ts";
import { isNewOutcome, showingTooOld } from "./agenda.ts";
import { applyAttempt, applyDecided, applyOutcome } from "./apply.ts";
import { createPlan, LOSER, NOW, WINNER } from "./profile-fixtures.ts";
import { createProfile, type Profile } from "./profile.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const plan = createPlan();

function decided(n: number, profile: ProfileId, category = "marketing"): DecidedRecord {
  const cause = { is: "time", due: NOW + n } as const;
  return {
    kind: "decided",
    profile,
    trigger: "hello",
    message: messageIdOf("hello", profile, cause),
    cause,
    at: NOW + n,
    intent: {
      template: "hello",
      by: ["email", "sms"],
      category,
      priority: 50,
      expiresMs: undefined,
      competesForMs: 1_000,
      holdout: undefined,
    },
    plan: "p" as PlanDigest,
  };
}

function attempt({ message, profile }: DecidedRecord, n: number): AttemptRecord {
  return { kind: "attempt", profile, message, trigger: "hello", channel: "email", attempt: n, to: 7 };
}

function outcome({ message, profile }: DecidedRecord, what: Outcome, again?: Instant): OutcomeRecord {
  const of = { kind: "outcome", profile, message, trigger: "hello", attempt: 1, outcome: what } as const;
  return again === undefined ? of : { ...of, again };
}

const ACCEPTED: Outcome = { is: "accepted", providerId: undefined };

describe("a message", () => {
  it("waits for its competitors, goes out, and ends with its outcome; what a provider reports later counts if it goes further", () => {
    const profile = createProfile(WINNER, plan);
    const record = decided(1, WINNER);
    applyDecided(profile, record, NOW);
    expect(profile.agenda.waiting).toMatchObject([{ due: NOW + 1_000, attempts: 0, underWay: undefined }]);
    applyAttempt(profile, attempt(record, 1), NOW + 2_000);
    expect(profile.agenda.waiting).toMatchObject([{ attempts: 1, underWay: { channel: "email", by: WINNER } }]);
    applyOutcome(profile, outcome(record, { is: "throttled", waitMs: 5 }, NOW + 9_000), NOW + 3_000);
    expect(profile.agenda.waiting).toMatchObject([{ due: NOW + 9_000, attempts: 1, underWay: undefined }]);
    applyAttempt(profile, attempt(record, 2), NOW + 9_000);
    applyOutcome(profile, outcome(record, ACCEPTED), NOW + 9_100);
    expect(profile.agenda.waiting).toEqual([]);
    const became = () => profile.agenda.ended.map((each) => each.became);
    expect(became()).toEqual(["accepted"]);
    applyOutcome(profile, outcome(record, { is: "clicked", link: undefined }), NOW + 20_000);
    applyOutcome(profile, outcome(record, { is: "delivered" }), NOW + 21_000);
    expect(became()).toEqual(["clicked"]);
  });

  it("has news only of what goes further than is known, and of messages that are known", () => {
    const profile = createProfile(WINNER, plan);
    const record = decided(1, WINNER);
    const isNews = (what: Outcome): boolean => isNewOutcome(profile.agenda, record.message, what) !== undefined;
    expect(isNews({ is: "delivered" })).toBe(false);
    applyDecided(profile, record, NOW);
    applyAttempt(profile, attempt(record, 1), NOW);
    // The provider's report may be here before its answer.
    expect([isNews({ is: "delivered" }), isNews({ is: "replied" })]).toEqual([true, false]);
    applyOutcome(profile, outcome(record, ACCEPTED), NOW);
    const steps: readonly Outcome[] = [
      { is: "delivered" },
      { is: "opened" },
      { is: "clicked", link: undefined },
      { is: "bounced", kind: "hard" },
      { is: "unsubscribed" },
      { is: "complained" },
    ];
    for (const [index, step] of steps.entries()) {
      expect(isNews(step), step.is).toBe(true);
      applyOutcome(profile, outcome(record, step), NOW);
      for (const earlier of steps.slice(0, index + 1)) expect(isNews(earlier), earlier.is).toBe(false);
    }
  });

  it("that has come to nothing is tried once more, or let go, where an operator says so", () => {
    const profile = createProfile(WINNER, plan);
    const [tried, dropped] = [decided(1, WINNER), decided(2, WINNER)];
    for (const record of [tried, dropped]) {
      applyDecided(profile, record, NOW);
      applyAttempt(profile, attempt(record, 1), NOW + 1);
      applyOutcome(profile, outcome(record, { is: "unknown", reason: "crash" }), NOW + 2);
    }
    const back = decodeProfile(encodeProfile(profile), plan, WINNER);
    expect(back.agenda).toEqual(profile.agenda);
    applyOutcome(back, outcome(tried, { is: "not called" }, NOW + 9), NOW + 9);
    expect(back.agenda.waiting).toMatchObject([{ message: tried.message, attempts: 1, due: NOW + 9, since: NOW }]);
    applyOutcome(back, outcome(dropped, { is: "skipped", reason: "given_up" }), NOW + 9);
    expect(back.agenda.ended).toMatchObject([{ message: dropped.message, became: "skipped given_up" }]);
    applyOutcome(back, outcome(dropped, { is: "not called" }, NOW + 10), NOW + 10);
    expect(back.agenda.waiting).toHaveLength(1);
  });

  it("that has ended, or waits, is not entered again", () => {
    const profile = createProfile(WINNER, plan);
    const record = decided(1, WINNER);
    applyDecided(profile, record, NOW);
    applyDecided(profile, record, NOW + 1);
    expect(profile.agenda.waiting).toHaveLength(1);
    applyOutcome(profile, outcome(record, { is: "skipped", reason: "pressure" }), NOW + 2);
    applyDecided(profile, record, NOW + 3);
    expect(profile.agenda.waiting).toEqual([]);
  });
});

/** What happens to up to six messages of a profile, in any order. */
const steps = fc.array(
  fc.record({
    n: fc.nat(5),
    what: fc.constantFrom("decide", "attempt", "accept", "fail", "skip", "unknown"),
    category: fc.constantFrom("marketing", "club"),
  }),
  { maxLength: 40 },
);

function live(
  id: ProfileId,
  story: readonly { readonly n: number; readonly what: string; readonly category: string }[],
) {
  const profile = createProfile(id, plan);
  for (const [index, { n, what, category }] of story.entries()) {
    const record = decided(n, id, category);
    const at = NOW + index * 10_000;
    if (what === "decide") applyDecided(profile, record, at);
    else if (what === "attempt") applyAttempt(profile, attempt(record, index + 1), at);
    else if (what === "accept") applyOutcome(profile, outcome(record, ACCEPTED), at);
    else if (what === "fail")
      applyOutcome(profile, outcome(record, { is: "failed", reason: "unreachable" }, at + 7), at);
    else if (what === "skip") applyOutcome(profile, outcome(record, { is: "skipped", reason: "outbid" }), at);
    else applyOutcome(profile, outcome(record, { is: "unknown", reason: "crash" }), at);
  }
  return profile;
}

const idsOf = ({ agenda }: Profile) => [...agenda.waiting, ...agenda.ended].map(({ message }) => message).sort();

describe("an agenda", () => {
  it("comes back from the profile's row as it was, with when each is due", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const profile = live(WINNER, story);
        const back = decodeProfile(encodeProfile(profile), plan, WINNER);
        expect(back.agenda).toEqual(profile.agenda);
        expect(canonical(back)).toEqual(canonical(profile));
      }),
    );
  });

  it("of two that become one holds each message once, and none that waits and has ended", () => {
    fc.assert(
      fc.property(steps, steps, (ours, theirs) => {
        const winner = live(WINNER, ours);
        const loser = live(LOSER, theirs);
        const before = new Set([...idsOf(winner), ...idsOf(loser)]);
        absorb(winner, encodeProfile(loser), "merge", LOSER);
        const after = idsOf(winner);
        expect(new Set(after).size).toBe(after.length);
        expect(new Set(after)).toEqual(before);
        const again = encodeProfile(winner);
        absorb(winner, encodeProfile(loser), "another merge", LOSER);
        expect(idsOf(winner)).toEqual(idsOf(decodeProfile(again, plan, WINNER)));
      }),
    );
  });
});

describe("what shows an event that is too old", () => {
  const showing = (n: number, eventName?: string): DecidedRecord => {
    const record = decided(n, WINNER);
    const shown = eventName === undefined ? {} : { event: { total: 1 }, eventName: eventName as EventName };
    return { ...record, intent: { ...record.intent, ...shown } };
  };
  const names = (of: readonly { readonly message: MessageId }[]): readonly MessageId[] =>
    of.map(({ message }) => message);

  it("is what waits, is on show, or has come to nothing; not what is under way to somebody, or shows nothing", () => {
    const profile = createProfile(WINNER, plan);
    const all = ["old", "old", "old", "old", "young", undefined].map((name, n) => showing(n, name));
    for (const record of all) applyDecided(profile, record, NOW);
    const [waits, isOnShow, isUnderWay, isDead] = all as [DecidedRecord, DecidedRecord, DecidedRecord, DecidedRecord];
    applyAttempt(profile, { ...attempt(isOnShow, 1), channel: "web" }, NOW + 1);
    applyAttempt(profile, attempt(isUnderWay, 1), NOW + 1);
    applyAttempt(profile, attempt(isDead, 1), NOW + 1);
    applyOutcome(profile, outcome(isDead, { is: "unknown", reason: "no_answer" }), NOW + 2);
    const found = showingTooOld(profile.agenda, { old: NOW + 100, young: NOW, unheard_of: NOW + 100 });
    expect(new Set(names(found.waiting))).toEqual(new Set([waits.message, isOnShow.message]));
    expect(names(found.ended)).toEqual([isDead.message]);
    expect(showingTooOld(profile.agenda, {})).toEqual({ waiting: [], ended: [] });
    expect(names(showingTooOld(profile.agenda, { old: NOW + 1 }).waiting)).toEqual([waits.message]);
    const read = decodeProfile(encodeProfile(profile), plan, WINNER);
    expect(showingTooOld(read.agenda, { old: NOW + 100 })).toEqual(showingTooOld(profile.agenda, { old: NOW + 100 }));
  });
});
