/** A small plan by hand, events, and a slow reading of aggregates straight from events, for the tests of this room. */
import fc from "fast-check";
import { EVENT_TYPES, type Event, type EventName, type EventType, type JsonObject } from "../model/event.ts";
import { digestText, hashText, hashText48 } from "../model/hash.ts";
import type { Instant, PlanDigest, ProfileId, SourceId } from "../model/ids.ts";
import { utcPlanZone } from "../model/local-zones.ts";
import type { AggregateDefinition, AttributeDefinition, Plan, StreamDefinition } from "../model/plan.ts";
import { EVER, type Window } from "../model/window.ts";
import { localDate, windowTest, zoneFor } from "../model/window-fixtures.ts";
import { keyOf } from "./contribution.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** 2026-03-01T00:00Z */
export const NOW: Instant = Date.UTC(2026, 2, 1);
export const WINNER = "0010199000000000000000aa" as ProfileId;
export const LOSER = "0020199000000000000000bb" as ProfileId;

export interface PlanParts {
  readonly attributes: readonly AttributeDefinition[];
  readonly streams: readonly StreamDefinition[];
  readonly aggregates: readonly AggregateDefinition[];
  readonly segments: readonly string[];
}

function stream(key: string): StreamDefinition {
  const [event, property] = key.split(".") as [string, string | undefined];
  return {
    id: hashText(key),
    key,
    event: event as EventName,
    contribution: (fields) => {
      if (property === undefined) return 1;
      const value = fields[property];
      return typeof value === "number" ? Math.round(value * 10_000) : undefined;
    },
  };
}

const inLast = (ms: number): Window => ({ kind: "last", ms });

export const SAMPLE_PARTS: PlanParts = {
  attributes: [
    { name: "city", type: "text" },
    { name: "points", type: "number" },
    { name: "spend", type: "money" },
    { name: "vip", type: "boolean" },
    { name: "birthday", type: "instant" },
    { name: "tags", type: "list" },
  ],
  streams: [
    stream("page_viewed"),
    stream("order_completed"),
    stream("order_completed.total"),
    stream("cart_updated.total"),
    stream("order_completed.discount"),
  ],
  aggregates: [
    { stream: 0, reduce: "count", window: inLast(HOUR_MS) },
    { stream: 0, reduce: "count", window: inLast(60_000) },
    { stream: 0, reduce: "last", window: inLast(HOUR_MS) },
    { stream: 1, reduce: "count", window: EVER },
    { stream: 1, reduce: "count", window: inLast(30 * DAY_MS) },
    { stream: 1, reduce: "first", window: EVER },
    { stream: 1, reduce: "last", window: EVER },
    { stream: 2, reduce: "sum", window: inLast(365 * DAY_MS) },
    { stream: 2, reduce: "sum", window: inLast(30 * DAY_MS) },
    { stream: 2, reduce: "first", window: inLast(30 * DAY_MS) },
    { stream: 3, reduce: "sum", window: inLast(7 * DAY_MS) },
    { stream: 3, reduce: "last", window: inLast(DAY_MS) },
    { stream: 4, reduce: "sum", window: EVER },
    { stream: 4, reduce: "sum", window: inLast(90 * DAY_MS) },
    { stream: 4, reduce: "average", window: EVER },
    { stream: 2, reduce: "average", window: inLast(30 * DAY_MS) },
    { stream: 4, reduce: "smallest", window: inLast(90 * DAY_MS) },
    { stream: 2, reduce: "largest", window: inLast(365 * DAY_MS) },
    { stream: 4, reduce: "largest", window: EVER },
    { stream: 1, reduce: "smallest", window: inLast(30 * DAY_MS) },
    { stream: 4, reduce: "distinct", window: inLast(90 * DAY_MS) },
    { stream: 1, reduce: "days", window: inLast(30 * DAY_MS) },
    { stream: 1, reduce: "days", window: EVER },
    { stream: 4, reduce: "first-value", window: EVER },
    { stream: 2, reduce: "first-value", window: inLast(30 * DAY_MS) },
    { stream: 4, reduce: "last-value", window: inLast(90 * DAY_MS) },
    { stream: 1, reduce: "distinct", window: EVER },
  ],
  segments: ["buyer", "lapsing", "vip"],
};

export function createPlan(parts: PlanParts = SAMPLE_PARTS): Plan {
  const { attributes, streams, aggregates, segments } = parts;
  return {
    digest: "sample" as PlanDigest,
    attributes,
    streams,
    aggregates,
    segments,
    contents: [],
    zone: utcPlanZone,
    streamsOf: (event) => streams.flatMap((each, index) => (each.event === event ? [index] : [])),
    evaluate: () => undefined,
    decide: () => [],
    nextFlip: () => Number.POSITIVE_INFINITY,
  };
}

/** The same in another order, so that every index is another. */
export function reversedParts(parts: PlanParts): PlanParts {
  return {
    attributes: parts.attributes.toReversed(),
    streams: parts.streams.toReversed(),
    aggregates: parts.aggregates.map((each) => ({ ...each, stream: parts.streams.length - 1 - each.stream })),
    segments: parts.segments.toReversed(),
  };
}

