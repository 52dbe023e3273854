/**
 * Somebody who is nobody, for a look at a template where no engine runs or no person is named: a plausible value for every
 * field, by its type and what it is called. The same at every call.
 */
import { DAY_MS } from "../model/local-time.ts";
import type { AttributeDefinition, FieldValue } from "../model/plan.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";

const NAMES: readonly (readonly [pattern: RegExp, value: FieldValue])[] = [
  [/first_?name|given/i, "Camille"],
  [/last_?name|family|surname/i, "Durand"],
  [/e_?mail/i, "camille@example.com"],
  [/phone|mobile/i, "+33612345678"],
  [/city|town/i, "Lyon"],
  [/country/i, "FR"],
  [/zone/i, "Europe/Paris"],
  [/language/i, "fr"],
  [/size/i, 39],
  [/points/i, 940],
  [/quantity|count/i, 2],
  [/order_?id|number|reference/i, "W-10042"],
  [/(?:product|line|item|article)s?\.(?:name|title)|names/i, ["Alma boots", "Rivage tote"]],
];

/** What a recommendation may have for them. */
export const SAMPLE_PRODUCTS: readonly RecommendedProduct[] = [
  { id: "sample-1", title: { en: "Alma boots", fr: "Bottes Alma" }, price: 1_690_000, link: { "": "/" } },
  { id: "sample-2", title: { en: "Rivage tote", fr: "Cabas Rivage" }, price: 1_290_000, link: { "": "/" } },
].map((product) => ({ ...product, currency: "EUR", reason: "bought by many", why: { basis: "popular" } }));

/** @param now decides what lies ahead of and behind the person */
export function samplePerson(fields: readonly AttributeDefinition[], now: number): Record<string, FieldValue> {
  return Object.fromEntries(
    fields.flatMap(({ name, type }) => {
      const value = sampleValue({ name, type }, now);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function sampleValue({ name, type }: AttributeDefinition, now: number): FieldValue | undefined {
  const named = NAMES.find(([pattern]) => pattern.test(name))?.[1];
  if (named !== undefined && typeof named === (type === "number" ? "number" : type === "text" ? "string" : ""))
    return named;
  if (type === "list" && Array.isArray(named)) return named;
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  switch (type) {
    case "text":
      return name.replaceAll("_", " ");
    case "number":
      return 12;
    case "percentage":
      return 20;
    case "money":
      return 450_000;
    case "duration":
      return DAY_MS;
    case "boolean":
      return true;
    case "instant":
      return today + DAY_MS + 13.5 * 3_600_000;
    case "date":
      return today + 30 * DAY_MS;
    case "time":
      return 9.5 * 3_600_000;
    case "list":
      return ["shoes", "bags"];
    case "place":
      return undefined;
  }
}
