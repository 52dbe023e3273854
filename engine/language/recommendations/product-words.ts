/**
 * What a recommendation's conditions may read besides the profile: the product that is looked at, the product that it is
 * found by, and what this person had to do with it. They are read like properties of an event at hand.
 */
import type { FieldType } from "../../model/plan.ts";
import { nearestName } from "../../model/nearest-name.ts";
import { PRODUCT_WORDS } from "../../model/recommendation.ts";
import type { EventAtHand } from "../check/event-at-hand.ts";
import { plainType } from "../check/value-type.ts";
import type { FieldEntry } from "../check/vocabulary.ts";

const DEALINGS: Readonly<Record<string, FieldType>> = {
  bought_days_ago: "number",
  viewed_days_ago: "number",
  in_cart: "boolean",
};

export const PRODUCT = "product";
export const SEED = "seed";
export const ATTRIBUTES = "attributes";

/**
 * @param attributes of products, as the brand declares them
 * @param whole false: the file that does could not be read whole
 */
export function productAtHand(attributes: ReadonlyMap<string, FieldEntry>, whole: boolean): EventAtHand {
  const words: readonly FieldEntry[] = [
    ...Object.entries(PRODUCT_WORDS).map(([name, type]) => ({ name, type: plainType(type) })),
    ...[...attributes.values()].map(({ name, type }) => ({ name: `${ATTRIBUTES}.${name}`, type })),
  ];
  const of = (subject: string) => words.map(({ name, type }) => ({ name: `${subject}.${name}`, type }));
  const dealings = Object.entries(DEALINGS).map(([name, type]) => ({ name, type: plainType(type) }));
  const all = [...of(PRODUCT), ...of(SEED), ...dealings];
  const properties = new Map(all.map((entry) => [entry.name, entry]));
  const unknown: EventAtHand["unknown"] = (name) => {
    const attribute = /^(?:product|seed)\.attributes\.(.+)$/.exec(name)?.[1];
    if (attribute === undefined) return undefined;
    if (!whole) return "reported";
    const near = nearestName(attribute, attributes.keys());
    return {
      message: `products.yaml declares no attribute \`${attribute}\` of products`,
      suggestion:
        near === undefined ? `add it there: \`attributes: {${attribute}: text}\`` : `did you mean \`${near}\`?`,
    };
  };
  return { name: PRODUCT, properties, unlike: new Map(), whole: true, unknown };
}
