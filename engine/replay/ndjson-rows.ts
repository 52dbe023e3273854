/**
 * Rows of a file of JSON lines: one object a line, whose members are the columns; a member of a member is `customer.card`.
 * The columns are those of the first rows, as a key that is empty is often left out. Numbers become the text that JSON has
 * for them, null and what is absent become the empty text; a list is not a value.
 */
import { ndjsonSampleRowsMax, rowCharsMax } from "../limits.ts";
import { type FileRow, UnreadableRows, type RowReader, type RowSink } from "./rows.ts";

type Row = Readonly<Record<string, unknown>>;

export function createNdjsonRows(sink: RowSink): RowReader {
  let columns: readonly string[] | undefined;
  const sample: { readonly row: Row; readonly at: FileRow }[] = [];
  let rest = "";
  let line = 0;
  let skipping = false;

  function take(text: string): void {
    line++;
    if (text.trim() === "") return;
    const row = parse(text);
    if (row === undefined) return sink.fault(line, "not a JSON object", text);
    const at = { line, text };
    if (columns !== undefined) return sink.row(cellsOf(row, columns), at);
    sample.push({ row, at });
    if (sample.length >= ndjsonSampleRowsMax) settle();
  }

  function settle(): void {
    const known = new Set(sample.flatMap(({ row }) => [...pathsOf(row)]));
    if (known.size === 0) throw new UnreadableRows("The file has no columns: its first lines must be JSON objects.");
    columns = Object.freeze([...known]);
    for (const { row, at } of sample) sink.row(cellsOf(row, columns), at);
    sample.length = 0;
  }

  return {
    columns: () => columns,
    write(text) {
      let at = 0;
      const whole = rest + text;
      for (let end = whole.indexOf("\n"); end >= 0; end = whole.indexOf("\n", at)) {
        if (skipping) skipping = false;
        else take(whole.slice(at, end));
        at = end + 1;
      }
      rest = whole.slice(at);
      if (rest.length <= rowCharsMax) return;
      if (!skipping) {
        line++;
        sink.fault(line, `longer than ${rowCharsMax} characters`, rest.slice(0, shownCharsMax));
      }
      skipping = true;
      rest = "";
    },
    end() {
      if (rest !== "" && !skipping) take(rest);
      rest = "";
      if (columns === undefined) settle();
    },
  };
}

/** The cells of a row that was one. */
export function ndjsonCells(text: string, columns: readonly string[]): readonly string[] {
  return cellsOf(parse(text) ?? {}, columns);
}

const shownCharsMax = 1_000;

function parse(text: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function* pathsOf(row: Row): Generator<string> {
  for (const [key, value] of Object.entries(row)) {
    if (!isObject(value)) yield key;
    else for (const inner of Object.keys(value)) yield `${key}.${inner}`;
  }
}

function cellsOf(row: Row, columns: readonly string[]): readonly string[] {
  return columns.map((column) => {
    const own = Object.hasOwn(row, column) ? row[column] : inner(row, column);
    return typeof own === "string" ? own : typeof own === "number" || typeof own === "boolean" ? String(own) : "";
  });
}

function inner(row: Row, path: string): unknown {
  const dot = path.indexOf(".");
  if (dot < 0) return undefined;
  const outer = row[path.slice(0, dot)];
  const key = path.slice(dot + 1);
  return isObject(outer) && Object.hasOwn(outer, key) ? outer[key] : undefined;
}
