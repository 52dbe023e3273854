/**
 * A till's receipt, parsed once and normalised: what is recorded, decided and answered by. Amounts are integers of
 * 1/10,000 of the currency's unit, quantities of 1/10,000 of a piece; sums of quantity x price are exact integers of
 * 10^-8, as decimal text since they may pass 2^53.
 *
 * A receipt has a cell of its own, beside those of identifiers: it remembers the receipt's **mark**, which tells a
 * repetition from a conflict, and whose it is. The mark stands where an identifier's cell names a profile, in the same 24
 * hex digits, so that stores keep both alike: seconds of acceptance (8), hash of the content (8), hash of the customer
 * (8; 0: nobody's).
 */
import type { LedgerPart } from "./earning.ts";
import type { Event, EventName, JsonObject } from "./event.ts";
import type { Digest64 } from "./hash.ts";
import { digestText, hex8 } from "./hash.ts";
import type { CellKey } from "./identifier.ts";
import type { Brand, Instant, ProfileId, SourceId } from "./ids.ts";

/** The event that a receipt is in its customer's profile. */
export const SALE_EVENT = "order_completed" as EventName;
export const RETURN_EVENT = "order_refunded" as EventName;

/** What names a receipt within a source. */
export interface ReceiptName {
  readonly store: string;
  readonly till: string;
  readonly receiptId: string;
}

/** The small facts of a receipt that history has as columns. */
export interface ReceiptFacts extends ReceiptName {
  readonly source: SourceId;
  /** `digestHex` of its message id. */
  readonly digest: string;
  readonly kind: "sale" | "return";
  readonly currency: string;
  /** The till's own time, corrected. */
  readonly at: Instant;
  readonly lines: number;
  /** Sum of quantity x unit price, in 10^-8, as an integer text; below zero where more came back than went out. */
  readonly linesAmount: string;
  /** Below zero for a return. */
  readonly total: number;
  /** Digest of the receipt that comes back. */
  readonly refersTo: string | null;
  /** Codes of RECEIPT_FLAGS, in the order met. */
  readonly flags: readonly string[];
}

/**
 * What a receipt may set off beside what it counts for. Of the past, nothing (`off`), or what the till would have been told
 * is recorded (`record`); pages that are open change for `on` alone.
 */
export type Effects = "off" | "record" | "on";

export interface Receipt {
  readonly cell: CellKey;
  readonly facts: ReceiptFacts;
  /** Hash of all that is said but for whom and when it was sent. */
  readonly content: number;
  /** Hash of the identifiers; 0: nobody's. */
  readonly customer: number;
  readonly training: boolean;
  readonly effects: Effects;
  /** The till's own (BCP 47), for customers of whom none is known; not part of the content. */
  readonly language?: string;
  /** What earns or takes back points, in 1/10,000: the total, but never more than lines account for; as signed as it. */
  readonly counted: number;
  /** Totals of lines by category; the rest of the receipt has none. */
  readonly byCategory: ReadonlyMap<string, number>;
  /** With no identifiers when it is nobody's. */
  readonly event: Event;
}

/** What a receipt did to its customer's points, and how many there are after it. */
export interface PointsOfReceipt {
  readonly earned: number;
  readonly reversed: number;
  readonly balance: number;
}

/**
 * The properties by which a receipt's event tells rules and messages of the points: those of a sale, and those of a return.
 * Nobody but the engine says them of a receipt, and only where there is a loyalty rule.
 */
export const POINTS_PROPERTIES: ReadonlyMap<string, readonly string[]> = new Map([
  [SALE_EVENT, ["points_earned", "points_balance"]],
  [RETURN_EVENT, ["points_reversed", "points_balance"]],
]);

const BODY_BEGINS = '{"fields":{';

/** The body that is recorded of a receipt's event. @param writtenAt its time, as the till wrote it */
export function receiptBody(fields: JsonObject, writtenAt: string): string {
  return `${BODY_BEGINS}${JSON.stringify(fields).slice(1)},"originalTimestamp":"${writtenAt}"}`;
}

