/**
 * What a recommendation's conditions may read besides the profile: the product that is looked at, the product that it is
 * found by, and what this person had to do with it. They are read like properties of an event at hand.
 */
import type { FieldType } from "../../model/plan.ts";
import type { EventAtHand } from "../check/event-at-hand.ts";
import { plainType } from "../check/value-type.ts";

const WORDS: Readonly<Record<string, FieldType>> = {
  "product.id": "text",
  "product.brand": "text",
  "product.category": "text",
  "product.categories": "list",
  "product.price": "money",
  "product.was": "money",
  "product.on_sale": "boolean",
  "product.margin": "percentage",
  "product.stock": "number",
  "product.stores": "list",
  "product.added": "instant",
  "seed.id": "text",
  "seed.brand": "text",
  "seed.category": "text",
  "seed.price": "money",
  bought_days_ago: "number",
  viewed_days_ago: "number",
  in_cart: "boolean",
};

export const PRODUCT_AT_HAND: EventAtHand = {
  name: "product",
  properties: new Map(Object.entries(WORDS).map(([name, type]) => [name, { name, type: plainType(type) }])),
  unlike: new Map(),
  whole: true,
};
