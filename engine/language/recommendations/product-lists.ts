/**
 * The products of an order as one text of a stream: their ids, each on a line. A stream keeps one value an event, and of a
 * text so many characters; an order of more products than fit is known by its first ones.
 */
import { streamTextCharsMax } from "../../limits.ts";
import type { Json, JsonObject } from "../../model/event.ts";
import type { StreamSource } from "../plan/checked.ts";

const PATH = "products";
/** As the Segment specification, and as receipts name them. */
const ID_KEYS = ["product_id", "productId", "sku", "id"] as const;

export function isProductList(property: StreamSource["property"]): boolean {
  return property !== null && property.type === "text" && property.path.length === 1 && property.path[0] === PATH;
}

/** @returns undefined where no product is named */
export function productIdsIn(fields: JsonObject): string | undefined {
  let text = "";
  for (const id of productIdsOf(fields[PATH])) {
    if (text.length + 1 + id.length > streamTextCharsMax) break;
    if (!id.includes("\n")) text += text === "" ? id : `\n${id}`;
  }
  return text === "" ? undefined : text;
}

function productIdsOf(products: Json | undefined): readonly string[] {
  if (!Array.isArray(products)) return [];
  return (products as readonly Json[]).flatMap((product) => {
    if (typeof product !== "object" || product === null || Array.isArray(product)) return [];
    const object = product as JsonObject;
    const id = ID_KEYS.map((key) => object[key]).find(
      (value) => typeof value === "string" || typeof value === "number",
    );
    return id === undefined || id === "" ? [] : [String(id)];
  });
}
