/**
 * Rows into DuckDB's appender, column by column in the order of the `records` table. The caller has opened a transaction;
 * when a row fails, that transaction is to be rolled back and the appender is void.
 *
 * Measured on 10,000 rows a transaction: row by row 5 us a row, in data chunks 4 us; the commit costs 8 to 12 us either
 * way, so the plainer one stands.
 */
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { DuckDBTimestampValue } from "@duckdb/node-api";
import type { Instant } from "../../model/ids.ts";
import type { HistoryRow } from "../port.ts";
import { queryableJson, queryableText } from "../queryable-text.ts";
import { RECORDS_TABLE } from "./statements.ts";

export async function appendRows(
  connection: DuckDBConnection,
  groups: readonly (readonly HistoryRow[])[],
): Promise<void> {
  const appender = await connection.createAppender(RECORDS_TABLE);
  try {
    for (const rows of groups) for (const row of rows) appendRow(appender, row);
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function appendRow(to: DuckDBAppender, row: HistoryRow): void {
  to.appendInteger(row.shard);
  to.appendBigInt(BigInt(row.position));
  to.appendVarchar(row.kind);
  appendInstant(to, row.instant);
  to.appendBigInt(BigInt(row.epoch));
  appendText(to, row.profile);
  const { event, transition } = row;
  if (event === undefined) {
    for (let column = 0; column < 5; column++) to.appendNull();
  } else {
    to.appendVarchar(queryableText(event.name));
    appendInstant(to, event.timestamp);
    to.appendVarchar(queryableText(event.messageId));
    to.appendVarchar(queryableText(event.source));
    to.appendVarchar(queryableJson(event.body));
  }
  if (transition === undefined) {
    to.appendNull();
    to.appendNull();
  } else {
    to.appendVarchar(queryableText(transition.segment));
    to.appendBoolean(transition.entered);
  }
  to.appendBlob(row.record);
  to.endRow();
}

function appendText(to: DuckDBAppender, text: string | undefined): void {
  if (text === undefined) to.appendNull();
  else to.appendVarchar(text);
}

function appendInstant(to: DuckDBAppender, instant: Instant): void {
  to.appendTimestamp(new DuckDBTimestampValue(BigInt(Math.round(instant)) * 1000n));
}
