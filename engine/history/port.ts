/**
 * The durable history as the rest sees it: every journal record as a row, in order per shard, exact by a watermark that
 * moves in the same transaction as the rows. Two adapters, `embedded/` (DuckDB, one file) and `postgres/`, pass one
 * contract suite. Nothing on the decision path waits for it. A promise rejects with `HistoryUnavailable` (an operating
 * error: nothing is known of whether a write was made, repeat after reading the watermarks) or with a programmer's error.
 */
import type { LedgerPart } from "../model/earning.ts";
import type { KnownReceipt, ReceiptFacts } from "../model/receipt.ts";
import type { Epoch, Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { JournalRecord } from "../model/record.ts";
import type { PersonTerms, SoughtWord } from "./people-words.ts";

export { eventsIn } from "./event-blocks.ts";
export { digestOfFile } from "./file-digest.ts";
export { UNDRAINED } from "./drain-write.ts";
export {
  BASE,
  LINEAGE,
  Lineage,
  type Origin,
  readLineage,
  shardsIn,
  type WithLineage,
  withLineage,
} from "./lineage.ts";
export { SealWriter } from "./seal.ts";

/** What an event can be asked by; texts hold nothing that a database would stumble over (queryable-text.ts). */
export interface EventRow {
  readonly name: string;
  readonly timestamp: Instant;
  readonly source: string;
  /** UTF-8, perhaps a view into the journal's batch, as nearly all come and go as bytes. */
  readonly messageId: Uint8Array;
  readonly messageIdLength: number;
  /** Where these very bytes stand in the row's `record`; undefined: not known, or nowhere. */
  readonly messageIdAt: number | undefined;
  /** UTF-8 of the JSON text that was recorded: `{fields, context?, originalTimestamp?}`. */
  readonly body: Uint8Array;
  readonly bodyLength: number;
  /** The same for `body`. */
  readonly bodyAt: number | undefined;
}

export interface TransitionRow {
  readonly segment: string;
  readonly entered: boolean;
}

/** Two profiles have become one. */
export interface MergeRow {
  readonly loser: ProfileId;
  readonly winner: ProfileId;
}

/** A receipt as kept in columns of its own, one row each. */
export interface ReceiptRow {
  readonly facts: ReceiptFacts;
  readonly earned: number;
  readonly reversed: number;
  readonly eligible: number;
  /** By rule and lines; absent where all lines have earned alike. */
  readonly parts?: readonly LedgerPart[];
  /** After it; 0 for nobody's. */
  readonly balance: number;
  readonly answer: string;
}

export interface HistoryRow {
  readonly shard: ShardId;
  readonly position: Position;
  /** Kind of the record, as in model/record.ts. */
  readonly kind: string;
  /** The instant of the record's batch: the day of acceptance partitions by it. */
  readonly instant: Instant;
  readonly epoch: Epoch;
  readonly profile: ProfileId | undefined;
  /** Where the profile's bytes stand in `record`, for who wants no text; undefined or absent: not known, or nowhere. */
  readonly profileAt?: number | undefined;
  /** For events; else undefined. */
  readonly event: EventRow | undefined;
  /** For transitions, so that reports need not read record bytes; else undefined. */
  readonly transition: TransitionRow | undefined;
  /** For ledger records, and nobody's receipts; else undefined. */
  readonly receipt: ReceiptRow | undefined;
  /** For the record by which a shard has absorbed another's profile; else undefined. */
  readonly merge: MergeRow | undefined;
  /** What its profile is found by, as far as the record says; undefined: nothing. */
  readonly named: PersonTerms | undefined;
  /** The record's own bytes, from which a fold starts again. */
  readonly record: Uint8Array;
}

export interface HistoryWatermark {
  readonly epoch: Epoch;
  readonly position: Position;
}

export interface DrainWrite {
  readonly shard: ShardId;
  /** Compare-and-set: rows are written only if the watermark stands here. */
  readonly from: HistoryWatermark;
  readonly to: HistoryWatermark;
  /** All records with from.position < position <= to.position; none where a shard of which nothing is drained begins at `to`. */
  readonly rows: readonly HistoryRow[];
  /** There are no such records anywhere any more, and history goes on without them. */
  readonly passesOver?: true;
}

/** What a fold starts again from. */
export interface HistoryRecord {
  readonly position: Position;
  readonly instant: Instant;
  readonly record: Uint8Array;
}

/** Where a record stands among the latest of all shards: by instant, newest first, then by shard, then by position. */
export interface RecordPlace {
  readonly instant: Instant;
  readonly shard: number;
  readonly position: number;
}

export interface LatestRecord extends RecordPlace {
  readonly record: Uint8Array;
}

/** Which events are wanted, of all shards. */
export interface EventScan {
  /** undefined: all. */
  readonly names?: readonly string[] | undefined;
  /** Only of these: what they were recorded under, whoever they have become since. undefined: of all. */
  readonly profiles?: readonly ProfileId[] | undefined;
  /** With them all records by which people have come to holdouts, whatever is named. */
  readonly exposures?: true | undefined;
  /** Only records at or before these positions; of a shard that is absent none. undefined: all that is drained. */
  readonly upTo?: ReadonlyMap<ShardId, Position> | undefined;
}

/** Some events, one row each, whose records stand behind each other in `bytes`. */
export interface EventBlock {
  /** Whose event it is: of profiles that have become one, the one that is left. */
  readonly people: readonly ProfileId[];
  /** Where each row's record ends. */
  readonly ends: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ShardRecord {
  readonly shard: ShardId;
  readonly position: Position;
  readonly record: Uint8Array;
}

/** Over the bytes of the records with from < position <= to, in order: what one drain has written. */
export interface HistorySeal {
  readonly from: Position;
  readonly to: Position;
  /** As seal.ts makes it. */
  readonly digest: string;
}

export interface KeptName {
  /** What it is one of: `plan`, `night`. */
  readonly kind: string;
  readonly key: string;
}

/** Something small that is kept beside the records. */
export interface KeptDocument extends KeptName {
  /** From 1; one more with each putting. */
  readonly version: number;
  readonly content: Uint8Array;
}

/** Which snapshot of a shard; unlike any other. */
export interface SnapshotName {
  readonly shard: ShardId;
  readonly take: string;
}

/** A shard's state as of a position, in pages that only who folds can read: see reconcile/snapshots.ts. */
export interface SnapshotHead extends SnapshotName {
  readonly pages: number;
  readonly content: Uint8Array;
}

export interface AgedEvents {
  readonly name: string;
  readonly before: Instant;
  /** Only those in whose fields this one has a value. */
  readonly trait?: string | undefined;
}

export interface AgedCount {
  readonly name: string;
  readonly trait: string | undefined;
  readonly rows: number;
}

/** Which rows of a shard's events are too old to be kept. */
export interface AgedScan {
  readonly shard: ShardId;
  /** Of those at or below it. */
  readonly upTo: Position;
  /** Of those only that were accepted before. */
  readonly acceptedBefore: Instant;
  /** Events of a name that happened before an instant. A row that several of them are about counts, and goes, for each. */
  readonly events: readonly AgedEvents[];
}

/** Somebody of whom nothing recorded at or below a position is to be kept. */
export interface EmptiedPerson {
  readonly profile: ProfileId;
  readonly upTo: Position;
}

export interface ReplacedRecord {
  readonly position: Position;
  /** When it was accepted, as it stands. */
  readonly instant: Instant;
  /** Its bytes from here on. */
  readonly record: Uint8Array;
}

/**
 * In bytes. Else nothing was lost, and it is to be tried again: `busy`, as somebody reads for long; `no_room`, as the disk is too
 * full for what is written on the way.
 */
export type Compacted = { readonly before: number; readonly after: number } | "busy" | "no_room";

export interface HistoryCopy {
  /** In bytes. */
  readonly size: number;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
}

export interface History {
  /** Of the shards that were ever drained; a shard that is absent stands at epoch 0, position 0. */
  watermarks(): Promise<ReadonlyMap<ShardId, HistoryWatermark>>;
  /**
   * One transaction for all shards given; `moved` (and nothing written) for a shard whose watermark stood elsewhere.
   * Resolved when durable. A RangeError, and nothing written at all, when rows do not fill a write exactly.
   */
  drain(writes: readonly DrainWrite[]): Promise<readonly ("ok" | "moved")[]>;
  /** Records after `after` in order, to refold what a rewound store has lost; at most `limit` rows. */
  records(shard: ShardId, after: Position, limit: number): Promise<readonly HistoryRecord[]>;
  /**
   * Events, person after person, each person's in order of their timestamps; as of the call, whatever is
   * drained meanwhile. Keeps no drain waiting. Rejects as all else here, between two blocks too.
   */
  events(scan: EventScan): AsyncIterable<EventBlock>;
  /** The first `limit` of those that end after `after`, in order; of rows drained before there were seals there are none. */
  seals(shard: ShardId, after: Position, limit: number): Promise<readonly HistorySeal[]>;
  document(name: KeptName): Promise<KeptDocument | undefined>;
  /** The greatest keys first, at most `limit`. */
  documents(kind: string, limit: number): Promise<readonly KeptDocument[]>;
  /**
   * Durable when resolved. False, and nothing changed, when it does not stand at version `from` (0: it is not there);
   * `from` undefined: whatever stands there. @param content undefined: it goes
   */
  putDocument(name: KeptName, content: Uint8Array | undefined, from?: number): Promise<boolean>;
  /** The one that was finished last. */
  snapshot(shard: ShardId): Promise<SnapshotHead | undefined>;
  /**
   * Pages count from 0; undefined: it is not there any more.
   * @param alone those behind it are not asked for next
   */
  snapshotPage(name: SnapshotName, page: number, alone?: boolean): Promise<Uint8Array | undefined>;
  /** Of one that is being taken; a page that stands there already is replaced. */
  putSnapshotPage(name: SnapshotName, page: number, content: Uint8Array): Promise<void>;
  /**
   * From here on it is the shard's snapshot, and whatever stood of others is gone. Durable when resolved. False, and
   * nothing changed, when its pages are not all there: another was finished meanwhile.
   * @param kept the take of another one of the shard, whose pages stay
   */
  finishSnapshot(head: SnapshotHead, kept?: string): Promise<boolean>;
  /** Pages of all other takes of the shard go, but of the one that was finished last: of what was never finished. */
  forgetPages(shard: ShardId, kept: readonly string[]): Promise<void>;
  /**
   * Writes all of history, as of one instant, to a file that is not there yet, while drains go on. undefined, and nothing
   * done, where the database has ways of its own.
   */
  copyTo(file: string): Promise<HistoryCopy | undefined>;
  /** How many rows are too old, by name and trait; those of which there are none are left out. */
  countAged(scan: AgedScan): Promise<readonly AgedCount[]>;
  /**
   * At most `limit` of them go, for good; how many have. Positions are then missing, and what lies below is folded by
   * nobody: a snapshot has it. What events have come to (receipts, ledgers, transitions, merges, who people are) stays. Where
   * two are about the same rows, fewer than `limit` may go while others are left.
   */
  removeAged(scan: AgedScan, limit: number): Promise<number>;
  /**
   * All rows of these people up to their positions go, and what they are found by: together or not at all. How many rows
   * have gone. As `removeAged`: below a snapshot alone.
   */
  removePeople(shard: ShardId, people: readonly EmptiedPerson[]): Promise<number>;
  /**
   * Records of a kind of which some of what they said goes, in place of those that stand at their positions; how many did. As
   * `removeAged`: below a snapshot alone. Not of a kind that is asked for by columns: events, transitions, receipts.
   */
  replaceRecords(shard: ShardId, kind: JournalRecord["kind"], records: readonly ReplacedRecord[]): Promise<number>;
  /** Of rows that stand at one position and say the same all go but one; how many have. */
  removeRepeated(shard: ShardId, position: Position): Promise<number>;
  /** Those that end at or before `upTo`. */
  forgetSeals(shard: ShardId, upTo: Position): Promise<void>;
  /**
   * Gives the disk back what removed rows accepted before an instant have taken. It needs as much room as is left of history,
   * or of its largest day.
   */
  compact(acceptedBefore: Instant): Promise<Compacted>;
  /** All records of kinds of which there are few, in order of shard and position. */
  recordsOf(kinds: readonly JournalRecord["kind"][]): Promise<readonly ShardRecord[]>;
  /** The latest records of some kinds, of all shards, the newest first; those that come behind a place, where one is named. */
  latestOf(
    kinds: readonly JournalRecord["kind"][],
    most: number,
    behind?: RecordPlace,
  ): Promise<readonly LatestRecord[]>;
  /** How many events there are of these names: to tell how far a read has come. */
  countEvents(names: readonly string[]): Promise<number>;
  /** What is known of the receipt of this digest (16 hex digits); undefined: nothing, or it is not drained yet. */
  receipt(digest: string): Promise<KnownReceipt | undefined>;
  /** For `vif report`. */
  totals(): Promise<HistoryTotals>;
  /** That part of the totals alone, by segment: cheap enough to be asked every few seconds. */
  transitions(): Promise<HistoryTotals["transitions"]>;
  /**
   * Whose terms (people-words.ts), gathered of all that was said of them, have all these words; of whom something new was
   * heard last comes first. A profile may have been merged into another since.
   */
  people(words: readonly SoughtWord[], limit: number): Promise<readonly ProfileId[]>;
  /**
   * Gathers the terms of all people from the records anew, while drains and searches go on; who is not yet read again is
   * not found. Returns how many people there are.
   */
  rebuildPeople(): Promise<number>;
  close(): Promise<void>;
}

/** Of all receipts, training aside; one that was nobody's and found its customer counts once. */
export interface ReceiptTotals {
  readonly receipts: number;
  readonly returns: number;
  /** Nobody's. */
  readonly unclaimed: number;
  readonly lines: number;
  /** Sum of quantity x unit price of all lines, exactly: an integer text in 10^-8 of the unit. All currencies together. */
  readonly linesAmount: string;
  /** In the order of currencies; `total`: sum of the receipts' totals, an integer text in 1/10,000, returns below zero. */
  readonly byCurrency: readonly { readonly currency: string; readonly receipts: number; readonly total: string }[];
  /** Who has a ledger; of two that became one, both. */
  readonly customers: number;
  /** Ledger entries, and the sum of their points. */
  readonly entries: number;
  readonly points: number;
}

export interface HistoryTotals {
  readonly events: number;
  readonly profiles: number;
  readonly firstTimestamp: Instant | undefined;
  readonly lastTimestamp: Instant | undefined;
  readonly byEvent: readonly { readonly name: string; readonly events: number; readonly profiles: number }[];
  readonly transitions: readonly { readonly segment: string; readonly entered: number; readonly left: number }[];
  readonly receipts: ReceiptTotals;
  readonly watermarks: readonly { readonly shard: ShardId; readonly epoch: Epoch; readonly position: Position }[];
}
