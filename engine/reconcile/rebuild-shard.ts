/**
 * One shard of a live store made anew from history: its people and cells are stored as of the last record that history
 * has, and its journal goes on behind it. In an order in which a crash leaves nothing that could be taken for a whole
 * shard: people first, under a watermark of nothing; then the end of the journal and the watermark. What is then to be
 * said is said in records behind: that messages which may have been sent are not to be sent again; and where the number of
 * shards has grown, what the people of this one had asked of other shards, of which some are elsewhere now.
 *
 * Where somebody waits for the shard, only what records since the snapshot are about is stored. The rest is as the snapshot
 * has it, and is left to who fills the shard (filling.ts): the store says which bands that is.
 */
import {
  foldedPeopleMax,
  foldedRecordsMax,
  rebuildBatchRecordsMax,
  unspilledPeopleMax,
  unspilledRecordsMax,
} from "../limits-of-reconcile.ts";
import type { History, WithLineage } from "../history/port.ts";
import { COUNTERS_PER_EPOCH } from "../limits.ts";
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
import type { Orders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import type { JournalRecord, PeerBody } from "../model/record.ts";
import { BatchWriter } from "../model/record-codec.ts";
import { CorruptShardError, profilesOf, Refold, Shard } from "../shard/refold-port.ts";
import type { HotStore } from "../store/port.ts";
import { askerOf, placeOf } from "../model/peer-places.ts";
import { BANDS, isOfPart, type PartOf, partsFor } from "./bands.ts";
import { encodeNote } from "./filling-note.ts";
import { foldedRows, touchedRows } from "./folded-rows.ts";
import { type HistoryFlaw, openRow, type ReadRecord } from "./history-records.ts";
import { OvertakenError, PieceWriter } from "./piece-writer.ts";
import { openShardRows, type ShardRows } from "./shard-rows.ts";
import { BrokenSnapshotError, readSnapshotPart, type Snapshot, type SnapshotPart } from "./snapshots.ts";

export interface ShardRebuild {
  readonly store: Pick<HotStore, "state" | "journal" | "shards">;
  readonly history: WithLineage<Pick<History, "records" | "seals" | "snapshotPage">>;
  /** Where the fold begins; undefined: with the first record. */
  readonly snapshot: Snapshot | undefined;
  readonly planOf: (record: Extract<JournalRecord, { kind: "plan" }>) => Promise<Plan>;
  readonly plan: Plan;
  /** By which the store has the plan of a record. */
  readonly nameOf: (digest: PlanDigest) => PlanDigest;
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** Where history ends of it. */
  readonly upTo: Position;
  /** Of what a killed run has left; 0: nothing. What it says behind history is said once more, which changes nothing. */
  readonly journalEnd: Position;
  /** Whoever is as the snapshot has them is left to who fills the shard. */
  readonly leavesRest?: boolean;
  /** A folder for rows of a shard that is folded in parts; undefined: each part reads all of history. */
  readonly scratch?: string | undefined;
  readonly now: Instant;
  readonly onRecords: (records: number) => void;
}

export interface RebuiltShard {
  readonly profiles: number;
  readonly cells: number;
  readonly unknown: number;
  /** As far as they lie in what this shard's people and messages are of. */
  readonly flaws: readonly HistoryFlaw[];
  /** In force when its last record was made. */
  readonly orders: Orders;
}

/** Rejects with BrokenSnapshotError, whereupon it can be begun anew without, and as what it reads and writes does. */
export async function rebuildShard(options: ShardRebuild): Promise<RebuiltShard> {
  const { store, history, shard, upTo, snapshot, scratch, onRecords } = options;
  const after = snapshot?.position ?? 0;
  const partsOf = (recordsMax: number, peopleMax: number): number =>
    Math.max(partsFor(upTo - after, recordsMax), partsFor(snapshot?.people ?? 0, peopleMax));
  const parts = {
    spilled: partsOf(foldedRecordsMax, foldedPeopleMax),
    unspilled: partsOf(unspilledRecordsMax, unspilledPeopleMax),
  };
  const isOurs = (slot: Slot): boolean => shardOfSlot(slot, store.shards) === shard;
  const rows = await openShardRows({ history, shard, after, upTo, parts, isOurs, scratch, onRecords });
  try {
    return await rebuildParts(options, rows);
  } finally {
    rows.close();
  }
}

async function rebuildParts(options: ShardRebuild, rows: ShardRows): Promise<RebuiltShard> {
  const { parts } = rows;
  const { store, shard, epoch, plan, now } = options;
  const afterwards: JournalRecord[] = [];
  const flaws = new Map<string, HistoryFlaw>();
  let [profiles, cells, unknown] = [0, 0, 0];
  let whole: Folded | undefined;
  for (let part = 0; part < parts; part++) {
    const isOurs = (slot: Slot): boolean =>
      shardOfSlot(slot, store.shards) === shard && isOfPart(slot, { part, parts });
    const folded = await foldPart(options, rows, { part, parts, isOurs });
    // The shard as a whole is folded with each part.
    whole ??= folded;
    for (const flaw of folded.flaws) flaws.set(JSON.stringify(flaw), flaw);
    const into = new PieceWriter(store.state, { shard, epoch, plan });
    const emptied = new Set<ProfileId>();
    const { base } = folded;
    const leaves = options.leavesRest === true && base !== undefined;
    for (const person of leaves ? touchedRows(folded.refold, base, now) : foldedRows(folded.refold, base, now)) {
      // What is left of emptied ones is not brought back; but where the snapshot has them otherwise it would be.
      if (person.isEmptied && !leaves) emptied.add(person.id);
      else {
        profiles += 1;
        unknown += person.unsure.length;
        await into.addPerson(person);
        afterwards.push(...person.unsure);
      }
    }
    const left = new Map(leaves ? base.cells.map(({ key, holder }) => [key, holder]) : []);
    for (const [cell, holder] of inOrder(folded.cells)) {
      if (emptied.has(holder) || left.get(cell) === holder) continue;
      cells += 1;
      await into.addCell(cell, holder);
    }
    await into.end();
  }
  const state = whole?.refold.state ?? new Shard(shard, epoch, plan);
  if (whole?.grows === true) afterwards.push(...askedAnew(options, state));
  if (options.leavesRest === true) await leaveRest(options, whole?.refold.plans ?? []);
  const begun = beginBehind(options, state);
  const meta = begun.meta();
  await standIn(options);
  await append(options, begun, afterwards);
  // The last of all: from here on the shard is one like any other.
  await vouch(options, meta);
  return { profiles, cells, unknown, flaws: [...flaws.values()], orders: state.orders };
}

/**
 * Each band that the snapshot has anything of is to be filled from it, through the plans that came after; what a killed run
 * has left to be filled otherwise is not.
 */
async function leaveRest(
  { store, history, shard, epoch, nameOf, snapshot }: ShardRebuild,
  plans: readonly Plan[],
): Promise<void> {
  const { head, pages } = snapshot ?? { head: undefined, pages: [] };
  const note = encodeNote({ take: head?.take ?? "", plans: plans.slice(1).map(({ digest }) => nameOf(digest)) });
  const bands = new Set(pages.map(({ band }) => band));
  const begun = [...bands].map((band) => [band, note] as const);
  const done = Array.from({ length: BANDS }, (_, band) => band).filter((band) => !bands.has(band));
  const nothing = { profiles: [], cells: [] };
  if ((await store.state.fill({ shard, epoch, ...nothing, begun, done })) !== "ok") throw new OvertakenError(shard);
  // A night that was under way may have taken another snapshot while this one was folded.
  if (head !== undefined && head.pages > 0 && (await history.snapshotPage(head, 0)) === undefined)
    throw new BrokenSnapshotError(shard);
}

interface Folded {
  readonly refold: Refold;
  readonly base: SnapshotPart | undefined;
  readonly cells: ReadonlyMap<CellKey, ProfileId>;
  readonly flaws: readonly HistoryFlaw[];
  /** The number of shards has grown, and what this one asks anew is not recorded, or not all of it. */
  readonly grows: boolean;
}

/** As `foldedRows` has people. */
function inOrder(cells: Folded["cells"]): readonly (readonly [CellKey, ProfileId])[] {
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function foldPart(
  options: ShardRebuild,
  rows: ShardRows,
  of: PartOf & { readonly isOurs: (slot: Slot) => boolean },
): Promise<Folded> {
  const { store, history, snapshot, plan, planOf, shard, epoch, upTo } = options;
  const { isOurs } = of;
  const base = snapshot && (await readSnapshotPart(history, snapshot, of));
  const grownAt = history.lineage.grownAt(shard);
  let grows = grownAt !== undefined && (snapshot?.position ?? 0) <= grownAt;
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
  for await (const page of rows.read(of.part, upTo)) {
    for (const found of page) {
      const read = "flaw" in found ? found : openRow(found, isOurs);
      if ("flaw" in read) {
        flaws.push(read.flaw);
        continue;
      }
      const { position, instant, record } = read.row;
      if (record?.kind === "plan") refold.beginPlan(await planOf(record));
      if (record?.kind === "repaired" && record.repair.of === "messages" && position > (grownAt ?? 0)) grows = false;
      foldOne(refold, { position, instant, record, isOurs });
    }
  }
  return { refold, base, cells, flaws, grows };
}

function foldOne(
  refold: Refold,
  { position, instant, record, isOurs }: ReadRecord & { readonly isOurs: (slot: Slot) => boolean },
): void {
  const [id] = record === undefined ? [] : profilesOf(record);
  try {
    // Of somebody else only what the shard as a whole remembers of it is folded: messages and orders.
    const isElses = record === undefined || (id !== undefined && !isOurs(slotOfProfile(id)));
    if (isElses) refold.pass(record, position, instant);
    else refold.fold(record, position, instant);
  } catch (error) {
    if (!(error instanceof CorruptShardError)) throw error;
  }
}

const STANDS = Buffer.from("rebuilt from history");

/** Whether this batch stands for what history has, of a shard that was not made whole yet. */
export function standsForHistory(batch: Uint8Array): boolean {
  return STANDS.equals(batch);
}

/** The shard as it goes on where history ends. */
function beginBehind({ upTo, journalEnd, nameOf }: ShardRebuild, begun: Shard): Shard {
  begun.position = Math.max(upTo, journalEnd);
  begun.metaPosition = upTo;
  begun.beginSweep();
  begun.plans = begun.plans.map(([at, digest]) => [at, nameOf(digest)] as const);
  return begun;
}

/** The journal ends where history does. Nobody reads what stands there: it is for all that history has, and goes at last. */
async function standIn({ store, shard, epoch, upTo, journalEnd }: ShardRebuild): Promise<void> {
  if (journalEnd >= upTo) return;
  // Behind that of a killed run, if history has come further since.
  const stands = { shard, epoch, firstPosition: journalEnd + 1, count: upTo - journalEnd, digest: 1, bytes: STANDS };
  const [outcome] = await store.journal.append([stands]);
  if (outcome?.is !== "ok" && outcome?.is !== "already") throw new OvertakenError(shard);
}

/** All that is stored is good up to where history ends. */
async function vouch({ store, shard, epoch, upTo }: ShardRebuild, meta: Uint8Array): Promise<void> {
  if (upTo === 0) return;
  const piece = { shard, epoch, watermark: upTo, after: 0, journalEnd: upTo, meta };
  if ((await store.state.checkpoint({ ...piece, profiles: [], cells: [], forgotten: [] })) !== "ok")
    throw new OvertakenError(shard);
  await store.journal.trim(shard, upTo);
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

/**
 * What the people of this shard had asked and nobody had answered, to where it is asked now; and, behind it, that nothing else
 * stands. A run that was cut off may have asked some of it already.
 */
function askedAnew({ store, history, shard, epoch }: ShardRebuild, { peers }: Shard): readonly JournalRecord[] {
  const { shards } = store;
  // What is nobody's stays with the shard whose it was.
  const keepsRest = history.lineage.originOf(shard)?.upTo !== history.lineage.grownAt(shard);
  const open = new Map<string, PeerBody>();
  for (const to of peers.neighbours)
    for (const { body } of peers.toSend(to, Number.POSITIVE_INFINITY)) open.set(JSON.stringify(body), body);
  const records: JournalRecord[] = [];
  for (const body of open.values()) {
    const asker = askerOf(body);
    const isOurs = asker === undefined ? keepsRest : shardOfProfile(asker, shards) === shard;
    if (isOurs) records.push({ kind: "sent", to: placeOf(body, shards), n: peers.nextNumber(epoch), body });
  }
  return [...records, { kind: "repaired", repair: { of: "messages", since: epoch * COUNTERS_PER_EPOCH } }];
}
