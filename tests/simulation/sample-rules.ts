/**
 * The rules of a simulated run, written twice over the same predicates: as a `Plan` that reads a profile's streams, and as
 * a plain function over a list of events, the oracle. Four segments spell the number of counted events in binary, so that
 * one event lost or applied twice shows in a profile's segments; the others flip with time alone.
 */
import { duplicateHorizonMs } from "../../engine/limits.ts";
import { type EventName, type Json, type JsonObject, eventName } from "../../engine/model/event.ts";
import { type Digest64, digestText, hashText } from "../../engine/model/hash.ts";
import { EVERYTHING } from "../../engine/model/holdout.ts";
import type { Bonus } from "../../engine/model/earning.ts";
import type { Loyalty } from "../../engine/model/loyalty.ts";
import { NO_WORDS } from "../../engine/model/till-words.ts";
import type { Instant, PlanDigest } from "../../engine/model/ids.ts";
import { utcPlanZone } from "../../engine/model/local-zones.ts";
import type {
  AggregateDefinition,
  Decision,
  Plan,
  PlanLoader,
  ProfileView,
  SequenceStep,
  StreamDefinition,
} from "../../engine/model/plan.ts";
import { utc } from "../../engine/model/local-time.ts";
import type { Sending } from "../../engine/model/sending.ts";
import type { Due, SendIntent, TriggerSet } from "../../engine/model/trigger.ts";
import { EVER } from "../../engine/model/window.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const RECENT_MS = 20 * MINUTE_MS;
export const BUYER_MS = 2 * DAY_MS;
export const LAPSED_MS = 1 * DAY_MS;
/** `left`: a product was viewed, and nothing ordered for so long. */
export const LEFT_MS = 3_000;
/** `followed`: a product was viewed, and something ordered within that time. */
export const FOLLOWED_MS = 8_000;
const ONE = 10_000;

/** What the segments' predicates read; aggregates as the plan gives them. */
interface Facts {
  readonly counted: number;
  readonly viewedRecently: number;
  readonly spent: number;
  /** NaN: never ordered. */
  readonly lastOrder: Instant;
  readonly tier: Json | undefined;
}

type Predicate = (facts: Facts, at: Instant, inSegment: (name: string) => boolean) => boolean;

const bit =
  (place: number): Predicate =>
  (facts) =>
    Math.floor(facts.counted / 2 ** place) % 2 === 1;

/** In order of dependency. Plan `b` has other thresholds and one segment more. */
function segmentsOf(variant: Variant): readonly (readonly [string, Predicate])[] {
  const viewsMin = variant === "a" ? 2 : 3;
  const shared: (readonly [string, Predicate])[] = [
    ["bit-0", bit(0)],
    ["bit-1", bit(1)],
    ["bit-2", bit(2)],
    ["bit-3", bit(3)],
    ["browsing", (facts) => facts.viewedRecently >= viewsMin],
    ["buyer", (facts) => facts.spent >= 100 * ONE],
    ["lapsed", (facts, at) => at - facts.lastOrder > LAPSED_MS],
    ["gold", (facts) => facts.tier === "gold"],
    ["gold-buyer", (_facts, _at, inSegment) => inSegment("gold") && inSegment("buyer")],
  ];
  if (variant === "b") shared.push(["keen", (facts, _at, inSegment) => inSegment("browsing") && facts.counted >= 3]);
  return shared;
}

export const VARIANTS = ["a", "b"] as const;
export type Variant = (typeof VARIANTS)[number];

const name = (wire: string): EventName => eventName("track", wire);
const COUNTED = [name("Product Viewed"), name("Order Completed")] as const;

function stream(key: string, event: EventName, property?: string): StreamDefinition {
  const contribution = (fields: JsonObject): number | undefined => {
    if (property === undefined) return 1;
    const value = fields[property];
    return typeof value === "number" ? Math.round(value * ONE) : undefined;
  };
  return { id: hashText(key), key, event, contribution };
}

