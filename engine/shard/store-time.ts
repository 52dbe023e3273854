/**
 * Whether a store's time can be gone on from. Time never runs backwards in a shard, so an engine that once ran with a clock
 * far ahead leaves shards that live in the future: until that day comes every event of a known customer is too old for
 * them. Better not to start than to refuse customers for months without a word.
 */
import { recoveryReadBytesMax, storeAheadMsMax } from "../limits.ts";
import { SetupError, StoreUnavailable } from "../model/errors.ts";
import type { Instant, ShardId } from "../model/ids.ts";
import { decodeBatch } from "../model/record-codec.ts";
import type { HotStore } from "../store/port.ts";
import { parseMeta } from "./stored-meta.ts";

type Stored = Pick<HotStore, "journal" | "state" | "shards">;

/** A store that does not answer is waited for elsewhere. @throws SetupError when a shard's time is far ahead of `now` */
export async function checkStoreTime(store: Stored, now: Instant): Promise<void> {
  const shards = Array.from({ length: store.shards }, (_, index) => index as ShardId);
  let last: Instant;
  try {
    last = Math.max(...(await Promise.all(shards.map((shard) => lastInstant(store, shard)))));
  } catch (error) {
    if (error instanceof StoreUnavailable) return;
    throw error;
  }
  if (last - now <= storeAheadMsMax) return;
  throw new SetupError(
    `What is stored is of ${dayOf(last)}, and this computer's clock says ${dayOf(now)}: time does not run backwards in a store.`,
    "Set this computer's clock (timedatectl set-ntp true). If it is right, an engine has run with a wrong one: go back to a " +
      "copy of the store from before, or begin with an empty one (VIF_DATA_DIR, or another Redis database).",
  );
}

/** Of the last batch, or of the checkpoint where the journal has been trimmed. */
async function lastInstant({ journal, state }: Stored, shard: ShardId): Promise<Instant> {
  const [meta, last] = await Promise.all([state.loadMeta(shard), journal.last(shard)]);
  const batches = last === 0 ? [] : await journal.read(shard, last - 1, recoveryReadBytesMax);
  const ends = batches.map(({ bytes }) => decodeBatch(bytes).instant);
  return Math.max(meta === undefined ? 0 : parseMeta(meta.meta).instant, ...ends);
}

function dayOf(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 16).replace("T", " ");
}
