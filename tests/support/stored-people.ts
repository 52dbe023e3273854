/** Everybody whom a live store has, by their rows. */
import type { ProfileId, ShardId } from "../../engine/model/ids.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { canonical, decodeProfile } from "../../engine/profile/port.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import type { HotStore } from "../../engine/store/port.ts";

export interface StoredRow {
  readonly id: ProfileId;
  readonly row: Uint8Array;
}

export async function storedRows({ state, shards }: HotStore): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  for (let shard = 0; shard < shards; shard++)
    for await (const page of scanPeople(state, shard as ShardId)) rows.push(...page);
  return rows;
}

/** By id, in the form in which profiles are compared, as text. */
export async function storedPeople(store: HotStore, plan: Plan): Promise<Map<string, string>> {
  const rows = await storedRows(store);
  return new Map(rows.map(({ id, row }) => [id, JSON.stringify(canonical(decodeProfile(row, plan, id)))]));
}
