/** What a live store must be like before anything of it is owned. */
import type { Instant } from "../model/ids.ts";
import { checkNotRebuilding } from "../reconcile/rebuild.ts";
import { checkStoreTime } from "../shard/store-time.ts";
import type { HotStore } from "../store/port.ts";

/** @throws SetupError when it is being rebuilt, or its clock is far from ours */
export async function checkStore(store: HotStore, now: Instant): Promise<void> {
  await checkNotRebuilding(store);
  await checkStoreTime(store, now);
}
