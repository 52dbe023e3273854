/** Rules that rest on what has not been gathered yet: neither true nor false, whoever asks, and under `not` as well. */
import { describe, expect, it } from "vitest";
import { createEventLogView } from "../../../tests/language/event-log-view.ts";
import { planOf } from "../../../tests/language/rule-arbitraries.ts";
import { hashText } from "../../model/hash.ts";
import { attributeId, type LackingSince, NOTHING_LACKING } from "../../model/lacking.ts";
import { encodePlan, loadPlan } from "../port.ts";

const AT = Date.UTC(2026, 2, 1);
const source = planOf(
  Object.entries({
    "fields.yaml": "fields: {city: text, shoe: number}\n",
    "events/product_viewed.yaml": "event: product_viewed\nproperties: {category: text}\n",
    "segments/hats.yaml": "segment: hats\nwhen: count of product_viewed where category = hats >= 1\n",
    "segments/no-hats.yaml": "segment: no-hats\nwhen: not in segment hats\n",
    "segments/large.yaml": "segment: large\nwhen: shoe >= 42\n",
    "segments/looker.yaml": "segment: looker\nwhen: count of product_viewed >= 1\n",
    "content/hero.yaml":
      "content: hero\nfirst of:\n  - {when: not in segment hats, show: no-hats}\n  - {when: in segment looker, show: seen}\notherwise: plain\n",
  }).map(([path, text]) => ({ path, text })),
);
const bytes = encodePlan(source);
const hats: LackingSince = {
  streams: [{ id: hashText('product_viewed where category = "hats"'), longer: false, since: 7 }],
  attributes: [],
};

function outcome(lacking: LackingSince, inside: readonly string[]) {
  const plan = loadPlan(bytes, lacking);
  const view = createEventLogView(plan);
  for (const name of inside) view.segments.add(plan.segments.indexOf(name));
  view.add({ name: "product_viewed", at: AT - 1, fields: { category: "hats" } });
  view.setAttribute(
    plan.attributes.findIndex(({ name }) => name === "shoe"),
    44,
  );
  const flips: string[] = [];
  plan.evaluate(view, { kind: "everything" }, AT, (segment, entered) => {
    flips.push(`${entered ? "+" : "-"}${plan.segments[segment]}`);
    if (entered) view.segments.add(segment);
    else view.segments.delete(segment);
  });
  return { flips: flips.sort(), show: plan.decide(view, AT)[0]?.show, choice: plan.decide(view, AT)[0]?.choice, plan };
}

describe("a rule whose past is not there yet", () => {
  it("is entered and left by nobody, and so are those that rest on it", () => {
    expect(outcome(NOTHING_LACKING, ["no-hats"]).flips).toEqual(["+hats", "+large", "+looker", "-no-hats"]);
    expect(outcome(hats, ["no-hats"]).flips).toEqual(["+large", "+looker"]);
    expect(outcome(hats, []).flips).toEqual(["+large", "+looker"]);
    expect(outcome(hats, []).plan.warming).toEqual(["hats", "no-hats", "hero"]);
  });

  it("as a choice of a content is passed over, and the others keep their numbers", () => {
    expect(outcome(NOTHING_LACKING, [])).toMatchObject({ show: "seen", choice: 2 });
    expect(outcome(hats, [])).toMatchObject({ show: "seen", choice: 2 });
    const shoe = source.attributes.find(({ name }) => name === "shoe");
    if (shoe === undefined) throw new TypeError("no field of that name");
    const sizes: LackingSince = { streams: [], attributes: [{ id: attributeId(shoe), since: 1 }] };
    expect(outcome(sizes, []).plan.warming).toEqual(["large"]);
    expect(outcome(sizes, []).flips).toEqual(["+hats", "+looker"]);
  });

  it("as the sequence of a trigger sets nothing off", () => {
    const sequence = planOf(
      Object.entries({
        "events/product_viewed.yaml": "event: product_viewed\n",
        "events/order_completed.yaml": "event: order_completed\n",
        "triggers/looked.yaml":
          "trigger: looked\non: product_viewed then no order_completed within 1 hour\nsend: {template: t, by: email}\n",
      }).map(([path, text]) => ({ path, text })),
    );
    const isSetOff = (lacking: LackingSince) => {
      const plan = loadPlan(encodePlan(sequence), lacking);
      const view = createEventLogView(plan);
      view.add({ name: "product_viewed", at: AT, fields: {} });
      const due = plan.triggers?.due(view, { from: AT, until: AT + 3_600_000 }) ?? [];
      return due.filter(({ trigger, at }) => plan.triggers?.holds(trigger, view, at)).map(({ at }) => at - AT);
    };
    expect(isSetOff(NOTHING_LACKING)).toEqual([3_600_000]);
    const orders = { id: hashText("order_completed"), longer: false, since: 7 };
    expect(isSetOff({ streams: [orders], attributes: [] })).toEqual([]);
  });

  it("goes by the same digest as it will when its past is there", () => {
    expect(outcome(hats, []).plan.digest).toBe(outcome(NOTHING_LACKING, []).plan.digest);
    expect(outcome(NOTHING_LACKING, []).plan.warming).toBeUndefined();
  });
});
