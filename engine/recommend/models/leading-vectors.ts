/**
 * The leading singular vectors of the matrix of customers by products, each entry divided by powers of both degrees: the
 * broad tastes that most of what people do follows. Block power iteration (Halko, Martinsson and Tropp 2011, with the
 * Rayleigh-Ritz step at the end), in the space of products only, from a fixed draw, so that the same matrix gives the same
 * vectors. Time: rounds x (2 x entries x rank + products x rank^2); memory: 3 x products x rank numbers.
 */
import type { InteractionMatrix } from "../interactions/interaction-matrix.ts";

export interface LeadingVectors {
  readonly rank: number;
  /** products x rank, a row a product; the columns are orthonormal, the strongest first. */
  readonly vectors: Float32Array;
  /** The squares of the singular values, descending. */
  readonly strengths: Float64Array;
}

export interface LeadingOptions {
  readonly rank: number;
  /** Columns beyond the rank, which make the last of them converge, and rounds. */
  readonly spare?: number;
  readonly rounds?: number;
  /** What each entry is multiplied by: of its customer, of its product. */
  readonly customerScale: Float32Array;
  readonly productScale: Float32Array;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

export function findLeadingVectors(matrix: InteractionMatrix, options: LeadingOptions): LeadingVectors {
  const width = Math.min(options.rank + (options.spare ?? 16), matrix.products);
  let block = new Float32Array(matrix.products * width).map(() => options.random() - 0.5);
  for (let round = 0; round < (options.rounds ?? 5); round += 1) {
    orthonormalise(block, width);
    block = applyTwice(matrix, options, block, width);
  }
  // A second pass mends what the first lost to rounding.
  orthonormalise(block, width);
  orthonormalise(block, width);
  const small = multiplyTransposed(block, applyTwice(matrix, options, block, width), width);
  const { values, vectors } = eigenOfSymmetric(small, width);
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  const kept = order.slice(0, Math.min(options.rank, width));
  const turned = new Float32Array(matrix.products * kept.length);
  for (let product = 0; product < matrix.products; product += 1)
    for (let column = 0; column < kept.length; column += 1) {
      let sum = 0;
      const from = kept[column] as number;
      for (let at = 0; at < width; at += 1)
        sum += (block[product * width + at] as number) * (vectors[at * width + from] as number);
      turned[product * kept.length + column] = sum;
    }
  return { rank: kept.length, vectors: turned, strengths: Float64Array.from(kept, (at) => values[at] as number) };
}

/** M^T M X, M being the scaled matrix: from products to customers and back, one customer at a time. */
function applyTwice(
  { customers, starts, entries, weights }: InteractionMatrix,
  { customerScale, productScale }: Pick<LeadingOptions, "customerScale" | "productScale">,
  block: Float32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(block.length);
  const row = new Float32Array(width);
  for (let customer = 0; customer < customers; customer += 1) {
    const from = starts[customer] as number;
    const to = starts[customer + 1] as number;
    row.fill(0);
    for (let at = from; at < to; at += 1) {
      const product = entries[at] as number;
      const factor = (weights?.[at] ?? 1) * (productScale[product] as number);
      const start = product * width;
      for (let column = 0; column < width; column += 1)
        row[column] = (row[column] as number) + factor * (block[start + column] as number);
    }
    const square = (customerScale[customer] as number) ** 2;
    for (let at = from; at < to; at += 1) {
      const product = entries[at] as number;
      const factor = square * (weights?.[at] ?? 1) * (productScale[product] as number);
      const start = product * width;
      for (let column = 0; column < width; column += 1)
        result[start + column] = (result[start + column] as number) + factor * (row[column] as number);
    }
  }
  return result;
}

/** A^T B of two blocks. */
function multiplyTransposed(a: Float32Array, b: Float32Array, width: number): Float64Array {
  const product = new Float64Array(width * width);
  for (let start = 0; start < a.length; start += width)
    for (let row = 0; row < width; row += 1) {
      const factor = a[start + row] as number;
      if (factor === 0) continue;
      const at = row * width;
      for (let column = 0; column < width; column += 1)
        product[at + column] = (product[at + column] as number) + factor * (b[start + column] as number);
    }
  return product;
}

/** By Cholesky's factor of the columns' products with each other: a block of columns at the price of two passes. */
function orthonormalise(block: Float32Array, width: number): void {
  const factor = multiplyTransposed(block, block, width);
  for (let column = 0; column < width; column += 1) {
    for (let row = column; row < width; row += 1) {
      let sum = factor[row * width + column] as number;
      for (let at = 0; at < column; at += 1)
        sum -= (factor[row * width + at] as number) * (factor[column * width + at] as number);
      // A column that depends on others is left out: it becomes zeros, and so do its values.
      if (row === column) factor[row * width + column] = sum > 1e-9 ? Math.sqrt(sum) : 0;
      else {
        const diagonal = factor[column * width + column] as number;
        factor[row * width + column] = diagonal === 0 ? 0 : sum / diagonal;
      }
    }
  }
  for (let start = 0; start < block.length; start += width)
    for (let column = 0; column < width; column += 1) {
      let sum = block[start + column] as number;
      for (let at = 0; at < column; at += 1)
        sum -= (block[start + at] as number) * (factor[column * width + at] as number);
      const diagonal = factor[column * width + column] as number;
      block[start + column] = diagonal === 0 ? 0 : sum / diagonal;
    }
}

/** Jacobi's rotations, until what is off the diagonal is nothing. */
export function eigenOfSymmetric(
  matrix: Float64Array,
  width: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(width * width);
  for (let at = 0; at < width; at += 1) vectors[at * width + at] = 1;
  for (let sweep = 0; sweep < 30; sweep += 1) {
    let off = 0;
    let whole = 0;
    for (let row = 0; row < width; row += 1)
      for (let column = 0; column < width; column += 1) {
        const square = (a[row * width + column] as number) ** 2;
        whole += square;
        if (row !== column) off += square;
      }
    if (off <= 1e-18 * whole) break;
    for (let p = 0; p < width - 1; p += 1) for (let q = p + 1; q < width; q += 1) rotate(a, vectors, width, [p, q]);
  }
  return { values: Float64Array.from({ length: width }, (_, at) => a[at * width + at] as number), vectors };
}

function rotate(a: Float64Array, vectors: Float64Array, width: number, [p, q]: readonly [number, number]): void {
  const apq = a[p * width + q] as number;
  if (apq === 0) return;
  const theta = ((a[q * width + q] as number) - (a[p * width + p] as number)) / (2 * apq);
  const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let at = 0; at < width; at += 1) {
    const x = a[at * width + p] as number;
    const y = a[at * width + q] as number;
    a[at * width + p] = cosine * x - sine * y;
    a[at * width + q] = sine * x + cosine * y;
  }
  for (let at = 0; at < width; at += 1) {
    const x = a[p * width + at] as number;
    const y = a[q * width + at] as number;
    a[p * width + at] = cosine * x - sine * y;
    a[q * width + at] = sine * x + cosine * y;
    const u = vectors[at * width + p] as number;
    const v = vectors[at * width + q] as number;
    vectors[at * width + p] = cosine * u - sine * v;
    vectors[at * width + q] = sine * u + cosine * v;
  }
}
