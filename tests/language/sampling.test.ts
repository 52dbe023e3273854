/** Shares of profiles: uniform, of two salts independent, and the same for ever. */
import { expect, it } from "vitest";
import { shareOf } from "../../engine/model/share.ts";

const PROFILES = Array.from({ length: 100_000 }, (_, n) => `3f.${(n * 2_654_435_761).toString(36)}`);

/** Of Pearson's test with 99 degrees of freedom: exceeded by chance once in 100,000. */
const CHI_SQUARE_MAX = 170;

/** @param cellOf from 0 to 99 */
function chiSquare(cellOf: (id: string) => number): number {
  const counts = new Float64Array(100);
  for (const id of PROFILES) counts[cellOf(id)] = (counts[cellOf(id)] ?? 0) + 1;
  const expected = PROFILES.length / 100;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

it.each(["spring-test", "a", "b", "", "élan"])("the shares of %j are uniform", (salt) => {
  expect(chiSquare((id) => Math.floor(shareOf(id, salt)))).toBeLessThan(CHI_SQUARE_MAX);
});

it.each([
  ["a", "b"],
  ["spring-test", "spring-test-2"],
  ["test 1", "test 2"],
])("the shares of %j and of %j are independent", (first, second) => {
  const tenth = (id: string, salt: string): number => Math.floor(shareOf(id, salt) / 10);
  expect(chiSquare((id) => tenth(id, first) * 10 + tenth(id, second))).toBeLessThan(CHI_SQUARE_MAX);
});

it("a share is the same for ever", () => {
  expect(shareOf("3f.abc", "spring-test")).toBeCloseTo(72.900134975, 9);
});
