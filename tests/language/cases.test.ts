/**
 * The language as data: conditions, profiles and what must hold, in cases/*.json, tried on the interpreter and on generated
 * code. Money stands in units, dates and instants in ISO 8601; `spec` is the version of the form of these files.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { profileFacts } from "../../engine/language/interpret.ts";
import { encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import type { Json, JsonObject } from "../../engine/model/event.ts";
import { readFieldValue } from "../../engine/model/field-value.ts";
import { createEventLogView } from "./event-log-view.ts";
import { planOf } from "./rule-arbitraries.ts";

interface CaseFile {
  readonly spec: 1;
  readonly about: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly events: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly segments?: Readonly<Record<string, string>>;
  readonly at: string;
  readonly cases: readonly {
    readonly when: Json;
    readonly holds: boolean;
    readonly profile?: JsonObject;
    readonly events?: readonly (readonly [at: string, name: string, fields: JsonObject])[];
  }[];
}

const folder = join(import.meta.dirname, "cases");
const files = readdirSync(folder).map((name) => {
  const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as CaseFile;
  return { name, file };
});

/** JSON is YAML. */
function rulesOf(file: CaseFile, when: Json): readonly RuleFile[] {
  const segments = { ...file.segments, "the-case": when };
  return [
    { path: "fields.yaml", text: JSON.stringify({ fields: file.fields }) },
    ...Object.entries(file.events).map(([event, properties]) => ({
      path: `events/${event}.yaml`,
      text: JSON.stringify({ event, properties }),
    })),
    ...Object.entries(segments).map(([segment, condition]) => ({
      path: `segments/${segment}.yaml`,
      text: JSON.stringify({ segment, when: condition }),
    })),
  ];
}

describe.each(files)("$name", ({ file }) => {
  it.each(file.cases)("$when -> $holds", ({ when, holds, profile = {}, events = [] }) => {
    expect(file.spec).toBe(1);
    const source = planOf(rulesOf(file, when));
    const plan = loadPlan(encodePlan(source));
    const view = createEventLogView(plan);
    for (const [index, { name, type }] of plan.attributes.entries()) {
      const value = readFieldValue(profile[name], type);
      expect(value === undefined, `${name} is of its type`).toBe(profile[name] === undefined);
      view.setAttribute(index, value);
    }
    for (const [instant, name, fields] of events) view.add({ name, at: Date.parse(instant), fields });
    const at = Date.parse(file.at);
    plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => {
      if (entered) view.segments.add(segment);
      else view.segments.delete(segment);
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
