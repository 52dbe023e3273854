/**
 * A live store that has nothing while history has something: it was lost, or is a new one for an old brand. The owners of its
 * shards begin them from history (reconcile/restoring.ts); before they do, what they cannot see to is seen to here.
 */
import { type History, shardsIn } from "../history/port.ts";
import { HistoryUnavailable, SetupError } from "../model/errors.ts";
import { saysNothing } from "../model/orders.ts";
import type { ShardId } from "../model/ids.ts";
import { decodeRecord } from "../model/record-codec.ts";
import { parseSteering, renderSteering, withOrders } from "../model/steering.ts";
import { growTo, type GrowingHistory } from "./grow.ts";
import type { HotStore } from "../store/port.ts";

export interface BareStoreOptions {
  readonly store: HotStore;
  readonly history: GrowingHistory & Pick<History, "latestOf">;
  /** The number of shards was said, and is not what stands where nothing is. */
  readonly mayGrow: boolean;
  readonly onNote: (note: string) => void;
  readonly later: (delayMs: number) => Promise<void>;
}

const AGAIN_MS = 1_000;

/**
 * Waits for a history that is away: with an empty store nothing can be said of anybody without it. Rejects with
 * StoreUnavailable, and with SetupError when history is of more shards than the store, or of fewer and nobody has said that
 * there are to be more.
 */
export async function prepareBareStore(options: BareStoreOptions): Promise<void> {
  const { store, onNote, later } = options;
  const bare = await bareShards(store);
  if (bare.length === 0) return checkShards(options);
  let told = false;
  for (;;) {
    try {
      return await prepare(options, bare);
    } catch (error) {
      if (!(error instanceof HistoryUnavailable)) throw error;
      if (!told)
        onNote(
          `the live store is empty, and history is waited for, by which it may have to be filled: ${error.message}`,
        );
      told = true;
      await later(AGAIN_MS);
    }
  }
}

/** Of a store that has something of each shard; a history that does not answer at once is not waited for. */
async function checkShards({ store, history, later }: BareStoreOptions): Promise<void> {
  const asked = history.watermarks().catch((error: unknown) => {
    if (!(error instanceof HistoryUnavailable)) throw error;
  });
  const ends = await Promise.race([asked, later(AGAIN_MS)]);
  if (ends === undefined) return;
  const shards = shardsIn(ends);
  if (shards > store.shards) throw tooFew(store, shards);
}

function tooFew(store: Pick<HotStore, "shards">, shards: number): SetupError {
  return new SetupError(
    `The live store is made for ${store.shards} shards; history is of ${shards}.`,
    `Empty the store, and set VIF_SHARDS to ${shards} or more: the number of shards can grow, and not shrink.`,
  );
}

async function prepare({ store, history, mayGrow, onNote }: BareStoreOptions, bare: readonly ShardId[]): Promise<void> {
  const ends = await history.watermarks();
  const records = [...ends.values()].reduce((sum, { position }) => sum + position, 0);
  // An engine that was killed as it started for the first time has left shards that nobody knows.
  if (bare.every((shard) => (ends.get(shard)?.position ?? 0) === 0)) return;
  const shards = shardsIn(ends);
  if (shards > store.shards) throw tooFew(store, shards);
  if (shards < store.shards) {
    if (!mayGrow || bare.length < store.shards)
      throw new SetupError(
        `The live store is made for ${store.shards} shards; history is of ${shards}.`,
        `Empty the store once more, and set VIF_SHARDS to ${shards}; or to ${store.shards}, if there are to be more from here on.`,
      );
    onNote(
      `there are ${store.shards} shards now, history is of ${shards}: each new one begins with the people who move to it`,
    );
    await growTo(history, store.shards);
  }
  onNote(
    `the live store lacks what history has (${records} records): it is filled from there, who is asked for first comes first`,
  );
  await putOrdersBack(store, history);
}

async function bareShards({ shards, state, journal }: HotStore): Promise<readonly ShardId[]> {
  const bare: ShardId[] = [];
  for (let shard = 0 as ShardId; shard < shards; shard++)
    if ((await state.loadMeta(shard)) === undefined && (await journal.last(shard)) === 0) bare.push(shard);
  return bare;
}

/** Else shards would heed that nothing is ordered: what operators have paused would go out. */
async function putOrdersBack({ plans }: HotStore, history: BareStoreOptions["history"]): Promise<void> {
  const [latest] = await history.latestOf(["control"], 1);
  const record = latest && decodeRecord(latest.record);
  if (record?.kind !== "control" || saysNothing(record.orders)) return;
  const before = await plans.steering();
  const steering = parseSteering(before);
  if (saysNothing(steering.orders))
    await plans.setSteering(renderSteering(withOrders(steering, record.orders)), before);
}
