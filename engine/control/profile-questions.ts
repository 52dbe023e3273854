/**
 * Questions about one person: who they are, what is kept, what is decided, and why. The profile comes from the owner of its
 * shard, as a read like any other, and is looked at here by the rules that the owner decides by; nobody's store is opened
 * behind the owner's back. The past comes from history. Nothing is recorded, and nobody is created by being asked for.
 */
import type { Event, EventName } from "../model/event.ts";
import { parseProfileId } from "../model/ids.ts";
import type { Instant, PlanDigest, ProfileId } from "../model/ids.ts";
import { IDENTIFIER_KINDS } from "../model/identifier.ts";
import type { Identifier, IdentifierKind } from "../model/identifier.ts";
import { lackingKey, NOTHING_LACKING } from "../model/lacking.ts";
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { Orders } from "../model/orders.ts";
import type { PastPerson } from "../backtest/port.ts";
import type { EventRouter, FinalAnswer } from "../gateway/router-port.ts";
import { decodePlan, type DescribedRule, describeRules, loadPlan } from "../language/port.ts";
import { decodeProfile } from "../profile/port.ts";
import type { Profile } from "../profile/port.ts";
import type { Plans } from "../store/port.ts";
import type { ProfileReport, RulesReport, StripsReport, WhyReport } from "./profile-port.ts";
import { type LoadedPlan, type Told, profileReport, reasonOf } from "./profile-report.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { eventOfRule, whyReport } from "./why-report.ts";

export interface ProfileSources {
  readonly router: Pick<EventRouter, "read">;
  readonly plans: Pick<Plans, "get">;
  /** The rules that decide now; undefined before the first are loaded. */
  readonly plan: () => PlanDigest | undefined;
  /** What operators have ordered of all nodes. */
  readonly orders: () => Promise<Orders>;
  readonly identifiers: IdentifierRules;
  readonly shards: number;
  readonly now: () => Instant;
  /** One person as they were, from history; rejects with HistoryUnavailable. */
  readonly past: (person: PastPerson, at: Instant) => Promise<Profile>;
  /** Their latest event of a name by an instant, from history; rejects with HistoryUnavailable. */
  readonly latest: (
    person: PastPerson,
    event: { readonly name: EventName; readonly at: Instant },
  ) => Promise<Event | undefined>;
}

export interface ProfileQuestions {
  /** @param who a profile id, `kind:value`, or an identifier alone: e-mail, phone, card, user id, anonymous id */
  profile(who: string, at?: Instant): Promise<ProfileReport | Refusal>;
  why(who: string, rule: string, at?: Instant): Promise<WhyReport | Refusal>;
  /** The products that each recommendation has for somebody now. */
  strips(who: string): Promise<StripsReport | Refusal>;
  rules(): Promise<RulesReport | Refusal>;
  /** The condition under which a content shows a choice, or of a segment; undefined when there is none. */
  reason(rule: string, choice?: number): string | undefined;
}

interface Found {
  readonly profile: Profile;
  readonly loaded: LoadedPlan;
}

