/**
 * What the long jobs know of the catalogue, as the node's copy has it: which of the products that customers had to do with the
 * brand still sells, and what may be shown now.
 */
import { join } from "node:path";
import { CATALOGUE_FILE, readCatalogueFile } from "../catalogue/catalogue-file.ts";
import { Catalogue } from "../catalogue/catalogue.ts";
import { textIn } from "../catalogue/product.ts";
import { inSharedMemory } from "../interactions/interaction-matrix.ts";

export interface Range {
  /** Products in the catalogue, shown or not. 0: the brand has none, and what was bought stands for it. */
  readonly size: number;
  /** Ids of those that may be shown now. */
  readonly shown: readonly string[];
  /** 1 for each id that is in the catalogue; all, where there is none. In memory that threads share. */
  known(ids: readonly string[]): Uint8Array;
  /** The same for those that may be shown now. */
  showable(ids: readonly string[]): Uint8Array;
  /** Without regard to language: for a list that people look over. Empty where the catalogue does not have it. */
  titleOf(id: string): string;
}

export function readRange(folder: string): Range {
  const catalogue = new Catalogue();
  readCatalogueFile(join(folder, CATALOGUE_FILE), catalogue);
  const products = [...catalogue.all()].map(({ id }) => id);
  const inRange = new Set(products);
  const shown = products.filter((id) => catalogue.isShown(catalogue.numberOf(id) ?? -1));
  const showable = new Set(shown);
  const bytes = (ids: readonly string[], isIn: (id: string) => boolean): Uint8Array => {
    const all = new Uint8Array(inSharedMemory(ids.length));
    for (const [at, id] of ids.entries()) all[at] = products.length === 0 || isIn(id) ? 1 : 0;
    return all;
  };
  return {
    size: products.length,
    shown,
    known: (ids) => bytes(ids, (id) => inRange.has(id)),
    showable: (ids) => bytes(ids, (id) => showable.has(id)),
    titleOf: (id) => {
      const product = catalogue.product(catalogue.numberOf(id) ?? -1);
      return product === undefined ? "" : (textIn(product.title, "") ?? "");
    },
  };
}
