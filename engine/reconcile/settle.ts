/**
 * What was found is put right by the owners of the shards, and looked at once more, until it does not differ any more or was
 * tried often enough. In a dry run it is only told.
 */
import { repairSettleMsMax, repairTriesMax } from "../limits-of-reconcile.ts";
import type { Fixable } from "./drifts.ts";
import type { Drift } from "./port.ts";
import type { Repair } from "./tell-owner.ts";

export interface Settling {
  readonly dryRun: boolean;
  /** Resolves when the shard's owner has recorded it, or has found that it has gone on since. */
  readonly repair: Repair;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** @param look names of all that still differs */
export async function settle(
  { dryRun, repair, pause }: Settling,
  found: readonly Fixable[],
  look: () => Promise<ReadonlySet<string>>,
): Promise<readonly Drift[]> {
  let left = new Set(dryRun ? [] : found.flatMap(({ name, fix }) => (fix === undefined ? [] : [name])));
  const tried = new Set(left);
  for (let tries = 0; tries < repairTriesMax && left.size > 0; tries++) {
    for (const { name, fix } of found) if (left.has(name) && fix !== undefined) await repair(fix.shard, fix.fix);
    // Seen when its checkpoint is written, and drained.
    for (let waitedMs = 0, delayMs = 1_000; waitedMs < repairSettleMsMax && left.size > 0; delayMs *= 2) {
      await pause(delayMs);
      waitedMs += delayMs;
      const differs = await look();
      left = new Set([...left].filter((name) => differs.has(name)));
    }
  }
  return found.map(({ name, drift, fix }) => {
    const settled = tried.has(name) && !left.has(name);
    const outcome = dryRun ? "found" : !settled ? "not_repaired" : fix?.keepsLive === true ? "kept" : "repaired";
    return { ...drift, outcome };
  });
}
