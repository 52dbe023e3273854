/** A receipt as a frame of the receipts' interface (`/v1/stream`), as JSON text made piece by piece. Pure. */
import type { Instant } from "../model/ids.ts";
import type { Effects } from "../model/receipt.ts";
import { formatDecimal, type Scaled } from "./decimal.ts";
import type { GroupedLine, GroupedReceipt } from "./group-receipts.ts";

export interface FrameOptions {
  /** Comes back in the answer. */
  readonly requestId: string;
  /** Added to every time. */
  readonly shiftMs: number;
  readonly effects: Effects;
}

export function receiptFrame({ head, lines }: GroupedReceipt, { requestId, shiftMs, effects }: FrameOptions): string {
  let total: Scaled = 0;
  let written = "";
  for (const line of lines) {
    total += line.article.total;
    written += `${written === "" ? "" : ","}${lineText(line, shiftMs)}`;
  }
  const refersTo = head.refersTo === "" ? "" : `"refersTo":{"receiptId":${quote(head.refersTo)}},`;
  const customer = head.customer === "" ? "" : `"customer":${head.customer},`;
  // `offline`: rung up long ago, and no surprise.
  return `{"type":"receipt","requestId":${quote(requestId)},"receiptId":${quote(head.id)},"store":${quote(head.store)},"till":${quote(head.till)},"timestamp":"${isoOf(head.at + shiftMs)}","currency":"${head.currency}","kind":"${head.returned ? "return" : "sale"}","offline":true,"effects":"${effects}",${refersTo}${customer}"lines":[${written}],"total":${formatDecimal(total)}}`;
}

/** What the receipts' interface would add up itself is left out. */
function lineText({ article, at }: GroupedLine, shiftMs: number): string {
  const { sku, name, quantity, price, total } = article;
  const called = name === "" ? "" : `"name":${quote(name)},`;
  const time = at === undefined ? "" : `,"timestamp":"${isoOf(at + shiftMs)}"`;
  const sum = quantity * price === total * 10_000 ? "" : `,"total":${formatDecimal(total)}`;
  return `{"sku":${quote(sku)},${called}"quantity":${formatDecimal(quantity)},"unitPrice":${formatDecimal(price)}${sum}${time}}`;
}

/** What JSON must escape, and halves of pairs, which UTF-8 cannot write. */
const UNPLAIN = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  return UNPLAIN.test(text) ? JSON.stringify(text) : `"${text}"`;
}

let lastInstant = Number.NaN;
let lastText = "";

/** Most receipts of a minute share their time. */
function isoOf(instant: Instant): string {
  if (instant !== lastInstant) {
    lastInstant = instant;
    lastText = new Date(instant).toISOString();
  }
  return lastText;
}
