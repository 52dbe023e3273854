/** Where the rebuild of a shard begins: with its last snapshot, or its base, or the first record, whichever is sound. */
import type { History, WithLineage } from "../history/port.ts";
import { SetupError } from "../model/errors.ts";
import type { PlanDigest } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { type RebuiltShard, rebuildShard, type ShardRebuild } from "./rebuild-shard.ts";
import { BrokenSnapshotError, readBase, readSnapshot, type Snapshot } from "./snapshots.ts";

export type RebuildHistory = Pick<History, "records" | "seals" | "document" | "snapshot" | "snapshotPage">;

type Rebuild = Omit<ShardRebuild, "snapshot">;

/**
 * Rejects with SetupError where nothing sound is left, and as `rebuildShard`.
 * @param planOf undefined: nobody knows it, and no snapshot that was made by it can be read
 */
export async function rebuildFromSound(
  rebuild: Rebuild & { readonly history: WithLineage<RebuildHistory> },
  planOf: (digest: PlanDigest) => Promise<Plan | undefined>,
): Promise<RebuiltShard> {
  const { history, shard, upTo } = rebuild;
  const removed = await readBase(history, shard, planOf);
  const begins = [await readSnapshot(history, shard, planOf), removed];
  // It may say less of what lies between, but never more than history has.
  const sound = begins.flatMap((found) =>
    found === undefined || found === "broken" || found.position > upTo ? [] : [found],
  );
  return fromFirstSound(rebuild, sound, removed !== undefined);
}

/**
 * Where none is sound, from all records; but not where rows have been removed, for what they gave is nowhere else.
 *
 * @throws SetupError when they have
 */
async function fromFirstSound(
  rebuild: Rebuild,
  [snapshot, ...others]: readonly Snapshot[],
  needed: boolean,
): Promise<RebuiltShard> {
  if (snapshot === undefined && needed)
    throw new SetupError(
      `Old rows of shard ${rebuild.shard} were removed from history, and the snapshots that stand for them cannot be read.`,
      "Restore a backup; or rebuild with the version of Vif that has made them.",
    );
  try {
    return await rebuildShard({ ...rebuild, snapshot });
  } catch (error) {
    if (!(error instanceof BrokenSnapshotError)) throw error;
    return fromFirstSound(rebuild, others, needed);
  }
}
