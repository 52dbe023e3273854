/** A file of products taken into the catalogue, and what became of each line. */
import type { ChangeOutcome, ProductChange } from "../catalogue/catalogue.ts";
import { importProducts } from "../catalogue/import-products.ts";
import type { RejectedProduct } from "../catalogue/import-products.ts";

export interface ImportReport {
  readonly taken: number;
  readonly rejected: readonly RejectedProduct[];
  /** Ids that came more than once; the last of each was taken. */
  readonly repeated: readonly string[];
  /** Ids of products that cost nothing; they were taken. */
  readonly free: readonly string[];
  /** Products for which the catalogue has no room. */
  readonly full: number;
}

export async function importInto(
  apply: (changes: readonly ProductChange[]) => Promise<readonly ChangeOutcome[]>,
  text: string,
): Promise<ImportReport> {
  const { products, rejected, repeated } = importProducts(text);
  const outcomes =
    products.length === 0 ? [] : await apply(products.map((product) => ({ is: "put", product }) as const));
  const taken = outcomes.filter((outcome) => outcome === "changed").length;
  const free = products.flatMap(({ id, price }) => (price === 0 ? [id] : []));
  return { taken, rejected, repeated, free, full: outcomes.length - taken };
}
