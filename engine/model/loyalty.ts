/**
 * What a loyalty rule says, and the sums it leads to. Points are integers; amounts are integers of 1/10,000. What a receipt
 * earned is recorded with it, and a return takes back a part of what was recorded: no sum here is ever made again by a
 * later rule. Pure.
 */

import type { Bonus } from "./earning.ts";

export type Rounding = "down" | "nearest" | "up";

/** Names of templates of the till, or of content rules that choose them: to print under a receipt, and to show. */
export interface MessagePair {
  readonly print: string | null;
  readonly show: string | null;
}

/** Plain JSON: part of a plan's bytes. */
export interface Loyalty {
  readonly name: string;
  /** ISO 4217; receipts of another one earn nothing. */
  readonly currency: string;
  /** `points` for every `per` (1/10,000 of the currency's unit). */
  readonly points: number;
  readonly per: number;
  readonly rounding: Rounding;
  /** Categories whose lines earn nothing; sorted. */
  readonly excluded: readonly string[];
  /** Whether a return may take more than there is. */
  readonly balance: "may be negative" | "not below zero";
  /** What a return of nothing known takes: what the rate says today, or nothing. */
  readonly unmatched: "at the rate" | "nothing";
  /** The most that one receipt earns, bonuses with it; absent: `receiptPointsMax`. */
  readonly atMost?: number;
  /** What is earned beside; absent where there are none. */
  readonly bonuses?: readonly Bonus[];
  /** Content rules that choose the templates of a sale, by name. */
  readonly sale: MessagePair;
  readonly onReturn: MessagePair;
  readonly nobody: MessagePair;
}

/** Points for an amount of at least 0. Exact: the product may pass 2^53, so it is made of big integers then. */
export function pointsFor(
  amount: number,
  { points, per, rounding }: Pick<Loyalty, "points" | "per" | "rounding">,
): number {
  if (amount <= 0) return 0;
  return divide(amount, points, per, rounding);
}

/** `amount x times / by`, rounded as said; all integers, `by` > 0. */
function divide(amount: number, times: number, by: number, rounding: Rounding): number {
  const product = amount * times;
  if (product > Number.MAX_SAFE_INTEGER - by) {
    const exact = BigInt(amount) * BigInt(times);
    const extra = rounding === "down" ? 0n : rounding === "up" ? BigInt(by) - 1n : BigInt(by) / 2n;
    return Number((exact + extra) / BigInt(by));
  }
  const rest = product % by;
  const whole = (product - rest) / by;
  if (rest === 0 || rounding === "down") return whole;
  return rounding === "up" || rest * 2 >= by ? whole + 1 : whole;
}

/** What is known of the receipt that comes back: all integers of at least 0. */
export interface Earned {
  readonly earned: number;
  /** The amount that they were earned with. */
  readonly eligible: number;
  /** Taken back by earlier returns, and with what amount. */
  readonly reversed: number;
  readonly returned: number;
}

/**
 * What a return of `amount` takes back of what a receipt earned: its share, rounded down, of all that has come back so far,
 * less what was taken before. So the parts never make more than the whole, and once all has come back they are the whole.
 */
export function reversalOf(original: Earned, amount: number): number {
  const returned = Math.min(original.returned + amount, original.eligible);
  const due = original.eligible === 0 ? 0 : divide(original.earned, returned, original.eligible, "down");
  return Math.max(0, due - original.reversed);
}