const STREAMS: readonly StreamDefinition[] = [
  stream("product_viewed", COUNTED[0]),
  stream("order_completed", COUNTED[1]),
  stream("order_completed.total", COUNTED[1], "total"),
];

const AGGREGATES: readonly AggregateDefinition[] = [
  { stream: 0, reduce: "count", window: EVER },
  { stream: 1, reduce: "count", window: EVER },
  { stream: 0, reduce: "count", window: { kind: "last", ms: RECENT_MS } },
  { stream: 2, reduce: "sum", window: { kind: "last", ms: BUYER_MS } },
  { stream: 1, reduce: "last", window: EVER },
  sequence({ stream: 1, withinMs: LEFT_MS, absent: true }),
  sequence({ stream: 1, withinMs: FOLLOWED_MS, absent: false }),
];
/** Of aggregates. */
const [LEFT, FOLLOWED] = [5, 6];

/** After a view. */
function sequence(then: SequenceStep): AggregateDefinition {
  const view: SequenceStep = { stream: 0, withinMs: 0, absent: false };
  return { stream: 0, reduce: "sequence", window: EVER, steps: [view, then] };
}

function decisionsOf(inSegment: (segment: string) => boolean): readonly Decision[] {
  if (inSegment("lapsed")) return [{ content: "hero", show: "come-back", choice: 1 }];
  if (inSegment("gold-buyer")) return [{ content: "hero", show: "thanks", choice: 2 }];
  if (inSegment("bit-0")) return [{ content: "hero", show: "odd", choice: 3 }];
  return [{ content: "hero", show: "even", choice: 0 }];
}

/**
 * The two plans earn at two rates, and of other lines: what a return takes back must be what its lines earned by the plan of
 * that day.
 */
const LOYALTY: Loyalty = {
  name: "points",
  currency: "EUR",
  points: 1,
  per: 7_000,
  rounding: "nearest",
  excluded: [],
  balance: "may be negative",
  unmatched: "at the rate",
  sale: { print: "hero", show: null },
  onReturn: { print: "back", show: null },
  nobody: { print: "nobody", show: null },
};
const always = { from: null, until: null };
const BONUSES: Readonly<Record<"a" | "b", readonly Bonus[]>> = {
  a: [{ name: "shoes", earns: { is: "times", hundredths: 150 }, categories: ["shoes"], ...always }],
  b: [
    { name: "welcome", earns: { is: "fixed", points: 50 }, categories: null, ...always },
    { name: "bags", earns: { is: "rate", points: 1, per: 30_000 }, categories: ["bags"], ...always },
  ],
};

/** Every half minute each profile is due, if only for a moment: so that wake-ups meet every fault. */
export const TICK_MS = 30_000;
/** Of `rare`. */
export const RARE = { count: 2, windowMs: HOUR_MS } as const;
/** How long what is shown on a page or told at a till waits for its person. */
export const VISITED_MS = 2 * MINUTE_MS;
/** From how much an order is thanked for. */
export const thanksFrom = (variant: Variant): number => (variant === "a" ? 20 : 50);

const TRIGGERS = ["thanks", "golden", "rare", "tick", "left", "followed"] as const;
export type TriggerName = (typeof TRIGGERS)[number];

/** Nobody is written to more often than that, and in plan `b` what is owed would rather come twice than not. */
export const SENDING: Sending = {
  caps: [
    { category: "marketing", channel: undefined, count: 3, windowMs: HOUR_MS },
    { category: "club", channel: undefined, count: 2, windowMs: 2 * MINUTE_MS },
  ],
  quiet: [{ category: "club", channel: "webhook", fromMs: 22 * HOUR_MS, untilMs: 6 * HOUR_MS }],
  holdout: { percent: 10, salt: EVERYTHING },
  windowOf: () => undefined,
  unasked: () => "allowed",
  tracking: undefined,
  zoneOf: () => utc,
};

const INTENT: SendIntent = {
  template: "hello",
  by: ["webhook"],
  category: "marketing",
  priority: 50,
  expiresMs: undefined,
  competesForMs: 2_000,
  holdout: undefined,
};

