/**
 * The catalogue in the orders in which it is walked: by how many buy, by what is bought more than before, by when it came,
 * and each category by how many buy. Worked out when the range or the model has changed, of a large catalogue
 * at most once a second; whether a product is in stock or hidden is looked at when it is shown, so that nothing here has to
 * know.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { LearnedModel } from "../models/learned-model.ts";

const REBUILD_MS = 1_000;
/** Up to so many products it takes a millisecond, and is done at once. */
const SMALL = 2_000;

export class Shelves {
  /** Those that were bought, most first, and then the rest of the range. */
  popular: readonly number[] = [];
  /** How many of `popular` were bought. */
  bought = 0;
  trending: ArrayLike<number> = [];
  newest: readonly number[] = [];
  #byCategory = new Map<string, number[]>();
  #range = -1;
  #model: LearnedModel | undefined;
  #builtAt = Number.NEGATIVE_INFINITY;

  ofCategory(category: string): readonly number[] {
    return this.#byCategory.get(category) ?? [];
  }

  /** Brings the orders up to date, if they are not and it is time. */
  refresh(catalogue: Catalogue, model: LearnedModel | undefined, at: number): void {
    if (catalogue.range === this.#range && model === this.#model) return;
    const isSoon = Math.abs(at - this.#builtAt) < REBUILD_MS;
    if (isSoon && model === this.#model && catalogue.size > SMALL) return;
    this.#range = catalogue.range;
    this.#model = model;
    this.#builtAt = at;
    const known: number[] = [];
    for (let number = 0; number < catalogue.size; number += 1)
      if (catalogue.product(number) !== undefined) known.push(number);
    this.newest = known
      .filter((number) => catalogue.product(number)?.added !== undefined)
      .sort((a, b) => (catalogue.product(b)?.added ?? 0) - (catalogue.product(a)?.added ?? 0) || a - b);
    const bought = [...(model?.popular ?? [])].filter((number) => catalogue.product(number) !== undefined);
    this.popular = [...new Set([...bought, ...known])];
    this.bought = bought.length;
    this.trending = model?.trending ?? [];
    this.#byCategory = new Map();
    for (const number of this.popular)
      for (const category of catalogue.product(number)?.categories ?? []) {
        const shelf = this.#byCategory.get(category);
        if (shelf === undefined) this.#byCategory.set(category, [number]);
        else shelf.push(number);
      }
  }
}
