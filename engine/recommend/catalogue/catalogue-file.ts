/**
 * The catalogue as a node keeps it on disk, of what the store has for all nodes: a line each change, and after those of one
 * reading how far in the store's line they go, so that a start reads on from there. The node's desk writes it; jobs that want
 * to know what may be shown read it as it stands.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Json } from "../../model/event.ts";
import type { Catalogue, ProductChange } from "./catalogue.ts";
import { parseProduct, productJson } from "./product.ts";

export const CATALOGUE_FILE = "catalogue.ndjson";

/** How far a file goes in the store's line of changes. */
export interface UpTo {
  readonly line: string;
  readonly number: number;
}

/** As one line of the file, and as the store keeps it. */
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

export function writtenUpTo({ line, number }: UpTo): Json {
  return { upTo: number, line };
}

export interface ReadCatalogue {
  /** Lines that could not be read. */
  readonly unreadable: number;
  /** undefined: of before nodes shared their catalogue, or there is no file. */
  readonly upTo: UpTo | undefined;
}

/** Applies all changes of the file, where there is one. */
export function readCatalogueFile(path: string, catalogue: Catalogue): ReadCatalogue {
  if (!existsSync(path)) return { unreadable: 0, upTo: undefined };
  let unreadable = 0;
  let upTo: UpTo | undefined;
  for (const text of readFileSync(path, "utf8").split("\n")) {
    if (text === "") continue;
    const read = jsonOf(text);
    const change = read === undefined ? undefined : changeOf(read);
    if (change !== undefined) catalogue.apply(change);
    else if (typeof read?.["upTo"] === "number" && typeof read["line"] === "string")
      upTo = { line: read["line"], number: read["upTo"] };
    else unreadable += 1;
  }
  return { unreadable, upTo };
}

/** A change as `writtenChange` wrote it; undefined: it is none. */
export function readChange(text: string): ProductChange | undefined {
  const read = jsonOf(text);
  return read === undefined ? undefined : changeOf(read);
}

function jsonOf(text: string): Readonly<Record<string, Json>> | undefined {
  try {
    const read = JSON.parse(text) as Json;
    return typeof read === "object" && read !== null ? (read as Readonly<Record<string, Json>>) : undefined;
  } catch {
    return undefined;
  }
}

function changeOf(written: Readonly<Record<string, Json>>): ProductChange | undefined {
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
}