function intentOf(trigger: TriggerName, variant: Variant): SendIntent {
  switch (trigger) {
    case "thanks": {
      const owed: SendIntent = { ...INTENT, by: ["email", "webhook"], category: "transactional", competesForMs: 0 };
      return variant === "b" ? { ...owed, ifUnknown: "send again" } : owed;
    }
    case "golden":
      return { ...INTENT, priority: 80, holdout: { percent: 20, salt: "spring" } };
    case "rare":
      return { ...INTENT, by: ["email", "webhook"] };
    case "left":
      return { ...INTENT, by: ["web"], expiresMs: VISITED_MS };
    case "followed":
      return { ...INTENT, by: ["loyalty"], category: "transactional", competesForMs: 0, expiresMs: VISITED_MS };
    case "tick":
      return { ...INTENT, category: "club", competesForMs: 0, expiresMs: MINUTE_MS };
  }
}

function triggersOf(variant: Variant, segments: readonly string[]): TriggerSet {
  const [thanks, golden, rare, tick, left, followed] = [0, 1, 2, 3, 4, 5];
  return {
    all: TRIGGERS.map((trigger) => ({
      name: trigger,
      id: hashText(trigger),
      intent: intentOf(trigger, variant),
      atMost: trigger === "rare" ? RARE : undefined,
    })),
    ofEvent: (event) => (event === COUNTED[1] ? [thanks] : event === COUNTED[0] ? [rare] : []),
    ofSegment: (segment, entered) => (entered && segments[segment] === "gold" ? [golden] : []),
    holds: (trigger, _view, _at, event) =>
      trigger !== thanks || Number(event?.fields["total"] ?? 0) >= thanksFrom(variant),
    completed(view, event, at) {
      const after = at - duplicateHorizonMs;
      const of = (trigger: number, aggregate: number, upTo: Instant): readonly Due[] =>
        view.completionsBy(aggregate, event, { after, upTo }).map((instant) => ({ trigger, at: instant }));
      // What an event completes is complete, though it be dated ahead of the clock.
      return [...of(left, LEFT, at), ...of(followed, FOLLOWED, Number.POSITIVE_INFINITY)];
    },
    complete: (view, at) =>
      view
        .completions(FOLLOWED, at - duplicateHorizonMs, Number.POSITIVE_INFINITY)
        .map((instant) => ({ trigger: followed, at: instant })),
    due(view, { from, until }) {
      const at = Math.floor(until / TICK_MS) * TICK_MS;
      const over = view.completions(LEFT, from - 1, until).map((instant) => ({ trigger: left, at: instant }));
      return at >= from ? [...over, { trigger: tick, at }] : over;
    },
  };
}

function createPlan(variant: Variant): Plan {
  const segments = segmentsOf(variant);
  const names = segments.map(([segment]) => segment);
  const factsOf = (view: ProfileView, at: Instant): Facts => ({
    counted: view.aggregate(0, at) + view.aggregate(1, at),
    viewedRecently: view.aggregate(2, at),
    spent: view.aggregate(3, at),
    lastOrder: view.aggregate(4, at),
    tier: view.attribute(0),
  });
  return {
    digest: planDigest(variant),
    attributes: [{ name: "tier", type: "text" }],
    streams: STREAMS,
    streamsOf: (event) => (event === COUNTED[0] ? [0] : event === COUNTED[1] ? [1, 2] : []),
    aggregates: AGGREGATES,
    segments: names,
    contents: ["hero"],
    zone: utcPlanZone,
    triggers: triggersOf(variant, names),
    sending: SENDING,
    loyalty: { ...LOYALTY, points: variant === "a" ? 1 : 3, excluded: variant === "a" ? [] : ["bags"] },
    bonuses: () => BONUSES[variant],
    // Each plan in words of its own: a receipt that comes again is told what it was told by the plan of its day.
    tillWords: ({ print }, { receipt: { balance } }) =>
      print === null ? NO_WORDS : { ...NO_WORDS, print: [`${variant} ${print}: ${balance}`] },
    tillMessage: ({ template }) => ({ is: "worded", print: [`${variant} ${template}`], show: [], screen: undefined }),
    evaluate: (view, _change, at, flip) => {
      const facts = factsOf(view, at);
      const inSegment = (segment: string): boolean => view.inSegment(names.indexOf(segment));
      for (const [index, [, predicate]] of segments.entries()) {
        const is = predicate(facts, at, inSegment);
        if (is !== view.inSegment(index)) flip(index, is);
      }
    },
    decide: (view) => decisionsOf((segment) => view.inSegment(names.indexOf(segment))),
    nextFlip: (view, _change, at) => {
      let next = Math.min((Math.floor(at / TICK_MS) + 1) * TICK_MS, view.nextCompletion(LEFT, at));
      for (let i = 0; i < AGGREGATES.length; i++) next = Math.min(next, view.aggregateValidUntil(i, at));
      const lapses = view.aggregate(4, at) + LAPSED_MS + 1;
      return lapses > at ? Math.min(next, lapses) : next;
    },
  };
}

