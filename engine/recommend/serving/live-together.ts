/**
 * What is looked at or bought together since the model was learned: of each product a few others with counts, in memory that
 * all workers write and read. A new pair takes the place of the rarest and inherits its count (the "space saving" of
 * Metwally, Agrawal and El Abbadi, 2005), so that what is frequent stays however much comes by. Two workers that write at the
 * same moment may lose a count of one: it is a hint, not an account.
 */
export const LIVE_WIDTH = 12;
const EMPTY = 0;

/** products x 2 LIVE_WIDTH numbers: LIVE_WIDTH products, each plus 1, and their counts. */
export type LiveTable = Uint32Array;

export interface LiveTogether {
  readonly viewed: LiveTable;
  readonly bought: LiveTable;
}

export function createLiveTogether(products: number): LiveTogether {
  const table = (): LiveTable => new Uint32Array(new SharedArrayBuffer(4 * 2 * LIVE_WIDTH * products));
  return { viewed: table(), bought: table() };
}

/** Both ways. */
export function countTogether(table: LiveTable, a: number, b: number): void {
  if (a === b) return;
  count(table, a, b);
  count(table, b, a);
}

function count(table: LiveTable, product: number, other: number): void {
  const start = product * 2 * LIVE_WIDTH;
  if (start + 2 * LIVE_WIDTH > table.length) return;
  let rarest = start;
  for (let at = start; at < start + LIVE_WIDTH; at += 1) {
    const known = table[at] as number;
    if (known === other + 1) {
      table[at + LIVE_WIDTH] = (table[at + LIVE_WIDTH] as number) + 1;
      return;
    }
    if ((table[at + LIVE_WIDTH] as number) < (table[rarest + LIVE_WIDTH] as number)) rarest = at;
    if (known === EMPTY) {
      rarest = at;
      break;
    }
  }
  table[rarest] = other + 1;
  table[rarest + LIVE_WIDTH] = (table[rarest + LIVE_WIDTH] as number) + 1;
}

/** Behind the last place of a product's others, in which each stands plus 1, or 0; their counts begin there. */
export function liveEnd(product: number): number {
  return (2 * product + 1) * LIVE_WIDTH;
}

/** How often both have come together since the model was learned, as far as it is known. */
export function liveCountOf(table: LiveTable, product: number, other: number): number {
  const end = liveEnd(product);
  for (let at = end - LIVE_WIDTH; at < end; at += 1)
    if (table[at] === other + 1) return table[at + LIVE_WIDTH] as number;
  return 0;
}
