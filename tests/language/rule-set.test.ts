/** Properties of the checker as a whole: it never throws, its bytes mean what the rules mean, and what it prints parses again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGrammar } from "../../engine/language/grammar/condition-line.ts";
import {
  checkRules,
  decodePlan,
  digestPlan,
  encodePlan,
  loadPlan,
  PlanBytesError,
  type RuleFile,
} from "../../engine/language/port.ts";
import { conditionCharsMax } from "../../engine/limits-of-rules.ts";
import { createPrinting } from "../../engine/language/plan/print.ts";
import { layoutOf } from "../../engine/profile/port.ts";
import { planOf, ruleSets } from "./rule-arbitraries.ts";

const fields: RuleFile = {
  path: "fields.yaml",
  text: "fields: {city: text, age: number, newsletter: boolean, credit: money}\n",
};
const seen: RuleFile = { path: "events/seen.yaml", text: "event: seen\nproperties: {price: money, kind: text}\n" };
const segment = (name: string, text: string): RuleFile => ({
  path: `segments/${name}.yaml`,
  text: `segment: ${name}\n${text}\n`,
});

const digestOf = (...files: readonly RuleFile[]) => {
  const { plan, problems } = checkRules([fields, seen, ...files]);
  expect(problems).toEqual([]);
  return plan === undefined ? undefined : digestPlan(encodePlan(plan));
};

describe("the grammar", () => {
  it("is unambiguous with two words of lookahead", () => {
    expect(() => createGrammar(true)).not.toThrow();
  });
});

describe("the digest of a plan", () => {
  const plain = segment("x", "when: city = Paris and count of seen in last 7 days >= 3");

  it.each([
    [
      "comments and blank lines",
      segment("x", "# why\n\nwhen:   city = Paris and count of seen in last 7 days >= 3 # because"),
    ],
    ["spaces and quotes", segment("x", "when: 'city   = \"Paris\"  and count of seen in last 7 days>=3'")],
    [
      "titles",
      segment("x", "title: {en: X, fr: X}\nnote: for me\nwhen: city = Paris and count of seen in last 7 days >= 3"),
    ],
    [
      "groups in YAML or in the line",
      segment("x", "when:\n  all:\n    - city = Paris\n    - count of seen in last 7 days >= 3"),
    ],
    ["parentheses that change nothing", segment("x", "when: (city = Paris) and (count of seen in last 7 days >= 3)")],
    ["units of time", segment("x", "when: city = Paris and count of seen in last 168 hours >= 3")],
    ["other words for the same", segment("x", "when: city is Paris and count of seen in last 1 week >= 3")],
    ["a subfolder", { ...plain, path: "segments/tests/x.yaml" }],
  ])("does not depend on %s", (_what, file) => {
    expect(digestOf(file)).toBe(digestOf(plain));
  });

  it.each([
    ["a value", segment("x", "when: city = Lyon and count of seen in last 7 days >= 3")],
    ["a window", segment("x", "when: city = Paris and count of seen in last 8 days >= 3")],
    ["an operator", segment("x", "when: city = Paris or count of seen in last 7 days >= 3")],
  ])("changes with %s", (_what, file) => {
    expect(digestOf(file)).not.toBe(digestOf(plain));
  });

  it("does not depend on the order of files", () => {
    const files = [segment("a", "when: in segment b"), segment("b", "when: newsletter"), fields, seen];
    const forwards = checkRules(files).plan;
    const backwards = checkRules([...files].reverse()).plan;
    expect(forwards).toEqual(backwards);
  });
});

describe("streams", () => {
  const planWith = (...whens: readonly string[]) => {
    const files = whens.map((when, index) => segment(`s-${index}`, `when: ${when}`));
    return loadPlan(encodePlan(planOf([fields, seen, ...files])));
  };

  it("are shared by all that gather the same, however it is worded", () => {
    const plan = planWith(
      "count of seen where (kind = a or price > 3) in last 7 days >= 1",
      "count of seen where (price > 3 or (kind = a)) in last 30 days >= 2",
      'last seen where (price > 3.0 or kind = "a") was more than 2 days ago',
      "never seen where (kind = a or price > 3 or kind = a)",
    );
    expect(plan.streams.map(({ key }) => key)).toEqual(['seen where (kind = "a" or price > 3)']);
    expect(plan.aggregates).toEqual([
      { stream: 0, reduce: "count", window: { kind: "last", ms: 7 * 86_400_000 } },
      { stream: 0, reduce: "count", window: { kind: "last", ms: 30 * 86_400_000 } },
      { stream: 0, reduce: "last", window: { kind: "ever" } },
      { stream: 0, reduce: "count", window: { kind: "ever" } },
    ]);
    expect(layoutOf(plan).reachOf[0]?.keptMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("look no further back than the longest window", () => {
    const plan = planWith("sum of seen.price in last 7 days > 3 or sum of seen.price in last 2 days > 3");
    expect(plan.streams[0]?.key).toBe("seen.price");
    expect(layoutOf(plan).reachOf[0]?.keptMs).toBe(7 * 86_400_000);
    expect(plan.streamsOf("seen" as never)).toEqual([0]);
    expect(plan.streamsOf("unheard_of" as never)).toEqual([]);
  });
});

describe("the checker", () => {
  it("never throws, whatever the files hold", () => {
    const words = fc.constantFrom(
      ..."and or not in is between count sum of last first was more than ago where ( ) [ ] , = >= 3 Paris city seen 'x' \" : - { } & * ! # \n \t \u0000 é 💥 segment when all: any: at least 2 of:".split(
        " ",
      ),
    );
    const soup = fc.array(words, { maxLength: 25 }).map((parts) => parts.join(" "));
    const text = fc.oneof(
      soup,
      fc.string({ unit: "binary" }),
      soup.map((line) => `segment: x\nwhen: ${line}\n`),
    );
    const path = fc.constantFrom(
      "segments/x.yaml",
      "content/x.yaml",
      "events/x.yaml",
      "fields.yaml",
      "x.yaml",
      "a/b/c.yaml",
    );
    fc.assert(
      fc.property(path, text, (where, what) => {
        const { plan, problems } = checkRules(
          [fields, seen, { path: where, text: what }].slice(where === "fields.yaml" ? 1 : 0),
        );
        expect(plan === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(problem.line).toBeGreaterThan(0);
          expect(problem.column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 1_500 },
    );
  }, 240_000);

  it("prints every condition so that it means the same again", () => {
    fc.assert(
      fc.property(ruleSets, (files) => {
        const plan = planOf(files);
        const printing = createPrinting(plan);
        const printed = plan.segments.map(({ name, when }) => ({ name, line: printing.condition(when) }));
        // "At least 2 of" has no form within a line, and a line is only so long.
        if (printed.some(({ line }) => line.includes("at least ") || line.length > conditionCharsMax)) return;
        const again = files.map((file) => {
          const rule = printed.find(({ name }) => file.path === `segments/${name}.yaml`);
          return rule === undefined ? file : { ...file, text: JSON.stringify({ segment: rule.name, when: rule.line }) };
        });
        expect(planOf(again)).toEqual(plan);
      }),
      { numRuns: 200 },
    );
  }, 240_000);
});

describe("a plan's bytes", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(ruleSets, (files) => {
        const plan = planOf(files);
        const bytes = encodePlan(plan);
        expect(decodePlan(bytes)).toEqual(plan);
        expect(encodePlan(decodePlan(bytes))).toEqual(bytes);
        expect(loadPlan(bytes).digest).toBe(digestPlan(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another thing", "[]"],
    ["another format", '{"format":0}'],
    ["parts missing", '{"format":6,"attributes":[]}'],
    ["an unknown kind of condition", planText({ kind: "moon-phase" })],
    ["a name for a kind that objects inherit", planText({ kind: "toString" })],
    [
      "code for a number",
      planText({ kind: "known", left: { kind: "aggregate", aggregate: "0];alert(1);//" }, unknown: false }),
    ],
    ["code for a segment", planText({ kind: "in-segment", segment: { evil: "1" } })],
    [
      "an endless number",
      '{"format":6,"attributes":[],"streams":[],"aggregates":[],"segments":[{"name":"x","when":{"kind":"at-least","count":1e999,"parts":[]}}],"contents":[]}',
    ],
  ])("are refused when they are %s", (_what, text) => {
    expect(() => loadPlan(new TextEncoder().encode(text))).toThrow(PlanBytesError);
  });
});

function planText(when: unknown): string {
  return JSON.stringify({
    format: 6,
    attributes: [],
    streams: [],
    aggregates: [],
    segments: [{ name: "x", when }],
    contents: [],
  });
}
