/**
 * Recency, frequency and monetary value: how lately, how often and for how much somebody has bought, each as the fifth of all
 * customers that they are in, 1 the lowest and 5 the highest, and the group that the three make. The night works them out and
 * records them as an event of the customer, whose properties are the attributes `rfm.recency`, `rfm.frequency`,
 * `rfm.monetary` and `rfm.group`, as far as fields.yaml declares them. Nobody else can say them.
 */
import { type Event, RFM_EVENT } from "./event.ts";
import type { SourceId } from "./ids.ts";

/** Has a sign that no key's name can have. */
export const RFM_SOURCE = "vif:rfm" as SourceId;

export const RFM_PREFIX = "rfm.";

export const RFM_TRAITS = { recency: "number", frequency: "number", monetary: "number", group: "text" } as const;
export type RfmTrait = keyof typeof RFM_TRAITS;
export const RFM_TRAIT_NAMES = Object.keys(RFM_TRAITS) as readonly RfmTrait[];

export const RFM_GROUPS = [
  "champions",
  "loyal",
  "potential",
  "new",
  "promising",
  "needs attention",
  "about to sleep",
  "at risk",
  "cannot lose",
  "hibernating",
  "lost",
] as const;
export type RfmGroup = (typeof RFM_GROUPS)[number];

/** All null: they have no purchase any more. */
export type RfmScores =
  | {
      /** 1 to 5. */
      readonly recency: number;
      readonly frequency: number;
      readonly monetary: number;
      readonly group: RfmGroup;
    }
  | { readonly [Name in RfmTrait]: null };

export const NO_SCORES: RfmScores = { recency: null, frequency: null, monetary: null, group: null };

/** Whether it is what the night has worked out, and not merely of that name. */
export function isScored({ name, source }: Pick<Event, "name" | "source">): boolean {
  return name === RFM_EVENT && source === RFM_SOURCE;
}

/** Of the fields of a profile those that the night is to fill. */
export function rfmTraitsIn(fields: readonly { readonly name: string }[]): readonly RfmTrait[] {
  const declared = new Set(fields.map(({ name }) => name));
  return RFM_TRAIT_NAMES.filter((trait) => declared.has(RFM_PREFIX + trait));
}
