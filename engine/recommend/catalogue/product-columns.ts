/**
 * What conditions read of products, in columns: of each word that a plan reads, the values of all products by their numbers.
 * A column is made when a plan first reads its word and follows each change of a product from then on. Numbers lie in typed
 * arrays, so that a condition on one is a look into memory.
 */
import { summableMax } from "../../limits.ts";
import { PARTS_OF_UNIT, readFieldValue } from "../../model/field-value.ts";
import type { FieldType, FieldValue } from "../../model/plan.ts";
import type { PRODUCT_WORDS, ProductColumn, ProductWord } from "../../model/recommendation.ts";
import type { Product } from "./product.ts";

type ReadProduct = (product: Product) => FieldValue | undefined;

const READ: Readonly<Record<keyof typeof PRODUCT_WORDS, ReadProduct>> = {
  id: ({ id }) => id,
  brand: ({ brand }) => brand,
  category: ({ categories }) => categories[0],
  categories: ({ categories }) => categories,
  price: ({ price }) => amountOf(price),
  was: ({ was }) => amountOf(was),
  on_sale: ({ price, was }) => was !== undefined && price !== undefined && was > price,
  margin: ({ margin }) => margin,
  stock: ({ stock }) =>
    typeof stock === "object" ? Object.values(stock).reduce((sum, pieces) => sum + pieces, 0) : stock,
  stores: ({ stock }) =>
    typeof stock === "object" ? Object.keys(stock).filter((store) => (stock[store] ?? 0) > 0) : NO_STORES,
  added: ({ added }) => (added === undefined ? undefined : Math.floor(added)),
};
const NO_STORES: readonly string[] = [];
const ATTRIBUTE = "attributes.";

/** As amounts are read everywhere: beyond what can be summed they are unknown. */
function amountOf(amount: number | undefined): number | undefined {
  return amount !== undefined && amount / PARTS_OF_UNIT <= summableMax ? amount : undefined;
}

function readerOf({ name, type }: ProductWord): ReadProduct {
  if (Object.hasOwn(READ, name)) return READ[name as keyof typeof READ];
  const attribute = name.startsWith(ATTRIBUTE) ? name.slice(ATTRIBUTE.length) : undefined;
  if (attribute === undefined) throw new RangeError(`products have no word ${name}`);
  return ({ attributes }) => {
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    // A cell of a CSV does not say whether `38` is a number or a size.
    return readFieldValue(typeof value === "number" && type === "text" ? String(value) : value, type);
  };
}

const NOT_NUMERIC: ReadonlySet<FieldType> = new Set(["text", "boolean", "list"]);

interface KeptColumn extends ProductColumn {
  values: Float64Array | (FieldValue | undefined)[];
  readonly read: ReadProduct;
}

export class ProductColumns {
  readonly #kept = new Map<string, KeptColumn>();

  /** A column each word; those not kept yet are filled from the products given. */
  of(words: readonly ProductWord[], products: readonly (Product | undefined)[]): readonly ProductColumn[] {
    return words.map((word) => {
      const key = `${word.name} ${word.type}`;
      const known = this.#kept.get(key);
      if (known !== undefined) return known;
      const values = NOT_NUMERIC.has(word.type) ? [] : new Float64Array(products.length).fill(Number.NaN);
      const column: KeptColumn = { values, read: readerOf(word) };
      this.#kept.set(key, column);
      for (let number = 0; number < products.length; number += 1) setValue(column, number, products[number]);
      return column;
    });
  }

  /** The product is another now, or gone. */
  replace(number: number, product: Product | undefined): void {
    for (const column of this.#kept.values()) setValue(column, number, product);
  }
}

function setValue(column: KeptColumn, number: number, product: Product | undefined): void {
  const value = product === undefined ? undefined : column.read(product);
  const { values } = column;
  if (!(values instanceof Float64Array)) {
    // Without holes, which would make every look slower.
    while (values.length < number) values.push(undefined);
    values[number] = value;
    return;
  }
  if (number >= values.length) {
    const longer = new Float64Array(number + 1 + (number >> 1)).fill(Number.NaN);
    longer.set(values);
    column.values = longer;
  }
  column.values[number] = typeof value === "number" ? value : Number.NaN;
}