export function planDigest(variant: Variant): PlanDigest {
  return `plan-${variant}` as PlanDigest;
}

export function planSource(variant: Variant): Uint8Array {
  return new TextEncoder().encode(variant);
}

const LOADED = new Map(VARIANTS.map((variant) => [variant, createPlan(variant)] as const));

/** A plan object of its own for each load, as the real loader makes them. */
export const loadSamplePlan: PlanLoader = (source) => {
  const variant = new TextDecoder().decode(source) as Variant;
  const plan = LOADED.get(variant);
  if (plan === undefined) throw new Error(`no such plan: ${variant}`);
  return { ...plan };
};

/** What the oracle knows of an applied event. */
export interface PlainEvent {
  readonly name: string;
  readonly type: string;
  readonly timestamp: Instant;
  readonly source: string;
  readonly messageId: string;
  readonly fields: JsonObject;
}

/** The segments of somebody who did exactly these events, at this instant, by brute force. */
export function segmentsByBruteForce(variant: Variant, events: readonly PlainEvent[], at: Instant): readonly string[] {
  const past = events.filter((event) => event.timestamp <= at);
  const named = (wanted: string): readonly PlainEvent[] => past.filter((event) => event.name === wanted);
  const orders = named(COUNTED[1]);
  const within = (event: PlainEvent, windowMs: number): boolean => event.timestamp > at - windowMs;
  const facts: Facts = {
    counted: named(COUNTED[0]).length + orders.length,
    viewedRecently: named(COUNTED[0]).filter((event) => within(event, RECENT_MS)).length,
    spent: orders
      .filter((event) => within(event, BUYER_MS) && typeof event.fields["total"] === "number")
      .reduce((sum, event) => sum + Math.round(Number(event.fields["total"]) * ONE), 0),
    lastOrder: orders.length === 0 ? Number.NaN : Math.max(...orders.map((event) => event.timestamp)),
    tier: newestTier(events),
  };
  const held = new Set<string>();
  for (const [segment, predicate] of segmentsOf(variant))
    if (predicate(facts, at, (other) => held.has(other))) held.add(segment);
  return [...held];
}

/** Attributes are the newest by (timestamp, source, digest of the message id), as stamps are; they do not wait for their timestamp. */
function newestTier(events: readonly PlainEvent[]): Json | undefined {
  let newest: PlainEvent | undefined;
  for (const event of events) {
    if (event.type !== "identify" || event.fields["tier"] === undefined) continue;
    if (newest === undefined || isNewer(event, newest)) newest = event;
  }
  return newest?.fields["tier"];
}

function isNewer(a: PlainEvent, b: PlainEvent): boolean {
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  if (a.source !== b.source) return a.source > b.source;
  const [ours, theirs] = [a, b].map(({ source, messageId }) => digestText(`${source}\n${messageId}`)) as [
    Digest64,
    Digest64,
  ];
  return ours.high !== theirs.high ? ours.high > theirs.high : ours.low > theirs.low;
}
