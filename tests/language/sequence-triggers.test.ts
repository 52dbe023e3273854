/**
 * Triggers that sequences set off, as a turn works them off: an event completes the one, time alone the other, at its very
 * instant. Beside every chain tried one by one, with events that come in order and late.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRules, describeRules, encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import type { Event, EventName, JsonObject } from "../../engine/model/event.ts";
import { digestText } from "../../engine/model/hash.ts";
import type { Instant, ProfileId, SourceId } from "../../engine/model/ids.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { applyDecided, applyEvent, createProfile, setOff } from "../../engine/profile/port.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse("2026-03-01T10:00:00Z");

const MODEL: readonly RuleFile[] = [
  { path: "brand.yaml", text: "brand: b\ntime zone: Europe/Paris\n" },
  { path: "fields.yaml", text: "fields: {vip: boolean}\n" },
  { path: "events/cart.yaml", text: "event: cart\nproperties: {id: text, total: money}\n" },
  { path: "events/order.yaml", text: "event: order\nproperties: {id: text, total: money}\n" },
  { path: "events/visit.yaml", text: "event: visit\nproperties: {id: text}\n" },
];

function trigger(name: string, on: string, more = ""): RuleFile {
  return {
    path: `triggers/${name}.yaml`,
    text: `trigger: ${name}\non: ${on}\nsend: {template: t, by: email}\n${more}`,
  };
}

const load = (files: readonly RuleFile[]): Plan => loadPlan(encodePlan(planOf([...MODEL, ...files])));

let messages = 0;
function event(name: string, timestamp: number, fields: JsonObject = {}): Event {
  const messageId = `m${messages++}`;
  const base = { type: "track", source: "s" as SourceId, identifiers: [], proved: true, body: "" } as const;
  return {
    ...base,
    name: name as EventName,
    messageId,
    digest: digestText(messageId),
    bodyHash: 0,
    timestamp,
    fields,
  };
}

interface Arrival {
  readonly event: Event;
  /** When it comes: before its own timestamp where the clock of the node that took it was ahead. */
  readonly at: Instant;
}

type Fired = readonly [trigger: string, at: Instant, when: Instant];

/** Works off arrivals and wake-ups, as a shard's turns would. */
function live(plan: Plan, arrivals: readonly Arrival[], until: Instant): readonly Fired[] {
  const profile = createProfile("0010199000000000000000aa" as ProfileId, plan);
  const fired: Fired[] = [];
  function turn(at: Instant, happened: Event | undefined): void {
    const since = profile.wakeUp <= at ? profile.wakeUp : undefined;
    const change =
      happened === undefined || since !== undefined ? ({ kind: "everything" } as const) : applied(happened, at);
    if (happened !== undefined && since !== undefined) applied(happened, at);
    for (const decided of setOff(profile, { event: happened, flips: [], since, at })) {
      applyDecided(profile, decided, at);
      fired.push([decided.trigger, decided.at, at]);
    }
    const kept = change.kind === "event" ? profile.wakeUp : Number.POSITIVE_INFINITY;
    profile.wakeUp = Math.min(kept, plan.nextFlip(profile, change, at));
  }
  const applied = (each: Event, at: Instant) => applyEvent(profile, each, at);
  for (const { event: each, at } of [...arrivals].sort((a, b) => a.at - b.at)) {
    while (profile.wakeUp < at) turn(profile.wakeUp, undefined);
    turn(at, each);
  }
  while (profile.wakeUp <= until) turn(profile.wakeUp, undefined);
  return fired;
}

/** By every chain: what passes between arrivals, and what each arrival makes complete that was not. */
function expected(plan: Plan, arrivals: readonly Arrival[], until: Instant): readonly (readonly [number, Instant])[] {
  const view = createEventLogView(plan);
  const found = new Map<string, readonly [number, Instant]>();
  const sorted = [...arrivals].sort((a, b) => a.at - b.at);
  for (const [n, { event: each, at }] of sorted.entries()) {
    const { name, timestamp, fields, digest } = each;
    view.add({ name, at: timestamp, fields, digest });
    const next = sorted[n + 1]?.at ?? until + 1;
    for (const index of plan.aggregates.keys()) {
      const upTo = isOfTime(index) ? at : Number.POSITIVE_INFINITY;
      const by = view.completionsBy(index, each, { after: at - 7 * DAY_MS, upTo });
      const passing = view.completions(index, at, next - 1);
      for (const instant of [...by, ...passing]) found.set(`${index} ${instant}`, [index, instant]);
    }
  }
  return [...found.values()];
}

