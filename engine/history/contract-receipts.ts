/** The promises of port.ts about receipts; part of the suite in contract.ts, which every adapter runs. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { digest, earnedParts, mark, person, receipt, row, write } from "./history-fixtures.ts";
import type { History } from "./port.ts";

export function testReceipts(fixture: () => History): void {
  test("a receipt is found by its digest, with all that came back of it", async () => {
    const history = fixture();
    const sold = { earned: 25, eligible: 25_5000, parts: earnedParts([0, 0], [0, 0]) };
    const sale = { ...sold, digest: digest(1), balance: 25, answer: '"print":["\u20ac"]' };
    const back = (n: number, reversed: number, eligible: number) => ({
      ...{ digest: digest(n), refersTo: digest(1), reversed, eligible },
      parts: earnedParts([reversed, 0], [eligible, n]),
    });
    const rows = [
      row(0, 1, { profile: "a", receipt: receipt(sale) }),
      row(0, 2, { profile: "a", receipt: receipt(back(2, 5, 5_5000)) }),
      row(0, 3, { profile: "b", receipt: receipt(back(3, 20, 20_0000)) }),
      row(0, 4, { receipt: receipt({ digest: digest(4), refersTo: digest(1) }) }),
    ];
    await history.drain([write(0, mark(0, 0), mark(1, 4), rows)]);
    const { answer, earned, eligible, parts } = sale;
    const { kind, currency, at, lines, linesAmount, total } = receipt(sale).facts;
    const sums = { kind, currency, at, lines, linesAmount, total };
    const known = { profile: person("a"), earned, eligible, reversed: 25, returned: 25_5000, answer, sums };
    const taken = [
      { ...parts[0], reversed: 25, returned: 25_5000 },
      { ...parts[1], returned: 5 },
    ];
    const found = await history.receipt(digest(1));
    expect({ ...found, returns: found?.returns.toSorted() }).toEqual({
      ...known,
      parts: taken,
      returns: [digest(2), digest(3)],
    });
    expect(await history.receipt(digest(4))).toMatchObject({ profile: undefined, earned: 0, returns: [] });
    expect(await history.receipt(digest(9))).toBeUndefined();
  });

  test("nobody's receipt that found its customer counts once, as the customer's", async () => {
    const history = fixture();
    const rows = [
      row(0, 1, { receipt: receipt({ digest: digest(1), lines: 2, linesAmount: "300" }) }),
      row(0, 2, { receipt: receipt({ digest: digest(2), lines: 1, linesAmount: "5", currency: "CHF" }) }),
      row(0, 3, { profile: "a", receipt: receipt({ digest: digest(1), lines: 2, linesAmount: "300", earned: 3 }) }),
      row(0, 4, {
        profile: "a",
        receipt: receipt({ digest: digest(3), kind: "return", linesAmount: "-7", total: -12_345, reversed: 9 }),
      }),
    ];
    await history.drain([write(0, mark(0, 0), mark(1, 4), rows)]);
    expect(await history.receipt(digest(1))).toMatchObject({ profile: person("a"), earned: 3 });
    expect((await history.totals()).receipts).toEqual({
      receipts: 3,
      returns: 1,
      unclaimed: 1,
      lines: 4,
      linesAmount: "298",
      byCurrency: [
        { currency: "CHF", receipts: 1, total: "10000" },
        { currency: "EUR", receipts: 2, total: "-2345" },
      ],
      customers: 1,
      entries: 2,
      points: -6,
    });
  });

  test("amounts of lines are summed exactly, far beyond what a double holds", async () => {
    const history = fixture();
    const amount = fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n });
    let position = 0;
    let sum = 0n;
    await fc.assert(
      fc.asyncProperty(fc.array(amount, { minLength: 1, maxLength: 20 }), async (amounts) => {
        const from = position;
        const rows = amounts.map((each) => {
          position += 1;
          sum += each;
          return row(0, position, {
            profile: "a",
            receipt: receipt({ digest: digest(position), linesAmount: String(each) }),
          });
        });
        const [before, after] = [mark(from === 0 ? 0 : 1, from), mark(1, position)];
        expect(await history.drain([write(0, before, after, rows)])).toEqual(["ok"]);
        expect((await history.totals()).receipts.linesAmount).toBe(String(sum));
      }),
      { numRuns: 10 },
    );
  });
}
