/**
 * What a loyalty rule says, and the sums it leads to. Points are integers; amounts are integers of 1/10,000. What a receipt
 * earned is recorded with it, and a return takes back a part of what was recorded: no sum here is ever made again by a
 * later rule. Pure.
 */

export type Rounding = "down" | "nearest" | "up";

/** A text in each language that it is written in, by language code. */
export type Texts = Readonly<Record<string, string>>;

/** Names of messages: to print under a receipt, and to show on the till. */
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
  /** Content rules that choose the messages of a sale, by name. */
  readonly sale: MessagePair;
  readonly onReturn: MessagePair;
  readonly nobody: MessagePair;
  /** Used where the customer's own is unknown. */
  readonly language: string;
  /** Index of the attribute that holds the customer's language; null: none is declared. */
  readonly languageAttribute: number | null;
  readonly messages: Readonly<Record<string, Texts>>;
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

const PLACE = /\{([a-z]+)\}/g;

export const MESSAGE_PLACES = ["earned", "reversed", "balance"] as const;
export type MessagePlaces = Readonly<Record<(typeof MESSAGE_PLACES)[number], number>>;

/** Names in braces of a message's text, in order. */
export function placesOf(text: string): readonly { readonly name: string; readonly index: number }[] {
  return [...text.matchAll(PLACE)].map((match) => ({ name: match[1] ?? "", index: match.index }));
}

/** The lines of a message in the language asked for, or else the brand's; none for a message that is not there. */
export function renderMessage(
  loyalty: Loyalty,
  name: string | null | undefined,
  about: { readonly language: string | undefined; readonly places: MessagePlaces },
): readonly string[] {
  const texts = name == null || !Object.hasOwn(loyalty.messages, name) ? undefined : loyalty.messages[name];
  if (texts === undefined) return [];
  const { language = loyalty.language, places } = about;
  const text = (Object.hasOwn(texts, language) ? texts[language] : undefined) ?? texts[loyalty.language] ?? "";
  const filled = text.replace(PLACE, (whole, place: string) =>
    Object.hasOwn(places, place) ? String(places[place as keyof MessagePlaces]) : whole,
  );
  return filled.split("\n").filter((line) => line.trim() !== "");
}
