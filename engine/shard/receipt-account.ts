/**
 * What a receipt does to its customer's points, and what the till is told, as JSON members that are recorded and repeated
 * as they are. Pure: the rule of the day, the receipt and what is known of the one that comes back.
 */
import { type Earned, type Loyalty, pointsFor, reversalOf } from "../model/loyalty.ts";
import { type Receipt, type ReceiptFacts, receiptMessageId } from "../model/receipt.ts";
import type { ReceiptValues, TillWords } from "../model/till-words.ts";

export interface Account {
  readonly earned: number;
  readonly reversed: number;
  readonly eligible: number;
  /** After it. */
  readonly balance: number;
  readonly flags: readonly string[];
}

export function accountOf(
  { facts, byCategory }: Pick<Receipt, "facts" | "byCategory">,
  given: {
    readonly loyalty: Loyalty | undefined;
    /** Of the receipt that comes back; undefined when it is not known. */
    readonly original: Earned | undefined;
    readonly balance: number;
  },
): Account {
  const { loyalty, original, balance } = given;
  const flags = [...facts.flags];
  const isReturn = facts.kind === "return";
  if (isReturn && original === undefined) flags.push("unmatched_return");
  const nothing = { earned: 0, reversed: 0, eligible: 0, balance, flags };
  if (loyalty === undefined) return nothing;
  if (facts.currency !== loyalty.currency) {
    flags.push("other_currency");
    return nothing;
  }
  const sign = isReturn ? -1 : 1;
  let eligible = facts.total * sign;
  for (const category of loyalty.excluded) eligible -= (byCategory.get(category) ?? 0) * sign;
  eligible = Math.max(0, eligible);
  if (!isReturn) {
    const earned = pointsFor(eligible, loyalty);
    return { earned, reversed: 0, eligible, balance: balance + earned, flags };
  }
  let reversed = 0;
  if (original !== undefined) {
    reversed = reversalOf(original, eligible);
    if (original.returned + eligible > original.eligible) flags.push("over_returned");
  } else if (loyalty.unmatched === "at the rate") reversed = pointsFor(eligible, loyalty);
  const takeable = loyalty.balance === "may be negative" ? reversed : Math.min(reversed, Math.max(0, balance));
  if (takeable < reversed) flags.push("balance_floor");
  return { earned: 0, reversed: takeable, eligible, balance: balance - takeable, flags };
}

export interface Telling {
  readonly account: Account;
  readonly words: TillWords;
  /** Whether there are points to be told. */
  readonly points: boolean;
}

/** What the till is told of a receipt that was not counted, or nobody's. */
export function accountOfNothing(flags: readonly string[]): Account {
  return { earned: 0, reversed: 0, eligible: 0, balance: 0, flags };
}

/** What templates show of the receipt. */
export function valuesOfReceipt({ receiptId, store, total }: ReceiptFacts, account: Account): ReceiptValues {
  const { earned, reversed, balance } = account;
  return { earned, reversed, balance, total, number: receiptId, store };
}

/** The flags of an account, with one where the till is not told all that it was to be told. */
export function flagsOf({ flags }: Account, { lacks }: TillWords): readonly string[] {
  return lacks ? [...flags, "not_worded"] : flags;
}

/** `"receiptId":...,"show":[...]`, without braces. */
export function membersOf(facts: ReceiptFacts, { account, words, points }: Telling): string {
  const { earned, reversed, balance } = account;
  const { receiptId, store, till } = facts;
  const { print, show, screen } = words;
  const told = {
    receiptId,
    store,
    till,
    messageId: receiptMessageId(facts),
    flags: flagsOf(account, words),
    ...(points && { points: { earned, reversed, balance } }),
    print,
    show,
    ...(screen !== undefined && { screen }),
  };
  return JSON.stringify(told).slice(1, -1);
}
