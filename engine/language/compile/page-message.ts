/** What a message shows on a page: clean values, moments by the customer's clock; or the one that it needs and lacks. */
import { localOf } from "../../model/local-time.ts";
import { createLocalZones } from "../../model/local-zones.ts";
import type { FieldValue, Plan, ProfileView } from "../../model/plan.ts";
import type { ShownProperties } from "../../model/trigger.ts";
import { cleanValues } from "../messages/clean-values.ts";
import { eventInstantsOf, instantsOf } from "../messages/instants-shown.ts";
import { firstLacking } from "../messages/needs.ts";
import type { PlanSource } from "../plan/checked.ts";
import { SHOWN_PREFIX } from "../templates/event-shown.ts";

type ValuesOf = (template: string, view: ProfileView) => Readonly<Record<string, FieldValue>>;

export function createPageMessage(source: PlanSource, valuesOf: ValuesOf): NonNullable<Plan["pageMessage"]> {
  const { attributes, pageNeeds = {}, triggers = [], zone } = source;
  const zones = createLocalZones({ ...zone, attribute: zone.attribute ?? undefined });
  const instants = instantsOf(attributes);
  const eventInstants = eventInstantsOf(triggers);
  return ({ template, event: given = {} }, view) => {
    const clean = cleanValues(valuesOf(template, view));
    if ("field" in clean) return { is: "unrenderable", ...clean };
    const shown = cleanValues(given);
    if ("field" in shown) return { is: "unrenderable", field: SHOWN_PREFIX + shown.field, because: shown.because };
    const inZone = (values: ShownProperties, names: readonly string[]): ShownProperties =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          typeof value === "number" && names.includes(name) ? localOf(zones.of(view), value) : value,
        ]),
      );
    const values = inZone(clean.values, instants);
    const event = inZone(shown.values, eventInstants[template] ?? []);
    const lacking = firstLacking(pageNeeds[template] ?? [], { ...values, event });
    if (lacking !== undefined) return { is: "unrenderable", field: lacking, because: "unknown" };
    return {
      is: "sayable",
      ...(Object.keys(values).length > 0 && { values }),
      ...(Object.keys(event).length > 0 && { event }),
    };
  };
}
