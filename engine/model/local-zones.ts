/** By whose clock a rule reads local time: the customer's where their zone is known, else the brand's. */
import { utc, type Zone, zoneOf } from "./local-time.ts";
import type { PlanZone, ProfileView } from "./plan.ts";

export interface LocalZones {
  readonly brand: Zone;
  /** The customer's own, where the profile has the name of one; what is no zone counts as unknown. */
  of(view: Pick<ProfileView, "attribute">): Zone;
}

/** A brand's zone that ICU does not know, as a plan of another Node may have, is UTC. */
export function createLocalZones({ brand, attribute }: PlanZone): LocalZones {
  const brandZone = zoneOf(brand) ?? utc;
  return {
    brand: brandZone,
    of(view) {
      if (attribute === undefined) return brandZone;
      const name = view.attribute(attribute);
      return (typeof name === "string" ? zoneOf(name) : undefined) ?? brandZone;
    },
  };
}

/** Where no brand.yaml says otherwise. */
export const utcPlanZone: PlanZone = Object.freeze({ brand: "UTC", attribute: undefined, weekBegins: 0 });
