/**
 * Products from a file's text: JSON (a list, an object with `products`, or a line each), CSV with a header, or what Shopify
 * exports in either form. What a product cannot be made of is rejected with its line and the reason; the rest is taken.
 * Pure: the whole text comes in, as a catalogue is small beside memory.
 *
 * Columns of a CSV are the keys of a product: `id,title,title.fr,price,categories,stock.lyon-1,attributes.colour`;
 * several categories stand between `|`. A header with other columns, or without `id` or `title`, is refused as a whole.
 */
import type { Json, JsonObject } from "../../model/event.ts";
import { createCsvRows } from "../../replay/rows-port.ts";
import type { Product } from "./product.ts";
import { isProductKey, parseProduct, PRODUCT_KEYS } from "./product.ts";
import { fromShopify, isShopifyProduct, shopifyRowsToProducts } from "./shopify-products.ts";

export interface RejectedProduct {
  readonly line: number;
  readonly reason: string;
}

export interface ImportedProducts {
  readonly products: readonly Product[];
  readonly rejected: readonly RejectedProduct[];
  /** Ids that came more than once; the last of each was taken. */
  readonly repeated: readonly string[];
}

/** @param text of the whole file; a byte-order mark is passed over */
export function importProducts(text: string): ImportedProducts {
  const sheet: Sheet = { products: new Map(), rejected: [], repeated: new Set() };
  const bare = text.startsWith("\ufeff") ? text.slice(1) : text;
  const first = /\S/.exec(bare)?.[0];
  if (first === undefined) sheet.rejected.push({ line: 1, reason: "the file is empty" });
  else if (first === "[" || first === "{") takeJson(bare, sheet);
  else takeCsv(bare, sheet);
  sheet.rejected.sort((a, b) => a.line - b.line);
  return { products: [...sheet.products.values()], rejected: sheet.rejected, repeated: [...sheet.repeated] };
}

interface Sheet {
  readonly products: Map<string, Product>;
  readonly rejected: RejectedProduct[];
  readonly repeated: Set<string>;
}

function take(json: Json, line: number, { products, rejected, repeated }: Sheet): void {
  const parsed = parseProduct(isShopifyProduct(json) ? fromShopify(json) : json);
  if (parsed.is === "rejected") rejected.push({ line, reason: parsed.reasons.join("; ") });
  else {
    const { product } = parsed;
    if (products.delete(product.id)) repeated.add(product.id);
    products.set(product.id, product);
  }
}

/** Every object that stands in the outermost list, or by itself on the top level, with the line that it begins on. */
function takeJson(text: string, sheet: Sheet): void {
  let found = 0;
  for (const { start, end, line } of objectsIn(text)) {
    found += 1;
    try {
      take(JSON.parse(text.slice(start, end)) as Json, line, sheet);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      sheet.rejected.push({ line, reason: `not JSON: ${reason}` });
    }
  }
  if (found === 0 && !/^\s*(\[\s*\]|\{\s*"products"\s*:\s*\[\s*\]\s*\})\s*$/.test(text))
    sheet.rejected.push({ line: 1, reason: "no product is in this JSON" });
}

