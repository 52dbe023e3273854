/**
 * Who had to do with what: a sparse matrix of customers by products, a row a customer. Everything that is learned and
 * everything that is judged reads this one form. Its arrays may lie in shared memory, so that threads read one copy.
 * Numbers, not ids: the catalogue says which product a number is.
 */
export interface InteractionMatrix {
  readonly customers: number;
  readonly products: number;
  /** customers + 1: the entries of customer c are from starts[c] to starts[c + 1]. */
  readonly starts: Uint32Array;
  /** A product's number an entry; within a customer ascending, each product once. */
  readonly entries: Uint32Array | Uint16Array;
  /** How strong an entry is, above 0: 1 is one purchase of today. Absent: 1 each, for which no memory is taken. */
  readonly weights: Float32Array | undefined;
}

/** One thing that one customer had to do with, before equal ones are made one. */
export interface InteractionColumns {
  readonly customers: number;
  readonly products: number;
  readonly customerOf: Uint32Array;
  readonly productOf: Uint32Array;
  /** Absent: 1 each. */
  readonly weightOf?: Float32Array | undefined;
}

type Allocate = (bytes: number) => ArrayBufferLike;
const inOwnMemory: Allocate = (bytes) => new ArrayBuffer(bytes);
/** For matrices that several threads read. */
export const inSharedMemory: Allocate = (bytes) => new SharedArrayBuffer(bytes);

/**
 * Two counting sorts, by product and then by customer, so that it takes time proportional to the entries. The weights of
 * equal pairs are added; pairs whose weight is not above 0 (returned) are left out. Without weights a pair counts once.
 */
export function buildMatrix(columns: InteractionColumns, allocate: Allocate = inOwnMemory): InteractionMatrix {
  const { customers, products, customerOf, productOf } = columns;
  const byProduct = sorted(products, productOf, { numbers: customerOf, weights: columns.weightOf });
  const productOfSorted = spelledOut(byProduct.starts, customerOf.length);
  const byCustomer = sorted(customers, byProduct.numbers, { numbers: productOfSorted, weights: byProduct.weights });
  return united(customers, products, byCustomer, allocate);
}

/** The same entries a row a product; `entries` are then customers. */
export function transpose(matrix: InteractionMatrix, allocate: Allocate = inOwnMemory): InteractionMatrix {
  const { customers, products, starts, entries, weights } = matrix;
  const turned = sorted(products, entries, { numbers: spelledOut(starts, entries.length), weights }, allocate);
  return {
    customers: products,
    products: customers,
    starts: turned.starts,
    entries: turned.numbers,
    weights: turned.weights,
  };
}

/** How many entries each row has. */
export function degreesOf({ customers, starts }: InteractionMatrix): Uint32Array {
  const degrees = new Uint32Array(customers);
  for (let row = 0; row < customers; row += 1) degrees[row] = (starts[row + 1] as number) - (starts[row] as number);
  return degrees;
}

export function rowOf(matrix: InteractionMatrix, row: number): Uint32Array | Uint16Array {
  return matrix.entries.subarray(matrix.starts[row], matrix.starts[row + 1]);
}

/** undefined: 1 each. */
export function weightsOf({ weights, starts }: InteractionMatrix, row: number): Float32Array | undefined {
  return weights?.subarray(starts[row], starts[row + 1]);
}

interface Sorted {
  readonly starts: Uint32Array;
  readonly numbers: Uint32Array;
  readonly weights: Float32Array | undefined;
}

/** Stable: what has the same key keeps its order. */
function sorted(
  keys: number,
  keyOf: Uint32Array | Uint16Array,
  of: { readonly numbers: Uint32Array; readonly weights: Float32Array | undefined },
  allocate: Allocate = inOwnMemory,
): Sorted {
  const length = keyOf.length;
  const starts = new Uint32Array(allocate(4 * (keys + 1)));
  for (let at = 0; at < length; at += 1) {
    const next = (keyOf[at] as number) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let key = 0; key < keys; key += 1) starts[key + 1] = (starts[key + 1] as number) + (starts[key] as number);
  const places = starts.slice();
  const numbers = new Uint32Array(allocate(4 * length));
  const weights = of.weights && new Float32Array(allocate(4 * length));
  for (let at = 0; at < length; at += 1) {
    const key = keyOf[at] as number;
    const place = places[key] as number;
    places[key] = place + 1;
    numbers[place] = of.numbers[at] as number;
    if (weights !== undefined && of.weights !== undefined) weights[place] = of.weights[at] as number;
  }
  return { starts, numbers, weights };
}

/** Row starts to one row number an entry. */
function spelledOut(starts: Uint32Array, length: number): Uint32Array {
  const rows = new Uint32Array(length);
  for (let row = 0; row + 1 < starts.length; row += 1) rows.fill(row, starts[row], starts[row + 1]);
  return rows;
}

function united(customers: number, products: number, rows: Sorted, allocate: Allocate): InteractionMatrix {
  const starts = new Uint32Array(allocate(4 * (customers + 1)));
  const { numbers, weights } = rows;
  let kept = 0;
  for (let customer = 0; customer < customers; customer += 1) {
    starts[customer] = kept;
    const end = rows.starts[customer + 1] as number;
    for (let at = rows.starts[customer] as number; at < end; ) {
      const product = numbers[at] as number;
      let weight = 0;
      for (; at < end && numbers[at] === product; at += 1) weight += weights?.[at] ?? 1;
      if (!(weight > 0)) continue;
      numbers[kept] = product;
      if (weights !== undefined) weights[kept] = weight;
      kept += 1;
    }
  }
  starts[customers] = kept;
  const entries = new Uint32Array(allocate(4 * kept));
  entries.set(numbers.subarray(0, kept));
  if (weights === undefined) return { customers, products, starts, entries, weights };
  const sums = new Float32Array(allocate(4 * kept));
  sums.set(weights.subarray(0, kept));
  return { customers, products, starts, entries, weights: sums };
}
