/**
 * Whom live has as of an earlier record than it vouches for, while history lacks records of before: neither has all of them.
 * Live's row with the records that came after it, which are there, is all that is left.
 */
import { type Position, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { encodeProfile } from "../profile/port.ts";
import { CorruptShardError, profileOfRecord, Refold } from "../shard/refold-port.ts";
import type { PersonDrift } from "./compare-people.ts";
import { type FoundRow, openRow } from "./history-records.ts";
import type { LivePerson, LiveShard } from "./live-part.ts";

interface Forward {
  readonly shard: ShardId;
  readonly shards: number;
  readonly isOurs: (slot: Slot) => boolean;
  readonly live: LiveShard;
  readonly people: ReadonlyMap<ProfileId, LivePerson>;
  /** Where the records begin that are read: what comes before is in a snapshot, and sound. */
  readonly after: Position;
  /** In force. */
  readonly plan: Plan;
  /** The records that were folded, once more. */
  readonly read: () => AsyncIterable<readonly FoundRow[]>;
}

/** Rejects as `read` does. */
export async function broughtForward(
  drifts: readonly PersonDrift[],
  { shard, shards, isOurs, live, people, after, plan, read }: Forward,
): Promise<readonly PersonDrift[]> {
  const behind = new Map<ProfileId, Uint8Array>();
  for (const { id, is, flaw, row } of drifts) {
    const lives = people.get(id);
    if (is !== "stale" || flaw === undefined || row === undefined || lives?.row === undefined) continue;
    if (lives.position >= after) behind.set(id, lives.row);
  }
  if (behind.size === 0) return drifts;
  const personOf = (id: ProfileId) => {
    const row = behind.get(id);
    return row && { row, since: 0 };
  };
  const refold = new Refold({ shard, shards, plan, base: { meta: live.meta, personOf }, onCell: () => undefined });
  const slots = new Set([...behind.keys()].map(slotOfProfile));
  for await (const page of read())
    for (const found of page) {
      const opened = "flaw" in found ? found : openRow(found, (slot) => slots.has(slot) && isOurs(slot));
      if ("flaw" in opened) continue;
      const { position, instant, record } = opened.row;
      const id = record && profileOfRecord(record);
      if (record === undefined || id === undefined || !behind.has(id)) continue;
      try {
        refold.fold(record, position, instant);
      } catch (error) {
        if (!(error instanceof CorruptShardError)) throw error;
      }
    }
  return drifts.map((drift) => {
    const person = behind.has(drift.id) ? refold.person(drift.id) : undefined;
    return person === undefined ? drift : { ...drift, row: encodeProfile(person.profile) };
  });
}
