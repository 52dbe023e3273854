/**
 * Questions about one person: who they are, what is kept, what is decided, and why. The profile comes from the owner of its
 * shard, as a read like any other, and is looked at here by the rules that the owner decides by; nobody's store is opened
 * behind the owner's back. Nothing is recorded, and nobody is created by being asked for.
 */
import { explainedEventsMax } from "../limits.ts";
import { createdAtOfProfile, parseProfileId, shardOfProfile } from "../model/ids.ts";
import type { Instant, PlanDigest, ProfileId } from "../model/ids.ts";
import { IDENTIFIER_KINDS } from "../model/identifier.ts";
import type { Identifier, IdentifierKind } from "../model/identifier.ts";
import { parseIdentifier } from "../model/identifier-rules.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import type { FieldType, FieldValue, Plan } from "../model/plan.ts";
import type { EventRouter, FinalAnswer } from "../gateway/router-port.ts";
import { decodePlan, explainRule, loadPlan, paraphraseRule, printCondition } from "../language/port.ts";
import type { Explanation, PlanSource } from "../language/port.ts";
import { contributionsOf, decodeProfile, portrayProfile, viewAsOf } from "../profile/port.ts";
import type { Profile } from "../profile/port.ts";
import type { Plans } from "../store/port.ts";
import type { ProfileReport, RulesReport, WhyReport } from "./profile-port.ts";
import { refusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";

export interface ProfileSources {
  readonly router: Pick<EventRouter, "read">;
  readonly plans: Pick<Plans, "get">;
  /** The rules that decide now; undefined before the first are loaded. */
  readonly plan: () => PlanDigest | undefined;
  readonly identifiers: IdentifierRules;
  readonly shards: number;
  readonly now: () => Instant;
}

export interface ProfileQuestions {
  /** @param who a profile id, `kind:value`, or an identifier alone: e-mail, phone, card, user id, anonymous id */
  profile(who: string, at?: Instant): Promise<ProfileReport | Refusal>;
  why(who: string, rule: string, at?: Instant): Promise<WhyReport | Refusal>;
  rules(): Promise<RulesReport | Refusal>;
  /** The condition under which a content shows a choice, or of a segment; undefined when there is none. */
  reason(rule: string, choice?: number): string | undefined;
}

/** A plan in both its forms. */
interface Loaded {
  readonly digest: PlanDigest;
  readonly source: PlanSource;
  readonly plan: Plan;
}

interface Found {
  readonly profile: Profile;
  readonly loaded: Loaded;
}

export function createProfileQuestions(sources: ProfileSources): ProfileQuestions {
  const { router, plans, identifiers, shards, now } = sources;
  /** The last one asked about: rules change seldom. */
  let known: Loaded | undefined;

  async function load(digest: PlanDigest): Promise<Loaded | undefined> {
    if (known?.digest === digest) return known;
    const bytes = await plans.get(digest);
    if (bytes === undefined) return undefined;
    known = { digest, source: decodePlan(bytes), plan: loadPlan(bytes) };
    return known;
  }

  const current = async (): Promise<Loaded | undefined> => {
    const digest = sources.plan();
    return digest === undefined ? undefined : load(digest);
  };

  function read(whom: Identifier | ProfileId): Promise<FinalAnswer> {
    return new Promise((resolve) => router.read(whom, "row", resolve));
  }

  async function find(who: string): Promise<Found | Refusal> {
    for (const whom of meanings(who, identifiers)) {
      const answer = await read(whom);
      if (answer.is !== "read") return refusal("busy");
      if (answer.row === undefined || answer.profile === undefined) continue;
      const loaded = await load(answer.plan);
      if (loaded === undefined) return refusal("busy");
      return { profile: decodeProfile(Buffer.from(answer.row, "base64"), loaded.plan, answer.profile), loaded };
    }
    return refusal("not_found", "Nobody is known by that.");
  }

  return {
    async profile(who, at = now()) {
      const found = await find(who);
      return "refused" in found ? found : profileReport(found, at, shards);
    },
    async why(who, rule, at = now()) {
      const found = await find(who);
      return "refused" in found ? found : whyReport(found, rule, { at, now: now() });
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

function profileReport(found: Found, at: Instant, shards: number): ProfileReport {
  const { loaded } = found;
  const { plan, source, digest } = loaded;
  const { clock, wakeUp, position, absorbed, identifiers, attributes, segments, streams, remembered, profile } =
    portrayProfile(found.profile);
  const view = viewAsOf(found.profile, plan, at);
  const recorded = new Map(segments.map((segment) => [segment.name, segment]));
  return {
    profile,
    at,
    created: createdAtOfProfile(profile),
    lastChange: clock,
    ...(wakeUp !== undefined && { wakeUp }),
    shard: shardOfProfile(profile, shards),
    position,
    plan: digest,
    absorbed: [...absorbed],
    identifiers: [...identifiers],
    attributes: attributes.map(({ value, ...rest }) => ({
      ...rest,
      ...(value !== undefined && { value: readable(value, rest.type) }),
    })),
    segments: plan.segments.flatMap((name, index) => {
      const known = recorded.get(name);
      const inside = view.inSegment(index);
      if (known === undefined && !inside) return [];
      return [{ name, inside, entries: known?.entries ?? 0, ...(known !== undefined && { since: known.at }) }];
    }),
    streams: streams.map(({ sum, folded: _folded, ...rest }) => ({
      ...rest,
      sum: rest.key === rest.event || sum === rest.count ? rest.count : sum / 10_000,
    })),
    decisions: plan.decide(view, at).map(({ content, show, choice }) => {
      const because = reasonOf(source, content, choice);
      return { content, show, choice, ...(because !== undefined && { because }) };
    }),
    rememberedIds: remembered,
  };
}

function readable(value: FieldValue, type: FieldType): string | number | boolean | string[] {
  if (typeof value === "number" && type === "money") return value / 10_000;
  if (typeof value === "number" && type === "instant") return new Date(value).toISOString();
  return typeof value === "object" ? [...value] : value;
}

function whyReport(
  found: Found,
  rule: string,
  { at, now }: { readonly at: Instant; readonly now: Instant },
): WhyReport | Refusal {
  const { profile, loaded } = found;
  const { plan, source, digest } = loaded;
  const explained = explainRule(source, rule, { view: viewAsOf(profile, plan, at), at });
  if (explained === undefined) return refusal("not_found", `There is no rule of the name ${JSON.stringify(rule)}.`);
  const { clock, segments, attributes } = portrayProfile(profile);
  const known = segments.find(({ name }) => name === rule);
  const caveats: string[] = [];
  if (at > now) caveats.push("That is in the future: as it will be if nothing happens until then.");
  if (at < clock) caveats.push("The past is told by what is kept today: events that count no more may be missing.");
  const later = attributes.filter((attribute) => attribute.at > at).map(({ name }) => name);
  if (later.length > 0) caveats.push(`Said later, and taken as said today: ${later.join(", ")}.`);
  const flatten = (explanation: Explanation, depth: number): WhyReport["tree"] => [
    lineOf(explanation, { profile, at, depth }),
    ...explanation.parts.flatMap((part) => flatten(part, depth + 1)),
  ];
  const what = { profile: profile.id, rule, at, plan: digest, caveats };
  if (explained.kind === "segment") {
    const recorded = known && { inside: known.inside, entries: known.entries, since: known.at };
    return {
      ...what,
      kind: "segment",
      holds: explained.when.holds,
      ...(recorded !== undefined && { recorded }),
      tree: flatten(explained.when, 0),
    };
  }
  const otherwise = source.contents.find(({ name }) => name === rule)?.otherwise ?? "";
  const held = explained.choices.some(({ when }) => when.holds);
  const tree = explained.choices.flatMap(({ show, when }) => {
    const [first, ...rest] = flatten(when, 0);
    return first === undefined ? [] : [{ ...first, show }, ...rest];
  });
  tree.push({ depth: 0, show: otherwise, text: "otherwise", holds: !held, values: [] });
  return { ...what, kind: "content", shows: explained.shows, tree };
}

function lineOf(
  { text, holds, values }: Explanation,
  { profile, at, depth }: { readonly profile: Profile; readonly at: Instant; readonly depth: number },
): WhyReport["tree"][number] {
  return {
    depth,
    text,
    holds,
    values: values.map(({ name, value, aggregate }) => {
      const counts = profile.plan.aggregates[aggregate ?? -1]?.reduce !== "sum";
      const behind =
        aggregate === undefined ? [] : contributionsOf(profile, aggregate, { at, most: explainedEventsMax });
      return {
        name,
        ...(value !== undefined && { value }),
        ...(behind.length > 0 && {
          events: behind.map((event) => ({ at: event.at, value: counts ? 1 : event.value / 10_000 })),
        }),
      };
    }),
  };
}

function rulesReport({ source, digest }: Loaded): RulesReport {
  return {
    plan: digest,
    segments: source.segments.map(({ name }) => ({ name, text: paraphraseRule(source, name) ?? "" })),
    contents: source.contents.map(({ name, choices, otherwise }) => ({
      name,
      text: paraphraseRule(source, name) ?? "",
      choices: choices.map(({ show }, index) => ({ show, when: reasonOf(source, name, index + 1) ?? "" })),
      otherwise,
    })),
  };
}

function reasonOf(source: PlanSource, rule: string, choice?: number): string | undefined {
  const content = source.contents.find(({ name }) => name === rule);
  const when = content?.choices[(choice ?? 0) - 1]?.when ?? source.segments.find(({ name }) => name === rule)?.when;
  return when === undefined ? undefined : printCondition(source, when);
}
