/**
 * Lines to receipts. A receipt is open while lines of it may still come, as the source says; then it is given on, whole. The
 * order in which receipts are given on, and so their numbers, depend on the rows alone: a replay that was broken off finds
 * the same receipt under the same number again.
 *
 * A line that contradicts its receipt (another currency, another customer, a sale that became a return) is rejected by
 * itself. A line with another time is a line with a time of its own.
 */
import { replayRowsAnywhereMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";
import type { LineGrouping } from "../model/source-mapping.ts";
import type { ReadLine, ReceiptArticle, ReceiptHead } from "./read-line.ts";
import type { FileRow } from "./rows.ts";

export interface GroupedLine {
  readonly article: ReceiptArticle;
  /** Of this line, where it is another one than the receipt's. */
  readonly at: Instant | undefined;
}

export interface GroupedReceipt {
  readonly head: ReceiptHead;
  readonly lines: readonly GroupedLine[];
  /** Of its lines, for the case that the receipt is refused. */
  readonly rows: readonly FileRow[];
}

export interface ReceiptGroups {
  /** @returns why the line is no part of its receipt, else undefined */
  add(line: ReadLine, row: FileRow): string | undefined;
  /** Receipts that have become complete, in order; each once. */
  take(): readonly GroupedReceipt[];
  /** No line comes any more: the rest is complete. */
  end(): void;
  /** Receipts that are not complete. */
  readonly open: number;
}

interface OpenReceipt {
  readonly head: ReceiptHead;
  readonly lines: GroupedLine[];
  readonly rows: FileRow[];
  /** Rows that came before its last one. */
  lastRow: number;
}

/** More rows than can be held, where a source says `anywhere`. Its text is for the person who named the file. */
export class TooManyRows extends Error {
  readonly code = "too_many_rows";
  constructor() {
    super(
      `The source says that the lines of a receipt may be anywhere, and the file has more than ${replayRowsAnywhereMax} rows, which is more than is held at once: sort the file by receipt, and say \`within 1000 rows\`.`,
    );
    this.name = "TooManyRows";
  }
}

export function createReceiptGroups(grouping: LineGrouping): ReceiptGroups {
  /** In the order of their last rows. */
  const open = new Map<string, OpenReceipt>();
  let newest: OpenReceipt | undefined;
  let rows = 0;
  let complete: GroupedReceipt[] = [];

  function closeUpTo(row: number): void {
    for (const [key, receipt] of open) {
      if (receipt.lastRow >= row) return;
      open.delete(key);
      complete.push(receipt);
    }
  }

  return {
    get open() {
      return open.size;
    },

    add(line, row) {
      const { head, article } = line;
      if (grouping.is === "within") closeUpTo(rows - 1 - grouping.rows);
      else if (rows >= replayRowsAnywhereMax) throw new TooManyRows();
      let receipt = newest?.head.key === head.key ? newest : open.get(head.key);
      if (receipt === undefined) {
        receipt = { head, lines: [], rows: [], lastRow: rows };
        open.set(head.key, receipt);
      }
      const contradiction = head === receipt.head ? undefined : contradictionOf(receipt.head, head);
      if (contradiction === undefined) {
        receipt.lines.push({ article, at: head.at === receipt.head.at ? undefined : head.at });
        receipt.rows.push(row);
      }
      receipt.lastRow = rows++;
      if (grouping.is === "within" && receipt !== newest) {
        // Behind all others, as its last row is the newest.
        open.delete(head.key);
        open.set(head.key, receipt);
      }
      newest = receipt;
      return contradiction;
    },

    take() {
      const taken = complete;
      complete = [];
      return taken;
    },

    end() {
      const rest = [...open.values()];
      open.clear();
      // A file without order is sent in the order of time; equal times as the file has them.
      if (grouping.is === "anywhere") rest.sort((a, b) => a.head.at - b.head.at);
      for (const receipt of rest) complete.push(receipt);
    },
  };
}

function contradictionOf(receipt: ReceiptHead, line: ReceiptHead): string | undefined {
  if (line.currency !== receipt.currency)
    return `in ${line.currency}, and the receipt began in ${receipt.currency}: a sum of two currencies is none`;
  if (line.customer !== receipt.customer) return "of another customer than the receipt's first line";
  if (line.returned !== receipt.returned)
    return line.returned ? "comes back, and the receipt began as a sale" : "is sold, and the receipt began as a return";
  if (line.refersTo !== receipt.refersTo) return "refers to another receipt than the first line";
  return undefined;
}
