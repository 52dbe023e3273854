/** Plans that were saved long ago are let go of, and come again from the store where somebody names one. */
import { expect, it } from "vitest";
import { checkRules, encodePlan, loadPlan, type PlanSource } from "../language/port.ts";
import { plansShelvedMax } from "../limits-of-rules.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { Plans } from "../store/port.ts";
import { PlanShelf } from "./plan-shelf.ts";

function sourceOf(n: number): Uint8Array {
  const { plan } = checkRules([
    { path: "events/seen.yaml", text: "event: seen\n" },
    { path: "segments/s.yaml", text: `segment: s\ntitle: S\nwhen: count of seen >= ${n + 1}\n` },
  ]);
  return encodePlan(plan as PlanSource);
}

it("keeps the plan that decides and some of before, however many there were", async () => {
  const sources = new Map(
    Array.from({ length: plansShelvedMax * 3 }, (_, n) => {
      const source = sourceOf(n);
      return [loadPlan(source).digest, source] as const;
    }),
  );
  let loads = 0;
  const plans = { get: async (digest: PlanDigest) => sources.get(digest) } as Plans;
  const load = (source: Uint8Array) => {
    loads += 1;
    return loadPlan(source);
  };
  const shelf = new PlanShelf({ plans, loadPlan: load });
  const [first, second, ...others] = [...sources.keys()] as [PlanDigest, PlanDigest, ...PlanDigest[]];
  await shelf.activate(first);
  const deciding = shelf.current;
  for (const digest of [second, ...others]) await shelf.of(digest);
  expect(loads).toBe(sources.size);
  // A recovery reads journals of many plans; what decides stays.
  expect(await shelf.of(first)).toBe(deciding);
  for (const digest of others.slice(-plansShelvedMax + 2)) await shelf.of(digest);
  expect(loads).toBe(sources.size);
  expect((await shelf.of(second)).digest).toBe(second);
  expect(loads).toBe(sources.size + 1);
});
