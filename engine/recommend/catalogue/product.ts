/**
 * One product as the brand sells it, and how it is read from JSON, once, at the edge: from an import, from the API, from the
 * engine's own file. Everything that is wrong with one is told at once. Prices are integers of 1/10,000 of the currency's
 * unit, as all money here.
 */
import { attributeListMax } from "../../limits.ts";
import type { Json, JsonObject } from "../../model/event.ts";
import { productAttributesMax, productCategoriesMax, productTextCharsMax } from "../../limits-of-recommending.ts";

/** By language, in lower case; a text that is in no language in particular stands under "". */
export type ProductTexts = Readonly<Record<string, string>>;

export interface Product {
  readonly id: string;
  readonly title: ProductTexts;
  /** undefined: not known; such a product is shown, without a price. */
  readonly price: number | undefined;
  /** Before a sale. */
  readonly was: number | undefined;
  /** ISO 4217; undefined: the brand's. */
  readonly currency: string | undefined;
  /** From general to special, or side by side; the first is the one that diversity counts by. */
  readonly categories: readonly string[];
  readonly brand: string | undefined;
  /** A path or an https address. */
  readonly image: string | undefined;
  readonly link: ProductTexts;
  /** Pieces: in all, or by store; undefined: not counted, which is always in stock. */
  readonly stock: number | Readonly<Record<string, number>> | undefined;
  readonly hidden: boolean;
  /** When it came into the range, in ms since 1970. */
  readonly added: number | undefined;
  /** Percent of the price. */
  readonly margin: number | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export type ParsedProduct =
  | { readonly is: "product"; readonly product: Product }
  | { readonly is: "rejected"; readonly reasons: readonly string[] };

export const PRODUCT_KEYS = [
  "id",
  "title",
  "price",
  "was",
  "currency",
  "category",
  "categories",
  "brand",
  "image",
  "link",
  "stock",
  "hidden",
  "added",
  "margin",
  "attributes",
] as const;

export function isProductKey(key: string): boolean {
  return (PRODUCT_KEYS as readonly string[]).includes(key);
}

export function parseProduct(json: Json): ParsedProduct {
  if (!isObject(json)) return { is: "rejected", reasons: ["a product is an object with at least `id` and `title`"] };
  const reasons: string[] = [];
  const stranger = Object.keys(json).find((key) => !isProductKey(key));
  if (stranger !== undefined)
    reasons.push(`\`${stranger.slice(0, 60)}\` is no part of a product; allowed are ${PRODUCT_KEYS.join(", ")}`);
  const reading: Reading = { json, reasons };
  const product: Product = {
    id: textOf(reading, "id") ?? missing(reading, "id"),
    title: textsOf(reading, "title") ?? { "": missing(reading, "title") },
    price: amountOf(reading, "price"),
    was: amountOf(reading, "was"),
    currency: currencyOf(reading),
    categories: categoriesOf(reading),
    brand: textOf(reading, "brand"),
    image: addressOf(textOf(reading, "image"), "image", reasons),
    link: linksOf(reading),
    stock: stockOf(reading),
    hidden: hiddenOf(reading),
    added: instantOf(reading),
    margin: numberOf(reading, "margin", [-1_000, 100]),
    attributes: attributesOf(reading),
  };
  return reasons.length === 0 ? { is: "product", product } : { is: "rejected", reasons };
}

/** The JSON by which `parseProduct` makes the same product again. */
export function productJson(product: Product): JsonObject {
  const { price, was, added, title, link } = product;
  const written: Record<string, Json | undefined> = {
    id: product.id,
    title: isPlain(title) ? title[""] : title,
    price: price === undefined ? undefined : price / 10_000,
    was: was === undefined ? undefined : was / 10_000,
    currency: product.currency,
    categories: product.categories.length === 0 ? undefined : product.categories,
    brand: product.brand,
    image: product.image,
    link: Object.keys(link).length === 0 ? undefined : isPlain(link) ? link[""] : link,
    stock: product.stock,
    hidden: product.hidden ? true : undefined,
    added: added === undefined ? undefined : new Date(added).toISOString(),
    margin: product.margin,
    attributes: Object.keys(product.attributes).length === 0 ? undefined : product.attributes,
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as JsonObject;
}

function isPlain(texts: ProductTexts): boolean {
  return Object.keys(texts).length === 1 && texts[""] !== undefined;
}

/** Whether there is any to sell: in that store, or anywhere where no store is asked for. */
export function isInStock({ stock }: Pick<Product, "stock">, store?: string): boolean {
  if (stock === undefined) return true;
  if (typeof stock === "number") return stock > 0;
  if (store !== undefined) return (stock[store] ?? 0) > 0;
  return Object.values(stock).some((pieces) => pieces > 0);
}

/** In the language, else without its country, else in none in particular, else in any. */
export function textIn(texts: ProductTexts, language: string): string | undefined {
  const lower = language.toLowerCase();
  return texts[lower] ?? texts[lower.split("-")[0] ?? lower] ?? texts[""] ?? Object.values(texts)[0];
}

interface Reading {
  readonly json: JsonObject;
  readonly reasons: string[];
}

function missing({ json, reasons }: Reading, key: string): string {
  if (json[key] === undefined || json[key] === null || json[key] === "") reasons.push(`\`${key}\` is missing`);
  return "";
}

/** The beginning of what stands there instead. */
function andNot(value: Json): string {
  return `and not \`${(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 40)}\``;
}

function textOf({ json, reasons }: Reading, key: string): string | undefined {
  const value = json[key];
  if (value === undefined || value === null || value === "") return undefined;
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length <= productTextCharsMax) return text;
  reasons.push(`\`${key}\` is a text of at most ${productTextCharsMax} characters`);
  return undefined;
}

function textsOf(reading: Reading, key: string): ProductTexts | undefined {
  const value = reading.json[key];
  if (!isObject(value)) {
    const text = textOf(reading, key);
    return text === undefined ? undefined : { "": text };
  }
  const texts: Record<string, string> = {};
  for (const [language, text] of Object.entries(value)) {
    const isFit = typeof text === "string" && text !== "" && text.length <= productTextCharsMax;
    if (isFit && /^([a-z]{2,3}(-[a-z0-9]{2,8})*)?$/i.test(language)) texts[language.toLowerCase()] = text;
    else
      reading.reasons.push(
        `\`${key}.${language.slice(0, 20)}\`: a language such as \`fr\` with a text of at most ${productTextCharsMax} characters`,
      );
  }
  return Object.keys(texts).length === 0 ? undefined : texts;
}

function numberOf(
  { json, reasons }: Reading,
  key: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = json[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "number" && value >= least && value <= most) return value;
  reasons.push(`\`${key}\` is a number from ${least} to ${most}, ${andNot(value)}`);
  return undefined;
}

function amountOf(reading: Reading, key: string): number | undefined {
  const value = numberOf(reading, key, [0, 1e9]);
  return value === undefined ? undefined : Math.round(value * 10_000);
}

function currencyOf({ json, reasons }: Reading): string | undefined {
  const value = json["currency"];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" && /^[A-Z]{3}$/.test(value)) return value;
  reasons.push(`\`currency\` is three letters such as EUR, ${andNot(value)}`);
  return undefined;
}

function categoriesOf({ json, reasons }: Reading): readonly string[] {
  const value = json["categories"] ?? json["category"] ?? [];
  const all = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const texts = all.filter((each) => typeof each === "string" && each !== "" && each.length <= productTextCharsMax);
  if (texts.length === all.length && all.length <= productCategoriesMax) return texts as string[];
  reasons.push(`\`categories\` are at most ${productCategoriesMax} texts`);
  return [];
}

/** What may become an address of a page: no scripts, and nothing that a browser would read as another origin. */
const SAFE_PATH = /^(?:https:\/\/|\/(?![/\\]))[^\s"'<>\\]*$/;

function addressOf(text: string | undefined, key: string, reasons: string[]): string | undefined {
  if (text === undefined || SAFE_PATH.test(text)) return text;
  reasons.push(`\`${key}\` begins with \`/\` or \`https://\` and has no spaces or quotes`);
  return undefined;
}

function linksOf(reading: Reading): ProductTexts {
  const links = textsOf(reading, "link") ?? {};
  for (const link of Object.values(links)) addressOf(link, "link", reading.reasons);
  return links;
}

function stockOf({ json, reasons }: Reading): Product["stock"] {
  const value = json["stock"];
  if (value === undefined || value === null || value === "") return undefined;
  const isPieces = (each: Json): each is number => typeof each === "number" && Math.abs(each) <= 1e9;
  if (isPieces(value)) return value;
  if (isObject(value) && Object.values(value).every(isPieces)) return value as Record<string, number>;
  reasons.push("`stock` is a number of pieces, or one for each store: {lyon-1: 3}");
  return undefined;
}

function hiddenOf({ json, reasons }: Reading): boolean {
  const value = json["hidden"] ?? false;
  if (typeof value !== "boolean") reasons.push(`\`hidden\` is true or false, ${andNot(value)}`);
  return value === true;
}

function instantOf({ json, reasons }: Reading): number | undefined {
  const value = json["added"];
  if (value === undefined || value === null || value === "") return undefined;
  const at = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  reasons.push(`\`added\` is a day or a moment such as 2026-11-28 or 2026-11-28T09:00+01:00, ${andNot(value)}`);
  return undefined;
}

function attributesOf({ json, reasons }: Reading): Product["attributes"] {
  const value = json["attributes"];
  if (value === undefined || value === null) return {};
  const isText = (each: Json): boolean => typeof each === "string" && each.length <= productTextCharsMax;
  const isFit = (each: Json): boolean =>
    typeof each === "number" ||
    typeof each === "boolean" ||
    isText(each) ||
    (Array.isArray(each) && each.length <= attributeListMax && (each as readonly Json[]).every(isText));
  if (isObject(value) && Object.values(value).every(isFit) && Object.keys(value).length <= productAttributesMax)
    return value as Product["attributes"];
  reasons.push(
    `\`attributes\` are at most ${productAttributesMax} texts, numbers, true and false, or lists of up to ${attributeListMax} texts, by name`,
  );
  return {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
