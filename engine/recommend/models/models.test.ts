import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDraw } from "../evaluation/draw.ts";
import { capBaskets, transposeSampled } from "../interactions/cap-matrix.ts";
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";
import { buildMatrix, degreesOf, rowOf, transpose, weightsOf } from "../interactions/interaction-matrix.ts";
import { matrixOf } from "../interactions/matrix-fixtures.ts";
import { createTrainingCrew } from "../training/create-training-crew.ts";
import { createLists, fillLists } from "./customer-lists.ts";
import { createDegreeFilter } from "./degree-filter.ts";
import { NO_PRODUCT, buildTable, createNeighbours, createTable } from "./neighbour-table.ts";
import { countCustomers } from "./popularity.ts";
import { createSharpenedFilter } from "./sharpened-filter.ts";
import { COSINE, scalesOf } from "./similarity.ts";
import { TopProducts } from "./top-products.ts";

const PRODUCTS = 12;
const matrices = fc
  .array(fc.record({ customer: fc.nat(14), product: fc.nat(PRODUCTS - 1), weight: fc.constantFrom(0.25, 1, 2) }))
  .map((written) =>
    buildMatrix({
      customers: 15,
      products: PRODUCTS,
      customerOf: Uint32Array.from(written, ({ customer }) => customer),
      productOf: Uint32Array.from(written, ({ product }) => product),
      weightOf: Float32Array.from(written, ({ weight }) => weight),
    }),
  );
const formulas = fc.record({
  customerExponent: fc.constantFrom(0, 0.25, 0.5),
  sourceExponent: fc.constantFrom(0, 0.5, 1),
  targetExponent: fc.constantFrom(0, 0.3, 0.5),
  shrinkage: fc.constantFrom(0, 2),
});

function cell(matrix: InteractionMatrix, customer: number, product: number): number {
  const at = rowOf(matrix, customer).indexOf(product);
  return at < 0 ? 0 : (weightsOf(matrix, customer)?.[at] ?? 1);
}

/** The formula of similarity.ts, word for word, over a dense matrix. */
function similarity(matrix: InteractionMatrix, options: typeof COSINE, [i, j]: readonly [number, number]): number {
  let sum = 0;
  const degrees = [i, j].map(() => 0) as [number, number];
  for (let v = 0; v < matrix.customers; v += 1) {
    let degree = 0;
    for (let p = 0; p < PRODUCTS; p += 1) degree += cell(matrix, v, p);
    const both = cell(matrix, v, i) * cell(matrix, v, j);
    if (both > 0) sum += both * degree ** (-2 * options.customerExponent);
    degrees[0] += cell(matrix, v, i) ** 2;
    degrees[1] += cell(matrix, v, j) ** 2;
  }
  return sum / (degrees[0] ** options.sourceExponent * degrees[1] ** options.targetExponent + options.shrinkage);
}

