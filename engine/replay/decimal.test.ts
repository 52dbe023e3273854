/** Amounts are read, multiplied and written exactly. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { divide, formatDecimal, multiply, parseDecimal } from "./decimal.ts";

const plain = (text: string) => parseDecimal(text, ".", undefined);

it.each([
  ["2.55", 25_500],
  ["0.001", 10],
  ["-11062.06", -110_620_600],
  ["+3", 30_000],
  ["-0", 0],
  ["-0.00", 0],
  ["0.55000", 5_500],
  [".5", 5_000],
  ["5.", 50_000],
  ["0.12345", undefined],
  ["", undefined],
  [".", undefined],
  ["-", undefined],
  ["1e3", undefined],
  ["1 000", undefined],
  ["1,5", undefined],
  ["abc", undefined],
  ["1.2.3", undefined],
  ["NaN", undefined],
  ["1000000000", 1e13],
  ["1000000000.0001", undefined],
  ["99999999999999999999999", undefined],
])("%s", (text, scaled) => {
  expect(plain(text)).toBe(scaled);
});

it("reads a decimal comma where the source says so", () => {
  expect(parseDecimal("12,5", ",", undefined)).toBe(125_000);
  expect(parseDecimal("12.5", ",", undefined)).toBeUndefined();
});

it.each([
  ["4.440892e-16", 2, 0],
  ["-0.004", 2, 0],
  ["0.005", 2, 100],
  ["-0.005", 2, -100],
  ["1.23456", 4, 12_346],
  ["19.99", 0, 200_000],
  ["Infinity", 2, undefined],
  ["0x10", 2, undefined],
])("%s rounded to %i decimals", (text, decimals, scaled) => {
  expect(parseDecimal(text, ".", decimals)).toBe(scaled);
});

const amount = fc.integer({ min: -1e13, max: 1e13 });

it("writes what it reads, and reads what it writes", () => {
  fc.assert(fc.property(amount, (value) => plain(formatDecimal(value)) === value + 0));
});

it("multiplies as whole numbers do", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: -1e9, max: 1e9 }), (a, b) => {
      const exact = BigInt(a) * BigInt(b);
      const sign = exact < 0n ? -1n : 1n;
      const rounded = Number(((exact * sign + 5_000n) / 10_000n) * sign);
      expect(multiply(a, b)).toBe(Math.abs(rounded) > 1e13 ? undefined : rounded);
    }),
  );
});

it("a price of a total times the quantity is off by half a unit of the last decimal a piece at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e10, max: 1e10 }), fc.integer({ min: 1, max: 1_000 }), (total, pieces) => {
      const back = divide(total, pieces * 10_000) * pieces;
      return Math.abs(back - total) <= pieces / 2 && divide(total, -pieces * 10_000) * -pieces === back;
    }),
  );
  expect(divide(70_000, 0)).toBe(70_000);
});