export function createProfileQuestions(sources: ProfileSources): ProfileQuestions {
  const { router, plans, identifiers, shards, now } = sources;
  /** The last one asked about: rules change seldom. */
  let known: LoadedPlan | undefined;

  async function load(digest: PlanDigest, lacking = NOTHING_LACKING): Promise<LoadedPlan | undefined> {
    const lacks = lackingKey(lacking);
    if (known?.digest === digest && known.lacks === lacks) return known;
    const bytes = await plans.get(digest);
    if (bytes === undefined) return undefined;
    known = { digest, lacks, source: decodePlan(bytes), plan: loadPlan(bytes, lacking) };
    return known;
  }

  const current = async (): Promise<LoadedPlan | undefined> => {
    const digest = sources.plan();
    return digest === undefined ? undefined : load(digest);
  };

  function read(whom: Identifier | ProfileId, want: "row" | "strips"): Promise<FinalAnswer> {
    return new Promise((resolve) => router.read(whom, want, resolve));
  }

  async function find(who: string): Promise<Found | Refusal> {
    const unclear = unclearName(who);
    if (unclear !== undefined) return refusal("invalid_field", unclear);
    for (const whom of meanings(who, identifiers)) {
      const answer = await read(whom, "row");
      if (answer.is !== "read") return refusal("busy");
      if (answer.row === undefined || answer.profile === undefined) continue;
      const loaded = await load(answer.plan, answer.lacking);
      if (loaded === undefined) return refusal("busy");
      return { profile: decodeProfile(Buffer.from(answer.row, "base64"), loaded.plan, answer.profile), loaded };
    }
    return refusal("not_found", "Nobody is known by that.");
  }

  /** A profile keeps what the rules want of the present: before its last change it is told from history. */
  async function tellAsOf({ profile, loaded }: Found, asked: Instant | undefined): Promise<Told> {
    // Something may have happened since it was asked for as it is now.
    const at = asked ?? Math.max(now(), profile.clock);
    if (at >= profile.clock) return { profile, seen: profile, from: "profile", loaded, at, now: now() };
    const { id, absorbed } = profile;
    const seen = await sources.past({ id, absorbed, plan: loaded.plan }, at);
    return { profile, seen, from: "history", loaded, at, now: now() };
  }

  /** Of the event at hand nothing is kept with the profile; a history that is away leaves it unknown. */
  async function eventFor({ profile, loaded, at }: Told, rule: string): Promise<Event | undefined> {
    const name = eventOfRule(loaded.source, rule);
    if (name === undefined) return undefined;
    const { id, absorbed } = profile;
    return sources.latest({ id, absorbed, plan: loaded.plan }, { name, at }).catch(() => undefined);
  }

  async function stripsOf(profile: ProfileId): Promise<StripsReport["strips"] | undefined> {
    const answer = await read(profile, "strips");
    return answer.is === "read" ? answer.strips : undefined;
  }

  return {
    async profile(who, at) {
      const found = await find(who);
      if ("refused" in found) return found;
      const told = await tellAsOf(found, at);
      // What is recommended is known of the present alone.
      const strips = at === undefined ? await stripsOf(found.profile.id) : undefined;
      return profileReport(told, { shards, orders: await sources.orders(), strips });
    },
    async why(who, rule, at) {
      const found = await find(who);
      if ("refused" in found) return found;
      const told = await tellAsOf(found, at);
      const strips = at === undefined ? await stripsOf(found.profile.id) : undefined;
      return whyReport(told, rule, { orders: await sources.orders(), event: await eventFor(told, rule), strips });
    },
    async strips(who) {
      const found = await find(who);
      if ("refused" in found) return found;
      const strips = await stripsOf(found.profile.id);
      return strips === undefined ? refusal("busy") : { strips };
    },
    async rules() {
      const loaded = await current();
      return loaded === undefined ? refusal("busy") : rulesReport(loaded);
    },
    reason: (rule, choice) => {
      // The feed does not wait: what is not loaded yet is asked for, and known the next time.
      if (known === undefined || known.digest !== sources.plan()) void current().catch(() => undefined);
      return known === undefined ? undefined : reasonOf(known.source, rule, choice);
    },
  };
}

/** What is wrong with `:x`, `user:` and `mail:x`, in words; undefined where nothing is. */
function unclearName(who: string): string | undefined {
  const [, kind = "", value = ""] = /^\s*([a-z]*):(.*)$/is.exec(who) ?? [undefined, "-", "-"];
  if (kind === "-") return undefined;
  const kinds = IDENTIFIER_KINDS.map((each) => `${each}:`).join(", ");
  if (value.trim() === "") return `Nothing stands behind the colon. Write who it is, alone or behind one of ${kinds}.`;
  return kind === ""
    ? `Nothing stands before the colon. Leave it out, or write one of ${kinds} before the name.`
    : undefined;
}

/** What a text may mean, likeliest first. */
function meanings(who: string, rules: IdentifierRules): readonly (Identifier | ProfileId)[] {
  const text = who.trim();
  const colon = text.indexOf(":");
  const kind = IDENTIFIER_KINDS.find((each) => each === text.slice(0, colon));
  if (kind !== undefined) return parsed([kind], text.slice(colon + 1), rules);
  const id = parseProfileId(text);
  const kinds: readonly IdentifierKind[] = text.includes("@")
    ? ["email", "user", "anonymous"]
    : ["phone", "card", "user", "anonymous"];
  return [...(id === undefined ? [] : [id]), ...parsed(kinds, text, rules)];
}

function parsed(kinds: readonly IdentifierKind[], text: string, rules: IdentifierRules): readonly Identifier[] {
  return kinds.flatMap((kind) => {
    const identifier = parseIdentifier(kind, text, rules);
    return "problem" in identifier ? [] : [identifier];
  });
}

function rulesReport({ source, digest }: LoadedPlan): RulesReport {
  const described = describeRules(source, []);
  const inPlainWords = (of: DescribedRule["kind"]) =>
    described.filter(({ kind }) => kind === of).map(({ name, lines }) => ({ name, text: lines.join("\n") }));
  const texts = new Map(inPlainWords("content").map(({ name, text }) => [name, text]));
  return {
    plan: digest,
    segments: inPlainWords("segment"),
    triggers: inPlainWords("trigger"),
    recommendations: inPlainWords("recommendation"),
    contents: source.contents.map(({ name, choices, otherwise }) => ({
      name,
      text: texts.get(name) ?? "",
      choices: choices.map(({ show }, index) => ({ show, when: reasonOf(source, name, index + 1) ?? "" })),
      otherwise,
    })),
  };
}
