/**
 * Everybody of a part of a shard as they are to be stored. A row of a snapshot to which nothing has come is taken as it stands,
 * without opening a profile: it is what the records give, by the plan that is still in force. Everybody else is written anew.
 */
import type { Instant, ProfileId } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import { dueOf, encodeProfile, isEmptied, type Profile, readRowHead } from "../profile/port.ts";
import type { Refold } from "../shard/refold-port.ts";
import type { StoredProfile } from "../store/port.ts";
import type { SnapshotPart } from "./snapshots.ts";

export interface FoldedRow extends StoredProfile {
  /** Nothing is left of them, and they are not brought back. */
  readonly isEmptied: boolean;
  /** What may have been sent after the last record, and is not sent again. */
  readonly unsure: readonly JournalRecord[];
}

/** In the order of ids, in which the embedded store keeps them: what is written side by side is written once. */
export function* foldedRows(refold: Refold, base: SnapshotPart | undefined, now: Instant): Generator<FoldedRow> {
  yield* rowsOf(refold, base, { ids: new Set([...(base?.people.keys() ?? []), ...refold.people.keys()]), now });
}

/** Of these only who is not as the snapshot has them: whom a record is about since, and whose messages may be due. */
export function* touchedRows(refold: Refold, base: SnapshotPart, now: Instant): Generator<FoldedRow> {
  const ids = new Set(refold.people.keys());
  for (const [id, { row }] of base.people) if (readRowHead(row).hasAgenda) ids.add(id);
  yield* rowsOf(refold, base, { ids, now });
}

function* rowsOf(
  refold: Refold,
  base: SnapshotPart | undefined,
  { ids, now }: { readonly ids: ReadonlySet<ProfileId>; readonly now: Instant },
): Generator<FoldedRow> {
  for (const id of [...ids].sort()) {
    const row = foldedRow(refold, base, { id, now });
    if (row !== undefined) yield row;
  }
}

/** One person's; undefined: nobody is called so. */
export function foldedRow(
  refold: Refold,
  base: SnapshotPart | undefined,
  { id, now }: { readonly id: ProfileId; readonly now: Instant },
): FoldedRow | undefined {
  const kept = refold.isOfOnePlan && !refold.people.has(id) ? base?.personOf(id) : undefined;
  const standing = kept && standingRow(id, kept.row);
  if (standing !== undefined) return standing;
  const person = refold.person(id);
  return person && rowOf(refold.bring(person), now);
}

/** undefined: it has to be opened, for its messages may be due. */
function standingRow(id: ProfileId, row: Uint8Array): FoldedRow | undefined {
  const { wakeUp, isEmptied: isGone, hasAgenda } = readRowHead(row);
  return hasAgenda ? undefined : { id, row, wakeUp, isEmptied: isGone, unsure: NONE };
}

const NONE: readonly JournalRecord[] = Object.freeze([]);

function rowOf(profile: Profile, now: Instant): FoldedRow {
  const row = encodeProfile(profile);
  // As a checkpoint has it: a message that waits wakes its profile, which no look at the rules says anew.
  const wakeUp = Math.min(profile.wakeUp, dueOf(profile.agenda));
  return { id: profile.id, row, wakeUp, isEmptied: isEmptied(profile), unsure: unsureOf(profile, now) };
}

/** What was due by now may have gone out after what history has last: it is not sent again. */
function unsureOf(profile: Profile, now: Instant): readonly JournalRecord[] {
  return profile.agenda.waiting
    .filter(({ due, underWay }) => due <= now || underWay !== undefined)
    .map(({ message, trigger, attempts, underWay }) => ({
      kind: "outcome",
      profile: profile.id,
      message,
      trigger,
      ...(underWay !== undefined && { channel: underWay.channel }),
      attempt: attempts,
      outcome: { is: "unknown", reason: "crash" },
    }));
}
