/**
 * What a receipt does to its customer's points, and what the till is told, as JSON members that are recorded and repeated
 * as they are. Pure: the rule of the day, the receipt and what is known of the one that comes back.
 */
import {
  type Amounts,
  amountOf,
  type Bonus,
  earn,
  type EarnedInParts,
  type LedgerPart,
  limitParts,
  takeBack,
} from "../model/earning.ts";
import { type Loyalty, pointsFor } from "../model/loyalty.ts";
import { type PointsOfReceipt, type Receipt, type ReceiptFacts, receiptMessageId } from "../model/receipt.ts";
import type { ReceiptValues, TillWords } from "../model/till-words.ts";

export interface Account extends PointsOfReceipt {
  readonly eligible: number;
  /** By which rule, of which lines; absent where all lines have earned alike. */
  readonly parts?: readonly LedgerPart[];
  readonly flags: readonly string[];
}

export function accountOf(
  { facts, counted, byCategory }: Pick<Receipt, "facts" | "counted" | "byCategory">,
  given: {
    readonly loyalty: Loyalty | undefined;
    /** Of a sale: those whose conditions hold. */
    readonly bonuses: readonly Bonus[];
    /** Of the receipt that comes back; undefined when it is not known. */
    readonly original: EarnedInParts | undefined;
    readonly balance: number;
  },
): Account {
  const { loyalty, bonuses, original, balance } = given;
  const flags = [...facts.flags];
  const isReturn = facts.kind === "return";
  if (isReturn && original === undefined) flags.push("unmatched_return");
  const nothing = { earned: 0, reversed: 0, eligible: 0, balance, flags };
  if (loyalty === undefined) return nothing;
  if (facts.currency !== loyalty.currency) {
    flags.push("other_currency");
    return nothing;
  }
  const amounts = amountsOf(counted, byCategory, isReturn ? -1 : 1);
  if (!isReturn) {
    const { wasLimited, ...sale } = earn(amounts, loyalty, { bonuses, at: facts.at });
    if (wasLimited) flags.push("points_at_most");
    return { ...sale, reversed: 0, balance: balance + sale.earned, flags };
  }
  const { reversed, returned, over, parts } =
    original === undefined ? unmatched(amounts, loyalty) : takeBack(original, amounts);
  if (over) flags.push("over_returned");
  const takeable = loyalty.balance === "may be negative" ? reversed : Math.min(reversed, Math.max(0, balance));
  if (takeable < reversed) flags.push("balance_floor");
  return {
    earned: 0,
    reversed: takeable,
    eligible: returned,
    ...(parts !== undefined && { parts: limitParts(parts, "reversed", takeable) }),
    balance: balance - takeable,
    flags,
  };
}

/** By the loyalty rule of today alone: what a bonus would have given, nobody knows. */
function unmatched(amounts: Amounts, loyalty: Loyalty): ReturnType<typeof takeBack> {
  const returned = amountOf({ but: loyalty.excluded }, amounts);
  return { reversed: loyalty.unmatched === "at the rate" ? pointsFor(returned, loyalty) : 0, returned, over: false };
}

function amountsOf(total: number, byCategory: ReadonlyMap<string, number>, sign: 1 | -1): Amounts {
  if (sign === 1) return { total, byCategory };
  return { total: -total, byCategory: new Map([...byCategory].map(([category, amount]) => [category, -amount])) };
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

/** What templates show of the receipt; a bonus that the rules do not have any more by its name. */
export function valuesOfReceipt(
  { receiptId, store, total }: ReceiptFacts,
  { earned, reversed, balance, parts = [] }: Account,
  loyalty: Loyalty | undefined,
): ReceiptValues {
  const given = parts.filter(({ rule, earned: points }) => rule !== loyalty?.name && points > 0);
  const titleOf = (rule: string) => loyalty?.bonuses?.find(({ name }) => name === rule)?.title ?? { "": rule };
  return {
    earned,
    reversed,
    balance,
    total,
    number: receiptId,
    store,
    bonus: given.reduce((sum, part) => sum + part.earned, 0),
    bonuses: given.map(({ rule }) => titleOf(rule)),
  };
}

/** The flags of an account, with one where the till is not told all that it was to be told. */
export function flagsOf({ flags }: Account, { lacks }: TillWords): readonly string[] {
  return lacks ? [...flags, "not_worded"] : flags;
}

/** `"receiptId":...,"show":[...]`, without braces. */
export function membersOf(facts: ReceiptFacts, { account, words, points }: Telling): string {
  const { earned, reversed, balance, parts = [] } = account;
  const { receiptId, store, till } = facts;
  const by = parts.map((part) => ({ rule: part.rule, points: part.earned - part.reversed }));
  const { print, show, screen } = words;
  const told = {
    receiptId,
    store,
    till,
    messageId: receiptMessageId(facts),
    flags: flagsOf(account, words),
    ...(points && { points: { earned, reversed, balance, ...(by.length > 0 && { by }) } }),
    print,
    show,
    ...(screen !== undefined && { screen }),
  };
  return JSON.stringify(told).slice(1, -1);
}

/** The points that these members tell; undefined where they tell none. */
export function pointsIn(members: string): PointsOfReceipt | undefined {
  return (JSON.parse(`{${members}}`) as { readonly points?: PointsOfReceipt }).points;
}
