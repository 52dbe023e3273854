/**
 * What a template may show of a product within `{{#each products}}`: its words in the page's language, amounts as money,
 * and its link and picture as whole addresses, which the catalogue has found safe when it took them in.
 */
import type { FieldType } from "../../model/plan.ts";
import { sayReason } from "../../model/product-reason.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import { wordIn } from "../../model/words-by-language.ts";
import { plainType } from "../check/value-type.ts";
import type { FieldEntry } from "../check/vocabulary.ts";
import type { Amount } from "../templates/value-forms.ts";

/** The list that a template of a recommendation may go through. */
export const PRODUCTS = "products";

const TYPES: Readonly<Record<string, FieldType>> = {
  id: "text",
  title: "text",
  price: "money",
  was: "money",
  brand: "text",
  reason: "text",
};

export const PRODUCT_VALUES: ReadonlyMap<string, FieldEntry> = new Map(
  Object.entries(TYPES).map(([name, type]) => [name, { name, type: plainType(type) }]),
);
/** Shown as whole addresses only. */
export const PRODUCT_ADDRESSES: readonly string[] = ["link", "image"];

/** The same for a message, which is read away from the site: addresses that begin with `/` stand behind the site's. */
export function productsInFull(
  products: readonly RecommendedProduct[],
  language: string,
  site: string | undefined,
): readonly ReturnType<typeof productValues>[] {
  return products.map((product) => {
    const values = productValues(product, language);
    const inFull = PRODUCT_ADDRESSES.flatMap((name) => {
      const address = values[name];
      return typeof address === "string" && address.startsWith("/") ? [[name, (site ?? "") + address] as const] : [];
    });
    return { ...values, ...Object.fromEntries(inFull) };
  });
}

export function productValues(
  product: RecommendedProduct,
  language: string,
): Readonly<Record<string, string | number | Amount>> {
  const { id, title, price, was, currency, brand, image, link = {}, why } = product;
  // Two products of one list may be priced in two currencies; for one that names none, the template's holds.
  const amount = (units: number | undefined): number | Amount | undefined =>
    units === undefined || currency === undefined ? units : { units, currency };
  const values = {
    id,
    title: wordIn(title, language) ?? id,
    price: amount(price),
    was: amount(was),
    brand,
    image,
    link: wordIn(link, language),
    reason: sayReason(why, language),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}
