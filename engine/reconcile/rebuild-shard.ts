/**
 * One shard of a live store made anew from history: its people and cells are stored as of the last record that history
 * has, and its journal goes on behind it. In an order in which a crash leaves nothing that could be taken for a whole
 * shard: people first, under a watermark of nothing; then the end of the journal and the watermark. What is then to be
 * said is said in records behind: that messages which may have been sent are not to be sent again; and where the number of
 * shards has grown, who lives here now, and what they had asked of other shards.
 */
import { foldedPeopleMax, foldedRecordsMax, rebuildBatchRecordsMax, rebuildPieceMax } from "../limits-of-reconcile.ts";
import type { History } from "../history/port.ts";
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import {
  type Epoch,
  type Instant,
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
  type Slot,
  shardOfProfile,
  shardOfSlot,
  slotOfProfile,
} from "../model/ids.ts";
import { saysNothing } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";
import { BatchWriter } from "../model/record-codec.ts";
import { encodeProfile, isEmptied, type Profile } from "../profile/port.ts";
import { CorruptShardError, profilesOf, Refold, Shard } from "../shard/refold-port.ts";
import type { HotStore } from "../store/port.ts";
import { askerOf, placeOf } from "../model/peer-places.ts";
import { isOfPart, type PartOf, partsFor } from "./bands.ts";
import { type HistoryFlaw, readRecords } from "./history-records.ts";
import { readSnapshotPart, type Snapshot, type SnapshotPart } from "./snapshots.ts";

export interface ShardRebuild {
  readonly store: Pick<HotStore, "state" | "journal" | "shards">;
  readonly history: Pick<History, "records" | "seals" | "snapshotPage">;
  /** Where the fold begins; undefined: with the first record. */
  readonly snapshot: Snapshot | undefined;
  readonly planOf: (record: Extract<JournalRecord, { kind: "plan" }>) => Promise<Plan>;
  readonly plan: Plan;
  /** By which the store has the plan of a record. */
  readonly nameOf: (digest: PlanDigest) => PlanDigest;
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** The shard of history in which the people of this one were, and where it ends. */
  readonly from: ShardId;
  readonly upTo: Position;
  /** The number of shards has grown. */
  readonly grows: boolean;
  readonly now: Instant;
  readonly onRecords: (records: number) => void;
}

export interface RebuiltShard {
  readonly profiles: number;
  readonly cells: number;
  readonly unknown: number;
  readonly flaws: readonly HistoryFlaw[];
  /** As the shard was when its last record was made. */
  readonly state: Shard;
}

/** Rejects with BrokenSnapshotError, whereupon it can be begun anew without, and as what it reads and writes does. */
export async function rebuildShard(options: ShardRebuild): Promise<RebuiltShard> {
  const { store, shard, epoch, plan, from, upTo, grows, now, snapshot } = options;
  const isNew = from !== shard;
  const recordParts = partsFor(upTo - (snapshot?.position ?? 0), foldedRecordsMax);
  const parts = Math.max(recordParts, partsFor(snapshot?.people ?? 0, foldedPeopleMax));
  const afterwards: JournalRecord[] = [];
  const flaws: HistoryFlaw[] = [];
  let [profiles, cells, unknown] = [0, 0, 0];
  let state: Shard | undefined;
  for (let part = 0; part < parts; part++) {
    const isOurs = (slot: Slot): boolean =>
      shardOfSlot(slot, store.shards) === shard && isOfPart(slot, { part, parts });
    const folded = await foldPart(options, { part, parts, isOurs });
    if (part === 0) {
      state = folded.refold.state;
      flaws.push(...folded.flaws);
    }
    const people = everybody(folded);
    for (const profile of people) {
      const unsure = mayHaveBeenSent(profile, now);
      unknown += unsure.length;
      if (isNew) afterwards.push(repairedOf(profile));
      afterwards.push(...unsure);
    }
    // What is left of emptied ones is not brought back.
    const bound = [...folded.cells].filter(([, holder]) => !isGone(folded, holder));
    if (isNew) for (const [cell, to] of bound) afterwards.push({ kind: "repaired", repair: { of: "cell", cell, to } });
    else await storePart(options, people, bound);
    profiles += people.length;
    cells += bound.length;
  }
  const whole = state ?? new Shard(shard, epoch, plan);
  const open = grows ? openMessages(whole, { shard, shards: store.shards, from }) : [];
  const begun = isNew ? await beginNew(options, whole) : await goOnBehind(options, whole, grows);
  for (const { to, body } of open) afterwards.push({ kind: "sent", to, n: begun.peers.nextNumber(epoch), body });
  await append(options, begun, afterwards);
  return { profiles, cells, unknown, flaws, state: whole };
}

