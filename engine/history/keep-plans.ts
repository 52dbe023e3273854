/**
 * Each plan that a shard begins is kept in history before the record that says so: with it the records can be folded anew
 * when the live store is lost.
 */
import type { PlanDigest } from "../model/ids.ts";
import { decodeRecord } from "../model/record-codec.ts";
import type { DrainWrite, History } from "./port.ts";

export interface PlanBytes {
  get(digest: PlanDigest): Promise<Uint8Array | undefined>;
}

export function createPlanKeeper(
  history: Pick<History, "document" | "putDocument">,
  plans: PlanBytes,
): (writes: readonly DrainWrite[]) => Promise<void> {
  const kept = new Set<PlanDigest>();
  return async (writes) => {
    for (const { rows } of writes)
      for (const { kind, record } of rows) {
        if (kind !== "plan") continue;
        const decoded = decodeRecord(record);
        if (decoded.kind !== "plan" || kept.has(decoded.digest)) continue;
        const name = { kind: "plan", key: decoded.digest };
        if ((await history.document(name)) === undefined) {
          const bytes = await plans.get(decoded.digest);
          // Of a store that has lost it there is nothing to keep; the drain is not held up for it.
          if (bytes !== undefined) await history.putDocument(name, bytes, 0);
        }
        kept.add(decoded.digest);
      }
  };
}
