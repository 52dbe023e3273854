/**
 * More shards than history is of: each new one is begun in history behind the one that had its people (lineage.ts). From there
 * on they are shards of which the live store has nothing, and their owners begin them from history like any that was lost
 * (restoring.ts). Killed at any point, or done by two nodes at once, it is simply done again: that the new shards are there
 * is said of all of them at once, and last. What has grown cannot shrink.
 */
import {
  type DrainWrite,
  type History,
  type HistoryWatermark,
  LINEAGE,
  type Origin,
  shardsIn,
  UNDRAINED,
  withLineage,
} from "../history/port.ts";
import { epochsPerTerm } from "../limits.ts";
import type { Epoch, ShardId } from "../model/ids.ts";

export type GrowingHistory = Pick<
  History,
  "watermarks" | "drain" | "document" | "putDocument" | "snapshot" | "snapshotPage" | "records" | "seals"
>;

/**
 * History is of at least so many shards, if it is of any. No engine of fewer may be running. Rejects with HistoryUnavailable.
 *
 * @param shards a power of two
 */
export async function growTo(history: GrowingHistory, shards: number): Promise<void> {
  for (;;) {
    const ends = await history.watermarks();
    if (ends.size === 0 || shardsIn(ends) >= shards) return;
    await growOnce(history, ends, shards);
  }
}

/** Where another node was first nothing is changed; it is looked at anew. */
async function growOnce(
  history: GrowingHistory,
  ends: ReadonlyMap<ShardId, HistoryWatermark>,
  shards: number,
): Promise<void> {
  const before = shardsIn(ends);
  const epoch = epochAbove(ends);
  const from = (shard: number): HistoryWatermark => ends.get(shard as ShardId) ?? UNDRAINED;
  // Read before anything is closed: who was slower than somebody else finds another version there.
  const standing = await history.document(LINEAGE);
  const { lineage, ...along } = await withLineage(history);
  const origins: Record<number, Origin> = { ...lineage.of(ends).origins };
  for (let heir = before; heir < shards; heir++) {
    const shard = (heir % before) as ShardId;
    origins[heir] = { shard, upTo: from(shard).position, take: (await along.snapshot(shard))?.take };
  }
  // Whoever owned a shard before drains no more: what it has up to here is what its heirs begin with.
  const closing = Array.from({ length: before }, (_, shard) => closed(shard, from(shard), epoch));
  if ((await history.drain(closing)).includes("moved")) return;
  const content = new TextEncoder().encode(JSON.stringify(origins));
  if (!(await history.putDocument(LINEAGE, content, standing?.version ?? 0))) return;
  await history.drain(
    Array.from({ length: shards - before }, (_, at): DrainWrite => {
      const shard = (before + at) as ShardId;
      return { shard, from: UNDRAINED, to: { epoch, position: from(shard % before).position }, rows: [] };
    }),
  );
}

function closed(shard: number, from: HistoryWatermark, epoch: Epoch): DrainWrite {
  return { shard: shard as ShardId, from, to: { epoch, position: from.position }, rows: [] };
}

/** Of the next term: whoever claims a shard learns from history that it has to be above it. */
function epochAbove(ends: ReadonlyMap<ShardId, HistoryWatermark>): Epoch {
  const highest = Math.max(...[...ends.values()].map(({ epoch }) => epoch));
  return (Math.floor(highest / epochsPerTerm) + 1) * epochsPerTerm;
}