interface Folded {
  readonly refold: Refold;
  readonly base: SnapshotPart | undefined;
  readonly cells: ReadonlyMap<CellKey, ProfileId>;
  readonly flaws: readonly HistoryFlaw[];
}

function everybody({ refold, base }: Folded): readonly Profile[] {
  for (const id of base?.people.keys() ?? []) refold.person(id);
  return [...refold.people.values()].map((person) => refold.bring(person)).filter((profile) => !isEmptied(profile));
}

function isGone({ refold }: Folded, id: ProfileId): boolean {
  const profile = refold.person(id)?.profile;
  return profile !== undefined && isEmptied(profile);
}

async function foldPart(
  options: ShardRebuild,
  of: PartOf & { readonly isOurs: (slot: Slot) => boolean },
): Promise<Folded> {
  const { store, history, snapshot, plan, planOf, shard, epoch, from, upTo, onRecords } = options;
  const { part, isOurs } = of;
  const base = snapshot && (await readSnapshotPart(history, snapshot, of));
  const cells = new Map<CellKey, ProfileId>();
  const flaws: HistoryFlaw[] = [];
  const refold = new Refold({
    shard,
    shards: store.shards,
    plan: base?.snapshot.plan ?? plan,
    epoch,
    base,
    onCell: (key, holder) => {
      if (isOurs(slotOfCell(key))) cells.set(key, holder);
    },
  });
  for (const { key, holder } of base?.cells ?? []) cells.set(key, holder);
  let untold = 0;
  for await (const read of readRecords(history, from, { after: snapshot?.position ?? 0, upTo })) {
    if ("flaw" in read) {
      if (part === 0) flaws.push(read.flaw);
      continue;
    }
    const { position, instant, record } = read.row;
    if (record.kind === "plan") refold.beginPlan(await planOf(record));
    const [id] = profilesOf(record);
    try {
      // Of somebody else only what the shard as a whole remembers of it is folded: messages and orders.
      if (id === undefined || isOurs(slotOfProfile(id))) refold.fold(record, position, instant);
      else refold.pass(record, position, instant);
    } catch (error) {
      if (!(error instanceof CorruptShardError)) throw error;
    }
    untold += 1;
    if (untold >= 1000) {
      onRecords(untold);
      untold = 0;
    }
  }
  onRecords(untold);
  return { refold, base, cells, flaws };
}

/**
 * What was due by now may have gone out after what history has last: it is not sent again.
 */
