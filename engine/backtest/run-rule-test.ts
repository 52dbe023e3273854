/**
 * Runs one rule test: a pure fold of the plan over the test's events, with time as the test says it. The profile is the
 * engine's own, and so is everything that is done to it; what passes with time alone is looked at when it passes, as the
 * engine does at a wake-up.
 */
import { type Event, type EventName, type EventType, type JsonObject, RFM_EVENT } from "../model/event.ts";
import { digestText, slotOfCell } from "../model/hash.ts";
import { cellKey } from "../model/identifier.ts";
import { type Identifier, TRAIT_KINDS } from "../model/identifier.ts";
import { parseIdentifier } from "../model/identifier-rules.ts";
import { earn } from "../model/earning.ts";
import { PARTS_OF_UNIT } from "../model/field-value.ts";
import { RFM_PREFIX, RFM_SOURCE } from "../model/rfm.ts";
import { SALE_EVENT } from "../model/receipt.ts";
import { createProfileId } from "../model/ids.ts";
import type { Instant, SourceId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Expected, RuleTest, TestStep } from "../language/port.ts";
import type { Dispatched } from "./dispatch-in-time.ts";
import { PersonInTime } from "./person-in-time.ts";
import type { Profile } from "../profile/port.ts";

export interface Expectation {
  readonly text: string;
  readonly line: number;
  /** The time of the test at which it was looked at. */
  readonly at: Instant;
  readonly holds: boolean;
  /** What there was instead; "" when it holds. */
  readonly found: string;
}

const WHO: Identifier = { kind: "anonymous", value: "test" };
const TYPES: Readonly<Record<string, EventType>> = {
  identified: "identify",
  page_viewed: "page",
  screen_viewed: "screen",
  group_joined: "group",
};

/** @throws RangeError when time goes backwards in the test */
export function runRuleTest(plan: Plan, test: RuleTest): readonly Expectation[] {
  const first = test.steps.find((step) => step.is === "event");
  let now: Instant = first?.is === "event" ? first.at : 0;
  const person = new PersonInTime(
    plan,
    createProfileId(slotOfCell(cellKey(WHO)), Math.max(0, now), 0),
    undefined,
    "to all",
  );
  const { profile } = person;
  let count = 0;
  /** The last event, until time passes. */
  let atHand: Event | undefined;

  function happen(name: EventName, fields: JsonObject, at: Instant): void {
    passUntil(at);
    atHand = eventOf({ name, fields, at, n: ++count });
    person.happen(atHand);
  }

  function passUntil(at: Instant): void {
    if (at < now) throw new RangeError(`an event of ${new Date(at).toISOString()} comes after its time`);
    // Somebody to whom nothing has happened yet is in segments, too.
    if (count === 0) person.look(at);
    else person.passUntil(at);
    if (at > now) atHand = undefined;
    now = at;
  }

  const results: Expectation[] = [];
  for (const step of test.steps) {
    if (step.is === "given") {
      const { scores, traits } = withoutScores(step.traits);
      happen("identified" as EventName, traits, now);
      if (Object.keys(scores).length > 0) happen(RFM_EVENT, scores, now);
    } else if (step.is === "event") happen(step.name, step.fields, step.at);
    else if (step.is === "advance") passUntil(now + step.byMs);
    else results.push(look(profile, plan, step, { at: now, event: atHand, messages: person.messages(now) }));
  }
  return results;
}

/** What the night works out of somebody comes by an event of its own. */
function withoutScores(given: JsonObject): { readonly scores: JsonObject; readonly traits: JsonObject } {
  const isScore = ([name]: readonly [string, unknown]): boolean => name.startsWith(RFM_PREFIX);
  const entries = Object.entries(given);
  const scores = entries.filter(isScore).map(([name, value]) => [name.slice(RFM_PREFIX.length), value]);
  return { scores: Object.fromEntries(scores), traits: Object.fromEntries(entries.filter((each) => !isScore(each))) };
}

interface Moment {
  readonly at: Instant;
  /** At hand. */
  readonly event: Event | undefined;
  readonly messages: readonly Dispatched[];
}

function look(
  profile: Profile,
  plan: Plan,
  { expected, text, line }: Extract<TestStep, { is: "expect" }>,
  moment: Moment,
): Expectation {
  const found = differenceFrom(expected, profile, plan, moment);
  return { text, line, at: moment.at, holds: found === "", found };
}

