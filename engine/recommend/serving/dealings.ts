/**
 * What one person had to do with products, by the products' numbers: when each was bought and looked at last, what is in the
 * cart, and the products of each kind, the latest first. Filled anew for each strip, in arrays that are made once.
 */
import type { Instant } from "../../model/ids.ts";
import type { PersonProducts, ProductMoment } from "../../model/recommendation.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { ProductSet, ROOM } from "./product-set.ts";

interface NumberedMoment {
  readonly number: number;
  readonly at: Instant;
}

export class Dealings {
  /** By number; NaN: never. */
  boughtAt = new Float64Array(0);
  viewedAt = new Float64Array(0);
  readonly cart = new ProductSet();
  /** Whatever was bought, looked at or is in the cart. */
  readonly history = new ProductSet();
  /** Each once, the latest first. */
  viewed: readonly NumberedMoment[] = [];
  #added: readonly NumberedMoment[] = [];
  #bought: readonly NumberedMoment[] = [];

  begin({ viewed, added, removed, bought }: PersonProducts, catalogue: Catalogue): void {
    this.#clear(catalogue.size);
    this.#bought = this.#note(bought, this.boughtAt, catalogue);
    this.viewed = this.#note(viewed, this.viewedAt, catalogue);
    const latest: NumberedMoment[] = [];
    for (const { id, at } of added) {
      const number = catalogue.numberOf(id);
      if (number === undefined || latest.some((each) => each.number === number)) continue;
      latest.push({ number, at });
      const boughtAt = this.boughtAt[number] as number;
      const removedAt = removed.find((each) => each.id === id)?.at ?? Number.NEGATIVE_INFINITY;
      // Never is NaN, and nothing is at or after that.
      if (boughtAt >= at || removedAt >= at) continue;
      this.cart.add(number);
      this.history.add(number);
    }
    this.#added = latest;
  }

  /** All products of the person, each once, the latest first. */
  inTime(): readonly number[] {
    const all = [...this.#bought, ...this.#added, ...this.viewed].sort((a, b) => b.at - a.at);
    return [...new Set(all.map(({ number }) => number))];
  }

  #clear(products: number): void {
    for (const { number } of this.#bought) this.boughtAt[number] = Number.NaN;
    for (const { number } of this.viewed) this.viewedAt[number] = Number.NaN;
    this.cart.begin(products);
    this.history.begin(products);
    if (this.boughtAt.length >= products) return;
    this.boughtAt = new Float64Array(products + ROOM).fill(Number.NaN);
    this.viewedAt = new Float64Array(products + ROOM).fill(Number.NaN);
  }

  /** Each once: the first that is met is the latest. */
  #note(moments: readonly ProductMoment[], times: Float64Array, catalogue: Catalogue): readonly NumberedMoment[] {
    const noted: NumberedMoment[] = [];
    for (const { id, at } of moments) {
      const number = catalogue.numberOf(id);
      if (number === undefined || !Number.isNaN(times[number])) continue;
      times[number] = at;
      noted.push({ number, at });
      this.history.add(number);
    }
    return noted;
  }
}