const ONS = [
  "cart then order within 3 hours",
  "cart then no order within 3 hours",
  "cart then no order with same id within 3 hours",
  "cart where total > 3 then order where (total > 3 and id is known) with same id within 6 hours",
  "visit then cart within 2 hours then no order within 90 minutes",
  "visit then visit within 1 hour then no visit within 4 hours",
];
const plan = load(ONS.map((on, n) => trigger(`t${n}`, on)));
const isOfTime = (index: number): boolean => plan.aggregates[index]?.steps?.at(-1)?.absent === true;

// Not two at one instant: whether what falls due just then comes before what happens just then is the turn's matter.
const steps = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 14 });
const arrivals = steps.chain((offsets) =>
  fc.tuple(
    ...offsets.map((offset, n) =>
      fc
        .tuple(
          fc.constantFrom("cart", "order", "visit"),
          fc.constantFrom("a", "b"),
          fc.constantFrom(2, 5),
          fc.oneof(fc.constant(0), fc.integer({ min: -2, max: 60 })),
        )
        .map(([name, id, total, late]): Arrival => {
          const timestamp = START + offset * 10 * MINUTE_MS + n * 7;
          return { event: event(name, timestamp, { id, total }), at: timestamp + late * 10 * MINUTE_MS + 3 };
        }),
    ),
  ),
);

describe("a sequence that sets a trigger off", () => {
  it("does so at each completion, once, whether an event or time completes it, and however late an event comes, or early", () => {
    const sequenceOf = plan.triggers?.all.map((_, index) => index) ?? [];
    expect(sequenceOf).toHaveLength(ONS.length);
    fc.assert(
      fc.property(arrivals, (all) => {
        const until = START + 3 * DAY_MS;
        const fired = live(plan, all, until);
        const wanted = expected(plan, all, until);
        const said = fired.map(([name, at]) => `${name} ${at}`);
        expect(new Set(said).size).toBe(said.length);
        // A profile remembers the latest 20 firings of a trigger; there are fewer here.
        expect(said.sort()).toEqual(wanted.map(([index, at]) => `t${index} ${at}`).sort());
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("fires at sixty minutes to the millisecond, with no event, and not when the order came in time", () => {
    const one = load([trigger("left", "cart then no order with same id within 1 hour", "at most: 1 per 7 days\n")]);
    const cart = { event: event("cart", START, { id: "a" }), at: START };
    const due = START + HOUR_MS;
    expect(live(one, [cart], due - 1)).toEqual([]);
    expect(live(one, [cart], due)).toEqual([["left", due, due]]);
    const order = (id: string, at: number) => ({ event: event("order", at, { id }), at });
    expect(live(one, [cart, order("a", due - 1)], due + DAY_MS)).toEqual([]);
    expect(live(one, [cart, order("b", due - 1)], due + DAY_MS)).toEqual([["left", due, due]]);
    const again = { event: event("cart", START + 1000, { id: "b" }), at: START + 1000 };
    expect(live(one, [cart, again], due + DAY_MS)).toHaveLength(1);
  });

  it("takes for done, and waits after, what is dated ahead of the clock it is read by", () => {
    const ahead = (name: string, at: Instant): Arrival => ({ event: event(name, at + 40, {}), at });
    const followed = load([trigger("soon", "cart then order within 1 hour")]);
    const both = [ahead("cart", START), ahead("order", START + 1)];
    expect(live(followed, both, START + DAY_MS)).toEqual([["soon", START + 41, START + 1]]);
    const left = load([trigger("left", "cart then no order within 1 hour")]);
    const due = START + 40 + HOUR_MS;
    expect(live(left, [ahead("cart", START)], due)).toEqual([["left", due, due]]);
  });

  it("is not set off by what completed more than seven days ago", () => {
    const one = load([trigger("soon", "cart then order within 1 hour")]);
    const late = (days: number) => {
      const at = START + days * DAY_MS;
      const order = { event: event("order", START + HOUR_MS / 2, {}), at: START + HOUR_MS / 2 };
      return live(one, [order, { event: event("cart", START, {}), at }], at);
    };
    expect(late(3)).toHaveLength(1);
    expect(late(8)).toEqual([]);
  });

  it("is told in words", () => {
    const files = [...MODEL, trigger("left", "cart where total >= 30 then no order with same id within 1 hour")];
    const source = checkRules(files).plan;
    if (source === undefined) throw new Error("the rules are sound");
    expect(describeRules(source, []).flatMap(({ lines }) => lines)).toEqual([
      "Each time there was cart with total >= 30, and then no order of the same id within 1 hour",
      "t is sent by email, as marketing",
    ]);
  });
});
