/**
 * Bounds for what two products are compared by. A customer with a hundred thousand products would be pairs by the ten
 * thousand million, and says nothing of any of them; a product that everybody has would bring everybody. So a customer's row
 * is cut to their strongest entries, and a product's column is a sample of its customers, each counting for those left out.
 * Which ones is worked out from numbers alone, so that the same matrix gives the same model.
 */
import { basketProductsMax, purchasersMax } from "../../limits-of-recommending.ts";
import type { InteractionMatrix } from "./interaction-matrix.ts";
import { inSharedMemory, transpose } from "./interaction-matrix.ts";

/** Spreads neighbouring numbers (Murmur3's last step). */
function mixed(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Each customer's strongest entries, of equally strong ones a draw, still in the order of products. */
export function capBaskets(matrix: InteractionMatrix, most: number = basketProductsMax): InteractionMatrix {
  const { customers, products, starts, entries, weights } = matrix;
  let kept = 0;
  for (let customer = 0; customer < customers; customer += 1)
    kept += Math.min((starts[customer + 1] as number) - (starts[customer] as number), most);
  if (kept === entries.length) return matrix;
  const keptStarts = new Uint32Array(inSharedMemory(4 * (customers + 1)));
  const keptEntries =
    entries instanceof Uint16Array
      ? new Uint16Array(inSharedMemory(2 * kept))
      : new Uint32Array(inSharedMemory(4 * kept));
  const keptWeights = weights && new Float32Array(inSharedMemory(4 * kept));
  let to = 0;
  for (let customer = 0; customer < customers; customer += 1) {
    const from = starts[customer] as number;
    const end = starts[customer + 1] as number;
    const places = end - from > most ? strongest(matrix, from, end, most) : undefined;
    const length = places?.length ?? end - from;
    for (let place = 0; place < length; place += 1) {
      const at = places === undefined ? from + place : (places[place] as number);
      keptEntries[to] = entries[at] as number;
      if (keptWeights !== undefined) keptWeights[to] = weights?.[at] ?? 1;
      to += 1;
    }
    keptStarts[customer + 1] = to;
  }
  return { customers, products, starts: keptStarts, entries: keptEntries, weights: keptWeights };
}

function strongest({ entries, weights }: InteractionMatrix, from: number, end: number, most: number): Uint32Array {
  const places = Uint32Array.from({ length: end - from }, (_, at) => from + at);
  const drawn = (at: number): number => mixed((entries[at] as number) ^ (from << 7));
  places.sort((a, b) => (weights?.[b] ?? 1) - (weights?.[a] ?? 1) || drawn(a) - drawn(b) || a - b);
  return places.slice(0, most).sort();
}

/** A row a product; of the customers of a product that has more than `most`, every n-th counts n times. */
export function transposeSampled(matrix: InteractionMatrix, most: number = purchasersMax): InteractionMatrix {
  const { customers, products, starts, entries, weights } = matrix;
  const degrees = new Uint32Array(products);
  for (const product of entries) degrees[product] = (degrees[product] as number) + 1;
  if (degrees.every((degree) => degree <= most)) return transpose(matrix, inSharedMemory);
  const columns = new Uint32Array(inSharedMemory(4 * (products + 1)));
  for (let product = 0; product < products; product += 1)
    columns[product + 1] = (columns[product] as number) + Math.min(degrees[product] as number, most);
  const kept = columns[products] as number;
  const buyers = new Uint32Array(inSharedMemory(4 * kept));
  const buyersWeights = new Float32Array(inSharedMemory(4 * kept));
  const met = new Uint32Array(products);
  for (let customer = 0; customer < customers; customer += 1)
    for (let at = starts[customer] as number; at < (starts[customer + 1] as number); at += 1) {
      const product = entries[at] as number;
      const degree = degrees[product] as number;
      const order = met[product] as number;
      met[product] = order + 1;
      let place = order;
      let share = 1;
      if (degree > most) {
        // Taken where the count of taken ones, spread evenly over all, grows by one.
        place = Math.floor((order * most) / degree);
        if (Math.floor(((order + 1) * most) / degree) === place) continue;
        share = degree / most;
      }
      const to = (columns[product] as number) + place;
      buyers[to] = customer;
      buyersWeights[to] = (weights?.[at] ?? 1) * share;
    }
  return { customers: products, products: customers, starts: columns, entries: buyers, weights: buyersWeights };
}
