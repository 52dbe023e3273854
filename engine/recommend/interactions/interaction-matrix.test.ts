import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildMatrix, rowOf, transpose, weightsOf } from "./interaction-matrix.ts";

const rows = fc.array(fc.record({ customer: fc.nat(9), product: fc.nat(14), weight: fc.constantFrom(-1, 0.5, 1, 2) }));

describe("a matrix of interactions", () => {
  it("adds what one customer had to do with one product, and leaves out what was given back", () => {
    fc.assert(
      fc.property(rows, (written) => {
        const matrix = buildMatrix({
          customers: 10,
          products: 15,
          customerOf: Uint32Array.from(written, ({ customer }) => customer),
          productOf: Uint32Array.from(written, ({ product }) => product),
          weightOf: Float32Array.from(written, ({ weight }) => weight),
        });
        for (let customer = 0; customer < 10; customer += 1) {
          const sums = new Map<number, number>();
          for (const each of written)
            if (each.customer === customer) sums.set(each.product, (sums.get(each.product) ?? 0) + each.weight);
          const wanted = [...sums].filter(([, sum]) => sum > 0).sort(([a], [b]) => a - b);
          expect([...rowOf(matrix, customer)]).toEqual(wanted.map(([product]) => product));
          expect([...(weightsOf(matrix, customer) ?? [])]).toEqual(wanted.map(([, sum]) => sum));
        }
        const back = transpose(transpose(matrix));
        expect(back).toEqual(matrix);
      }),
    );
  });
});
