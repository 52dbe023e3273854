/**
 * GrowthBook's own 235 vectors of conditions, in our words: all pass on the interpreter and on generated code but those that
 * we do without on purpose: growthbook-non-goals.txt names each, by reason. The vectors are read from VIF_TEST_DATA.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { profileFacts } from "../../engine/language/plan/interpret.ts";
import { encodePlan, loadPlan } from "../../engine/language/port.ts";
import type { JsonObject } from "../../engine/model/event.ts";
import { readFieldValue } from "../../engine/model/field-value.ts";
import { segmentFile } from "./case-files.ts";
import { createEventLogView } from "./event-log-view.ts";
import { NonGoal, translate } from "./growthbook-translation.ts";
import { planOf } from "./rule-arbitraries.ts";

const path = join(process.env.VIF_TEST_DATA ?? "../shared/data", "suites/growthbook/cases.json");
const missing = existsSync(path) ? undefined : `no file ${path}: set VIF_TEST_DATA`;
type Vector = readonly [
  name: string,
  condition: JsonObject,
  attributes: JsonObject,
  holds: boolean,
  groups?: JsonObject,
];
const vectors =
  missing === undefined
    ? (JSON.parse(readFileSync(path, "utf8")) as { readonly evalCondition: readonly Vector[] }).evalCondition
    : [];

/** @returns the reason for which there are no words for it, else what code and interpreter say */
function evaluate([, condition, attributes, , groups = {}]: Vector): string | readonly boolean[] {
  let translation: ReturnType<typeof translate>;
  try {
    translation = translate(condition, attributes, groups);
  } catch (error) {
    if (error instanceof NonGoal) return error.message;
    throw error;
  }
  const { when, fields, profile } = translation;
  const source = planOf([{ path: "fields.yaml", text: JSON.stringify({ fields }) }, segmentFile("the-case", when)]);
  const plan = loadPlan(encodePlan(source));
  const view = createEventLogView(plan);
  for (const [index, { name, type }] of plan.attributes.entries())
    view.setAttribute(index, readFieldValue(profile[name], type));
  plan.evaluate(view, { kind: "everything" }, 0, (segment) => void view.segments.add(segment));
  const [segment] = source.segments;
  if (segment === undefined) throw new Error("a plan without its segment");
  return [view.segments.has(0), profileFacts(source, view, 0).holds(segment.when)];
}

describe.skipIf(missing !== undefined)(`GrowthBook's conditions${missing === undefined ? "" : ` (${missing})`}`, () => {
  const results = vectors.map((vector) => ({ vector, result: evaluate(vector) }));

  it.each(
    results
      .filter(({ result }) => typeof result !== "string")
      .map(({ vector, result }) => [vector[0], vector[3], result]),
  )("%s -> %s", (_name, holds, result) => {
    expect(result).toEqual([holds, holds]);
  });

  it("are 235, of which these are left out, each by name and with its reason", async () => {
    expect(vectors).toHaveLength(235);
    const left: Record<string, string[]> = {};
    for (const { vector, result } of results) if (typeof result === "string") (left[result] ??= []).push(vector[0]);
    const names = Object.values(left).flat();
    expect(names).toHaveLength(121);
    const told = Object.entries(left).map(([reason, of]) => [reason, ...of.map((name) => `  ${name}`)].join("\n"));
    await expect(`${told.join("\n\n")}\n`).toMatchFileSnapshot("growthbook-non-goals.txt");
    // Each reason is told to who writes rules, too.
    const page = readFileSync(join(import.meta.dirname, "../../docs/rules.md"), "utf8");
    for (const reason of Object.keys(left)) expect(page).toContain(`| ${reason} |`);
  });
});
