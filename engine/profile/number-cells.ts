/**
 * Small growing arrays of numbers, the stuff that profiles are made of. They are plain arrays whose elements are all
 * unboxed doubles: 48 bytes beside 8 a number, where a typed array costs about 300 beside them, which a million profiles
 * with a few dozen numbers each would pay dearly. Every array here is cut from one template, so that all are of one kind
 * to the compiler; integers up to 2^53 are packed into their numbers by the files that use them.
 */

/** Only ever read: arrays cut from it hold unboxed doubles from the start. */
const template: number[] = [0.5];
while (template.length < 4096) template.push(0.5);

/** An array of that length; its numbers are to be overwritten. */
export function createCells(length: number): number[] {
  if (length <= template.length) return template.slice(0, length);
  const cells = template.slice();
  while (cells.length < length) cells.push(0.5);
  return cells;
}

/** Only ever read: arrays cut from it hold small integers from the start. */
const zeros: number[] = [];
while (zeros.length < 256) zeros.push(0);

/** An array of so many zeros, for integers of 32 bits. */
export function createWords(length: number): number[] {
  const words = zeros.slice(0, length);
  while (words.length < length) words.push(0);
  return words;
}

/** A copy with room for `length` numbers, of which the first `used` are `cells`'. */
export function resizeCells(cells: readonly number[], used: number, length: number): number[] {
  const resized = createCells(length);
  for (let i = 0; i < used; i++) resized[i] = cells[i] as number;
  return resized;
}

/** Room for more: tight while small, as most profiles are; by a quarter when large, so that growing stays linear. */
export function roomFor(used: number): number {
  return used + 8 + (used >> 2);
}

export const NO_CELLS: number[] = createCells(0);

/** The first of the `count` keys at `cells[from + i * stride]`, ascending, that is not below `key`; `count` when none. */
export function lowerBound(cells: readonly number[], from: number, count: number, stride: number, key: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cells[from + middle * stride] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
