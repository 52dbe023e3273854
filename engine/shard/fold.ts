/**
 * The fold: (shard state, record) -> shard state. The one place where a record changes anything, used live, right after
 * the record is made, and in recovery, from the journal. It decides nothing and reads no clock. Folding a record that
 * is already in the state (a stored profile may be ahead of the watermark) changes nothing.
 */
import { slotOfCell } from "../model/hash.ts";
import { type CellKey, type Identifier, cellKey } from "../model/identifier.ts";
import { type Instant, type Position, type ProfileId, shardOfSlot } from "../model/ids.ts";
import { lackSince, lackWithout } from "../model/lacking.ts";
import { readOrders } from "../model/orders.ts";
import type { Change } from "../model/plan.ts";
import { asCellValue } from "../model/receipt.ts";
import type {
  AnsweredRecord,
  EventRecord,
  JournalRecord,
  PeerBody,
  ReceivedRecord,
  RepairedRecord,
  SentRecord,
} from "../model/record.ts";
import {
  type Profile,
  absorb,
  applyAttempt,
  applyDecided,
  applyEvent,
  applyExposed,
  applyLedger,
  applyOutcome,
  applyTransition,
  bindIdentifier,
  createProfile,
  decodeProfile,
  isEmptied,
  rebase,
  seal,
  uniteBackfill,
} from "../profile/port.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";

/** A journal that contradicts itself or the stored state: the shard stops. */
export class CorruptShardError extends Error {
  readonly code = "corrupt_shard";
  constructor(shard: number, position: Position, what: string) {
    super(`shard ${shard} cannot be folded at position ${position}: ${what}`);
    this.name = "CorruptShardError";
  }
}

export interface FoldContext {
  readonly shard: Shard;
  /** All that `profilesOf` names must be in there before. */
  readonly residents: FoldedInto;
  readonly instant: Instant;
}

/** Where a fold finds the profiles that it changes, and puts those that begin. */
export type FoldedInto = Pick<Residents, "shards" | "profile" | "addProfile" | "addCell" | "resized">;

