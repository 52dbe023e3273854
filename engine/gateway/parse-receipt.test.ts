import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SourceId } from "../model/ids.ts";
import { withPoints } from "../model/receipt.ts";
import { parseReceipt } from "./parse-receipt.ts";
import { ExactSum, productParts, tenThousandths } from "./receipt-amounts.ts";

const origin = { source: "till" as SourceId, trusted: true, visitor: undefined, receivedAt: Date.UTC(2026, 4, 4, 12) };
const parts = fc.integer({ min: -1e13, max: 1e13 });

/** Written by digits, with no double on the way. */
function decimal(value: number): string {
  const digits = String(Math.abs(value)).padStart(5, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

describe("amounts", () => {
  it("of at most four decimals are kept exactly, as JSON numbers and as texts", () => {
    fc.assert(
      fc.property(parts, (value) => {
        expect(tenThousandths(decimal(value))).toBe(value);
        expect(tenThousandths(JSON.parse(decimal(value)) as number)).toBe(value);
      }),
    );
  });

  it.each([1.00005, 0.00001, 1e9 + 1, Number.NaN, Number.POSITIVE_INFINITY, 12.34567])("%d is refused", (value) => {
    expect(tenThousandths(value)).toBeUndefined();
  });

  it("are multiplied and summed exactly", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(parts, parts), { maxLength: 30 }), (pairs) => {
        const sum = new ExactSum();
        for (const [a, b] of pairs) sum.addProduct(a, b);
        expect(sum.text).toBe(String(pairs.reduce((total, [a, b]) => total + BigInt(a) * BigInt(b), 0n)));
        for (const [a, b] of pairs) {
          const product = BigInt(a) * BigInt(b);
          const half = product < 0n ? -5_000n : 5_000n;
          expect(productParts(a, b)).toBe(Number((product + half) / 10_000n));
        }
      }),
    );
  });
});

describe("a receipt", () => {
  const line = fc.record({
    quantity: fc.integer({ min: -500_000, max: 500_000 }).map((each) => each / 10_000),
    unitPrice: fc.integer({ min: 0, max: 1e7 }).map((each) => each / 10_000),
  });

  function parse(lines: readonly object[], more: object = {}) {
    const wire = {
      receiptId: "1",
      store: "s",
      till: "t",
      timestamp: "2026-05-04T10:00:00Z",
      currency: "EUR",
      kind: "sale",
      lines: lines.map((each) => ({ sku: "a", ...each })),
      total: 1,
      ...more,
    };
    const parsed = parseReceipt(Buffer.from(JSON.stringify(wire)), origin, {});
    if (!("event" in parsed) || parsed.receipt === undefined) throw new Error(JSON.stringify(parsed));
    return parsed.receipt;
  }

  it("has the exact sum of its lines, and the lines in its event as they were said", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { facts, event } = parse(lines);
        const exact = lines.reduce(
          (sum, { quantity, unitPrice }) =>
            sum + BigInt(Math.round(quantity * 10_000)) * BigInt(Math.round(unitPrice * 10_000)),
          0n,
        );
        expect(facts.linesAmount).toBe(String(exact));
        expect(event.fields["products"]).toEqual(
          lines.map(({ quantity, unitPrice }) => ({ sku: "a", quantity: quantity + 0, price: unitPrice })),
        );
      }),
    );
  });

  it("is the same content whenever it is sent and whomever it is said to be of, and another with any other word", () => {
    const lines = [{ quantity: 1, unitPrice: 1 }];
    const first = parse(lines);
    for (const same of [{ sentAt: "2026-05-04T11:59:00Z" }, { customer: { card: "1" } }, { type: "receipt" }])
      expect(parse(lines, same).content).toBe(first.content);
    for (const other of [{ total: 2 }, { kind: "return" }, { timestamp: "2026-05-04T10:00:01Z" }, { training: true }])
      expect(parse(lines, other).content).not.toBe(first.content);
  });

  it("names its customer by any of four, in one spelling, the scanned card first", () => {
    const customer = { card: " 4001-22 ", phone: "+33 6 12 34 56 78", email: "Marie@Example.FR", userId: 7 };
    expect(parse([], { customer }).event.identifiers).toEqual([
      { kind: "card", value: "400122" },
      { kind: "user", value: "7" },
      { kind: "email", value: "marie@example.fr" },
      { kind: "phone", value: "+33612345678" },
    ]);
  });

  it("that comes back without signs comes back whole", () => {
    const { facts, event } = parse([{ quantity: 2, unitPrice: 3 }], { kind: "return", total: 6 });
    expect(facts).toMatchObject({ linesAmount: "-600000000", total: -60_000, flags: [] });
    expect([event.name, event.fields["total"]]).toEqual(["order_refunded", 6]);
  });

  it.each([
    ["sale", { points_earned: 7, points_balance: -3 }],
    ["return", { points_reversed: 2, points_balance: -3 }],
  ])("of a %s tells in its event what it did to the points, which no till can say", (kind, points) => {
    const lines = [{ quantity: 1, unitPrice: 1 }];
    const said = { ...Object.fromEntries(Object.keys(points).map((name) => [name, 5_000])), coupon: "é" };
    const { event, content } = parse(lines, { kind, properties: said });
    expect(content).toBe(parse(lines, { kind, properties: { coupon: "é" } }).content);
    expect(Object.keys(event.fields).filter((name) => name.startsWith("points"))).toEqual([]);
    const told = withPoints(event, { earned: 7, reversed: 2, balance: -3 });
    expect(told).toMatchObject({ digest: event.digest, bodyHash: event.bodyHash });
    expect(told.fields).toEqual({ ...event.fields, ...points });
    const { fields, ...rest } = JSON.parse(event.body) as { readonly fields: object };
    expect(JSON.parse(told.body)).toEqual({ ...rest, fields: { ...fields, ...points } });
    expect(event.fields).toEqual(fields);
  });
});
