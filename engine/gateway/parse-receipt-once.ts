/**
 * Parses each receipt once, though it comes to a worker twice: to its own cell, and with the cell's leave to its customer.
 * What was parsed for the first is kept for the second, for as many receipts as are on their way at once, and recognised
 * by its very bytes and origin; one that comes to another worker, or after others took its place, is parsed again.
 */
import { parsedReceiptsMax } from "../limits.ts";
import type { IdentifierRules } from "../model/identifier-rules.ts";
import { LatestEntries } from "../model/latest-entries.ts";
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
  const kept = new LatestEntries<number, Kept>(parsedReceiptsMax);
  return (body, origin, route) => {
    const key = keyOf(body);
    if (route === RECEIPT_AT_CELL) {
      const parsed = parseReceipt(body, origin, rules);
      const hasCustomer = "receipt" in parsed && parsed.receipt !== undefined && parsed.receipt.customer !== 0;
      // A copy: a view would keep the whole frame that the bytes came in.
      if (hasCustomer) kept.set(key, { body: Buffer.from(body), origin, parsed });
      return parsed;
    }
    const found = kept.get(key);
    kept.delete(key);
    const isSame = found !== undefined && sameOrigin(found.origin, origin) && found.body.equals(body);
    return isSame ? found.parsed : parseReceipt(body, origin, rules);
  };
}

/**
 * Two receipts of one key take each other's place, and are then parsed again. The beginning, where a till's or a replay's
 * receipts have their numbers, tells most apart, at a fiftieth of what a hash of all the bytes costs.
 */
function keyOf(body: Uint8Array): number {
  const end = Math.min(body.length, KEY_BYTES);
  let hash = body.length;
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ (body[at] as number), 0x01000193);
  return hash;
}

const KEY_BYTES = 96;

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.source === b.source && a.receivedAt === b.receivedAt;
}
