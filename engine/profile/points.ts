/**
 * The head of a profile's loyalty ledger: the balance, and of the latest receipts what a return and a repetition want to
 * know. All receipts are in history; those that are not here any more are asked for there. Part of a profile's fold:
 * changed by ledger records and by merges, read by the shard room.
 */
import { heldReceiptsMax } from "../limits.ts";
import { digestHex, type Digest64 } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { type EarnedInParts, withReturned } from "../model/earning.ts";
import { type KnownReceipt } from "../model/receipt.ts";
import type { LedgerRecord } from "../model/record.ts";

export interface HeldReceipt extends Digest64, EarnedInParts {
  /** Of a return: what it took, and with what amount; it earned nothing, and cannot come back itself. */
  readonly of: string | undefined;
  /** Instant of acceptance. */
  readonly at: Instant;
  /** Members of the answer, as JSON. */
  readonly answer: string;
}

export interface Points {
  /** The sum of all entries' points. */
  readonly balance: number;
  readonly entries: number;
  /** The latest, in order of acceptance, then digest. */
  readonly receipts: readonly HeldReceipt[];
}

export const NO_POINTS: Points = Object.freeze({ balance: 0, entries: 0, receipts: Object.freeze([]) });

/** @param digest sixteen hex digits, as in ReceiptFacts */
export function heldReceipt({ receipts }: Points, digest: string): HeldReceipt | undefined {
  if (receipts.length === 0) return undefined;
  const { high, low } = readDigest(digest);
  return receipts.find((held) => held.high === high && held.low === low);
}

/** What history knows of a receipt, with the returns of it that history may not have yet. */
export function withHeldReturns(points: Points, digest: string, known: KnownReceipt): EarnedInParts {
  const { earned, eligible, reversed, returned, parts } = known;
  return points.receipts
    .filter((held) => held.of === digest && !known.returns.includes(digestHex(held)))
    .reduce<EarnedInParts>(withReturned, { earned, eligible, reversed, returned, ...(parts && { parts }) });
}

export function enterPoints(points: Points, record: LedgerRecord, at: Instant): Points {
  const { facts, earned, reversed, eligible, parts, answer } = record;
  const isReturn = facts.kind === "return";
  const entry: HeldReceipt = {
    ...readDigest(facts.digest),
    earned,
    eligible: isReturn ? 0 : eligible,
    reversed: isReturn ? reversed : 0,
    returned: isReturn ? eligible : 0,
    ...(parts && { parts }),
    of: facts.refersTo ?? undefined,
    at,
    answer,
  };
  const original = facts.refersTo === null ? undefined : heldReceipt(points, facts.refersTo);
  const before =
    original === undefined
      ? points.receipts
      : points.receipts.map((held) => (held === original ? withReturned(held, entry) : held));
  return { balance: points.balance + record.points, entries: points.entries + 1, receipts: withLatest(before, entry) };
}

/** Time does not run backwards in a shard: a new entry comes last, or among those of its own instant. */
function withLatest(receipts: readonly HeldReceipt[], entry: HeldReceipt): readonly HeldReceipt[] {
  let at = receipts.length;
  while (at > 0 && inOrder(receipts[at - 1] as HeldReceipt, entry) > 0) at--;
  return receipts.toSpliced(at, 0, entry).slice(-heldReceiptsMax);
}

function inOrder(a: HeldReceipt, b: HeldReceipt): number {
  return a.at - b.at || a.high - b.high || a.low - b.low;
}

/** Of two profiles that become one; no entry is in both. */
export function unitePoints(ours: Points, theirs: Points): Points {
  if (theirs.entries === 0) return ours;
  return {
    balance: ours.balance + theirs.balance,
    entries: ours.entries + theirs.entries,
    receipts: latest([...ours.receipts, ...theirs.receipts]),
  };
}

/** As `unitePoints`, of one whose earlier entries are ours already: only receipts that we do not hold are new. */
export function uniteKnownPoints(ours: Points, theirs: Points): Points {
  const news = theirs.receipts.filter(
    ({ high, low }) => !ours.receipts.some((held) => held.high === high && held.low === low),
  );
  if (news.length === 0) return ours;
  return {
    balance: news.reduce((sum, held) => sum + enteredBy(held), ours.balance),
    entries: ours.entries + news.length,
    receipts: latest([...ours.receipts, ...news]),
  };
}

/** The points of a receipt's own entry. Of a sale `reversed` is what its returns took, each by an entry of its own. */
function enteredBy({ earned, reversed }: HeldReceipt): number {
  return earned > 0 ? earned : -reversed;
}

function latest(receipts: readonly HeldReceipt[]): readonly HeldReceipt[] {
  return receipts.toSorted(inOrder).slice(-heldReceiptsMax);
}

function readDigest(hex: string): Digest64 {
  return { high: Number.parseInt(hex.slice(0, 8), 16), low: Number.parseInt(hex.slice(8), 16) };
}
