import { expect, it } from "vitest";
import { parsedReceiptsMax } from "../limits.ts";
import type { SourceId } from "../model/ids.ts";
import { RECEIPT_AT_CELL, RECEIPT_NEW } from "../model/receipt.ts";
import { createReceiptParser } from "./parse-receipt-once.ts";

const origin = { source: "till" as SourceId, trusted: true, visitor: undefined, receivedAt: Date.UTC(2026, 4, 4) };

function bytes(receiptId: number, total = 5): Uint8Array {
  const line = { sku: "a", quantity: 1, unitPrice: total };
  const named = { receiptId: String(receiptId), store: "s", till: "t", customer: { card: "1" } };
  const said = { timestamp: "2026-05-03T10:00:00Z", currency: "EUR", kind: "sale", lines: [line], total };
  return Buffer.from(JSON.stringify({ ...named, ...said }));
}

it("gives at the customer what was parsed at the cell, once, for the very same bytes and origin", () => {
  const parse = createReceiptParser({});
  const atCell = parse(bytes(1), origin, RECEIPT_AT_CELL);
  const later = { ...origin, receivedAt: origin.receivedAt + 1 };
  expect(parse(bytes(1), later, RECEIPT_NEW)).not.toBe(atCell);
  const again = parse(bytes(1), origin, RECEIPT_AT_CELL);
  expect(parse(bytes(1), { ...origin }, RECEIPT_NEW)).toBe(again);
  expect(parse(bytes(1), origin, RECEIPT_NEW)).not.toBe(again);
  expect(parse(bytes(1), origin, RECEIPT_NEW)).toEqual(again);
});

it("keeps no more than its bound, the newest", () => {
  const parse = createReceiptParser({});
  const parsed = Array.from({ length: parsedReceiptsMax + 10 }, (_, n) => parse(bytes(n), origin, RECEIPT_AT_CELL));
  expect(parse(bytes(0), origin, RECEIPT_NEW)).not.toBe(parsed[0]);
  expect(parse(bytes(parsedReceiptsMax + 9), origin, RECEIPT_NEW)).toBe(parsed.at(-1));
});
