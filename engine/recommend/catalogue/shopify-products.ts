/**
 * Shopify's products as ours, from its Admin API's JSON and from the CSV that its admin exports. A product there has
 * variants, which are not shown by themselves: the price is the lowest of theirs, the stock is all of theirs together, and a
 * variant whose stock Shopify does not count, or that is sold beyond it, makes the product always in stock. What is not
 * active, or not published, is hidden.
 */
import type { Json, JsonObject } from "../../model/event.ts";

export function isShopifyProduct(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && "variants" in json && "handle" in json;
}

export function fromShopify(json: JsonObject): JsonObject {
  const variants = objectsOf(json["variants"]);
  const prices = numbersOf(variants.map((each) => each["price"]));
  const before = numbersOf(variants.map((each) => each["compare_at_price"]));
  const price = prices.length === 0 ? null : Math.min(...prices);
  const images = objectsOf(json["images"]);
  const type = json["product_type"];
  const status = json["status"];
  return {
    // Tracking on a Shopify page names a product by its number.
    id: json["id"] ?? null,
    title: json["title"] ?? null,
    price,
    was: before.length > 0 && price !== null && Math.min(...before) > price ? Math.min(...before) : null,
    categories: typeof type === "string" && type !== "" ? [type] : [],
    brand: json["vendor"] ?? null,
    image: httpsOf(images[0]?.["src"] ?? null),
    link: typeof json["handle"] === "string" ? `/products/${encodeURIComponent(json["handle"])}` : null,
    stock: stockOf(variants),
    hidden: json["published_at"] === null || (status !== undefined && status !== "active"),
    added: json["published_at"] ?? json["created_at"] ?? null,
  };
}

function stockOf(variants: readonly JsonObject[]): Json {
  if (variants.length === 0) return null;
  const isEndless = variants.some(
    (each) => each["inventory_management"] === null || each["inventory_policy"] === "continue",
  );
  return isEndless ? null : numbersOf(variants.map((each) => each["inventory_quantity"])).reduce((a, b) => a + b, 0);
}

/** Their pictures are served over https too, whatever an old export says. */
function httpsOf(address: Json): Json {
  return typeof address === "string" ? address.replace(/^http:\/\//, "https://") : null;
}

function objectsOf(json: Json | undefined): readonly JsonObject[] {
  return Array.isArray(json)
    ? (json as readonly Json[]).filter(
        (each): each is JsonObject => typeof each === "object" && each !== null && !Array.isArray(each),
      )
    : [];
}

function numbersOf(values: readonly (Json | undefined)[]): number[] {
  return values.flatMap((value) => {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? [number] : [];
  });
}

interface CsvRow {
  readonly row: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Rows of one handle, one behind the other, are one product: the first has its title, each its variant. */
export function* shopifyRowsToProducts(
  rows: readonly CsvRow[],
): Iterable<{ readonly json: JsonObject; readonly line: number }> {
  for (let at = 0; at < rows.length; ) {
    const first = rows[at] as CsvRow;
    const handle = first.row["Handle"] ?? "";
    let end = at + 1;
    while (end < rows.length && (rows[end]?.row["Handle"] ?? "") === handle) end += 1;
    const group = rows.slice(at, end);
    at = end;
    const variants = group.filter(({ row }) => (row["Variant Price"] ?? "") !== "");
    const { row } = first;
    const json = fromShopify({
      id: handle,
      handle,
      title: row["Title"] ?? null,
      vendor: row["Vendor"] || null,
      product_type: row["Type"] || row["Product Category"] || null,
      status: row["Status"] || "active",
      published_at: /^false$/i.test(row["Published"] ?? "") ? null : "",
      images: [{ src: row["Image Src"] || null }],
      variants: variants.map(({ row: each }) => ({
        price: each["Variant Price"] ?? null,
        compare_at_price: each["Variant Compare At Price"] || null,
        inventory_quantity: each["Variant Inventory Qty"] || null,
        // A sheet without the column counts what it has a quantity of.
        ...("Variant Inventory Tracker" in each || (each["Variant Inventory Qty"] ?? "") === ""
          ? { inventory_management: each["Variant Inventory Tracker"] || null }
          : {}),
        inventory_policy: each["Variant Inventory Policy"] || null,
      })),
    });
    yield { json, line: first.line };
  }
}
