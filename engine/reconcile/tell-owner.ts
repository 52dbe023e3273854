/**
 * What an owner has to have done before anything goes on that rests on it: that values went from profiles before the rows of
 * history that said them do, and before anybody is told that they went. An owner that could not be told, as its shard was
 * moving or it had too much to do, has done nothing of it; whoever asked is run again.
 */
import { ownerToldAgainMs, ownerToldTriesMax } from "../limits-of-reconcile.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import type { ShardFix } from "../shard/port.ts";

/** False: the owner of the shard could not be told. */
export type Repair = (shard: ShardId, fix: ShardFix) => Promise<boolean>;

/** Rejects with StoreUnavailable. */
export async function tellOwner(repair: Repair, shard: ShardId, fix: ShardFix): Promise<void> {
  if (await repair(shard, fix)) return;
  throw new StoreUnavailable(
    `Shard ${shard} could not be told what is too old, as it is moving or has too much to do. Run it again: what has gone already is not looked for once more.`,
  );
}

/** Tries again after a while what could not be told: a shard that moves has an owner soon. */
export function patient(repair: Repair, pause: (delayMs: number) => Promise<void>): Repair {
  return async (shard, fix) => {
    for (let tries = 1; ; tries++) {
      if (await repair(shard, fix)) return true;
      if (tries >= ownerToldTriesMax) return false;
      await pause(ownerToldAgainMs);
    }
  };
}
