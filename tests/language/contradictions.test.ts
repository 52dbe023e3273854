/** What the checker says of groups that nobody, or everybody, fulfils: beside every value that their parts can tell apart. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileFacts } from "../../engine/language/plan/interpret.ts";
import { checkRules, encodePlan, loadPlan, type RuleFile } from "../../engine/language/port.ts";
import type { FieldValue } from "../../engine/model/plan.ts";
import { createEventLogView } from "./event-log-view.ts";

const MODEL: readonly RuleFile[] = [{ path: "fields.yaml", text: "fields: {age: number, city: text, vip: boolean}\n" }];
const AGES = [undefined, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4];
const CITIES = [undefined, "Paris", "Lyon", "Lille", "Nice"];
const VIPS = [undefined, true, false];

const whole = fc.integer({ min: 1, max: 3 });
const city = fc.constantFrom("Paris", "Lyon", "Lille");
const cities = fc.uniqueArray(city, { minLength: 1 }).map((names) => `[${names.join(", ")}]`);
const plain = fc.oneof(
  fc.tuple(fc.constantFrom("<", "<=", ">", ">=", "=", "!="), whole).map(([sign, n]) => `age ${sign} ${n}`),
  fc.tuple(whole, whole).map(([a, b]) => `age between ${Math.min(a, b)} and ${Math.max(a, b)}`),
  fc
    .tuple(fc.constantFrom("in", "not in"), fc.uniqueArray(whole, { minLength: 1 }))
    .map(([how, n]) => `age ${how} [${n.join(", ")}]`),
  fc.tuple(fc.constantFrom("=", "!="), city).map(([sign, name]) => `city ${sign} ${name}`),
  fc.tuple(fc.constantFrom("in", "not in"), cities).map(([how, names]) => `city ${how} ${names}`),
  fc
    .tuple(fc.constantFrom("age", "city", "vip"), fc.constantFrom("known", "unknown"))
    .map(([x, how]) => `${x} is ${how}`),
  fc.constantFrom("vip = true", "vip = false"),
);
const any = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: plain.map((line) => `not (${line})`) });

/** Whether the checker has a word to say of it, and on which share of all profiles it holds. */
function judge(group: "all" | "any", lines: readonly string[]) {
  const text = JSON.stringify({ segment: "s", when: { [group]: lines } });
  const { plan: source, notices } = checkRules([...MODEL, { path: "segments/s.yaml", text }]);
  if (source === undefined) throw new Error(`not sound: ${text}`);
  const plan = loadPlan(encodePlan(source));
  const condition = source.segments[0]?.when;
  const set = (name: string) => plan.attributes.findIndex((attribute) => attribute.name === name);
  let [holds, all] = [0, 0];
  for (const age of AGES)
    for (const home of CITIES)
      for (const vip of VIPS) {
        const view = createEventLogView(plan);
        const values: readonly [string, FieldValue | undefined][] = [
          ["age", age],
          ["city", home],
          ["vip", vip],
        ];
        for (const [name, value] of values) view.setAttribute(set(name), value);
        all += 1;
        if (condition !== undefined && profileFacts(source, view, 0).holds(condition)) holds += 1;
      }
  return { isNoted: notices.length > 0, holds, all };
}

describe("a group is noted", () => {
  it("when no profile fulfils all of its parts, and only then", () => {
    fc.assert(
      fc.property(fc.array(plain, { minLength: 2, maxLength: 4 }), (lines) => {
        const { isNoted, holds } = judge("all", lines);
        expect(isNoted, lines.join(" and ")).toBe(holds === 0);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it("never of what somebody fulfils, nor of what somebody does not, with `not` among the parts", () => {
    fc.assert(
      fc.property(fc.constantFrom("all", "any"), fc.array(any, { minLength: 2, maxLength: 4 }), (group, lines) => {
        const { isNoted, holds, all } = judge(group, lines);
        if (isNoted) expect(holds, `${group}: ${lines.join("; ")}`).toBe(group === "all" ? 0 : all);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it("when a part is there as its own opposite", () => {
    expect(judge("any", ["vip", "not vip"])).toMatchObject({ isNoted: true });
    expect(judge("any", ["age is known", "city = Paris", "age is unknown"])).toMatchObject({ isNoted: true });
    expect(judge("any", ["age > 1", "age <= 1"])).toMatchObject({ isNoted: false });
  });
});
