/**
 * The file of rejected rows: each with its line and the reason in front, else as it was, so that it can be mended and
 * replayed by the same mapping. Made with the first row. It lies beside the replayed file, or, where that folder may not
 * be written, at the place given for that case.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { SourceMapping } from "../model/source-mapping.ts";
import { csvCells } from "./csv-rows.ts";
import { ndjsonCells } from "./ndjson-rows.ts";
import type { RejectedRow } from "./read-receipts.ts";

export interface RejectedFile {
  /** Where it is, or would be. */
  readonly path: string;
  readonly bytes: number;
  add(rows: readonly RejectedRow[]): void;
  close(): void;
}

export interface RejectedFileOptions {
  readonly path: string;
  readonly elsewhere: string;
  readonly form: Pick<SourceMapping, "form" | "separator">;
  readonly columns: () => readonly string[];
  /** What of an existing file is kept: 0 begins anew. */
  readonly keepBytes: number;
}

export function createRejectedFile(options: RejectedFileOptions): RejectedFile {
  const { form } = options;
  let path = options.path;
  let file: number | undefined;
  let bytes = 0;
  if (options.keepBytes === 0) {
    for (const stale of [options.path, options.elsewhere]) rmSync(stale, { force: true });
  } else {
    path = sizeOf(options.path) === undefined ? options.elsewhere : options.path;
    bytes = Math.min(options.keepBytes, sizeOf(path) ?? 0);
  }

  function open(): number {
    try {
      return openSync(path, "a+");
    } catch (error) {
      if (path === options.elsewhere || !isUnwritable(error)) throw error;
      path = options.elsewhere;
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, "a+");
    }
  }

  function write(text: string): void {
    if (file === undefined) {
      file = open();
      ftruncateSync(file, bytes);
    }
    bytes += writeSync(file, text);
  }

  return {
    get path() {
      return path;
    },
    get bytes() {
      return bytes;
    },
    add(rows) {
      const columns = options.columns();
      if (form.form === "ndjson") return write(rows.map((row) => jsonLine(row, columns)).join(""));
      const header = bytes === 0 ? csvHeader(columns, form.separator) : "";
      write(header + rows.map((row) => csvLine(row, columns, form.separator)).join(""));
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function isUnwritable(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "EROFS", "EPERM"].includes(String(error.code));
}

/** Names of the two columns in front. */
const LINE = "rejected line";
const REASON = "rejected because";

/** A file of rejected rows that is replayed has the two columns already: they are not repeated. */
function isOurs(column: string | undefined): boolean {
  return column === LINE || column === REASON;
}

function csvHeader(columns: readonly string[], separator: string): string {
  return `${csvText([LINE, REASON, ...columns.filter((name) => !isOurs(name))], separator)}\n`;
}

function csvLine({ row, reason, isWhole }: RejectedRow, columns: readonly string[], separator: string): string {
  const front = csvText([String(row.line), reason], separator);
  if (!isWhole) return `${front}${separator}${row.text}\n`;
  const cells = csvCells(row.text, separator).filter((_, index) => !isOurs(columns[index]));
  return `${front}${separator}${csvText(cells, separator)}\n`;
}

function csvText(cells: readonly string[], separator: string): string {
  const quoted = (cell: string): string =>
    /["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return cells.map(quoted).join(separator);
}

function jsonLine({ row, reason, isWhole }: RejectedRow, columns: readonly string[]): string {
  const front = { [LINE]: row.line, [REASON]: reason };
  if (!isWhole) return `${JSON.stringify({ ...front, text: row.text })}\n`;
  const cells = ndjsonCells(row.text, columns);
  const members = columns.flatMap((name, index) => (isOurs(name) ? [] : [[name, cells[index] ?? ""] as const]));
  return `${JSON.stringify({ ...front, ...Object.fromEntries(members) })}\n`;
}