function differenceFrom(expected: Expected, profile: Profile, plan: Plan, { at, event, messages }: Moment): string {
  if (expected.is === "segment") {
    const inside = profile.inSegment(plan.segments.indexOf(expected.segment));
    return inside === expected.inside ? "" : `${inside ? "in" : "not in"} segment ${expected.segment}`;
  }
  if (expected.is === "points") return pointsUnlike(expected.points, { profile, plan }, { at, event });
  if (expected.is === "message") return messagesUnlike(expected, messages);
  const shows = plan.decide(profile, at, event).find(({ content }) => content === expected.content)?.show;
  return shows === expected.shows ? "" : `${expected.content} shows ${shows ?? "nothing"}`;
}

/** A sale whose lines are of one category has that one; of several, who knows what each was worth. */
function pointsUnlike(
  points: number,
  { profile, plan }: { readonly profile: Profile; readonly plan: Plan },
  { at, event }: Pick<Moment, "at" | "event">,
): string {
  if (event?.name !== SALE_EVENT) return `no ${SALE_EVENT} is at hand`;
  if (plan.loyalty === undefined) return "there is no loyalty rule";
  const { total, categories } = event.fields;
  const amount = typeof total === "number" ? Math.round(total * PARTS_OF_UNIT) : 0;
  const [category, other] = Array.isArray(categories) ? categories : [];
  const byCategory = new Map(typeof category === "string" && other === undefined ? [[category, amount]] : []);
  const bonuses = plan.bonuses?.(profile, at, event) ?? [];
  const { earned, parts = [] } = earn({ total: amount, byCategory }, plan.loyalty, { bonuses, at: event.timestamp });
  const by = parts.length < 2 ? "" : `: ${parts.map((part) => `${part.earned} by ${part.rule}`).join(", ")}`;
  return earned === points ? "" : `sale earns ${earned} points${by}`;
}

function messagesUnlike(
  { trigger, times, by, skipped }: Extract<Expected, { is: "message" }>,
  messages: readonly Dispatched[],
): string {
  const own = messages.filter((each) => each.trigger === trigger);
  const sent = own.filter((each) => each.is === "sent");
  const reasons = [...new Set(own.flatMap((each) => (each.is === "skipped" ? [saidReason(each.reason)] : [])))];
  if (skipped !== undefined) {
    if (skipped === "" ? reasons.length > 0 : reasons.includes(skipped)) return "";
  } else {
    const count = (by === undefined ? sent : sent.filter((each) => each.by.includes(by))).length;
    if (times === undefined ? count > 0 : count === times) return "";
  }
  const told = [
    ...(sent.length === 0 ? [] : [`message ${trigger}${channelsOf(sent)}, ${timesOf(sent.length)}`]),
    ...reasons.map((reason) => `message ${trigger} skipped, ${reason}`),
  ];
  return told.length === 0 ? `no message ${trigger}` : told.join("; ");
}

/** As tests write it. */
function saidReason(reason: string): string {
  return reason.replaceAll("_", " ");
}

function channelsOf(sent: readonly Extract<Dispatched, { is: "sent" }>[]): string {
  const channels = new Set(sent.map(({ by }) => by[0] ?? ""));
  return channels.size === 1 ? ` by ${[...channels][0]}` : "";
}

function timesOf(count: number): string {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
}

/** What the person is reached by, as the gateway reads it of the traits of an identify call. */
function identifiersIn(fields: JsonObject): readonly Identifier[] {
  return TRAIT_KINDS.flatMap((kind) => {
    const value = fields[kind];
    const read = typeof value === "string" ? parseIdentifier(kind, value) : undefined;
    return read === undefined || "problem" in read ? [] : [read];
  });
}

function eventOf(of: {
  readonly name: EventName;
  readonly fields: JsonObject;
  readonly at: Instant;
  readonly n: number;
}): Event {
  const { name, fields, at, n } = of;
  const messageId = `event-${n}`;
  return {
    type: TYPES[name] ?? "track",
    name,
    // The night is the only one who can say it.
    source: name === RFM_EVENT ? RFM_SOURCE : ("test" as SourceId),
    messageId,
    digest: digestText(`test\n${messageId}`),
    bodyHash: n,
    identifiers: name === "identified" ? [WHO, ...identifiersIn(fields)] : [WHO],
    proved: true,
    timestamp: at,
    fields,
    body: JSON.stringify({ fields }),
  };
}