describe("the exact item model", () => {
  it("is the formula, for every pair", () => {
    fc.assert(
      fc.property(matrices, formulas, (matrix, options) => {
        const model = createDegreeFilter("exact", matrix, options);
        const scores = new Float32Array(PRODUCTS);
        const degrees = countCustomers(matrix);
        for (let i = 0; i < PRODUCTS; i += 1) {
          if (degrees[i] === 0) continue;
          model.scoreInto(Uint32Array.of(i), undefined, scores);
          for (let j = 0; j < PRODUCTS; j += 1)
            if (degrees[j] !== 0) expect(scores[j]).toBeCloseTo(similarity(matrix, options, [i, j]), 4);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the cosine: 1 for a product beside itself", () => {
    const model = createDegreeFilter("cosine", matrixOf(3, [[0, 1], [0, 1, 2], [0]]), COSINE);
    const scores = new Float32Array(3);
    model.scoreInto(Uint32Array.of(0), undefined, scores);
    expect(scores[0]).toBeCloseTo(1, 6);
    expect(scores[1]).toBeCloseTo(2 / Math.sqrt(6), 6);
    expect(scores[2]).toBeCloseTo(1 / Math.sqrt(3), 6);
  });
});

describe("a table of neighbours", () => {
  it("that is wide enough scores like the exact model, but for the products themselves", () => {
    fc.assert(
      fc.property(matrices, formulas, fc.uniqueArray(fc.nat(PRODUCTS - 1)), (matrix, options, history) => {
        const exact = new Float32Array(PRODUCTS);
        const served = new Float32Array(PRODUCTS);
        const had = Uint32Array.from(history);
        createDegreeFilter("exact", matrix, options).scoreInto(had, undefined, exact);
        createNeighbours("served", buildTable(matrix, PRODUCTS, options)).scoreInto(had, undefined, served);
        for (let product = 0; product < PRODUCTS; product += 1)
          if (!history.includes(product)) expect(served[product]).toBeCloseTo(exact[product] as number, 4);
      }),
      { numRuns: 60 },
    );
  });

  it("is the same made by two threads", async () => {
    const draw = createDraw(3);
    const rows = Array.from({ length: 400 }, () => [
      ...new Set(Array.from({ length: 8 }, () => Math.floor(draw() ** 2 * 700))),
    ]);
    const matrix = capBaskets(matrixOf(700, rows), 5);
    const byProduct = transposeSampled(matrix, 10);
    const scales = scalesOf(matrix, COSINE);
    const share = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
    const table = createTable(700, 6, share);
    await createTrainingCrew(2).run({ is: "neighbours", table, source: { matrix, byProduct, scales } });
    const alone = createTable(700, 6, share);
    const { work } = await import("../training/training-task.ts");
    work({ task: { is: "neighbours", table: alone, source: { matrix, byProduct, scales } }, next: new Int32Array(1) });
    expect(table).toEqual(alone);
    expect(alone.neighbours.some((product) => product !== NO_PRODUCT)).toBe(true);
  });
});

describe("caps", () => {
  it("leave the strongest of a large basket, and the whole of a small one", () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 4 }), (matrix, most) => {
        const capped = capBaskets(matrix, most);
        for (let customer = 0; customer < matrix.customers; customer += 1) {
          const all = [...(weightsOf(matrix, customer) ?? [])].sort((a, b) => b - a);
          const kept = [...(weightsOf(capped, customer) ?? [])].sort((a, b) => b - a);
          expect(kept).toEqual(all.slice(0, most));
          for (const product of rowOf(capped, customer)) expect(rowOf(matrix, customer)).toContain(product);
        }
      }),
    );
  });

  it("of a product that everybody has make some stand for all", () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 4 }), (matrix, most) => {
        const sampled = transposeSampled(matrix, most);
        const whole = transpose(matrix);
        const counts = degreesOf(whole);
        for (let product = 0; product < PRODUCTS; product += 1) {
          const buyers = rowOf(sampled, product);
          expect(buyers.length).toBe(Math.min(counts[product] as number, most));
          expect(new Set(buyers).size).toBe(buyers.length);
          for (const buyer of buyers) expect(rowOf(whole, product)).toContain(buyer);
        }
      }),
    );
    const everybody = transposeSampled(
      matrixOf(
        1,
        Array.from({ length: 100 }, () => [0]),
      ),
      10,
    );
    expect([...(weightsOf(everybody, 0) ?? [])]).toEqual(new Array(10).fill(10));
  });
});

