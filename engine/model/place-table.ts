/**
 * Where something lies, by a hash of its key: numbers in one typed array, so that a million of them are nothing for the
 * garbage collector to walk. Several places may have the same hash: who looks compares the keys themselves. Open
 * addressing with linear probing; what is taken out leaves no mark, as those behind it move up.
 */

const PLACES_MIN = 64;
/** Of a table in which nothing was ever put; shared by all, as none is written to. */
const NOTHING = new Uint32Array(2);
/** Part of the slots that may be taken. */
const LOAD_MAX = 3 / 4;

export class PlaceTable {
  /** Pairs: hash, then place + 1; 0: free. */
  #cells = NOTHING;
  #mask = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#cells === NOTHING ? 0 : this.#cells.byteLength;
  }

  /** The first slot with this hash, until the table changes; -1: none. @param hash of 32 bits, unsigned */
  first(hash: number): number {
    return this.#seek(hash & this.#mask, hash);
  }

  /** The one behind `slot`. */
  next(slot: number, hash: number): number {
    return this.#seek((slot + 1) & this.#mask, hash);
  }

  placeAt(slot: number): number {
    return (this.#cells[2 * slot + 1] as number) - 1;
  }

  hashAt(slot: number): number {
    return this.#cells[2 * slot] as number;
  }

  /** @param place an integer in [0, 2^32 - 1) */
  add(hash: number, place: number): void {
    if (this.#size + 1 > (this.#mask + 1) * LOAD_MAX) this.#grow();
    this.#size += 1;
    this.#put(hash, place + 1);
  }

  delete(slot: number): void {
    const cells = this.#cells;
    const mask = this.#mask;
    let hole = slot;
    for (let at = (slot + 1) & mask; cells[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const home = (cells[2 * at] as number) & mask;
      // It stays unless the hole lies between where it would best be and where it is.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells[2 * hole] = cells[2 * at] as number;
      cells[2 * hole + 1] = cells[2 * at + 1] as number;
      hole = at;
    }
    cells[2 * hole + 1] = 0;
    this.#size -= 1;
  }

  #seek(from: number, hash: number): number {
    const cells = this.#cells;
    for (let slot = from; cells[2 * slot + 1] !== 0; slot = (slot + 1) & this.#mask)
      if (cells[2 * slot] === hash) return slot;
    return -1;
  }

  #put(hash: number, coded: number): void {
    const cells = this.#cells;
    let slot = hash & this.#mask;
    while (cells[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    cells[2 * slot] = hash;
    cells[2 * slot + 1] = coded;
  }

  #grow(): void {
    const before = this.#cells;
    const places = Math.max(PLACES_MIN, before.length);
    this.#cells = new Uint32Array(2 * places);
    this.#mask = places - 1;
    for (let i = 0; i < before.length; i += 2)
      if (before[i + 1] !== 0) this.#put(before[i] as number, before[i + 1] as number);
  }
}
