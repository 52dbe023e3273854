/** A set of products by their numbers, emptied by what is in it: one strip costs its own products and not the catalogue. */
export class ProductSet {
  /** By number; 1: in the set. */
  bytes = new Uint8Array(0);
  /** In the order in which they came. */
  readonly numbers: number[] = [];

  /** Empties it, and makes room for numbers below `products`. */
  begin(products: number): void {
    for (const number of this.numbers) this.bytes[number] = 0;
    this.numbers.length = 0;
    if (this.bytes.length < products) this.bytes = new Uint8Array(products + ROOM);
  }

  has(number: number): boolean {
    return this.bytes[number] === 1;
  }

  add(number: number): void {
    if (this.bytes[number] === 1) return;
    this.bytes[number] = 1;
    this.numbers.push(number);
  }
}

/** So many products may come before arrays are made anew. */
export const ROOM = 1_024;
