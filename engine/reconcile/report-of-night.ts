/** What a night is told by: counts of all, and some of what differed one by one. */
import { driftsToldMax } from "../limits-of-reconcile.ts";
import type { Drift, DriftCause, ReconcileReport } from "./port.ts";

type Counted = "drifts" | "repaired" | "byCause" | "told";

export function reportOf(drifts: readonly Drift[], of: Omit<ReconcileReport, Counted>): ReconcileReport {
  const causes = new Map<DriftCause, { found: number; repaired: number }>();
  let repaired = 0;
  for (const { cause, outcome } of drifts) {
    const counts = causes.get(cause) ?? { found: 0, repaired: 0 };
    counts.found += 1;
    if (isSettled(outcome)) {
      counts.repaired += 1;
      repaired += 1;
    }
    causes.set(cause, counts);
  }
  return {
    ...of,
    drifts: drifts.length,
    repaired,
    byCause: [...causes].map(([cause, counts]) => ({ cause, ...counts })).sort((a, b) => b.found - a.found),
    told: drifts.slice(0, driftsToldMax),
  };
}

function isSettled(outcome: Drift["outcome"]): boolean {
  return outcome === "repaired" || outcome === "kept";
}

/** Nothing is left that differs and was not put right. */
export function isSettledNight({ drifts, repaired }: Pick<ReconcileReport, "drifts" | "repaired">): boolean {
  return drifts === repaired;
}
