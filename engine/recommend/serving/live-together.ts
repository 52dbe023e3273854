/**
 * What is looked at or bought together since the model was learned: of each product a few others with counts, in memory that
 * all workers write and read. A new pair takes the place of the rarest and inherits its count (the "space saving" of
 * Metwally, Agrawal and El Abbadi, 2005), so that what is frequent stays however much comes by. Two workers that write at the
 * same moment may lose a count of one: it is a hint, not an account.
 */
const WIDTH = 12;
const EMPTY = 0;

/** products x 2 WIDTH numbers: WIDTH products, each plus 1, and their counts. */
export type LiveTable = Uint32Array;

export interface LiveTogether {
  readonly viewed: LiveTable;
  readonly bought: LiveTable;
}

export function createLiveTogether(products: number): LiveTogether {
  const table = (): LiveTable => new Uint32Array(new SharedArrayBuffer(4 * 2 * WIDTH * products));
  return { viewed: table(), bought: table() };
}

/** Both ways. */
export function countTogether(table: LiveTable, a: number, b: number): void {
  if (a === b) return;
  count(table, a, b);
  count(table, b, a);
}

function count(table: LiveTable, product: number, other: number): void {
  const start = product * 2 * WIDTH;
  if (start + 2 * WIDTH > table.length) return;
  let rarest = start;
  for (let at = start; at < start + WIDTH; at += 1) {
    const known = table[at] as number;
    if (known === other + 1) {
      table[at + WIDTH] = (table[at + WIDTH] as number) + 1;
      return;
    }
    if ((table[at + WIDTH] as number) < (table[rarest + WIDTH] as number)) rarest = at;
    if (known === EMPTY) {
      rarest = at;
      break;
    }
  }
  table[rarest] = other + 1;
  table[rarest + WIDTH] = (table[rarest + WIDTH] as number) + 1;
}

export function liveNeighbours(
  table: LiveTable,
  product: number,
): { readonly other: number; readonly count: number }[] {
  const found: { other: number; count: number }[] = [];
  const start = product * 2 * WIDTH;
  for (let at = start; at < start + WIDTH; at += 1) {
    const other = table[at] ?? EMPTY;
    if (other !== EMPTY) found.push({ other: other - 1, count: table[at + WIDTH] as number });
  }
  return found;
}
