/**
 * From the bytes of a journal batch to history's rows: what a report or a query asks of a record becomes a column, the
 * record's own bytes stay as they are. Texts stay bytes where that can be, as decoding and encoding them again cost more
 * than all else here. Pure.
 */
import type { Epoch, Instant, Position, ShardId, ProfileId } from "../model/ids.ts";
import type { EventColumns, EventPlaces, SplitRecord } from "../model/record-codec.ts";
import { decodeRecord, locateEventColumns, openBatch, readEventColumns, splitBatch } from "../model/record-codec.ts";
import type { StoredBatch } from "../store/port.ts";
import type { EventRow, HistoryRow, MergeRow, ReceiptRow, TransitionRow } from "./port.ts";
import { profileOf } from "../model/record-head.ts";
import { queryableJson, queryableText } from "./queryable-text.ts";
import { KnownTexts } from "./known-texts.ts";
import { termsOfEvent } from "./people-words.ts";
import type { PersonTerms } from "./people-words.ts";

const ESCAPED = Buffer.from("\\u");
const ABSORB = Buffer.from('"ask":"absorb"');
const texts = new KnownTexts();

/**
 * The rows of a batch behind a position, which may lie within it; they hold views into its bytes.
 * @throws CorruptBatchError, UnknownRecordError as the codec
 */
export function rowsOfBatch(shard: ShardId, batch: StoredBatch, after: Position): readonly HistoryRow[] {
  const { instant, records } = openBatch(batch.bytes);
  // One search a batch tells nearly always that no body has an escape that a database would refuse: digests, too, may have
  // its two bytes, and then each body is searched.
  const plain = !Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length).includes(ESCAPED);
  const rows: HistoryRow[] = [];
  for (const split of records) {
    if (split.position <= after) continue;
    const event = split.kind === "event" ? eventOf(split.record, plain) : undefined;
    rows.push(new JournalRow(shard, { instant, epoch: batch.epoch }, split, event));
  }
  return rows;
}

/** A row of a record. What few ask for is made when it is asked for: a view or a text costs more than finding it. */
class JournalRow implements HistoryRow {
  readonly shard: ShardId;
  readonly position: Position;
  readonly kind: SplitRecord["kind"];
  readonly instant: Instant;
  readonly epoch: Epoch;
  readonly profileAt: number | undefined;
  readonly event: EventRow | undefined;
  readonly transition: TransitionRow | undefined;
  readonly receipt: ReceiptRow | undefined;
  readonly merge: MergeRow | undefined;
  readonly named: PersonTerms | undefined;
  readonly record: Buffer;

  constructor(
    shard: ShardId,
    { instant, epoch }: { readonly instant: Instant; readonly epoch: Epoch },
    split: SplitRecord,
    event: FoundEvent | undefined,
  ) {
    const { position, kind, record } = split;
    this.shard = shard;
    this.position = position;
    this.kind = kind;
    this.instant = instant;
    this.epoch = epoch;
    this.profileAt = split.profileAt;
    const receipt = event === undefined ? receiptOf(split) : undefined;
    this.event = event?.row ?? receipt?.event;
    this.transition = transitionOf(split);
    this.receipt = receipt?.row;
    this.merge = mergeOf(split);
    this.named = event?.names === true ? termsOfRecord(record) : undefined;
    this.record = record;
  }

  get profile(): ProfileId | undefined {
    return this.profileAt === undefined ? emptiedBy(this) : profileOf(this.record, this.profileAt);
  }
}

/** An event whose texts stand in its record as they are asked. */
class LocatedEvent implements EventRow {
  readonly name: string;
  readonly timestamp: Instant;
  readonly source: string;
  readonly messageIdAt: number;
  readonly messageIdLength: number;
  readonly bodyAt: number;
  readonly bodyLength: number;
  readonly #record: Buffer;

  constructor(
    record: Buffer,
    { timestamp, messageIdAt, messageIdEnd, bodyAt }: EventPlaces,
    { name, source }: { readonly name: string; readonly source: string },
  ) {
    this.name = name;
    this.timestamp = timestamp;
    this.source = source;
    this.messageIdAt = messageIdAt;
    this.messageIdLength = messageIdEnd - messageIdAt;
    this.bodyAt = bodyAt;
    this.bodyLength = record.length - bodyAt;
    this.#record = record;
  }

