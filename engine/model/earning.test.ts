import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Amounts, type Bonus, earn, type EarnedInParts, limitParts, takeBack, withReturned } from "./earning.ts";
import type { Loyalty, Rounding } from "./loyalty.ts";

const RULE: Loyalty = {
  name: "points",
  currency: "EUR",
  points: 1,
  per: 10_000,
  rounding: "down",
  excluded: ["gift-card"],
  balance: "may be negative",
  unmatched: "at the rate",
  sale: { print: null, show: null },
  onReturn: { print: null, show: null },
  nobody: { print: null, show: null },
};
const DOUBLE_SHOES: Bonus = {
  name: "shoes",
  earns: { is: "times", hundredths: 100 },
  categories: ["shoes"],
  from: 1_000,
  until: 2_000,
};
const WELCOME: Bonus = {
  name: "welcome",
  earns: { is: "fixed", points: 100 },
  categories: null,
  from: null,
  until: null,
};
const CARDS: Bonus = {
  name: "cards",
  earns: { is: "rate", points: 1, per: 100_000 },
  categories: ["gift-card"],
  from: null,
  until: null,
};

function basket(lines: Readonly<Record<string, number>>): Amounts {
  const entries = Object.entries(lines).map(([category, amount]) => [category, amount * 10_000] as const);
  return {
    total: entries.reduce((sum, [, amount]) => sum + amount, 0),
    byCategory: new Map(entries.filter(([category]) => category !== "")),
  };
}

const begun = ({ earned, eligible, parts }: ReturnType<typeof earn>): EarnedInParts => ({
  earned,
  eligible,
  reversed: 0,
  returned: 0,
  ...(parts && { parts }),
});

describe("a sale", () => {
  const sale = basket({ shoes: 80, bags: 20.5, "gift-card": 50, "": 9.5 });

  it.each([
    ["the rate alone, but for what is excluded", [], 1_500, { points: 110 }],
    ["a category twice, within the period", [DOUBLE_SHOES], 1_000, { points: 110, shoes: 80 }],
    ["nothing more before it", [DOUBLE_SHOES], 999, { points: 110 }],
    ["nothing more at its end", [DOUBLE_SHOES], 2_000, { points: 110 }],
    [
      "points for the whole, and a rate of what is else excluded",
      [WELCOME, CARDS],
      1,
      { points: 110, welcome: 100, cards: 5 },
    ],
    [
      "bonuses that add up",
      [DOUBLE_SHOES, { ...DOUBLE_SHOES, name: "again" }],
      1_500,
      { points: 110, shoes: 80, again: 80 },
    ],
  ] as const)("earns %s", (_, bonuses, at, expected) => {
    const { earned, parts } = earn(sale, RULE, { bonuses, at });
    expect(Object.fromEntries((parts ?? []).map((part) => [part.rule, part.earned]))).toEqual(expected);
    expect(earned).toBe(Object.values<number>(expected).reduce((sum, points) => sum + points, 0));
  });

  it("that earned alike in all its lines is kept without parts", () => {
    expect(earn(basket({ bags: 20 }), RULE, { bonuses: [DOUBLE_SHOES], at: 1_500 })).toEqual({
      earned: 20,
      eligible: 200_000,
      wasLimited: false,
    });
  });

  it.each([
    [150, { points: 110, shoes: 40 }, true],
    [100, { points: 100, shoes: 0 }, true],
    [190, { points: 110, shoes: 80 }, false],
  ] as const)("earns at most the %d points that its rule says, the rate's first", (atMost, expected, wasLimited) => {
    const limited = earn(sale, { ...RULE, atMost }, { bonuses: [DOUBLE_SHOES], at: 1_500 });
    expect(limited).toMatchObject({ earned: Math.min(atMost, 190), wasLimited });
    expect(Object.fromEntries((limited.parts ?? []).map((part) => [part.rule, part.earned]))).toEqual(expected);
  });

  it("of nothing earns no points for the whole", () => {
    expect(earn(basket({}), RULE, { bonuses: [WELCOME], at: 1 }).earned).toBe(0);
  });
});

describe("a return", () => {
  const original = begun(
    earn(basket({ shoes: 80, bags: 20, "gift-card": 50 }), RULE, { bonuses: [DOUBLE_SHOES], at: 1_500 }),
  );

  it.each([
    ["shoes their double points", { shoes: 40 }, 80, false],
    ["bags their single ones", { bags: 20 }, 20, false],
    ["an article that earned nothing", { "gift-card": 50 }, 0, false],
    ["all of it all", { shoes: 80, bags: 20, "gift-card": 50 }, 180, false],
    ["no more than all of what was sold twice", { shoes: 160 }, 180, true],
  ] as const)("takes back of %s", (_, lines, reversed, over) => {
    expect(takeBack(original, basket(lines))).toMatchObject({ reversed, over });
  });
});

