/** What a till is told in words, and of what these are made: shared by the plan, which has the templates, and a shard's turn. */
import type { MessagePair } from "./loyalty.ts";
import type { UnrenderableReason } from "./message.ts";
import type { FieldValue } from "./plan.ts";
import type { RecommendedProduct } from "./recommendation.ts";
import type { SendIntent } from "./trigger.ts";

/** Of the receipt that is answered, by the names that templates show them by: `{{number receipt.balance}}`. */
export interface ReceiptValues {
  /** Points. */
  readonly earned: number;
  readonly reversed: number;
  /** After it. */
  readonly balance: number;
  /** What was paid, or paid back, in 1/10,000 of the currency's unit. */
  readonly total: number;
  readonly number: string;
  readonly store: string;
  /** Of the points earned, those by bonuses, and what these are, by language. */
  readonly bonus: number;
  readonly bonuses: readonly Readonly<Record<string, string>>[];
}

/** Templates by their names, and the products that they go through where a recommendation has chosen them. */
export interface TillMessages extends MessagePair {
  readonly printProducts?: readonly RecommendedProduct[] | undefined;
  readonly showProducts?: readonly RecommendedProduct[] | undefined;
}

export interface TillReader {
  /** The customer's; undefined: not known, or nobody's receipt. */
  readonly language: string | undefined;
  /** IANA name of the zone by whose clock moments are told. */
  readonly zone: string;
  /** Fields of the profile that a template shows, those that are known. */
  valuesOf(template: string): Readonly<Record<string, FieldValue>>;
  readonly receipt: ReceiptValues;
}

export interface TillWords {
  /** Lines of at most as many signs as the till's paper has columns. */
  readonly print: readonly string[];
  /** The screen's text in lines, for a display that shows no markup. */
  readonly show: readonly string[];
  /** The screen's markup; undefined: nothing is shown. */
  readonly screen: string | undefined;
  /** Something of it could not be said to this customer: a value that it needs is not known. */
  readonly lacks: boolean;
}

export const NO_WORDS: TillWords = Object.freeze({ print: [], show: [], screen: undefined, lacks: false });

/** Pure: the same plan, messages and reader give the same words. */
export type PutTillIntoWords = (messages: TillMessages, reader: TillReader) => TillWords;

/** Of a message that a trigger sends: what it adds to the answer, or why it cannot be said to this customer. */
export type TillMessage =
  | ({ readonly is: "worded" } & Pick<TillWords, "print" | "show" | "screen">)
  | { readonly is: "unrenderable"; readonly field: string; readonly because: UnrenderableReason };

/** Pure, as above. */
export type PutTillMessageIntoWords = (
  intent: Pick<SendIntent, "template" | "event">,
  reader: Omit<TillReader, "receipt">,
) => TillMessage;
