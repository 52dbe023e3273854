/** Generated code against the interpreter, and both against time: for random rules, profiles and instants. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contributionOf, profileFacts } from "../../engine/language/plan/interpret.ts";
import { encodePlan, loadPlan, type PlanSource } from "../../engine/language/port.ts";
import type { EventName } from "../../engine/model/event.ts";
import type { Change, Plan } from "../../engine/model/plan.ts";
import { createEventLogView, type EventLogView } from "./event-log-view.ts";
import { attributeSets, DAY_MS, EPOCH, eventLists, planOf, type RandomEvent, ruleSets } from "./rule-arbitraries.ts";

const everything: Change = { kind: "everything" };

function fill(view: EventLogView, plan: Plan, attributes: Readonly<Record<string, unknown>>): void {
  for (const [index, { name }] of plan.attributes.entries()) view.setAttribute(index, attributes[name] as never);
}

function addAll(view: EventLogView, events: readonly RandomEvent[]): void {
  for (const { name, ageMs, fields } of events) view.add({ name, at: EPOCH - ageMs, fields });
}

/** Evaluates and follows the flips, as a turn does. */
function settle(plan: Plan, view: EventLogView, change: Change, at: number): void {
  plan.evaluate(view, change, at, (segment, entered) => {
    expect(view.segments.has(segment), "a flip is a change").toBe(!entered);
    view.turn(segment, entered, at);
  });
}

/** What the interpreter says of every segment, in order of dependency. */
function interpret(source: PlanSource, plan: Plan, view: EventLogView, at: number): ReadonlySet<number> {
  const segments = new Set<number>();
  const facts = profileFacts(
    source,
    {
      ...view,
      inSegment: (index) => segments.has(index),
      // What is found to have turned has turned just now.
      transitionAt: (index, entered) =>
        segments.has(index) === entered && view.segments.has(index) !== entered
          ? at
          : view.transitionAt(index, entered),
    },
    at,
  );
  for (const [index, { when }] of source.segments.entries()) if (facts.holds(when)) segments.add(index);
  expect(plan.segments).toHaveLength(source.segments.length);
  return segments;
}

const sorted = (segments: ReadonlySet<number>) => [...segments].sort((a, b) => a - b);

describe("for every rule and profile", () => {
  it("generated code and the interpreter agree on segments, contents and contributions", () => {
    fc.assert(
      fc.property(
        ruleSets,
        attributeSets,
        eventLists,
        fc.integer({ min: 0, max: 9 * DAY_MS }),
        (files, attributes, events, later) => {
          const source = planOf(files);
          const plan = loadPlan(encodePlan(source));
          const view = createEventLogView(plan);
          for (const [index, stream] of plan.streams.entries()) {
            const written = source.streams[index];
            if (written === undefined) throw new Error("a stream without its source");
            for (const { fields } of events) expect(stream.contribution(fields)).toBe(contributionOf(written, fields));
          }
          fill(view, plan, attributes);
          addAll(view, events);
          const at = EPOCH + later;
          settle(plan, view, everything, at);
          expect(sorted(view.segments)).toEqual(sorted(interpret(source, plan, view, at)));
          const facts = profileFacts(source, view, at);
          const chosen = (source.contents[0]?.choices ?? []).findIndex(({ when }) => facts.holds(when)) + 1;
          expect(plan.decide(view, at)[0]?.choice).toBe(chosen);
        },
      ),
      { numRuns: 400 },
    );
  }, 240_000);

  it("an event runs all that it can have flipped", () => {
    fc.assert(
      fc.property(ruleSets, attributeSets, attributeSets, eventLists, (files, before, after, events) => {
        const source = planOf(files);
        const plan = loadPlan(encodePlan(source));
        const view = createEventLogView(plan);
        fill(view, plan, before);
        settle(plan, view, everything, EPOCH);
        for (const event of events) {
          view.add({ name: event.name, at: EPOCH, fields: event.fields });
          settle(plan, view, { kind: "event", event: event.name as EventName, attributes: [] }, EPOCH);
          expect(sorted(view.segments)).toEqual(sorted(interpret(source, plan, view, EPOCH)));
        }
        fill(view, plan, after);
        const changed = plan.attributes.flatMap(({ name }, index) => (before[name] === after[name] ? [] : [index]));
        settle(plan, view, { kind: "event", event: "identified" as EventName, attributes: changed }, EPOCH);
        expect(sorted(view.segments)).toEqual(sorted(interpret(source, plan, view, EPOCH)));
      }),
      { numRuns: 300 },
    );
  }, 240_000);

  it("nothing flips before the wake-up", () => {
    fc.assert(
      fc.property(
        ruleSets,
        attributeSets,
        eventLists,
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (files, attributes, events, moments) => {
          const source = planOf(files);
          const plan = loadPlan(encodePlan(source));
          const view = createEventLogView(plan);
          fill(view, plan, attributes);
          // The wake-up as a turn keeps it: the lower of what stood and what each event brings.
          let at = EPOCH - 50 * DAY_MS;
          settle(plan, view, everything, at);
          let wakeUp = plan.nextFlip(view, everything, at);
          const inOrder = [...events].sort((a, b) => b.ageMs - a.ageMs);
          for (const event of [...inOrder, undefined]) {
            const next = event === undefined ? EPOCH + 40 * DAY_MS : EPOCH - event.ageMs;
            while (wakeUp <= next) {
              checkStill(source, plan, view, { from: at, to: wakeUp, moments });
              at = wakeUp;
              settle(plan, view, everything, at);
              wakeUp = plan.nextFlip(view, everything, at);
              expect(wakeUp).toBeGreaterThan(at);
            }
            checkStill(source, plan, view, { from: at, to: next, moments });
            at = next;
            if (event === undefined) break;
            view.add({ name: event.name, at, fields: event.fields });
            const change: Change = { kind: "event", event: event.name as EventName, attributes: [] };
            settle(plan, view, change, at);
            wakeUp = Math.min(wakeUp, plan.nextFlip(view, change, at));
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 240_000);
});

/** At random moments of [from, to), and at its last one, every segment is as it was. */
function checkStill(
  source: PlanSource,
  plan: Plan,
  view: EventLogView,
  span: { from: number; to: number; moments: readonly number[] },
): void {
  const { from, to, moments } = span;
  if (to <= from) return;
  const instants = [...moments.map((part) => from + Math.floor(part * (to - from))), to - 1];
  for (const instant of instants) {
    expect(sorted(interpret(source, plan, view, instant)), `at ${instant}`).toEqual(sorted(view.segments));
  }
}
