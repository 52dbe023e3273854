/** Lists for every customer as a file: CSV, lines of JSON, or Parquet. Written beside, and put in place when it is whole. */
import { createWriteStream, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { SetupError } from "../../model/errors.ts";
import type { CustomerLists } from "../models/customer-lists.ts";
import { NO_PRODUCT } from "../models/neighbour-table.ts";

export type ListsFormat = "csv" | "ndjson" | "parquet";

export interface WrittenLists {
  readonly lists: CustomerLists;
  /** Of the customers, by number. */
  readonly names: readonly string[];
  /** Ids, by number. */
  readonly products: readonly string[];
  /** By number. */
  readonly titles: readonly string[];
}

export interface ListsFile {
  /** Rejects with what writing rejects with. @returns how many rows */
  write(written: WrittenLists): Promise<number>;
  /** What is not whole is gone. */
  close(): void;
}

/** Rejects with SetupError where nothing can be written. */
export async function openLists(
  { out, format }: { readonly out: string; readonly format: ListsFormat },
  writeParquet: (csv: string, out: string) => Promise<void>,
): Promise<ListsFile> {
  const part = `${out}.part`;
  try {
    await (await open(part, "w", 0o600)).close();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new SetupError(`${out} cannot be written (${code}).`, "Name a file of a folder that may be written.");
  }
  return {
    async write(written) {
      const stream = createWriteStream(part, { mode: 0o600 });
      let rows = 0;
      for (const { text, count } of textOf(written, format)) {
        rows += count;
        if (!stream.write(text)) await new Promise<void>((resolve) => void stream.once("drain", () => resolve()));
      }
      stream.end();
      await finished(stream);
      if (format === "parquet") await writeParquet(part, out);
      else renameSync(part, out);
      return rows;
    },
    close: () => rmSync(part, { force: true }),
  };
}

/** The header, then each customer's rows. */
function* textOf(
  { lists, names, products, titles }: WrittenLists,
  format: ListsFormat,
): Iterable<{ readonly text: string; readonly count: number }> {
  const isText = format !== "ndjson";
  if (isText) yield { text: "customer,rank,product,title,score\n", count: 0 };
  for (const [customer, name] of names.entries()) {
    let text = "";
    let count = 0;
    for (; count < lists.top; count += 1) {
      const at = customer * lists.top + count;
      const product = lists.products[at] as number;
      if (product === NO_PRODUCT) break;
      // Six digits of whatever size: 0 says that a product stands for its popularity.
      const score = Number((lists.scores[at] as number).toPrecision(6));
      const id = products[product] ?? "";
      const title = titles[product] ?? "";
      text += isText
        ? `${csvCell(name)},${count + 1},${csvCell(id)},${csvCell(title)},${score}\n`
        : `${JSON.stringify({ customer: name, rank: count + 1, product: id, title, score })}\n`;
    }
    yield { text, count };
  }
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
