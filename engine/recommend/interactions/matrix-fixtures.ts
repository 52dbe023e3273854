/** Small matrices for tests: each row lists the products of one customer. */
import type { InteractionMatrix } from "./interaction-matrix.ts";
import { buildMatrix } from "./interaction-matrix.ts";

export function matrixOf(products: number, rows: readonly (readonly number[])[]): InteractionMatrix {
  return buildMatrix({
    customers: rows.length,
    products,
    customerOf: Uint32Array.from(rows.flatMap((row, customer) => row.map(() => customer))),
    productOf: Uint32Array.from(rows.flat()),
  });
}
