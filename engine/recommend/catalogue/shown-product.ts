/** A product as decisions carry it. */
import { sayReason } from "../../model/product-reason.ts";
import type { ProductReason } from "../../model/product-reason.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import type { Product } from "./product.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export function shownProduct(product: Product, why: ProductReason): RecommendedProduct {
  const { id, title, price, was, currency, brand, image, link } = product;
  const shown = { id, title } as Writable<RecommendedProduct>;
  if (price !== undefined) shown.price = price;
  if (was !== undefined) shown.was = was;
  if (currency !== undefined) shown.currency = currency;
  if (brand !== undefined) shown.brand = brand;
  if (image !== undefined) shown.image = image;
  for (const _language in link) {
    shown.link = link;
    break;
  }
  shown.reason = sayReason(why, "en");
  shown.why = why;
  return shown;
}
