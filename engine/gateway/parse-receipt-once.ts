/**
 * Parses each receipt once, though it comes to a worker twice: to its own cell, and with the cell's leave to its customer.
 * What was parsed for the first is kept for the second, for as many receipts as are on their way at once, and recognised
 * by its very bytes and origin; one that comes to another worker, or after others took its place, is parsed again.
 */
import { crc32 } from "node:zlib";
import { parsedReceiptsMax } from "../limits.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { RECEIPT_AT_CELL } from "../model/receipt.ts";
import type { Origin, ParsedEvent } from "../shard/port.ts";
import { parseReceipt } from "./parse-receipt.ts";

interface Kept {
  readonly body: Buffer;
  readonly origin: Origin;
  readonly parsed: ParsedEvent;
}

export type ReceiptParser = (body: Uint8Array, origin: Origin, route: number) => ParsedEvent;

export function createReceiptParser(rules: IdentifierRules): ReceiptParser {
  const kept = new Map<number, Kept>();
  return (body, origin, route) => {
    const key = crc32(body);
    if (route === RECEIPT_AT_CELL) {
      const parsed = parseReceipt(body, origin, rules);
      const hasCustomer = "receipt" in parsed && parsed.receipt !== undefined && parsed.receipt.customer !== 0;
      // A copy: a view would keep the whole frame that the bytes came in.
      if (hasCustomer) keep(kept, key, { body: Buffer.from(body), origin, parsed });
      return parsed;
    }
    const found = kept.get(key);
    kept.delete(key);
    const isSame = found !== undefined && sameOrigin(found.origin, origin) && found.body.equals(body);
    return isSame ? found.parsed : parseReceipt(body, origin, rules);
  };
}

/** First in, first out. */
function keep(kept: Map<number, Kept>, key: number, one: Kept): void {
  kept.set(key, one);
  if (kept.size <= parsedReceiptsMax) return;
  const oldest = kept.keys().next();
  if (oldest.done !== true) kept.delete(oldest.value);
}

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.source === b.source && a.receivedAt === b.receivedAt;
}