  get messageId(): Uint8Array {
    return this.#record.subarray(this.messageIdAt, this.messageIdAt + this.messageIdLength);
  }

  get body(): Uint8Array {
    return this.#record.subarray(this.bodyAt);
  }
}

interface FoundEvent {
  readonly row: EventRow;
  /** The record may name somebody. */
  readonly names: boolean;
}

/**
 * @param plain no body of the batch has a `\\u` escape
 */
function eventOf(record: Buffer, plain: boolean): FoundEvent | undefined {
  const places = locateEventColumns(record);
  if (places === undefined || (!plain && record.includes(ESCAPED, places.bodyAt))) {
    const columns = readEventColumns(record);
    return columns && { row: eventRow(columns, record), names: true };
  }
  const { nameAt, sourceAt, messageIdAt } = places;
  const name = texts.text(record, nameAt, sourceAt);
  const source = texts.text(record, sourceAt, messageIdAt);
  return { row: new LocatedEvent(record, places, { name, source }), names: places.names || name === "identified" };
}

/** Read once more and whole, as few records name anybody. */
function termsOfRecord(record: Uint8Array): PersonTerms | undefined {
  const decoded = decodeRecord(record);
  return decoded.kind === "event" ? termsOfEvent(decoded.event) : undefined;
}

/** The row of an event whose texts have been decoded, made queryable. */
export function eventRow(columns: EventColumns, record: Uint8Array): EventRow {
  const body = Buffer.from(queryableJson(columns.body));
  const bodyAt = record.length - body.length;
  const messageId = Buffer.from(queryableText(columns.messageId));
  return {
    name: queryableText(columns.name),
    timestamp: columns.timestamp,
    source: queryableText(columns.source),
    messageId,
    messageIdLength: messageId.length,
    messageIdAt: undefined,
    body,
    bodyLength: body.length,
    bodyAt: bodyAt >= 0 && Buffer.compare(record.subarray(bodyAt), body) === 0 ? bodyAt : undefined,
  };
}

/** The bytes of the record at a position; undefined when the batch does not hold it. */
export function recordAt(batch: StoredBatch, position: Position): Uint8Array | undefined {
  return splitBatch(batch.bytes).find((split) => split.position === position)?.record;
}

interface ReceiptParts {
  readonly event: EventRow | undefined;
  readonly row: ReceiptRow;
}

/** Of a ledger record, and of nobody's receipt. */
function receiptOf({ kind, record }: SplitRecord): ReceiptParts | undefined {
  if (kind !== "ledger" && kind !== "receipt") return undefined;
  const decoded = decodeRecord(record);
  if (decoded.kind === "ledger") {
    const { facts, earned, reversed, eligible, parts, balance, answer } = decoded;
    return { event: undefined, row: { facts, earned, reversed, eligible, ...(parts && { parts }), balance, answer } };
  }
  if (decoded.kind !== "receipt" || decoded.unclaimed === undefined) return undefined;
  const { facts, event, answer } = decoded.unclaimed;
  return { event: eventRow(event, record), row: { facts, earned: 0, reversed: 0, eligible: 0, balance: 0, answer } };
}

/** Whom a record has emptied: it goes with the rest of theirs. */
function emptiedBy({ kind, record }: Pick<SplitRecord, "kind" | "record">): ProfileId | undefined {
  const decoded = kind === "repaired" ? decodeRecord(record) : undefined;
  if (decoded?.kind !== "repaired" || decoded.repair.of !== "profile") return undefined;
  return decoded.repair.emptied === true ? decoded.repair.profile : undefined;
}

function transitionOf({ kind, record }: SplitRecord): TransitionRow | undefined {
  if (kind !== "transition") return undefined;
  const decoded = decodeRecord(record);
  return decoded.kind === "transition"
    ? { segment: queryableText(decoded.segment), entered: decoded.entered }
    : undefined;
}

function mergeOf({ kind, record }: SplitRecord): MergeRow | undefined {
  // Nearly all that shards receive from each other are claims, which need no decoding to be told.
  if (kind !== "received" || !Buffer.from(record.buffer, record.byteOffset, record.length).includes(ABSORB))
    return undefined;
  const decoded = decodeRecord(record);
  if (decoded.kind !== "received" || decoded.body.ask !== "absorb" || decoded.result.is !== "done") return undefined;
  return { loser: decoded.body.loser, winner: decoded.body.winner };
}
