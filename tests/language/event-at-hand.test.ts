/** What contents read of the event at hand: the interpreter and generated code agree, and without an event all of it is unknown. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factsAtHand } from "../../engine/language/plan/interpret.ts";
import { checkRules, encodePlan, loadPlan, printCondition, type RuleFile } from "../../engine/language/port.ts";
import type { EventName, JsonObject } from "../../engine/model/event.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const model: readonly RuleFile[] = [
  { path: "fields.yaml", text: "fields: {city: text, budget: money, colour: text}\n" },
  {
    path: "events/viewed.yaml",
    text: "event: viewed\nproperties: {category: text, price: money, gift: boolean, city: text, tags: list, day: date, cart.total: money}\n",
  },
  { path: "events/searched.yaml", text: "event: searched\nproperties: {query: text, price: money}\n" },
];
const content = (...conditions: readonly string[]): RuleFile => ({
  path: "content/x.yaml",
  text: JSON.stringify({
    content: "x",
    "first of": conditions.map((when, index) => ({ when, show: `choice-${index + 1}` })),
    otherwise: "nothing",
  }),
});

const sound = [
  "category = shoes",
  "category != shoes",
  "not category = shoes",
  "price >= 12.5",
  "price < budget",
  "budget < `event.properties.price`",
  "gift",
  "not gift",
  "gift is unknown",
  "event.properties.city = `city`",
  "city = `event.properties.city`",
  "city is known",
  "tags contains red",
  "day was before 2026-02-01",
  "day was less than 3 days ago",
  "cart.total between 10 and 20",
  "query starts with sho",
  "category in [shoes, bags] and price > 5",
] as const;

const values = {
  category: fc.constantFrom("shoes", "bags", 7, null),
  price: fc.constantFrom(5, 12.5, 80, "12.5"),
  gift: fc.constantFrom(true, false, "true"),
  city: fc.constantFrom("Paris", "Lyon"),
  tags: fc.constantFrom(["red"], ["blue", "red"], "red"),
  day: fc.constantFrom("2026-01-31", "2026-02-01T00:00:00Z", "never"),
  query: fc.constantFrom("shoes", "hat"),
};
const fieldSets = fc.record(
  { ...values, cart: fc.record({ total: fc.constantFrom(10, 20, 20.01) }) },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;
const AT = Date.parse("2026-02-02T12:00Z");

describe("a content that reads the event at hand", () => {
  it("decides by generated code as the interpreter says, with and without an event", () => {
    const source = planOf([...model, content(...sound)]);
    const plans = sound.map((condition) => loadPlan(encodePlan(planOf([...model, content(condition)]))));
    fc.assert(
      fc.property(fc.option(fieldSets), fc.option(values.city), (fields, city) => {
        for (const [index, plan] of plans.entries()) {
          const view = createEventLogView(plan);
          for (const [attribute, { name }] of plan.attributes.entries()) {
            if (name === "city" && city !== null) view.setAttribute(attribute, city);
            if (name === "budget") view.setAttribute(attribute, 200_000);
          }
          const event = fields === null ? undefined : { name: "viewed" as EventName, fields };
          const when = source.contents[0]?.choices[index]?.when;
          if (when === undefined) throw new Error(`no condition ${index}`);
          const holds = factsAtHand(source, view, { at: AT, fields: fields ?? undefined }).holds(when);
          expect(plan.decide(view, AT, event)[0]?.choice, sound[index]).toBe(holds ? 1 : 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("prints so that it means the same again", () => {
    const source = planOf([...model, content(...sound)]);
    const printed = source.contents[0]?.choices.map(({ when }) => printCondition(source, when)) ?? [];
    expect(planOf([...model, content(...printed)])).toEqual(source);
  });

  it("takes a name that is a field for the field, as the event may be any", () => {
    const source = planOf([...model, content("city is known")]);
    expect(source.contents[0]?.choices[0]?.when).toMatchObject({ left: { kind: "attribute" } });
  });

  it("knows nothing of an event that has no such property", () => {
    const plan = loadPlan(encodePlan(planOf([...model, content("category != shoes")])));
    const event = { name: "searched" as EventName, fields: { query: "shoes" } };
    expect(plan.decide(createEventLogView(plan), AT, event)[0]?.show).toBe("nothing");
  });

  it("is refused where there is none", () => {
    const segment = { path: "segments/x.yaml", text: "segment: x\nwhen: event.properties.price > 1\n" };
    expect(checkRules([...model, segment]).problems.map(({ code }) => code)).toEqual(["not_applicable"]);
  });
});
