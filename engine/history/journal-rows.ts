/**
 * From the bytes of a journal batch to history's rows: what a report or a query asks of a record becomes a column, the
 * record's own bytes stay as they are. Texts stay bytes where that can be, as decoding and encoding them again cost more
 * than all else here. Pure.
 */
import type { Position, ShardId, ProfileId } from "../model/ids.ts";
import type { EventColumns, SplitRecord } from "../model/record-codec.ts";
import { decodeRecord, locateEventColumns, openBatch, readEventColumns, splitBatch } from "../model/record-codec.ts";
import type { StoredBatch } from "../store/port.ts";
import type { EventRow, HistoryRow, MergeRow, ReceiptRow, TransitionRow } from "./port.ts";
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
  // One search a batch tells nearly always that no body has an escape that a database would refuse.
  const plain = !Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length).includes(ESCAPED);
  const rows: HistoryRow[] = [];
  for (const split of records) {
    if (split.position <= after) continue;
    const { position, kind, profile, record } = split;
    const receipt = receiptOf(split);
    const event = kind === "event" ? eventOf(record, plain) : undefined;
    rows.push({
      shard,
      position,
      kind,
      instant,
      epoch: batch.epoch,
      profile: profile ?? emptiedBy(split),
      event: event?.row ?? receipt?.event,
      transition: transitionOf(split),
      receipt: receipt?.row,
      merge: mergeOf(split),
      named: event?.names === true ? termsOfRecord(record) : undefined,
      record,
    });
  }
  return rows;
}

/**
 * @param plain no body of the batch has a `\\u` escape
 * @returns the row, and whether its record may name somebody
 */
function eventOf(record: Uint8Array, plain: boolean): { readonly row: EventRow; readonly names: boolean } | undefined {
  const places = plain ? locateEventColumns(record) : undefined;
  if (places === undefined) {
    const columns = readEventColumns(record);
    return columns && { row: eventRow(columns, record), names: true };
  }
  const { timestamp, nameAt, sourceAt, messageIdAt, messageIdEnd, bodyAt, names } = places;
  const name = texts.text(record, nameAt, sourceAt);
  const row: EventRow = {
    name,
    timestamp,
    source: texts.text(record, sourceAt, messageIdAt),
    messageId: record.subarray(messageIdAt, messageIdEnd),
    messageIdAt,
    body: record.subarray(bodyAt),
    bodyAt,
  };
  return { row, names: names || name === "identified" };
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
  return {
    name: queryableText(columns.name),
    timestamp: columns.timestamp,
    source: queryableText(columns.source),
    messageId: Buffer.from(queryableText(columns.messageId)),
    messageIdAt: undefined,
    body,
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
function emptiedBy({ kind, record }: SplitRecord): ProfileId | undefined {
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
