/** A plan that is loaded beside events: in slices, and the same plan as one that is loaded at once. */
import { expect, it } from "vitest";
import { checkRules } from "../check/check-rules.ts";
import { loadPlan, loadPlanGently } from "./load-plan.ts";
import { encodePlan, PlanBytesError } from "../plan/plan-bytes.ts";
import { readRulesFolder } from "../folder/rules-folder.ts";

const { plan: source } = checkRules(await readRulesFolder("rules"));
if (source === undefined) throw new Error("the example brand's rules are not sound");
const bytes = encodePlan(source);
let pauses = 0;
const atEveryStep = {
  sliceMs: 0,
  nowMs: () => 0,
  pause: () => {
    pauses += 1;
    return Promise.resolve();
  },
};

it("gives way after every slice, and comes to the same plan", async () => {
  const gentle = await loadPlanGently(bytes, atEveryStep);
  expect(pauses).toBeGreaterThan(100);
  const { digest, segments, streams, attributes } = loadPlan(bytes);
  expect(gentle).toMatchObject({ digest, segments, attributes });
  expect(gentle.streams.map(({ key }) => key)).toEqual(streams.map(({ key }) => key));
});

it("does not pause while the slice lasts", async () => {
  pauses = 0;
  await loadPlanGently(bytes, { ...atEveryStep, sliceMs: 1 });
  expect(pauses).toBe(0);
});

it("rejects what is no plan", async () => {
  await expect(loadPlanGently(new TextEncoder().encode("{}"), atEveryStep)).rejects.toThrow(PlanBytesError);
});
