/**
 * The one source of chance in a simulated run: everything random is drawn from it in the order of the run, so a seed is
 * the whole run. sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes the usual batteries, 3 ns a draw.
 */
import type { Random } from "../../engine/model/clock.ts";

export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = 0x9e3779b9;
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < 12; i++) this.#next();
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** An integer in [0, bound), bound at most 2^53; the bias is below bound / 2^53. */
  below(bound: number): number {
    if (bound <= 2 ** 32) return Math.floor((this.#next() / 2 ** 32) * bound);
    const wide = (this.#next() >>> 6) * 2 ** 27 + (this.#next() >>> 5);
    return Math.floor((wide / 2 ** 53) * bound);
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  }

  /** A generator of its own: what it draws does not move this one's later draws. */
  branch(): SeededRandom {
    return new SeededRandom(this.below(2 ** 53));
  }
}
