import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { rowOf } from "../interactions/interaction-matrix.ts";
import { matrixOf } from "../interactions/matrix-fixtures.ts";
import { createPopularity } from "../models/popularity.ts";
import { createDraw } from "./draw.ts";
import { evaluateRanking } from "./evaluate-ranking.ts";
import { readGowalla } from "./gowalla-fixture.ts";
import { intervalOf, intervalOfDifference } from "./intervals.ts";
import { splitByChance } from "./split.ts";

const folder = process.env["VIF_TEST_DATA"] ?? "../shared/data";
const gowalla = readGowalla(folder);

describe("an evaluation over the whole catalogue", () => {
  it.skipIf(gowalla === undefined)(
    "of popularity on Gowalla gives the published figures to ten digits",
    () => {
      if (gowalla === undefined) throw new Error(`no folder ${folder}/gowalla: set VIF_TEST_DATA`);
      expect(gowalla.train.entries.length).toBe(810_128);
      expect(gowalla.test.entries.length).toBe(217_242);
      const { recall, ndcg } = evaluateRanking(createPopularity(gowalla.train), gowalla);
      expect(recall).toBeCloseTo(0.0416309789, 10);
      expect(ndcg).toBeCloseTo(0.0316899293, 10);
    },
    120_000,
  );

  it("counts hits and their places, and never shows what a customer had", () => {
    const train = matrixOf(4, [[0], [0, 1], [0, 1, 2]]);
    const test = matrixOf(4, [[1, 3], [], [3]]);
    // By popularity 0, 1, 2, 3: customer 0 is shown 1, 2; customer 2 is shown 3.
    const quality = evaluateRanking(createPopularity(train), { train, test, top: 2 });
    expect([...quality.recalls]).toEqual([0.5, 1]);
    const both = 1 + 1 / Math.log2(3);
    expect(quality.ndcgs[0]).toBeCloseTo(1 / both, 12);
    expect(quality.ndcgs[1]).toBe(1);
    expect(quality.coverage).toBe(0.75);
    // 1 by two of three customers, 2 by one, 3 by none, which counts as one.
    expect(quality.noveltyBits).toBeCloseTo((Math.log2(1.5) + 2 * Math.log2(3)) / 3, 6);
  });

  it("of nobody is nothing, and no division by nothing", () => {
    const none = matrixOf(0, []);
    expect(evaluateRanking(createPopularity(none), { train: none, test: none })).toMatchObject({
      recall: 0,
      ndcg: 0,
      coverage: 0,
      noveltyBits: 0,
    });
  });
});

describe("a split by chance", () => {
  const rows = fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 20 }), { maxLength: 20 });
  it("loses nothing, repeats nothing, and leaves everybody something to go by", () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (written, part, seed) => {
        const whole = matrixOf(31, written);
        const { train, test } = splitByChance(whole, part, createDraw(seed));
        for (let customer = 0; customer < whole.customers; customer += 1) {
          const kept = rowOf(train, customer);
          const held = rowOf(test, customer);
          expect([...kept, ...held].sort((a, b) => a - b)).toEqual([...rowOf(whole, customer)]);
          if (kept.length + held.length > 0) expect(kept.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe("an interval", () => {
  it("holds the mean, shrinks with customers, and tells one model from another on the same customers", () => {
    const draw = createDraw(1);
    const few = Float64Array.from({ length: 100 }, draw);
    const many = Float64Array.from({ length: 10_000 }, draw);
    const narrow = intervalOf(many, { random: draw });
    const wide = intervalOf(few, { random: draw });
    for (const { low, mean, high } of [narrow, wide]) expect(low <= mean && mean <= high).toBe(true);
    expect(narrow.high - narrow.low).toBeLessThan((wide.high - wide.low) / 3);
    // The uniform distribution's own deviation, over the root of 10,000, times 2 x 1.96.
    expect(narrow.high - narrow.low).toBeCloseTo((2 * 1.96) / Math.sqrt(12) / 100, 2);
    const better = many.map((value, at) => value + 0.001 * (at % 3));
    expect(intervalOfDifference(better, many, { random: draw }).low).toBeGreaterThan(0);
    expect(intervalOf(better, { random: draw }).low).toBeLessThan(narrow.high);
  });
});
