/**
 * A file to its receipts: opened, unpacked, cut into rows, mapped and grouped, in the order that `group-receipts.ts` says.
 * The columns are compared with the source before the first row is mapped. What is no row, or no line of its receipt, is
 * told and passed over.
 */
import type { SourceMapping } from "../model/source-mapping.ts";
import { createCsvRows } from "./csv-rows.ts";
import { createReceiptGroups, type GroupedReceipt } from "./group-receipts.ts";
import { createNdjsonRows } from "./ndjson-rows.ts";
import type { OpenText } from "./open-text.ts";
import { createLineReader, type LineReader } from "./read-line.ts";
import type { FileRow, RowSink } from "./rows.ts";

/** A row of the file that became nothing. */
export interface RejectedRow {
  readonly row: FileRow;
  readonly reason: string;
  /** Whether its text is as many cells as there are columns. */
  readonly isWhole: boolean;
}

export interface ReceiptReading {
  /** Once they are known; throws to end the reading, when they are not those of the source. */
  onColumns(columns: readonly string[]): void;
  onRejected(rejected: RejectedRow): void;
}

export interface ReceiptCounts {
  /** Rows, those that were rejected included; the header is none. */
  rows: number;
  rejected: number;
}

/** Receipts that have become complete, a piece of the file at a time; the last ones only of a file that is whole. */
export async function* readReceipts(
  text: OpenText,
  mapping: SourceMapping,
  options: ReceiptReading & { readonly counts: ReceiptCounts },
): AsyncGenerator<readonly GroupedReceipt[]> {
  const { counts } = options;
  const groups = createReceiptGroups(mapping.grouping);
  let readLine: LineReader | undefined;

  function reject(rejected: RejectedRow): void {
    counts.rejected++;
    options.onRejected(rejected);
  }

  function createReader(): LineReader {
    const columns = rows.columns() ?? [];
    options.onColumns(columns);
    return createLineReader(mapping, columns);
  }

  const sink: RowSink = {
    row(cells, row) {
      counts.rows++;
      readLine ??= createReader();
      const read = readLine(cells);
      const reason = typeof read === "string" ? read : groups.add(read, row);
      if (reason !== undefined) reject({ row, reason, isWhole: true });
    },
    fault(line, reason, text) {
      counts.rows++;
      reject({ row: { line, text }, reason, isWhole: false });
    },
  };
  const rows = mapping.form === "csv" ? createCsvRows(mapping.separator, sink) : createNdjsonRows(sink);

  for await (const piece of text.pieces) {
    rows.write(piece);
    // Before the first row: a file that has a header and nothing else is compared too.
    if (readLine === undefined && rows.columns() !== undefined) readLine = createReader();
    const complete = groups.take();
    if (complete.length > 0) yield complete;
  }
  rows.end();
  readLine ??= createReader();
  groups.end();
  yield groups.take();
}
