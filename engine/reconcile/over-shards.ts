/**
 * All shards gone through side by side, each by one of some lanes: a lane takes the next shard when it is done with its own,
 * so that none waits for a slower one. What lanes are is left to who makes them: this thread, or others.
 */
import type { ShardId } from "../model/ids.ts";

/** One shard after the other. */
export type Lane<T> = (shard: ShardId) => Promise<T>;

/**
 * Rejects as the first lane that does, once none is at work any more.
 * @param lanes at least one
 * @returns by shard
 */
export async function overShards<T>(shards: number, lanes: readonly Lane<T>[]): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  let failed: { readonly cause: unknown } | undefined;
  const follow = async (lane: Lane<T>): Promise<void> => {
    while (next < shards && failed === undefined) {
      const shard = next as ShardId;
      next += 1;
      try {
        results[shard] = await lane(shard);
      } catch (cause) {
        failed ??= { cause };
      }
    }
  };
  await Promise.all(lanes.map(follow));
  if (failed !== undefined) throw failed.cause;
  return results;
}
