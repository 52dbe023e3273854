import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointsFor, reversalOf } from "./loyalty.ts";
import type { Rounding } from "./loyalty.ts";

const amounts = fc.integer({ min: 0, max: 1e13 });
const rate = fc.record({
  points: fc.integer({ min: 1, max: 1_000_000 }),
  per: fc.integer({ min: 1, max: 1e9 }),
  rounding: fc.constantFrom<Rounding>("down", "nearest", "up"),
});

describe("points", () => {
  it.each([
    [12_3456, "down", 12],
    [12_5000, "nearest", 13],
    [12_4999, "nearest", 12],
    [12_0001, "up", 13],
    [0, "up", 0],
    [-5_0000, "up", 0],
  ] as const)("of %i ten-thousandths, rounded %s, are %i", (amount, rounding, expected) => {
    expect(pointsFor(amount, { points: 1, per: 10_000, rounding })).toBe(expected);
  });

  it("are the exact quotient, rounded, however large the amounts are", () => {
    fc.assert(
      fc.property(amounts, rate, (amount, { points, per, rounding }) => {
        const product = BigInt(amount) * BigInt(points);
        const [whole, rest] = [product / BigInt(per), product % BigInt(per)];
        const more = rest > 0n && (rounding === "up" || (rounding === "nearest" && rest * 2n >= BigInt(per)));
        expect(pointsFor(amount, { points, per, rounding })).toBe(Number(whole + (more ? 1n : 0n)));
      }),
    );
  });
});

describe("what returns take back", () => {
  const parts = fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1, maxLength: 8 });

  it("is what was earned once all has come back, in however many parts", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 1e9 }), (amounts, earned) => {
        const eligible = amounts.reduce((sum, amount) => sum + amount, 0);
        let reversed = 0;
        let returned = 0;
        for (const amount of amounts) {
          const taken = reversalOf({ earned, eligible, reversed, returned }, amount);
          expect(taken).toBeGreaterThanOrEqual(0);
          reversed += taken;
          returned += amount;
        }
        expect(reversed).toBe(eligible === 0 ? 0 : earned);
      }),
    );
  });

  it("never is more than what was earned", () => {
    fc.assert(
      fc.property(parts, amounts, fc.integer({ min: 0, max: 1e9 }), (amounts, eligible, earned) => {
        let reversed = 0;
        let returned = 0;
        for (const amount of amounts) {
          reversed += reversalOf({ earned, eligible, reversed, returned }, amount);
          returned += amount;
        }
        expect(reversed).toBeLessThanOrEqual(earned);
      }),
    );
  });
});
