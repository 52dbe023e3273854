/**
 * A strip in the making: which products it has, and whether another may come in. Kept by one chooser and begun anew for each
 * strip, so that nothing as long as the catalogue is made or cleared for one.
 */
import type { ProductReason } from "../../model/product-reason.ts";
import type { RecommendationDefinition, RecommendedProduct } from "../../model/recommendation.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { shownProduct } from "../catalogue/shown-product.ts";
import { ProductSet } from "./product-set.ts";

export class Strip {
  products: RecommendedProduct[] = [];
  readonly #catalogue: Catalogue;
  readonly #taken = new ProductSet();
  /** How many there are of each category. */
  #ofCategory = new Int32Array(0);
  readonly #categories: number[] = [];
  #most = 0;
  #perCategory = Number.POSITIVE_INFINITY;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  begin({ number, perCategory }: RecommendationDefinition): void {
    this.products = [];
    this.#most = number;
    this.#perCategory = perCategory ?? Number.POSITIVE_INFINITY;
    this.#taken.begin(this.#catalogue.size);
    for (const category of this.#categories) this.#ofCategory[category] = 0;
    this.#categories.length = 0;
    const { categories } = this.#catalogue;
    if (this.#ofCategory.length < categories) this.#ofCategory = new Int32Array(2 * categories);
  }

  get isFull(): boolean {
    return this.products.length >= this.#most;
  }

  keepOut(number: number): void {
    this.#taken.add(number);
  }

  mayHave(number: number): boolean {
    const { shown, categoryOf } = this.#catalogue;
    if (shown[number] !== 1 || this.#taken.has(number)) return false;
    const category = categoryOf[number] ?? -1;
    return category < 0 || (this.#ofCategory[category] as number) < this.#perCategory;
  }

  add(number: number, why: ProductReason): void {
    const product = this.#catalogue.product(number);
    // What another thread has just been told of may be shown before it is known here.
    if (product === undefined) return;
    this.#taken.add(number);
    const category = this.#catalogue.categoryOf[number] as number;
    if (category >= 0) {
      this.#ofCategory[category] = (this.#ofCategory[category] as number) + 1;
      this.#categories.push(category);
    }
    this.products.push(shownProduct(product, why));
  }
}
