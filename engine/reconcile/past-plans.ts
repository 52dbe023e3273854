/**
 * Plans of the past by their digests: from the live store, or where that is new, from history, which keeps each plan that a
 * shard has begun.
 */
import type { History } from "../history/port.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { Plan, PlanLoader } from "../model/plan.ts";
import type { Plans } from "../store/port.ts";

export function createPastPlans({
  plans,
  history,
  loadPlan,
}: {
  readonly plans: Pick<Plans, "get">;
  readonly history: Pick<History, "document">;
  readonly loadPlan: PlanLoader;
}): (digest: PlanDigest) => Promise<Plan | undefined> {
  const known = new Map<PlanDigest, Plan | undefined>();
  return async (digest) => {
    if (known.has(digest)) return known.get(digest);
    const bytes = (await plans.get(digest)) ?? (await history.document({ kind: "plan", key: digest }))?.content;
    const plan = bytes && loadPlan(bytes);
    known.set(digest, plan);
    return plan;
  };
}
