/** Published figures: intervals, quantiles, and chances that tables have. */
import { describe, expect, it } from "vitest";
import { differenceOfMeans, differenceOfShares, splitChance, studentQuantile } from "./uplift-figures.ts";

const sumsOf = (values: readonly number[]) => ({
  people: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + value * value, 0),
});

describe("the difference of two shares", () => {
  // Newcombe 1998, table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.2, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.6, 0.1705, 0.809],
    [6, 7, 2, 7, 0.5714, 0.0582, 0.8062],
    [5, 56, 0, 29, 0.0893, -0.0381, 0.1926],
    [0, 10, 0, 20, 0, -0.1611, 0.2775],
    [10, 10, 0, 10, 1, 0.6075, 1],
  ])("of %i/%i and %i/%i has the interval that Newcombe gives", (of, all, ofB, allB, difference, low, high) => {
    const told = differenceOfShares({ of, all }, { of: ofB, all: allB });
    expect(told?.difference).toBeCloseTo(difference, 4);
    expect(told?.low).toBeCloseTo(low, 3);
    expect(told?.high).toBeCloseTo(high, 3);
  });

  it("is not told where a group has nobody", () => {
    expect(differenceOfShares({ of: 0, all: 0 }, { of: 1, all: 2 })).toBeUndefined();
  });
});

describe("the difference of two means", () => {
  it("has Welch's interval", () => {
    // By R: t.test(1:40, c(1:20, 1:20) / 2) gives 15.25 with 10.904 to 19.596, 42.4 degrees.
    const a = Array.from({ length: 40 }, (_, i) => i + 1);
    const b = Array.from({ length: 40 }, (_, i) => ((i % 20) + 1) / 2);
    const told = differenceOfMeans(sumsOf(a), sumsOf(b));
    expect(told?.difference).toBe(15.25);
    expect(told?.high).toBeCloseTo(15.25 + (15.25 - (told?.low ?? 0)), 9);
    const [varianceA, varianceB] = [136.667, 8.526];
    const degrees = (varianceA / 40 + varianceB / 40) ** 2 / ((varianceA / 40) ** 2 / 39 + (varianceB / 40) ** 2 / 39);
    expect(told?.low).toBeCloseTo(15.25 - studentQuantile(degrees) * Math.sqrt((varianceA + varianceB) / 40), 3);
  });

  it("is not told of small groups", () => {
    const few = sumsOf(Array.from({ length: 29 }, (_, i) => i));
    expect(differenceOfMeans(few, sumsOf(Array.from({ length: 500 }, (_, i) => i)))).toBeUndefined();
  });
});

it("Student's quantiles are those of the tables", () => {
  for (const [degrees, quantile] of [
    [8, 2.306],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
    [1e9, 1.96],
  ] as const)
    expect(studentQuantile(degrees)).toBeCloseTo(quantile, 2.9);
});

it("a split as it was drawn is likely, another is not", () => {
  expect(splitChance(100, { expected: 100, spread: 90 })).toBeCloseTo(1, 6);
  // 1.96 and 3.2905 standard deviations.
  expect(splitChance(100 + 1.959964 * 10, { expected: 100, spread: 100 })).toBeCloseTo(0.05, 6);
  expect(splitChance(100 - 3.290527 * 10, { expected: 100, spread: 100 })).toBeCloseTo(0.001, 6);
  expect(splitChance(0, { expected: 0, spread: 0 })).toBe(1);
});
