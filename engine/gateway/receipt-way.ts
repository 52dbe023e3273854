/**
 * Where a receipt goes first, read off its bytes without parsing them, as routing-hint.ts does for events: to its own
 * cell. And whose it is, so that one sender's receipts of one customer keep their order; anything that names the same
 * customer alike will do. Both may be wrong: the shard parses properly, and sends on what has come astray.
 */
import { hashText } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import type { SourceId } from "../model/ids.ts";
import { receiptCell, receiptMessageId } from "../model/receipt.ts";
import { ownText, soughtKey, textBeside } from "./key-search.ts";

export interface ReceiptWay {
  /** undefined: not to be read off; any shard finds it. */
  readonly cell: CellKey | undefined;
  /** undefined: nobody's, and no order is to be kept. */
  readonly customer: number | undefined;
}

const RECEIPT_ID = soughtKey("receiptId");
const STORE = soughtKey("store");
const TILL = soughtKey("till");
/** In the order by which customers of receipts are found. */
const CUSTOMER = ["card", "userId", "email", "phone"].map(soughtKey);

export function receiptWay(body: Uint8Array, source: SourceId): ReceiptWay {
  const receiptId = ownText(body, RECEIPT_ID);
  const store = ownText(body, STORE);
  const till = ownText(body, TILL);
  const cell =
    receiptId === undefined || store === undefined || till === undefined
      ? undefined
      : receiptCell(source, receiptMessageId({ receiptId, store, till }));
  for (const key of CUSTOMER) {
    const customer = textBeside(body, key);
    if (customer !== undefined) return { cell, customer: hashText(customer) };
  }
  return { cell, customer: undefined };
}
