/** Receipts into DuckDB's appender, in the order of RECEIPT_COLUMNS and in the transaction of their records. */
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { DuckDBTimestampValue } from "@duckdb/node-api";
import type { Instant } from "../../model/ids.ts";
import type { HistoryRow } from "../port.ts";
import { queryableText } from "../queryable-text.ts";
import { RECEIPTS_TABLE } from "./statements.ts";

/** Does nothing, and opens no appender, where there is no receipt among the rows. */
export async function appendReceipts(
  connection: DuckDBConnection,
  groups: readonly (readonly HistoryRow[])[],
): Promise<void> {
  if (!groups.some((rows) => rows.some(({ receipt }) => receipt !== undefined))) return;
  const appender = await connection.createAppender(RECEIPTS_TABLE);
  try {
    for (const rows of groups) for (const row of rows) if (row.receipt !== undefined) appendReceipt(appender, row);
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function appendReceipt(to: DuckDBAppender, { shard, position, instant, profile, receipt }: HistoryRow): void {
  if (receipt === undefined) return;
  const { facts, earned, reversed, eligible, parts, balance, answer } = receipt;
  to.appendInteger(shard);
  to.appendBigInt(BigInt(position));
  appendInstant(to, instant);
  appendText(to, profile);
  to.appendVarchar(queryableText(facts.source));
  to.appendVarchar(queryableText(facts.store));
  to.appendVarchar(queryableText(facts.till));
  to.appendVarchar(queryableText(facts.receiptId));
  to.appendVarchar(facts.digest);
  to.appendVarchar(facts.kind);
  to.appendVarchar(facts.currency);
  appendInstant(to, facts.at);
  to.appendInteger(facts.lines);
  to.appendHugeInt(BigInt(facts.linesAmount));
  to.appendBigInt(BigInt(facts.total));
  appendText(to, facts.refersTo ?? undefined);
  to.appendVarchar(facts.flags.join(","));
  to.appendBigInt(BigInt(earned));
  to.appendBigInt(BigInt(reversed));
  to.appendBigInt(BigInt(eligible));
  to.appendBigInt(BigInt(balance));
  to.appendVarchar(queryableText(answer));
  appendText(to, parts && queryableText(JSON.stringify(parts)));
  to.endRow();
}

function appendText(to: DuckDBAppender, text: string | undefined): void {
  if (text === undefined) to.appendNull();
  else to.appendVarchar(text);
}

function appendInstant(to: DuckDBAppender, instant: Instant): void {
  to.appendTimestamp(new DuckDBTimestampValue(BigInt(Math.round(instant)) * 1000n));
}