/** The event of a receipt with what it did to the points. What tells its repetition stays that of the receipt alone. */
export function withPoints(event: Event, { earned, reversed, balance }: PointsOfReceipt): Event {
  const points: JsonObject =
    event.name === SALE_EVENT
      ? { points_earned: earned, points_balance: balance }
      : { points_reversed: reversed, points_balance: balance };
  // Ahead of what the till has said, of which there is always something: its number.
  const body = `${BODY_BEGINS}${JSON.stringify(points).slice(1, -1)},${event.body.slice(BODY_BEGINS.length)}`;
  return { ...event, fields: { ...points, ...event.fields }, body };
}

const SEPARATOR = /[%/]/g;

function escaped(text: string): string {
  return SEPARATOR.test(text) ? text.replace(SEPARATOR, (sign) => (sign === "/" ? "%2F" : "%25")) : text;
}

/** The event's message id: unique within a source. */
export function receiptMessageId({ store, till, receiptId }: ReceiptName): string {
  return `receipt/${escaped(store)}/${escaped(till)}/${escaped(receiptId)}`;
}

/** No identifier's cell begins so. */
export const RECEIPT_CELL_PREFIX = "receipt:";

export function receiptCell(source: SourceId, messageId: string): CellKey {
  return `${RECEIPT_CELL_PREFIX}${source}/${messageId}` as CellKey;
}

export function isReceiptCell(key: CellKey): boolean {
  return key.startsWith(RECEIPT_CELL_PREFIX);
}

/** As of any event: of (source, messageId). */
export function receiptDigest(source: SourceId, messageId: string): Digest64 {
  return digestText(`${source}\n${messageId}`);
}

export type ReceiptMark = Brand<string, "ReceiptMark">;

/** Of a mark whose receipt's own time cannot be believed: it never goes. */
export const MARK_WITHOUT_TIME: Instant = 0xffffffff * 1000;

export interface ReceiptMarkParts {
  readonly acceptedAt: Instant;
  readonly content: number;
  readonly customer: number;
}

export function createReceiptMark({ acceptedAt, content, customer }: ReceiptMarkParts): ReceiptMark {
  return (hex8(Math.floor(acceptedAt / 1000)) + hex8(content) + hex8(customer)) as ReceiptMark;
}

export function readReceiptMark(mark: string): ReceiptMarkParts {
  return {
    acceptedAt: Number.parseInt(mark.slice(0, 8), 16) * 1000,
    content: Number.parseInt(mark.slice(8, 16), 16),
    customer: Number.parseInt(mark.slice(16, 24), 16),
  };
}

/** A cell keeps 24 hex digits, whatever they name. */
export function asCellValue(mark: ReceiptMark): ProfileId {
  return mark as string as ProfileId;
}

/**
 * Where a receipt stands on its way, as the route of its message: at its own cell first; then, with the cell's leave, at
 * its customer. There it is new, unless the profile remembers it; where a mark is found to be older than profiles
 * remember, history is asked before.
 */
export const RECEIPT_AT_CELL = 2;
export const RECEIPT_NEW = 3;
export const RECEIPT_SEEN = 4;
export const RECEIPT_SEEN_LONG_AGO = 5;
/** Its mark is gone, and history has it as somebody's: whose, the customer's shard sees to. */
export const RECEIPT_UNMARKED = 6;

/** What history knows of a receipt. */
export interface KnownReceipt {
  readonly profile: ProfileId | undefined;
  readonly earned: number;
  readonly eligible: number;
  /** By all returns of it; and so in parts. */
  readonly reversed: number;
  readonly returned: number;
  readonly parts?: readonly LedgerPart[];
  /** Digests of those returns. */
  readonly returns: readonly string[];
  /** The members of the answer, as they were told. */
  readonly answer: string;
  /** By what it is told from another one of the same number, once its mark is gone. */
  readonly sums: Pick<ReceiptFacts, "kind" | "currency" | "at" | "lines" | "linesAmount" | "total">;
}
