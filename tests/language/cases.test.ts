/**
 * The language as data: conditions, profiles and what must hold, in cases/*.json, tried on the interpreter and on generated
 * code. Money stands in units, dates and instants in ISO 8601; `spec` is the version of the form of these files.
 */
import { describe, expect, it } from "vitest";
import { profileFacts } from "../../engine/language/interpret.ts";
import { encodePlan, loadPlan } from "../../engine/language/port.ts";
import { readFieldValue } from "../../engine/model/field-value.ts";
import { modelOf, readCaseFiles, segmentFile } from "./case-files.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

const files = readCaseFiles();

describe.each(files)("$name", ({ file }) => {
  it.each(file.cases)("$when -> $holds", ({ when, holds, profile = {}, events = [], turned = [] }) => {
    expect(file.spec).toBe(1);
    const source = planOf([...modelOf(file), segmentFile("the-case", when)]);
    const plan = loadPlan(encodePlan(source));
    const view = createEventLogView(plan);
    for (const [index, { name, type }] of plan.attributes.entries()) {
      const value = readFieldValue(profile[name], type);
      expect(value === undefined, `${name} is of its type`).toBe(profile[name] === undefined);
      view.setAttribute(index, value);
    }
    for (const [instant, name, fields] of events) view.add({ name, at: Date.parse(instant), fields });
    const at = Date.parse(file.at);
    for (const [instant, how, segment] of turned)
      view.turn(plan.segments.indexOf(segment), how === "entered", Date.parse(instant));
    plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => {
      view.turn(segment, entered, at);
    });
    const index = plan.segments.indexOf("the-case");
    const condition = source.segments[index]?.when;
    expect(view.inSegment(index), "generated code").toBe(holds);
    expect(condition !== undefined && profileFacts(source, view, at).holds(condition), "interpreter").toBe(holds);
  });
});

it("are at least 150", () => {
  expect(files.reduce((sum, { file }) => sum + file.cases.length, 0)).toBeGreaterThanOrEqual(150);
});