function* objectsIn(text: string): Iterable<{ readonly start: number; readonly end: number; readonly line: number }> {
  const wrapper = /^\s*\{\s*"products"\s*:\s*\[/.exec(text);
  const single = /^\s*\{\s*"product"\s*:\s*(?=\{)/.exec(text);
  let line = 1;
  let depth = 0;
  let start = 0;
  let startLine = 1;
  let inText = false;
  const skipped = (wrapper ?? single)?.[0].length ?? 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "\n") {
      line += 1;
      // A text has no line ends in JSON: a quote that is not closed spoils one line, not all that follow.
      inText = false;
    }
    if (at < skipped) continue;
    if (inText) {
      if (sign === "\\") at += 1;
      else if (sign === '"') inText = false;
      continue;
    }
    if (sign === '"') inText = true;
    else if (sign === "{") {
      if (depth === 0) {
        start = at;
        startLine = line;
      }
      depth += 1;
    } else if (sign === "}" && depth > 0) {
      depth -= 1;
      if (depth === 0) yield { start, end: at + 1, line: startLine };
    }
  }
  if (depth > 0) yield { start, end: text.length, line: startLine };
}

function takeCsv(text: string, sheet: Sheet): void {
  const rows: { readonly row: Readonly<Record<string, string>>; readonly line: number }[] = [];
  const separator = (text.split("\n", 1)[0] ?? "").includes(";") ? ";" : ",";
  const reader = createCsvRows(separator, {
    row(cells, { line }) {
      const columns = reader.columns() ?? [];
      rows.push({ row: Object.fromEntries(columns.map((name, at) => [name.trim(), cells[at] ?? ""])), line });
    },
    fault: (line, reason) => sheet.rejected.push({ line, reason }),
  });
  try {
    reader.write(text);
    reader.end();
  } catch (error) {
    // No header, or a column twice: no file of rows at all.
    const reason = error instanceof Error ? error.message : String(error);
    sheet.rejected.push({ line: 1, reason });
    return;
  }
  const columns = (reader.columns() ?? []).map((name) => name.trim());
  if (columns.includes("Handle") && columns.includes("Variant Price")) {
    for (const { json, line } of shopifyRowsToProducts(rows)) take(json, line, sheet);
    return;
  }
  const wrong = wrongColumns(columns);
  if (wrong !== undefined) {
    // Told once, and not by every row; nothing of the file is taken for what it is not.
    sheet.rejected.length = 0;
    sheet.rejected.push({ line: 1, reason: wrong });
    return;
  }
  for (const { row, line } of rows) take(fromRow(row), line, sheet);
}

/** What is wrong with a header, all at once. A column without a name may stand at the end of sheets: its cells are read. */
function wrongColumns(columns: readonly string[]): string | undefined {
  const named = (names: readonly string[]): string => names.map((name) => `\`${name.slice(0, 60)}\``).join(", ");
  const strangers = columns.filter((column) => column !== "" && !isProductKey(column.split(".", 1)[0] ?? ""));
  const lacking = ["id", "title"].filter((key) => !columns.some((column) => column.split(".", 1)[0] === key));
  const reasons = [
    ...(lacking.length === 0 ? [] : [`there is no column ${named(lacking)}`]),
    ...(strangers.length === 0
      ? []
      : [
          `no part of a product: ${named(strangers.slice(0, 20))}; columns are ${PRODUCT_KEYS.join(", ")}, and \`attributes.NAME\` for anything else`,
        ]),
  ];
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

const NUMBERS = new Set(["price", "was", "margin", "stock"]);

/** Cells as the parts of a product that their columns name; an empty cell says nothing. */
function fromRow(row: Readonly<Record<string, string>>): JsonObject {
  const json: Record<string, Json> = {};
  for (const [column, cell] of Object.entries(row)) {
    const text = cell.trim();
    if (text === "") continue;
    const [key = "", ...rest] = column.split(".");
    const part = rest.join(".");
    if (part !== "") {
      const within = json[key];
      const texts = typeof within === "object" && within !== null ? (within as JsonObject) : plainPart(key, within);
      json[key] = { ...texts, [part]: key === "stock" ? numberIn(text) : key === "attributes" ? valueIn(text) : text };
    } else if (key === "categories" || key === "category")
      json["categories"] = text.split("|").map((each) => each.trim());
    else if (key === "hidden")
      json[key] = /^(true|yes|1)$/i.test(text) ? true : /^(false|no|0)$/i.test(text) ? false : text;
    else json[key] = NUMBERS.has(key) ? numberIn(text) : text;
  }
  return json;
}

/** `title` beside `title.fr` is the text of the other languages. */
function plainPart(key: string, plain: Json | undefined): JsonObject {
  return plain === undefined || key === "stock" ? {} : { "": plain };
}

/** A number where it is one, else the text, which is then rejected with its name. */
function numberIn(text: string): Json {
  return /^[+-]?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : text;
}

function valueIn(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
