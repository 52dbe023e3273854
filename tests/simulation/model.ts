/**
 * The oracle's own account of who did what: read off the journals' records, in the plainest way that the protocol allows,
 * with none of the engine's code that folds. A profile holds the events recorded for it, and those of every profile that
 * was absorbed into it, each event once.
 */
import type { Event } from "../../engine/model/event.ts";
import { type ProfileId, type ShardId, compareProfiles, shardOfProfile } from "../../engine/model/ids.ts";
import type { JournalRecord, LedgerRecord } from "../../engine/model/record.ts";
import { type DurableBatch, eventKey, hex64 } from "./ledger.ts";

export interface AppliedEvent {
  readonly event: Event;
  readonly key: string;
  /** Of the batch, over all shards, in the order in which they became durable. */
  readonly order: number;
  /** Of the batch. */
  readonly instant: number;
  readonly shard: ShardId;
  readonly position: number;
}

export interface Model {
  /** By digest, of each profile that was not absorbed into another. */
  readonly people: ReadonlyMap<ProfileId, ReadonlyMap<string, AppliedEvent>>;
  /** Who each profile is now, itself included. */
  rootOf(profile: ProfileId): ProfileId;
  /** Every recorded event, those of absorbed profiles too. */
  readonly applied: readonly (AppliedEvent & { readonly profile: ProfileId })[];
  readonly merges: number;
  /**
   * Those who have parts of somebody whose store forgot for good that it was sealed, and that lived on as another's: what
   * it did in which of its lives is not told apart here.
   */
  readonly torn: ReadonlySet<ProfileId>;
  /** All ledger entries, in no order. */
  readonly entries: readonly LedgerRecord[];
  /** Answers recorded with nobody's receipts, by digest. */
  readonly unclaimed: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** @param mayRepeat records were lost for good, by a store that went back and an owner that died */
export function createModel(journals: readonly (readonly DurableBatch[])[], mayRepeat: boolean): Model {
  const problems: string[] = [];
  const own = new Map<ProfileId, Map<string, AppliedEvent>>();
  const absorbedInto = new Map<ProfileId, ProfileId>();
  const sealed = new Map<ProfileId, string>();
  const mergeIds = new Set<string>();
  const torn: ProfileId[] = [];
  const entries: LedgerRecord[] = [];
  const unclaimed = new Map<string, string>();
  const applied: (AppliedEvent & { readonly profile: ProfileId })[] = [];

  const read = (record: JournalRecord, at: Omit<AppliedEvent, "event" | "key">): void => {
    const where = `shard ${at.shard}, position ${at.position}`;
    if (record.kind === "event") {
      const { event, profile } = record;
      const held = own.get(profile) ?? new Map<string, AppliedEvent>();
      own.set(profile, held);
      const digest = hex64(event.digest);
      if (held.has(digest)) problems.push(`${where}: event ${event.messageId} is applied twice to ${profile}`);
      if (sealed.has(profile)) problems.push(`${where}: an event is applied to ${profile}, which is sealed`);
      const entry = { ...at, event, key: eventKey(event) };
      held.set(digest, entry);
      applied.push({ ...entry, profile });
    } else if (record.kind === "ledger") entries.push(record);
    else if (record.kind === "receipt") {
      const { unclaimed: kept } = record;
      if (kept !== undefined && unclaimed.has(kept.facts.digest) && !mayRepeat)
        problems.push(`${where}: nobody's receipt ${kept.facts.receiptId} is kept twice`);
      if (kept !== undefined) unclaimed.set(kept.facts.digest, kept.answer);
    } else if (record.kind === "sent" && record.body.ask === "absorb") {
      const { loser, winner, mergeId } = record.body;
      if (compareProfiles(winner, loser) >= 0)
        problems.push(`${where}: ${loser} is merged into ${winner}, a younger one`);
      const earlier = sealed.get(loser);
      if (earlier !== undefined && earlier !== mergeId) problems.push(`${where}: ${loser} is sealed a second time`);
      // An absorption that is handed on leaves a shard where the loser never lived.
      if (shardOfProfile(loser, journals.length) === at.shard) sealed.set(loser, mergeId);
    } else if (record.kind === "answered" && record.body.ask === "absorb" && record.result.is === "refused") {
      // The two turned out to be two users: the loser lives on.
      sealed.delete(record.body.loser);
    } else if (record.kind === "received" && record.body.ask === "absorb" && record.result.is === "done") {
      const { loser, winner, mergeId } = record.body;
      // Who has not heard the answer sends it again, perhaps to whom the winner was absorbed by: by its mergeId it is the
      // same absorption. Another one is that of a loser whose store forgot that it was sealed.
      const again = absorbedInto.get(loser);
      if (again !== undefined && !mergeIds.has(mergeId) && !mayRepeat)
        problems.push(`${where}: ${loser} is absorbed a second time`);
      if (again !== undefined && !mergeIds.has(mergeId) && again !== winner) torn.push(again, winner);
      mergeIds.add(mergeId);
      if (again === undefined) absorbedInto.set(loser, winner);
    }
  };

  for (const journal of journals)
    for (const { stored, batch, order } of journal)
      for (const [index, record] of batch.records.entries())
        read(record, { order, instant: batch.instant, shard: stored.shard, position: batch.firstPosition + index });
  // Of a merge, a dead owner's shard may have lost the seal for good: the loser lives on beside the winner that absorbed it;
  // or the absorption: what the loser was is in its own shard, and in history, only.
  if (mayRepeat) for (const loser of [...absorbedInto.keys()]) if (!sealed.has(loser)) absorbedInto.delete(loser);
  for (const [loser] of sealed)
    if (!absorbedInto.has(loser) && !mayRepeat) problems.push(`${loser} is sealed and never absorbed`);

  const rootOf = (profile: ProfileId): ProfileId => {
    let at = profile;
    for (let hops = 0; hops < 100; hops++) {
      const into = absorbedInto.get(at);
      if (into === undefined) return at;
      at = into;
    }
    problems.push(`redirects from ${profile} form a ring`);
    return at;
  };
  const people = new Map<ProfileId, Map<string, AppliedEvent>>();
  // Of what both have applied under one id, the winner's counts.
  const winnersFirst = [...own].sort(([a], [b]) => Number(rootOf(b) === b) - Number(rootOf(a) === a));
  for (const [profile, held] of winnersFirst) {
    const root = rootOf(profile);
    const all = people.get(root) ?? new Map<string, AppliedEvent>();
    people.set(root, all);
    for (const [digest, entry] of held) if (!all.has(digest)) all.set(digest, entry);
  }
  const tornRoots = new Set(torn.map(rootOf));
  return { people, rootOf, applied, merges: absorbedInto.size, entries, unclaimed, torn: tornRoots, problems };
}