const CATEGORIES = ["shoes", "bags", "gift-card", ""];
const lines = fc.array(
  fc.record({ category: fc.constantFrom(...CATEGORIES), amount: fc.integer({ min: 0, max: 1e8 }) }),
  { minLength: 1, maxLength: 8 },
);
type Line = { readonly category: string; readonly amount: number };
const amountsOf = (of: readonly Line[]): Amounts => {
  const byCategory = new Map<string, number>();
  for (const { category, amount } of of)
    if (category !== "") byCategory.set(category, (byCategory.get(category) ?? 0) + amount);
  return { total: of.reduce((sum, { amount }) => sum + amount, 0), byCategory };
};
const instant = fc.option(fc.integer({ min: 0, max: 10 }));
const bonuses = fc
  .array(
    fc.record({
      earns: fc.oneof(
        fc.record({ is: fc.constant("fixed" as const), points: fc.integer({ min: 1, max: 1000 }) }),
        fc.record({ is: fc.constant("times" as const), hundredths: fc.integer({ min: 1, max: 500 }) }),
        fc.record({
          is: fc.constant("rate" as const),
          points: fc.integer({ min: 1, max: 9 }),
          per: fc.integer({ min: 1, max: 1e6 }),
        }),
      ),
      categories: fc.option(fc.subarray(CATEGORIES.slice(0, 3))),
      from: instant,
      until: instant,
    }),
    { maxLength: 5 },
  )
  .map((all) => all.map((bonus, n): Bonus => ({ name: `bonus-${n}`, ...bonus })));
const rules = fc
  .record({
    points: fc.integer({ min: 1, max: 9 }),
    per: fc.integer({ min: 1, max: 1e6 }),
    rounding: fc.constantFrom<Rounding>("down", "nearest", "up"),
    excluded: fc.subarray(CATEGORIES.slice(0, 3)),
  })
  .map((rule): Loyalty => ({ ...RULE, ...rule }));

describe("whatever is sold and comes back", () => {
  it("the parts make the whole, and each return leaves what the lines that stayed have earned, or a point of rounding", () => {
    fc.assert(
      fc.property(
        lines,
        rules,
        bonuses,
        fc.nat({ max: 10 }),
        fc.array(fc.nat({ max: 3 })),
        (sold, rule, extra, at, order) => {
          const sale = earn(amountsOf(sold), rule, { bonuses: extra, at });
          expect((sale.parts ?? [sale]).reduce((sum, part) => sum + part.earned, 0)).toBe(sale.earned);
          let state = begun(sale);
          let taken = 0;
          // Each line comes back with one of four returns, in their order.
          for (let turn = 0; turn < 4; turn++) {
            const back = sold.filter((_, index) => (order[index] ?? 0) === turn);
            const { reversed, returned, over, parts } = takeBack(state, amountsOf(back));
            expect(over).toBe(false);
            expect(reversed).toBeGreaterThanOrEqual(0);
            expect((parts ?? [{ reversed }]).reduce((sum, part) => sum + part.reversed, 0)).toBe(reversed);
            state = withReturned(state, { earned: 0, eligible: 0, reversed, returned, ...(parts && { parts }) });
            taken += reversed;
          }
          expect(taken).toBe(sale.earned);
          expect(takeBack(state, amountsOf(sold)).reversed).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("a return of one part never takes of another", () => {
    fc.assert(
      fc.property(lines, rules, bonuses, fc.constantFrom(...CATEGORIES), (sold, rule, extra, category) => {
        const state = begun(earn(amountsOf(sold), rule, { bonuses: extra, at: 5 }));
        const back = amountsOf(sold.filter((line) => line.category === category));
        for (const part of takeBack(state, back).parts ?? []) {
          const counts = part.of === undefined ? !(part.but ?? []).includes(category) : part.of.includes(category);
          if (!counts) expect(part.reversed).toBe(0);
        }
      }),
    );
  });

  it("where fewer points are left, the parts take no more than those", () => {
    fc.assert(
      fc.property(lines, rules, bonuses, fc.nat({ max: 1e6 }), (sold, rule, extra, left) => {
        const state = begun(earn(amountsOf(sold), rule, { bonuses: extra, at: 5 }));
        const { reversed, parts = [] } = takeBack(state, amountsOf(sold));
        const limited = limitParts(parts, "reversed", Math.min(left, reversed));
        if (parts.length > 0)
          expect(limited.reduce((sum, part) => sum + part.reversed, 0)).toBe(Math.min(left, reversed));
      }),
    );
  });
});
