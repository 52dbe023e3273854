import fc from "fast-check";
import { expect, it } from "vitest";
import { heldReceiptsMax } from "../limits.ts";
import { type ReceiptFacts } from "../model/receipt.ts";
import { digestHex, hashText } from "../model/hash.ts";
import type { LedgerRecord } from "../model/record.ts";
import { absorb } from "./absorb.ts";
import { applyLedger } from "./apply.ts";
import { createPlan, LOSER, NOW, WINNER } from "./profile-fixtures.ts";
import { heldReceipt, withHeldReturns } from "./points.ts";
import { createProfile, type Profile } from "./profile.ts";
import { decodeProfile, encodeProfile } from "./row-codec.ts";
import { canonical } from "./summary.ts";

const plan = createPlan();

function digest(n: number): string {
  return digestHex({ high: hashText(`high ${n}`), low: hashText(`low ${n}`) });
}

interface Entry {
  readonly receipt: number;
  readonly earned: number;
  readonly reversed: number;
  readonly refersTo?: number | undefined;
  readonly afterMs: number;
}

function ledger(entry: Entry, balance: number): LedgerRecord {
  const { receipt, earned, reversed, refersTo } = entry;
  const facts = {
    digest: digest(receipt),
    kind: refersTo === undefined ? "sale" : "return",
    refersTo: refersTo === undefined ? null : digest(refersTo),
  } as unknown as ReceiptFacts;
  const points = earned - reversed;
  const answer = `"receiptId":"${receipt}"`;
  const whole = { rule: "points", but: ["gift-card"], earned, reversed };
  const isReturn = refersTo !== undefined;
  // Of every third receipt the parts are told.
  const parts =
    receipt % 3 === 0 ? { parts: [{ ...whole, eligible: isReturn ? 0 : 100, returned: isReturn ? 100 : 0 }] } : {};
  return { kind: "ledger", profile: WINNER, facts, points, balance, earned, reversed, eligible: 100, ...parts, answer };
}

function enter(profile: Profile, entries: readonly Entry[]): Profile {
  for (const entry of entries) applyLedger(profile, ledger(entry, 0), NOW + entry.afterMs);
  return profile;
}

const entries = fc
  .uniqueArray(
    fc.record({
      receipt: fc.nat({ max: 60 }),
      earned: fc.nat({ max: 1e9 }),
      reversed: fc.nat({ max: 1e9 }),
      refersTo: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
      afterMs: fc.nat({ max: 1e6 }),
    }),
    { selector: ({ receipt }) => receipt, maxLength: 30 },
  )
  .map((each) => each.toSorted((a, b) => a.afterMs - b.afterMs));

it("the balance is the sum of the entries, of both profiles after they became one, however often they are united", () => {
  fc.assert(
    fc.property(entries, fc.nat({ max: 30 }), (all, ours) => {
      const sum = all.reduce((total, { earned, reversed }) => total + earned - reversed, 0);
      const winner = enter(createProfile(WINNER, plan), all.slice(0, ours));
      const loser = encodeProfile(enter(createProfile(LOSER, plan), all.slice(ours)));
      for (let time = 0; time < 3; time++) absorb(winner, loser, "merge", LOSER);
      expect(winner.points.balance).toBe(sum);
      expect(winner.points.entries).toBe(all.length);
      expect(winner.points.receipts.length).toBe(Math.min(all.length, receiptsKept(all, ours)));
    }),
  );
});

it("a loser that lived on after its store forgot the seal counts each receipt once", () => {
  const sale = (receipt: number): Entry => ({ receipt, earned: 10, reversed: 0, afterMs: receipt });
  const back: Entry = { receipt: 9, earned: 0, reversed: 4, refersTo: 1, afterMs: 9 };
  const winner = enter(createProfile(WINNER, plan), [sale(0)]);
  // What receipt 2 was is known here alone: the loser's store has forgotten it, and the sealing with it.
  absorb(winner, encodeProfile(enter(createProfile(LOSER, plan), [sale(1), sale(2)])), "forgotten", LOSER);
  const again = encodeProfile(enter(createProfile(LOSER, plan), [sale(1), sale(3), back]));
  expect(absorb(winner, again, "later", LOSER)).toBe(true);
  expect(winner.points).toMatchObject({ balance: 36, entries: 5 });
  expect(absorb(winner, again, "later", LOSER)).toBe(false);
  expect(winner.points.balance).toBe(36);
});

function receiptsKept(all: readonly Entry[], ours: number): number {
  const kept = (part: readonly Entry[]): number => Math.min(part.length, heldReceiptsMax);
  return Math.min(heldReceiptsMax, kept(all.slice(0, ours)) + kept(all.slice(ours)));
}

it("comes back from its row", () => {
  fc.assert(
    fc.property(entries, (all) => {
      const profile = enter(createProfile(WINNER, plan), all);
      const back = decodeProfile(encodeProfile(profile), plan, WINNER);
      expect(back.points).toEqual(profile.points);
      expect(JSON.stringify(canonical(back))).toBe(JSON.stringify(canonical(profile)));
    }),
  );
});

it("keeps the latest receipts with their answers, and what was taken back of each", () => {
  const sales = Array.from({ length: 12 }, (_, n) => ({ receipt: n, earned: 10, reversed: 0, afterMs: n }));
  const back = { receipt: 20, earned: 0, reversed: 4, refersTo: 11, afterMs: 20 };
  const { points } = enter(createProfile(WINNER, plan), [...sales, back]);
  expect(points.balance).toBe(116);
  expect(points.receipts).toHaveLength(heldReceiptsMax);
  expect(heldReceipt(points, digest(0))).toBeUndefined();
  expect(heldReceipt(points, digest(11))).toMatchObject({ earned: 10, reversed: 4, returned: 100 });
  expect(heldReceipt(points, digest(20))?.answer).toBe('"receiptId":"20"');
});

it("adds to what history knows of an old receipt the returns that history does not have yet", () => {
  const returns = [1, 2].map((receipt) => ({ receipt, earned: 0, reversed: 3, refersTo: 99, afterMs: receipt }));
  const { points } = enter(createProfile(WINNER, plan), returns);
  const sums = { kind: "sale", currency: "EUR", at: NOW, lines: 1, linesAmount: "0", total: 300 } as const;
  const known = { profile: WINNER, earned: 10, eligible: 300, reversed: 3, returned: 100, answer: "", sums };
  const drained = { ...known, returns: [digest(1)] };
  expect(withHeldReturns(points, digest(99), drained)).toEqual({
    earned: 10,
    eligible: 300,
    reversed: 6,
    returned: 200,
  });
  const all = { ...known, reversed: 6, returned: 200, returns: [digest(1), digest(2)] };
  expect(withHeldReturns(points, digest(99), all)).toMatchObject({ reversed: 6, returned: 200 });
});