function mayHaveBeenSent(profile: Profile, now: Instant): readonly JournalRecord[] {
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

function repairedOf(profile: Profile): JournalRecord {
  const row = Buffer.from(encodeProfile(profile)).toString("base64");
  return { kind: "repaired", repair: { of: "profile", profile: profile.id, row } };
}

async function storePart(
  { store, shard, epoch, plan }: ShardRebuild,
  people: readonly Profile[],
  cells: readonly (readonly [CellKey, ProfileId])[],
): Promise<void> {
  const meta = new Shard(shard, epoch, plan).meta();
  const head = { shard, epoch, watermark: 0, after: 0, journalEnd: 0, meta, forgotten: [] };
  const pieces = Math.max(people.length, cells.length);
  for (let at = 0; at < pieces; at += rebuildPieceMax) {
    const outcome = await store.state.checkpoint({
      ...head,
      profiles: people
        .slice(at, at + rebuildPieceMax)
        .map((profile) => ({ id: profile.id, row: encodeProfile(profile), wakeUp: profile.wakeUp })),
      cells: cells.slice(at, at + rebuildPieceMax),
    });
    if (outcome !== "ok") throw new OvertakenError(shard);
  }
}

/** The journal ends where history does, and all that is stored is good up to there. */
async function goOnBehind(
  { store, shard, epoch, upTo, nameOf }: ShardRebuild,
  whole: Shard,
  grows: boolean,
): Promise<Shard> {
  const begun = whole;
  begun.position = upTo;
  begun.metaPosition = upTo;
  begun.sweep = undefined;
  begun.plans = begun.plans.map(([at, digest]) => [at, nameOf(digest)] as const);
  if (grows) for (const to of [...begun.peers.neighbours]) answerAll(begun, to);
  if (upTo === 0) return begun;
  // Nobody reads it: it stands for all that history has, and goes at once.
  const stands = { shard, epoch, firstPosition: 1, count: upTo, digest: 1, bytes: Buffer.from("rebuilt from history") };
  const [outcome] = await store.journal.append([stands]);
  if (outcome?.is !== "ok" && outcome?.is !== "already") throw new OvertakenError(shard);
  const piece = { shard, epoch, watermark: upTo, after: 0, journalEnd: upTo, meta: begun.meta() };
  if ((await store.state.checkpoint({ ...piece, profiles: [], cells: [], forgotten: [] })) !== "ok")
    throw new OvertakenError(shard);
  await store.journal.trim(shard, upTo);
  return begun;
}

/** They are asked anew by whoever they are of now. */
function answerAll(shard: Shard, to: ShardId): void {
  for (const { n } of shard.peers.toSend(to, Number.POSITIVE_INFINITY)) shard.peers.foldAnswered(to, n);
}

/** A shard that was not there begins with the plan and the orders that its people were under. */
async function beginNew(options: ShardRebuild, whole: Shard): Promise<Shard> {
  const begun = new Shard(options.shard, options.epoch, options.plan);
  begun.instant = whole.instant;
  const digest = options.nameOf(whole.plans.at(-1)?.[1] ?? options.plan.digest);
  const records: JournalRecord[] = [{ kind: "plan", digest }];
  if (!saysNothing(whole.orders)) records.push({ kind: "control", orders: whole.orders });
  await append(options, begun, records);
  return begun;
}

async function append(
  { store, shard, epoch, now }: ShardRebuild,
  begun: Shard,
  records: readonly JournalRecord[],
): Promise<void> {
  begun.instant = Math.max(begun.instant, now);
  for (let at = 0; at < records.length; at += rebuildBatchRecordsMax) {
    const writer = new BatchWriter();
    writer.begin(begun.position + 1, begun.instant);
    const batch = records.slice(at, at + rebuildBatchRecordsMax);
    for (const record of batch) writer.add(record);
    const { bytes, count, digest } = writer.finish();
    const request = { shard, epoch, firstPosition: begun.position + 1, count, digest, bytes };
    const [outcome] = await store.journal.append([request]);
    if (outcome?.is !== "ok" && outcome?.is !== "already") throw new OvertakenError(shard);
    begun.position += count;
  }
}

/** What the people of this shard had asked and nobody had answered, with where it is to be asked now. */
function openMessages(
  whole: Shard,
  { shard, shards, from }: { readonly shard: ShardId; readonly shards: number; readonly from: ShardId },
): readonly { readonly to: ShardId; readonly body: PeerBody }[] {
  const open = [...whole.peers.neighbours].flatMap((to) => whole.peers.toSend(to, Number.POSITIVE_INFINITY));
  return open.flatMap(({ body }) => {
    const asker = askerOf(body);
    const home = asker === undefined ? from : shardOfProfile(asker, shards);
    return home === shard ? [{ to: placeOf(body, shards), body }] : [];
  });
}

/** Somebody else has claimed the shard meanwhile: an engine was started on the store. */
export class OvertakenError extends Error {
  readonly code = "overtaken";
  constructor(shard: ShardId) {
    super(`shard ${shard} was claimed by an engine while it was being rebuilt`);
    this.name = "OvertakenError";
  }
}
