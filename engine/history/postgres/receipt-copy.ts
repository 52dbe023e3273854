/** Receipts in PostgreSQL's binary COPY format, in the order of RECEIPT_COLUMNS. Pure. */
import type { HistoryRow } from "../port.ts";
import { queryableText } from "../queryable-text.ts";
import { RECEIPT_COLUMNS } from "../receipt-rows.ts";
import type { CopyBuffer } from "./binary-copy.ts";
import { filedInstant } from "./partitions.ts";

export function writeReceipt(out: CopyBuffer, { shard, position, instant, profile, receipt }: HistoryRow): void {
  if (receipt === undefined) return;
  const { facts, earned, reversed, eligible, parts, balance, answer } = receipt;
  out.int16(RECEIPT_COLUMNS.length);
  out.int32Field(shard);
  out.int64Field(position);
  out.instantField(filedInstant(instant));
  out.textField(profile);
  out.textField(queryableText(facts.source));
  out.textField(queryableText(facts.store));
  out.textField(queryableText(facts.till));
  out.textField(queryableText(facts.receiptId));
  out.textField(facts.digest);
  out.textField(facts.kind);
  out.textField(facts.currency);
  out.instantField(facts.at);
  out.int32Field(facts.lines);
  out.textField(facts.linesAmount);
  out.int64Field(facts.total);
  out.textField(facts.refersTo ?? undefined);
  out.textField(facts.flags.join(","));
  out.int64Field(earned);
  out.int64Field(reversed);
  out.int64Field(eligible);
  out.int64Field(balance);
  out.textField(queryableText(answer));
  out.textField(parts && queryableText(JSON.stringify(parts)));
}
