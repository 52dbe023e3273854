/**
 * The language as data: conditions, profiles and what must hold, in cases/*.json, tried on the interpreter and on generated
 * code. Money stands in units, dates and instants in ISO 8601; `spec` is the version of the form of these files.
 */
import { describe, expect, it } from "vitest";
import type { Condition, Operand, PlanSource } from "../../engine/language/plan/checked.ts";
import { kindOf } from "../../engine/language/conditions/registry.ts";
import { typeOf } from "../../engine/language/explain/explain.ts";
import { profileFacts } from "../../engine/language/plan/interpret.ts";
import { readCaseFiles } from "./case-files.ts";
import { readyCase } from "./case-view.ts";
import { systematicCases } from "./systematic-cases.ts";

const files = [...readCaseFiles(), { name: "systematic-cases.ts", file: systematicCases }];

describe.each(files)("$name", ({ file }) => {
  it.each(file.cases)("$when -> $holds", (each) => {
    expect(file.spec).toBe(1);
    const { source, view, at, index, condition } = readyCase(file, each);
    expect(view.inSegment(index), "generated code").toBe(each.holds);
    expect(profileFacts(source, view, at).holds(condition), "interpreter").toBe(each.holds);
  });
});

/** `compare >= money`: a kind of condition, by its operator, on a type. */
function nameOf(condition: Condition, source: PlanSource): string {
  const how = "operator" in condition ? condition.operator : "how" in condition ? condition.how : "";
  const not = "negated" in condition && condition.negated ? "not " : "";
  const left: Operand | undefined = "left" in condition ? condition.left : undefined;
  return [condition.kind, `${not}${how}`.trim(), left === undefined ? "" : typeOf(left, source)]
    .filter(Boolean)
    .join(" ");
}

function leavesOf(condition: Condition): readonly Condition[] {
  const parts = kindOf(condition).conditions(condition);
  return parts.length === 0 ? [condition] : parts.flatMap(leavesOf);
}

/** By what it is: which of these a case shows. */
function shownByCases() {
  const shown = new Map<string, Set<"holds" | "does not" | "unknown">>();
  for (const { file } of files)
    for (const each of file.cases) {
      const { source, view, at, condition } = readyCase(file, each);
      const facts = profileFacts(source, view, at);
      for (const leaf of leavesOf(condition)) {
        const name = nameOf(leaf, source);
        const outcomes = shown.get(name) ?? new Set();
        shown.set(name, outcomes);
        const isUnknown = kindOf(leaf)
          .operands(leaf)
          .some((operand) => facts.value(operand) === undefined);
        outcomes.add(isUnknown ? "unknown" : facts.holds(leaf) ? "holds" : "does not");
      }
    }
  return shown;
}

const ORDERED = ["number", "money", "percentage", "duration", "instant", "date", "time"];
const EQUAL = [...ORDERED, "text", "boolean"];
const WANTED: readonly string[] = [
  ...EQUAL.flatMap((type) => ["=", "!="].map((sign) => `compare ${sign} ${type}`)),
  ...ORDERED.flatMap((type) => ["<", "<=", ">", ">="].map((sign) => `compare ${sign} ${type}`)),
  ...ORDERED.map((type) => `between ${type}`),
  ...["text", ...ORDERED].flatMap((type) => [`one-of ${type}`, `one-of not ${type}`]),
  ...["contains", "starts with", "ends with", "matches"].map((how) => `text-match ${how} text`),
  ...["any", "all", "none"].map((how) => `has ${how} list`),
  "text-match contains list",
  "recency more instant",
  "recency less instant",
  "recency ahead instant",
  "near-day",
  "near-day not",
  "near-place place",
  "truth boolean",
];

describe("the cases", () => {
  it("are at least 600 by hand, and as many reckoned", () => {
    const written = readCaseFiles().reduce((sum, { file }) => sum + file.cases.length, 0);
    expect(Math.min(written, systematicCases.cases.length)).toBeGreaterThanOrEqual(600);
  });

  it("show every operator on every type: where it holds, where it does not, and where a value is not known", () => {
    const shown = shownByCases();
    const lacking = WANTED.flatMap((name) => {
      const outcomes = shown.get(name);
      const missing = (["holds", "does not", "unknown"] as const).filter((outcome) => outcomes?.has(outcome) !== true);
      return missing.map((outcome) => `${name}: ${outcome}`);
    });
    expect(lacking).toEqual([]);
  });
});
