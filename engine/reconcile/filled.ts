/** Whether a live store is whole, for whoever looks at all of it. */
import { StoreUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import type { HotStore } from "../store/port.ts";

/** Rejects with StoreUnavailable while any shard is still being filled from history. */
export async function checkFilled({ state, shards }: Pick<HotStore, "state" | "shards">): Promise<void> {
  let left = 0;
  for (let shard = 0 as ShardId; shard < shards; shard++) if ((await state.unfilled(shard)).length > 0) left += 1;
  if (left === 0) return;
  throw new StoreUnavailable(
    `The live store is still being filled from history (${left} of ${shards} shards): try again when it is done, \`vif doctor\` tells.`,
  );
}