/** What an event or an absorption changed of its profile; undefined for other records and for what was known already. */
export function fold(context: FoldContext, record: JournalRecord, position: Position): Change | undefined {
  switch (record.kind) {
    case "event":
      return foldEvent(context, record, position);
    case "transition": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyTransition(profile, record.segment, record.entered, record.epoch, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "sent":
      return foldSent(context, record, position);
    case "received":
      return foldReceived(context, record, position);
    case "answered":
      return foldAnswered(context, record, position);
    case "ledger": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyLedger(profile, record, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "decided": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyDecided(profile, record, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "attempt": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyAttempt(profile, record, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "outcome": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyOutcome(profile, record, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "exposed": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      applyExposed(profile, record, context.instant);
      changed(context, profile, position);
      return undefined;
    }
    case "control":
      if (position > context.shard.metaPosition) context.shard.orders = readOrders(record.orders);
      return undefined;
    case "receipt":
      bindCell(context, record.cell, asCellValue(record.mark), position);
      context.shard.oldestMark = Math.min(context.shard.oldestMark, context.instant);
      if (record.unclaimed !== undefined) context.shard.unclaimed.add(record.cell, record.unclaimed.answer);
      return undefined;
    case "plan":
      // The plan itself is set by whoever folds, as its bytes come from the store.
      if (position > context.shard.metaPosition) {
        context.shard.plans.push([position, record.digest]);
        if (record.lacking !== undefined)
          context.shard.lacking = lackSince(context.shard.lacking, record.lacking, position);
      }
      return undefined;
    case "backfilled": {
      const profile = profileOf(context, record.profile, position);
      if (profile.position >= position) return undefined;
      uniteBackfill(profile, { row: Buffer.from(record.row, "base64"), streams: record.streams });
      changed(context, profile, position);
      return undefined;
    }
    case "warmed":
      if (position > context.shard.metaPosition)
        context.shard.lacking = lackWithout(context.shard.lacking, record.backfilled);
      return undefined;
    case "repaired":
      return foldRepaired(context, record, position);
  }
}

/** The profiles that must be in memory before `record` is folded. */
export function profilesOf(record: JournalRecord): readonly ProfileId[] {
  const profile = profileOfRecord(record);
  return profile === undefined ? [] : [profile];
}

/** The one that must be, with no list made for it. */
export function profileOfRecord(record: JournalRecord): ProfileId | undefined {
  switch (record.kind) {
    case "event":
    case "transition":
    case "ledger":
    case "backfilled":
    case "decided":
    case "attempt":
    case "outcome":
    case "exposed":
      return record.profile;
    case "sent":
      return askersOf(record.body)[0];
    case "received":
      return record.body.ask === "absorb" && ["done", "refused"].includes(record.result.is)
        ? record.body.winner
        : undefined;
    case "answered":
      return record.body.ask === "claim"
        ? record.body.profile
        : record.body.ask === "merge"
          ? record.body.with
          : record.body.ask === "absorb"
            ? record.body.loser
            : undefined;
    case "repaired":
      return record.repair.of === "profile" ? record.repair.profile : undefined;
    case "plan":
    case "warmed":
    case "receipt":
    case "control":
      return undefined;
  }
}

/** Whom a message to another shard is about, of those who live in the one that sends it, and whom sending it changes. */
export function askersOf(body: PeerBody): readonly ProfileId[] {
  return body.ask === "claim" ? [body.profile] : body.ask === "absorb" ? [body.loser] : [];
}

function foldEvent(context: FoldContext, record: EventRecord, position: Position): Change | undefined {
  const { shard, residents } = context;
  let profile = residents.profile(record.profile) ?? undefined;
  const routing = record.event.identifiers[0];
  if (record.creates && routing !== undefined) {
    const key = cellKey(routing);
    if (shardOfSlot(slotOfCell(key), residents.shards) === shard.id) bindCell(context, key, record.profile, position);
    // Of an emptied one nothing comes back, whether its row has gone already or not.
    if (profile === undefined || (isEmptied(profile) && profile.position < position)) {
      profile = createProfile(record.profile, shard.plan);
      bindIdentifier(profile, routing, "bound");
      residents.addProfile(profile);
    }
  }
  if (profile === undefined)
    throw new CorruptShardError(shard.id, position, "an event of a profile that does not exist");
  if (profile.position >= position) return undefined;
  if (profile.plan !== shard.plan) rebase(profile, shard.plan);
  const change = applyEvent(profile, record.event, context.instant);
  if (!record.event.proved)
    for (const identifier of record.event.identifiers)
      if (identifier.kind !== "anonymous" && !knows(profile, identifier.kind, identifier.value))
        bindIdentifier(profile, identifier, "unproved");
  changed(context, profile, position);
  return change;
}

function foldSent({ shard, residents, instant }: FoldContext, record: SentRecord, position: Position): undefined {
  if (position > shard.metaPosition) shard.peers.foldSent(record.to, record.n, record.body, position);
  const { body } = record;
  if (body.ask === "claim") {
    const profile = profileOf({ shard, residents, instant }, body.profile, position);
    if (profile.position >= position) return;
    bindIdentifier(profile, body.identifier, "pending");
    changed({ shard, residents, instant }, profile, position);
  } else if (body.ask === "absorb") {
    const profile = profileOf({ shard, residents, instant }, body.loser, position);
    if (profile.position >= position) return;
    seal(profile, body.winner);
    changed({ shard, residents, instant }, profile, position);
  }
}

function foldReceived(context: FoldContext, record: ReceivedRecord, position: Position): Change | undefined {
  const { shard } = context;
  const { body, result } = record;
  if (position > shard.metaPosition) shard.peers.foldReceived(record.from, record.n, result, position);
  if (body.ask === "absorb" && result.is === "refused") {
    const profile = context.residents.profile(body.winner);
    if (profile != null && profile.position < position) unprove(context, profile, body.identifier, position);
  }
  if (result.is !== "done") return undefined;
  switch (body.ask) {
    case "claim":
      bindCell(context, cellKey(body.identifier), body.profile, position);
      return undefined;
    case "rebind":
      bindCell(context, body.cell, body.to, position);
      return undefined;
    case "absorb": {
      const profile = context.residents.profile(body.winner) ?? createProfile(body.winner, shard.plan);
      context.residents.addProfile(profile);
      if (profile.position >= position) return undefined;
      if (profile.plan !== shard.plan) rebase(profile, shard.plan);
      absorb(profile, Buffer.from(body.state, "base64"), body.mergeId, body.loser);
      changed(context, profile, position);
      return { kind: "everything" };
    }
    case "merge":
    case "settle":
      return undefined;
  }
}

function foldAnswered(context: FoldContext, record: AnsweredRecord, position: Position): undefined {
  const { shard } = context;
  const { body, result } = record;
  if (position > shard.metaPosition) shard.peers.foldAnswered(record.to, record.n);
  if (body.ask === "absorb" && result.is === "refused") return unseal(context, body, position);
  if (body.ask !== "claim" && body.ask !== "merge") return;
  const state =
    result.is === "done" && body.ask === "claim" ? "bound" : result.is === "refused" ? "unproved" : undefined;
  const settled =
    state ?? (result.is === "sealed" && body.ask === "merge" && result.into === body.with ? "bound" : undefined);
  if (settled === undefined) return;
  const profile = context.residents.profile(body.ask === "claim" ? body.profile : body.with);
  if (profile == null || profile.position >= position || profile.sealedInto !== undefined) return;
  if (profile.plan !== shard.plan) rebase(profile, shard.plan);
  bindIdentifier(profile, body.identifier, settled);
  changed(context, profile, position);
}

/** The winner would not have it: the loser becomes again what it was; nothing has come to it meanwhile. */
function unseal(context: FoldContext, body: Extract<PeerBody, { ask: "absorb" }>, position: Position): undefined {
  const { shard, residents } = context;
  const sealed = residents.profile(body.loser);
  if (sealed == null || sealed.position >= position) return;
  const profile = decodeProfile(Buffer.from(body.state, "base64"), shard.plan, body.loser);
  residents.addProfile(profile);
  unprove(context, profile, body.identifier, position);
}

/** Whatever stood there before, or nothing: the row is all of the profile. */
function foldRepaired(context: FoldContext, { repair }: RepairedRecord, position: Position): undefined {
  const { shard, residents } = context;
  if (repair.of === "cell") return bindCell(context, repair.cell, repair.to, position);
  if (repair.of === "messages") {
    if (position > shard.metaPosition) shard.peers.beginAnew(repair.since);
    return;
  }
  const known = residents.profile(repair.profile);
  if (known != null && known.position >= position) return;
  const profile = decodeProfile(Buffer.from(repair.row, "base64"), shard.plan, repair.profile);
  residents.addProfile(profile);
  changed(context, profile, position);
}

/** What two profiles of two users met over is proved of neither. */
function unprove(context: FoldContext, profile: Profile, identifier: Identifier, position: Position): void {
  const pending = profile.identifiers.some(
    ({ kind, value, state }) => kind === identifier.kind && value === identifier.value && state === "pending",
  );
  if (pending) bindIdentifier(profile, identifier, "unproved");
  changed(context, profile, position);
}

function knows(profile: Profile, kind: string, value: string): boolean {
  return profile.identifiers.some((known) => known.kind === kind && known.value === value);
}

function bindCell({ shard, residents }: FoldContext, key: CellKey, profile: ProfileId, position: Position): undefined {
  shard.bindCell(key, profile, position);
  residents.addCell(key, profile);
}

function profileOf({ shard, residents }: FoldContext, id: ProfileId, position: Position): Profile {
  const profile = residents.profile(id);
  if (profile == null) throw new CorruptShardError(shard.id, position, "a record of a profile that does not exist");
  // Not of a row that is ahead of the record, and may have what a plan behind it reads.
  if (profile.position < position && profile.plan !== shard.plan) rebase(profile, shard.plan);
  return profile;
}

function changed({ shard, residents }: FoldContext, profile: Profile, position: Position): void {
  shard.markDirty(profile, position);
  residents.resized(profile);
}
