/** The published split of Gowalla check-ins, for tests and measurements: a line a customer, then the products. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { buildMatrix } from "../interactions/interaction-matrix.ts";
import type { Split } from "./split.ts";

const CUSTOMERS = 29_858;
const PRODUCTS = 40_981;

/** @returns undefined where the folder has no such file */
export function readGowalla(folder: string): Split | undefined {
  if (!existsSync(join(folder, "gowalla"))) return undefined;
  return {
    train: readPart(join(folder, "gowalla", "train.txt.gz")),
    test: readPart(join(folder, "gowalla", "test.txt.gz")),
  };
}

function readPart(path: string): InteractionMatrix {
  const customerOf: number[] = [];
  const productOf: number[] = [];
  for (const line of gunzipSync(readFileSync(path)).toString("latin1").split("\n")) {
    const [customer, ...products] = line.trim().split(" ").map(Number);
    for (const product of products) {
      customerOf.push(customer as number);
      productOf.push(product);
    }
  }
  return buildMatrix({
    customers: CUSTOMERS,
    products: PRODUCTS,
    customerOf: Uint32Array.from(customerOf),
    productOf: Uint32Array.from(productOf),
  });
}
