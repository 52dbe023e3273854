/** What a return takes under each policy of a loyalty rule: below zero or not, at the rate or not at all. */
import { describe, expect, test } from "vitest";
import type { EarnedInParts } from "../model/earning.ts";
import type { SourceId } from "../model/ids.ts";
import type { Loyalty } from "../model/loyalty.ts";
import type { ReceiptFacts } from "../model/receipt.ts";
import { accountOf } from "./receipt-account.ts";

const NO_MESSAGES = { print: null, show: null };
const rule: Loyalty = {
  name: "club",
  currency: "EUR",
  points: 1,
  per: 10_000,
  rounding: "down",
  excluded: [],
  balance: "may be negative",
  unmatched: "at the rate",
  sale: NO_MESSAGES,
  onReturn: NO_MESSAGES,
  nobody: NO_MESSAGES,
};

const facts: ReceiptFacts = {
  receiptId: "r-1",
  store: "lyon-1",
  till: "3",
  source: "till" as SourceId,
  digest: "0123456789abcdef",
  kind: "return",
  currency: "EUR",
  at: Date.UTC(2026, 0, 1),
  lines: 1,
  linesAmount: "-3000000000",
  total: -300_000,
  refersTo: null,
  flags: [],
};

/** Of 30 EUR that come back. */
function giveBack(policy: Partial<Loyalty>, balance: number, original?: EarnedInParts) {
  const {
    reversed,
    balance: left,
    flags,
  } = accountOf(
    { facts, counted: -300_000, byCategory: new Map() },
    { loyalty: { ...rule, ...policy }, bonuses: [], original, balance },
  );
  return { reversed, balance: left, flags };
}

const sold: EarnedInParts = { earned: 30, eligible: 300_000, reversed: 0, returned: 0 };

describe("a return", () => {
  test("takes what its sale earned, below zero where the rule lets it", () => {
    expect(giveBack({}, 10, sold)).toEqual({ reversed: 30, balance: -20, flags: [] });
  });

  test("takes what is left and no more where the balance is not to fall below zero, and says so", () => {
    const policy = { balance: "not below zero" } as const;
    expect(giveBack(policy, 30, sold)).toEqual({ reversed: 30, balance: 0, flags: [] });
    expect(giveBack(policy, 10, sold)).toEqual({ reversed: 10, balance: 0, flags: ["balance_floor"] });
    // Who is below zero by an earlier rule is taken nothing, and given nothing.
    expect(giveBack(policy, -5, sold)).toEqual({ reversed: 0, balance: -5, flags: ["balance_floor"] });
  });

  test("of nothing known takes what the rate says, or nothing, as the rule has it", () => {
    expect(giveBack({}, 100)).toEqual({ reversed: 30, balance: 70, flags: ["unmatched_return"] });
    expect(giveBack({ unmatched: "nothing" }, 100)).toEqual({
      reversed: 0,
      balance: 100,
      flags: ["unmatched_return"],
    });
  });
});