export function createEvent(
  id: string,
  timestamp: Instant,
  parts: {
    readonly type?: EventType;
    readonly name?: string;
    readonly fields?: JsonObject;
    readonly source?: string;
  } = {},
): Event {
  const { type = "track", name = "page_viewed", fields = {}, source = "site" } = parts;
  const body = JSON.stringify({ fields });
  return {
    type,
    name: (type === "identify" ? "identified" : name) as EventName,
    source: source as SourceId,
    messageId: id,
    digest: digestText(`${source}:${id}`),
    bodyHash: hashText(`${type}${name}${body}${timestamp}`),
    identifiers: [{ kind: "anonymous", value: "a1" }],
    proved: true,
    timestamp,
    fields,
    body,
  };
}

const amount = fc.oneof(fc.constantFrom(1, 0, 0.0001, 1e11, -1e11), fc.integer({ min: -5_000_000, max: 5_000_000 }));
const trait = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const traits = fc.record(
  {
    city: trait,
    points: trait,
    spend: trait,
    vip: trait,
    birthday: fc.oneof(trait, fc.constantFrom("1990-02-28", "2026-03-29T02:30:00+01:00")),
    tags: fc.oneof(trait, fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 })),
    unknown: trait,
  },
  { requiredKeys: [] },
);

/** The same events under ids whose digests end alike, so that contributions of one instant differ by value only. */
export function withEqualTags(events: readonly Event[]): readonly Event[] {
  return events.map((event, n) => ({ ...event, digest: { high: n + 1, low: n % 2 } }));
}

/** Events of the last `spreadMs` before NOW, each under its own message id; few instants, so that many are equal. */
export function arbitraryEvents(spreadMs: number, maxLength: number): fc.Arbitrary<readonly Event[]> {
  const timestamp = fc.oneof(
    fc.integer({ min: 0, max: spreadMs }),
    fc.integer({ min: 0, max: Math.floor(spreadMs / HOUR_MS) }).map((hours) => hours * HOUR_MS),
  );
  const shape = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("page_viewed", "order_completed", "elsewhere").map((name) => ({ name })) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom("order_completed", "cart_updated"), amount, amount)
        .map(([name, total, discount]) => ({ name, fields: { total: total / 10_000, discount: discount / 10_000 } })),
    },
    {
      weight: 1,
      arbitrary: traits.map((fields) => ({
        type: EVENT_TYPES[1],
        fields: JSON.parse(JSON.stringify(fields)) as JsonObject,
      })),
    },
  );
  return fc
    .array(fc.tuple(timestamp, shape, fc.constantFrom("site", "app")), { maxLength })
    .map((parts) => parts.map(([ago, each, source], n) => createEvent(`m${n}`, NOW - ago, { ...each, source })));
}

/** What an aggregate is by its definition, from the events themselves. @param whose zone of the customer */
export function readSlowly(plan: Plan, index: number, events: readonly Event[], at: Instant, whose?: string): number {
  const { stream: streamIndex, reduce, window } = plan.aggregates[index] as AggregateDefinition;
  const definition = plan.streams[streamIndex] as StreamDefinition;
  const clocks = { zone: plan.zone, attribute: () => whose };
  const inWindow = windowTest(window, at, clocks);
  const counted = events
    .filter(({ timestamp }) => timestamp <= at && inWindow(timestamp))
    .filter(({ name }) => name === definition.event)
    .flatMap(({ fields, timestamp, digest }) => {
      const raw = definition.contribution(fields);
      const value = typeof raw === "string" ? hashText48(raw) : raw;
      const key = keyOf(timestamp, digest);
      return value === undefined ? [] : [{ value: Math.max(-1e15, Math.min(1e15, value)), timestamp, key }];
    });
  const instants = counted.map(({ timestamp }) => timestamp);
  const inOrder = counted.toSorted((a, b) => a.key - b.key || a.value - b.value);
  const sum = counted.reduce((total, { value }) => total + BigInt(value), 0n);
  switch (reduce) {
    case "count":
      return counted.length;
    case "sum": {
      const max = BigInt(Number.MAX_SAFE_INTEGER);
      return Number(sum > max ? max : sum < -max ? -max : sum);
    }
    case "average":
      return Number(sum) / counted.length;
    case "smallest":
      return counted.length > 0 ? Math.min(...counted.map(({ value }) => value)) : Number.NaN;
    case "distinct":
      return new Set(counted.map(({ value }) => value)).size;
    case "days":
      return new Set(
        instants.map((each) => localDate(zoneFor("clock" in window ? window.clock : "customer", clocks), each)),
      ).size;
    case "sequence":
      throw new Error("sequences are read by sequence.test.ts");
    case "first-value":
      return inOrder[0]?.value ?? Number.NaN;
    case "last-value":
      return inOrder.at(-1)?.value ?? Number.NaN;
    case "largest":
      return counted.length > 0 ? Math.max(...counted.map(({ value }) => value)) : Number.NaN;
    case "first":
      return instants.length > 0 ? Math.min(...instants) : Number.NaN;
    case "last":
      return instants.length > 0 ? Math.max(...instants) : Number.NaN;
  }
}
