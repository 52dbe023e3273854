/**
 * All products of a brand by id and by number. A number is given once and never again while the catalogue lives, so that
 * models, which know numbers only, stay right while products come and go; one that was removed keeps its number and is shown
 * no more. Each change of a product replaces it whole. What is shown of it is decided by one byte, which may lie in memory
 * that all workers share: when a product is sold out, the next answer of every thread is without it.
 */
import { productsMax } from "../../limits-of-recommending.ts";
import type { ProductColumn, ProductWord } from "../../model/recommendation.ts";
import type { Product } from "./product.ts";
import { ProductColumns } from "./product-columns.ts";
import { isInStock } from "./product.ts";

export type ProductChange =
  | { readonly is: "put"; readonly product: Product }
  /** Only what is given changes; of an unknown product nothing. */
  | { readonly is: "stock"; readonly id: string; readonly stock: Product["stock"] }
  | { readonly is: "hidden"; readonly id: string; readonly hidden: boolean }
  | { readonly is: "removed"; readonly id: string };

export type ChangeOutcome = "changed" | "unknown product" | "catalogue is full";

export class Catalogue {
  readonly #numbers = new Map<string, number>();
  readonly #products: (Product | undefined)[] = [];
  readonly #ids: string[] = [];
  readonly #columns = new ProductColumns();
  readonly #categories = new Map<string, number>();
  /** By number of product: that of its first category; -1: none. */
  categoryOf = new Int32Array(0);
  /** 1: may be shown. */
  readonly shown: Uint8Array;
  /** Grows when a product comes, goes or is another; not with stock, which is looked at when a product is shown. */
  range = 0;

  /** Whether this one says what is shown, or reads what another one says: one only may write. */
  readonly #says: boolean;

  /** @param shown shared by those who are told the same changes; its length bounds the catalogue */
  constructor(shown: Uint8Array = new Uint8Array(productsMax), role: "says" | "follows" = "says") {
    this.shown = shown;
    this.#says = role === "says";
  }

  /** Numbers given so far, those of removed products included. */
  get size(): number {
    return this.#products.length;
  }

  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  /** A number for whatever has been bought or viewed, known or not: it is shown only once the product is known. */
  numberFor(id: string): number | undefined {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    if (this.#products.length >= this.shown.length) return undefined;
    this.#numbers.set(id, this.#products.length);
    this.#ids.push(id);
    return this.#products.push(undefined) - 1;
  }

  idOf(number: number): string | undefined {
    return this.#ids[number];
  }

  product(number: number): Product | undefined {
    return this.#products[number];
  }

  /** What conditions read of products; they follow each change. */
  columns(words: readonly ProductWord[]): readonly ProductColumn[] {
    return this.#columns.of(words, this.#products);
  }

  /** Numbers of categories given so far. */
  get categories(): number {
    return this.#categories.size;
  }

  isShown(number: number): boolean {
    return this.shown[number] === 1;
  }

  *all(): Iterable<Product> {
    for (const product of this.#products) if (product !== undefined) yield product;
  }

  apply(change: ProductChange): ChangeOutcome {
    if (change.is === "put") {
      const number = this.numberFor(change.product.id);
      if (number === undefined) return "catalogue is full";
      this.#replace(number, change.product);
      return "changed";
    }
    const number = this.#numbers.get(change.id);
    const product = number === undefined ? undefined : this.#products[number];
    if (number === undefined || product === undefined) return "unknown product";
    if (change.is === "removed") this.#replace(number, undefined);
    else if (change.is === "stock") this.#replace(number, { ...product, stock: change.stock });
    else this.#replace(number, { ...product, hidden: change.hidden });
    return "changed";
  }

  #replace(number: number, product: Product | undefined): void {
    const before = this.#products[number];
    this.#products[number] = product;
    this.#columns.replace(number, product);
    this.#setCategory(number, product?.categories[0]);
    if (before?.added !== product?.added || !isSame(before?.categories, product?.categories)) this.range += 1;
    if (this.#says) this.shown[number] = product !== undefined && !product.hidden && isInStock(product) ? 1 : 0;
  }

  #setCategory(number: number, name: string | undefined): void {
    if (number >= this.categoryOf.length) {
      const longer = new Int32Array(number + 1 + (number >> 1)).fill(-1);
      longer.set(this.categoryOf);
      this.categoryOf = longer;
    }
    let category = name === undefined ? -1 : this.#categories.get(name);
    if (name !== undefined && category === undefined) this.#categories.set(name, (category = this.#categories.size));
    this.categoryOf[number] = category ?? -1;
  }
}

function isSame(before: Product["categories"] | undefined, after: Product["categories"] | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return before.length === after.length && before.every((category, at) => category === after[at]);
}
