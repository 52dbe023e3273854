/**
 * The catalogue on disk: a line each change, appended and flushed before it is acknowledged, folded by whoever reads it. The
 * node's desk writes it; jobs that want to know what may be shown read it as it stands.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Json } from "../../model/event.ts";
import type { Catalogue, ProductChange } from "./catalogue.ts";
import { parseProduct, productJson } from "./product.ts";

export const CATALOGUE_FILE = "catalogue.ndjson";

/** As one line of the file. */
export function writtenChange(change: ProductChange): Json {
  switch (change.is) {
    case "put":
      return { put: productJson(change.product) };
    case "stock":
      return { stock: change.id, pieces: change.stock ?? null };
    case "hidden":
      return { hidden: change.id, is: change.hidden };
    case "removed":
      return { removed: change.id };
  }
}

/** Applies all changes of the file, where there is one. @returns how many lines could not be read */
export function readCatalogueFile(path: string, catalogue: Catalogue): number {
  if (!existsSync(path)) return 0;
  let unreadable = 0;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    const change = readChange(line);
    if (change === undefined) unreadable += 1;
    else catalogue.apply(change);
  }
  return unreadable;
}

function readChange(line: string): ProductChange | undefined {
  try {
    const written = JSON.parse(line) as Record<string, Json>;
    if (written["put"] !== undefined) {
      const parsed = parseProduct(written["put"]);
      return parsed.is === "product" ? { is: "put", product: parsed.product } : undefined;
    }
    if (typeof written["removed"] === "string") return { is: "removed", id: written["removed"] };
    if (typeof written["hidden"] === "string")
      return { is: "hidden", id: written["hidden"], hidden: written["is"] === true };
    const pieces = written["pieces"];
    if (typeof written["stock"] !== "string") return undefined;
    const stock = typeof pieces === "number" ? pieces : ((pieces ?? undefined) as Record<string, number> | undefined);
    return { is: "stock", id: written["stock"], stock };
  } catch {
    return undefined;
  }
}