describe("lists for all customers", () => {
  it("have what the model scores highest, never what they have or what is not shown, and no gap while there is more", () => {
    const shownSets = fc.array(fc.boolean(), { minLength: PRODUCTS, maxLength: PRODUCTS });
    fc.assert(
      fc.property(matrices, shownSets, fc.integer({ min: 1, max: 5 }), (matrix, shownOf, top) => {
        const table = buildTable(matrix, 4, COSINE);
        const shown = Uint8Array.from(shownOf, Number);
        const popular = Uint32Array.from({ length: PRODUCTS }, (_, at) => at);
        const lists = createLists(matrix.customers, top, (bytes) => new ArrayBuffer(bytes));
        fillLists(lists, { matrix, table, shown, popular }, [0, matrix.customers]);
        const model = createNeighbours("served", table);
        const scores = new Float32Array(PRODUCTS);
        for (let customer = 0; customer < matrix.customers; customer += 1) {
          const had = rowOf(matrix, customer);
          model.scoreInto(had, weightsOf(matrix, customer), scores);
          const best = new TopProducts(top);
          for (const product of popular)
            if (shown[product] === 1 && !had.includes(product) && (scores[product] as number) > 0)
              best.offer(product, scores[product] as number);
          best.sort();
          const row = [...lists.products.subarray(customer * top, (customer + 1) * top)];
          expect(row.slice(0, best.length)).toEqual([...best.products.subarray(0, best.length)]);
          const possible = [...popular].filter((product) => shown[product] === 1 && !had.includes(product));
          const filled = row.filter((product) => product !== NO_PRODUCT);
          expect(filled.length).toBe(Math.min(top, possible.length));
          expect(new Set(filled).size).toBe(filled.length);
          for (const product of filled) expect(possible).toContain(product);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the best of many", () => {
  it("are those that sorting gives, whatever the order they come in", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0.5, 1, 2, 3)), fc.integer({ min: 1, max: 6 }), (scores, most) => {
        const best = new TopProducts(most);
        scores.forEach((score, product) => best.offer(product, score));
        best.sort();
        const sorted = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
        expect([...best.products.subarray(0, best.length)]).toEqual(sorted.slice(0, most));
      }),
    );
  });
});

describe("equal scores", () => {
  it("are told apart by their products alone, whatever is lost in keeping them", () => {
    const best = new TopProducts(2);
    for (const [product, score] of [
      [5, 0.2],
      [3, (1 / 15) * 3],
      [1, 0.2],
    ] as const)
      best.offer(product, score);
    best.sort();
    expect([...best.products]).toEqual([1, 3]);
  });
});

describe("the sharpened model", () => {
  it("is the exact one less its second application, for every history", () => {
    fc.assert(
      fc.property(
        matrices,
        fc.uniqueArray(fc.nat(PRODUCTS - 1), { minLength: 1 }),
        fc.constantFrom(0, 0.5, 1),
        (matrix, had, sharpening) => {
          const options = { customerExponent: 0.3, sourceExponent: 0.5, targetExponent: 0.2 };
          const scores = new Float32Array(PRODUCTS);
          createSharpenedFilter("", matrix, { ...options, sharpening }).scoreInto(
            Uint32Array.from(had),
            undefined,
            scores,
          );
          const wanted = sharpened(matrix, had, { ...options, sharpening });
          // The eigenvalue is found to a hundredth where two are nearly the same.
          const near = 0.01 * Math.max(1, ...wanted.map(Math.abs));
          for (let product = 0; product < PRODUCTS; product += 1)
            expect(Math.abs((scores[product] as number) - (wanted[product] as number))).toBeLessThan(near);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The formula of sharpened-filter.ts over dense matrices, with the eigenvalue by many rounds. */
function sharpened(
  matrix: InteractionMatrix,
  had: readonly number[],
  options: { customerExponent: number; sourceExponent: number; targetExponent: number; sharpening: number },
): readonly number[] {
  const all = Array.from({ length: PRODUCTS }, (_, product) => product);
  const plain = { ...COSINE, customerExponent: options.customerExponent, sourceExponent: 0, targetExponent: 0 };
  const s = all.map((i) => all.map((j) => similarity(matrix, plain, [i, j])));
  const degrees = all.map((i) =>
    Array.from({ length: matrix.customers }, (_, v) => cell(matrix, v, i) ** 2).reduce((sum, each) => sum + each, 0),
  );
  const power = (i: number, exponent: number): number => (degrees[i] === 0 ? 0 : (degrees[i] as number) ** exponent);
  const apply = (row: readonly number[]): number[] =>
    all.map((j) => all.reduce((sum, i) => sum + (row[i] as number) * (s[i]?.[j] as number), 0));
  const once = apply(all.map((i) => (had.includes(i) ? power(i, -options.sourceExponent) : 0)));
  let largest = 1;
  let vector = [...degrees];
  for (let round = 0; round < 400; round += 1) {
    const next = apply(vector.map((each, i) => each * power(i, -1)));
    const length = (values: readonly number[]): number => Math.hypot(...values) || 1;
    largest = length(next) / length(vector);
    vector = next.map((each) => each / length(next));
  }
  const twice = apply(once.map((each, i) => each * power(i, -1)));
  return all.map(
    (j) =>
      ((once[j] as number) - (options.sharpening / largest) * (twice[j] as number)) * power(j, -options.targetExponent),
  );
}
