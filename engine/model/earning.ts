/**
 * What a receipt earns by the loyalty rule and its bonuses, part by part, and what a return takes back of each. A part is
 * recorded with the lines that it counts, so that a return gives back what its own lines earned, whatever the rules say by
 * then. Pure.
 */
import { receiptPointsMax } from "../limits.ts";
import type { Instant } from "./ids.ts";
import { type Earned, type Loyalty, pointsFor, reversalOf } from "./loyalty.ts";

/** Which lines count: those `of` these categories, or all `but` those of these; neither: all. */
export interface CountedLines {
  readonly of?: readonly string[];
  readonly but?: readonly string[];
}

/** What an amount earns by a bonus: a rate of its own, the loyalty rule's so many hundredths of a time more, or so many points. */
export type BonusPoints =
  | { readonly is: "rate"; readonly points: number; readonly per: number }
  | { readonly is: "times"; readonly hundredths: number }
  | { readonly is: "fixed"; readonly points: number };

/** Plain JSON: part of a plan's bytes. */
export interface Bonus {
  readonly name: string;
  readonly earns: BonusPoints;
  /** Sorted; null: whatever the loyalty rule itself counts. */
  readonly categories: readonly string[] | null;
  /** By the receipt's own time: from this instant on, and before that one; null: without such a bound. */
  readonly from: Instant | null;
  readonly until: Instant | null;
  /** What customers are told that it is, by language; absent: its name. */
  readonly title?: Readonly<Record<string, string>>;
}

/** What one rule made of a receipt: of a return, what it took back of that. */
export interface LedgerPart extends Earned, CountedLines {
  /** The loyalty rule's name, or a bonus's. */
  readonly rule: string;
}

/** What is known of the receipt that comes back. Without parts all its lines have earned alike. */
export interface EarnedInParts extends Earned {
  readonly parts?: readonly LedgerPart[];
}

/** Totals in 1/10,000, of at least 0 in a sale and in what a return brings back alike. */
export interface Amounts {
  readonly total: number;
  /** The rest of the receipt has no category. */
  readonly byCategory: ReadonlyMap<string, number>;
}

export interface Sale {
  readonly earned: number;
  /** The amount that the loyalty rule itself counts. */
  readonly eligible: number;
  /** Absent where all lines have earned alike, by the loyalty rule alone. */
  readonly parts?: readonly LedgerPart[];
  /** Whether it would have earned more than one receipt may. */
  readonly wasLimited: boolean;
}

/** @param bonuses those whose conditions hold for this customer now */
export function earn(
  amounts: Amounts,
  loyalty: Loyalty,
  { bonuses, at }: { readonly bonuses: readonly Bonus[]; readonly at: Instant },
): Sale {
  const counted: CountedLines = loyalty.excluded.length === 0 ? {} : { but: loyalty.excluded };
  const eligible = amountOf(counted, amounts);
  const base: LedgerPart = { rule: loyalty.name, ...counted, ...begun(eligible, pointsFor(eligible, loyalty)) };
  const extra = bonuses.flatMap((bonus): readonly LedgerPart[] => {
    if (!isInPeriod(bonus, at)) return [];
    const lines: CountedLines = bonus.categories === null ? counted : { of: bonus.categories };
    const amount = amountOf(lines, amounts);
    const earned = pointsOf(bonus.earns, amount, loyalty);
    return earned === 0 ? [] : [{ rule: bonus.name, ...lines, ...begun(amount, earned) }];
  });
  const isPlain = extra.length === 0 && !loyalty.excluded.some((category) => amounts.byCategory.has(category));
  const { atMost = receiptPointsMax } = loyalty;
  const all = [base, ...extra];
  const due = all.reduce((sum, part) => sum + part.earned, 0);
  const earned = Math.min(due, atMost);
  const sale = { earned, eligible, wasLimited: due > atMost };
  return isPlain ? sale : { ...sale, parts: limitParts(all, "earned", atMost) };
}

export interface TakenBack {
  readonly reversed: number;
  /** More came back than was bought of some part. */
  readonly over: boolean;
  /** As the original's, with what this return took. */
  readonly parts?: readonly LedgerPart[];
}

/** @param amounts what comes back */
export function takeBack(original: EarnedInParts, amounts: Amounts): TakenBack & { readonly returned: number } {
  if (original.parts === undefined) {
    const returned = amountOf({}, amounts);
    const over = original.returned + returned > original.eligible;
    return { reversed: reversalOf(original, returned), returned, over };
  }
  let over = false;
  const parts = original.parts.map((part): LedgerPart => {
    const returned = amountOf(part, amounts);
    if (part.returned + returned > part.eligible) over = true;
    return { ...part, earned: 0, eligible: 0, reversed: reversalOf(part, returned), returned };
  });
  const reversed = parts.reduce((sum, part) => sum + part.reversed, 0);
  return { reversed, returned: parts[0]?.returned ?? 0, over, parts };
}

/** The parts of a receipt that may give, or of a return that may take, so many points at most: the first come first. */
export function limitParts(
  parts: readonly LedgerPart[],
  what: "earned" | "reversed",
  pointsMax: number,
): readonly LedgerPart[] {
  let left = pointsMax;
  return parts.map((part) => {
    const points = Math.min(part[what], left);
    left -= points;
    return points === part[what] ? part : { ...part, [what]: points };
  });
}

/** What has been taken back, with what one more return took. */
export function withReturned<Of extends EarnedInParts>(original: Of, back: EarnedInParts): Of {
  const { parts } = original;
  return {
    ...original,
    reversed: original.reversed + back.reversed,
    returned: original.returned + back.returned,
    ...(parts !== undefined && {
      parts: parts.map((part, index) => {
        const own = back.parts?.[index];
        return own === undefined
          ? part
          : { ...part, reversed: part.reversed + own.reversed, returned: part.returned + own.returned };
      }),
    }),
  };
}

export function isInPeriod({ from, until }: Pick<Bonus, "from" | "until">, at: Instant): boolean {
  return (from === null || at >= from) && (until === null || at < until);
}

/** What of a receipt counts; never below zero. */
export function amountOf({ of, but }: CountedLines, { total, byCategory }: Amounts): number {
  const sum = (categories: readonly string[]): number =>
    categories.reduce((all, category) => all + (byCategory.get(category) ?? 0), 0);
  return Math.max(0, of === undefined ? total - sum(but ?? []) : sum(of));
}

function pointsOf(earns: BonusPoints, amount: number, { points, per, rounding }: Loyalty): number {
  switch (earns.is) {
    case "rate":
      return pointsFor(amount, { points: earns.points, per: earns.per, rounding });
    case "times":
      return pointsFor(amount, { points: points * earns.hundredths, per: per * 100, rounding });
    case "fixed":
      return amount > 0 ? earns.points : 0;
  }
}

function begun(eligible: number, earned: number): Earned {
  return { earned, eligible, reversed: 0, returned: 0 };
}
