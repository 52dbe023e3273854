/** Lists for every customer as a file: CSV, lines of JSON, or Parquet. */
import { createWriteStream, renameSync } from "node:fs";
import { finished } from "node:stream/promises";
import type { CustomerLists } from "../models/customer-lists.ts";
import { NO_PRODUCT } from "../models/neighbour-table.ts";

export type ListsFormat = "csv" | "ndjson" | "parquet";

/** Beside, and put in place when it is whole. Rejects with what writing rejects with. @returns how many rows */
export async function writeLists(
  { out, format }: { readonly out: string; readonly format: ListsFormat },
  {
    lists,
    names,
    products,
  }: { readonly lists: CustomerLists; readonly names: readonly string[]; readonly products: readonly string[] },
  writeParquet: (csv: string, out: string) => Promise<void>,
): Promise<number> {
  const part = `${out}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  const isText = format !== "ndjson";
  if (isText) stream.write("customer,rank,product,score\n");
  let rows = 0;
  for (const [customer, name] of names.entries()) {
    let text = "";
    for (let place = 0; place < lists.top; place += 1) {
      const at = customer * lists.top + place;
      const product = lists.products[at] as number;
      if (product === NO_PRODUCT) break;
      const score = Math.round((lists.scores[at] as number) * 1e6) / 1e6;
      const id = products[product] ?? "";
      text += isText
        ? `${csvCell(name)},${place + 1},${csvCell(id)},${score}\n`
        : `${JSON.stringify({ customer: name, rank: place + 1, product: id, score })}\n`;
      rows += 1;
    }
    if (!stream.write(text)) await new Promise<void>((resolve) => void stream.once("drain", () => resolve()));
  }
  stream.end();
  await finished(stream);
  if (format === "parquet") await writeParquet(part, out);
  else renameSync(part, out);
  return rows;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
