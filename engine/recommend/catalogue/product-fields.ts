/** A product as conditions read it, and as decisions carry it. */
import type { JsonObject } from "../../model/event.ts";
import { sayReason } from "../../model/product-reason.ts";
import type { ProductReason } from "../../model/product-reason.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import type { Product } from "./product.ts";

/** The words of a recommendation's conditions: `product.price` is its `price`. */
export function productFields(product: Product): JsonObject {
  const { price, was, stock } = product;
  const stores = typeof stock === "object" ? Object.entries(stock) : [];
  return {
    id: product.id,
    brand: product.brand ?? null,
    category: product.categories[0] ?? null,
    categories: product.categories,
    price: price === undefined ? null : price / 10_000,
    was: was === undefined ? null : was / 10_000,
    on_sale: was !== undefined && price !== undefined && was > price,
    margin: product.margin ?? null,
    stock:
      typeof stock === "number" ? stock : stock === undefined ? null : stores.reduce((sum, [, each]) => sum + each, 0),
    stores: stores.flatMap(([store, pieces]) => (pieces > 0 ? [store] : [])),
    added: product.added ?? null,
  };
}

export function shownProduct(product: Product, why: ProductReason): RecommendedProduct {
  const { id, title, price, was, currency, brand, image, link } = product;
  return {
    id,
    title,
    ...(price !== undefined && { price }),
    ...(was !== undefined && { was }),
    ...(currency !== undefined && { currency }),
    ...(brand !== undefined && { brand }),
    ...(image !== undefined && { image }),
    ...(Object.keys(link).length > 0 && { link }),
    reason: sayReason(why, "en"),
    why,
  };
}
