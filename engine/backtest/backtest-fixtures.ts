/** A small brand, and histories of it in memory, for the tests of this room. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedHistory } from "../history/embedded/duckdb-history.ts";
import { rowsOfBatch } from "../history/journal-rows.ts";
import type { DrainWrite, History } from "../history/port.ts";
import { soundSource } from "../language/compile/sound-rules-fixtures.ts";
import { encodePlan, loadPlan } from "../language/port.ts";
import type { Instant, ProfileId, ShardId } from "../model/ids.ts";
import { encodeBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { createEvent, DAY_MS, NOW } from "../profile/profile-fixtures.ts";

const RULES = {
  "fields.yaml": "fields: {city: text}\n",
  "events/order_completed.yaml": "event: order_completed\nproperties: {total: money}\n",
  "segments/buyer.yaml": "segment: buyer\nwhen: count of order_completed >= 1\n",
  "segments/good.yaml": "segment: good\nwhen: sum of order_completed.total in last 30 days >= 100\n",
  "segments/lapsed.yaml":
    "segment: lapsed\nwhen: in segment buyer and last order_completed was more than 60 days ago\n",
};
export const source = soundSource(RULES);
export const plan = loadPlan(encodePlan(source));

export interface Order {
  readonly person: number;
  readonly day: number;
  readonly total: number;
}

/** All of a shard in one batch, drained into an embedded history of its own, which its `close` removes. */
export async function embeddedHistoryOf(
  shards: readonly (readonly JournalRecord[])[],
  instantOf: (shard: ShardId) => Instant = () => NOW,
): Promise<History> {
  const folder = mkdtempSync(join(tmpdir(), "vif-past-"));
  const history = await createEmbeddedHistory({ file: join(folder, "h.duckdb") });
  const writes = shards.map((records, index): DrainWrite => {
    const shard = index as ShardId;
    const batch = { epoch: 1, firstPosition: 1, count: records.length };
    const bytes = encodeBatch({ firstPosition: 1, instant: instantOf(shard), records });
    const rows = records.length === 0 ? [] : rowsOfBatch(shard, { ...batch, bytes }, 0);
    return { shard, from: { epoch: 0, position: 0 }, to: { epoch: 1, position: records.length }, rows };
  });
  await history.drain(writes);
  return {
    ...history,
    close: async () => {
      await history.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export const idOf = (person: number) => `0010199000000000000000a${person}` as ProfileId;

export function orderRecord({ person, day, total }: Order, index: number): JournalRecord {
  const event = createEvent(`m${index}`, day * DAY_MS, { name: "order_completed", fields: { total } });
  return { kind: "event", profile: idOf(person), creates: false, event };
}

export function absorbRecord(winner: number, loser: number): JournalRecord {
  const identifier = { kind: "user", value: "u" } as const;
  const [mergeId, state] = [`m-${winner}-${loser}`, ""];
  const body = {
    ask: "absorb",
    mergeId,
    identifier,
    user: "u",
    loser: idOf(loser),
    winner: idOf(winner),
    state,
  } as const;
  return { kind: "received", from: 1 as ShardId, fromEpoch: 1, n: loser, body, result: { is: "done" } };
}
