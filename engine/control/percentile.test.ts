import fc from "fast-check";
import { expect, test } from "vitest";
import { percentile } from "./percentile.ts";

test("a percentile lies within the bound that holds it, and grows with the share", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (counts, share) => {
        const bounds = [1, 10, 100];
        const total = counts.reduce((sum, count) => sum + count, 0);
        const value = percentile(counts, bounds, share);
        if (total === 0) return value === undefined;
        let below = 0;
        const at = counts.findIndex((count) => (below += count) >= share * total && count > 0);
        const [low, high] = [bounds[at - 1] ?? 0, bounds[at] ?? 100];
        // Three digits that count.
        return value !== undefined && value >= low * 0.99 && value <= high * 1.01;
      },
    ),
  );
  expect(percentile([100, 0, 0, 0], [1, 10, 100], 0.5)).toBe(0.5);
  expect(percentile([0, 0, 0, 5], [1, 10, 100], 0.5)).toBe(100);
});
