/** By whose clock a rule reads local time: the customer's where their zone is known, else the brand's. */
import { utc, type Zone, zoneOf } from "./local-time.ts";
import type { FieldValue, PlanZone, ProfileView } from "./plan.ts";

export interface LocalZones {
  readonly brand: Zone;
  /** The customer's own, where the profile has the name of one; what is no zone counts as unknown. */
  of(view: Pick<ProfileView, "attribute">): Zone;
}

/** The zone of that name. One that ICU does not know, as a plan of another Node may have, is UTC, and so is none. */
export function brandZone(name: string | undefined): Zone {
  return (name === undefined ? undefined : zoneOf(name)) ?? utc;
}

/** The zone that a field of the customer names; the brand's where the field is unknown or names none. */
export function customerZone(value: FieldValue | undefined, brand: Zone): Zone {
  return (typeof value === "string" ? zoneOf(value) : undefined) ?? brand;
}

/** The zones that the rules of a plan read, the customers' own by a field of the profile. */
export function createLocalZones({ brand: name, attribute }: PlanZone): LocalZones {
  const brand = brandZone(name);
  return { brand, of: (view) => (attribute === undefined ? brand : customerZone(view.attribute(attribute), brand)) };
}

/** Where no brand.yaml says otherwise. */
export const utcPlanZone: PlanZone = Object.freeze({ brand: "UTC", attribute: undefined, weekBegins: 0 });
