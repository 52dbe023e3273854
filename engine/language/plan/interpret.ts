/**
 * The interpreter: what conditions mean, straight from the checked tree. It is the oracle that generated code is held to and
 * the base of every explanation; it is not on the hot path.
 */
import type { JsonObject } from "../../model/event.ts";
import { ofType, readFieldValue, readTenThousandths } from "../../model/field-value.ts";
import type { FieldValue, ProfileView } from "../../model/plan.ts";
import type { Instant } from "../../model/ids.ts";
import { utc } from "../../model/local-time.ts";
import { brandZone, customerZone } from "../../model/local-zones.ts";
import { isListed, valueOfCall } from "../calls/registry.ts";
import type { Condition, Operand, PlanSource, StreamSource } from "./checked.ts";
import { tenThousand } from "./checked.ts";
import type { Facts } from "../conditions/kind.ts";
import { kindOf } from "../conditions/registry.ts";
import { isProductList, productIdsIn } from "../recommendations/product-lists.ts";
import { readPath } from "./property-path.ts";

/** What a condition of the plan reads of a profile at an instant, with no event at hand. */
export function profileFacts(plan: PlanSource, view: ProfileView, at: Instant): Facts {
  return factsAtHand(plan, view, { at, fields: undefined });
}

/** The same, with the fields of the event at hand where there is one. */
export function factsAtHand(
  plan: PlanSource,
  view: ProfileView,
  { at, fields }: { readonly at: Instant; readonly fields: JsonObject | undefined },
): Facts {
  const brand = brandZone(plan.zone.brand);
  const facts: Facts = {
    at,
    holds: (condition) => kindOf(condition).holds(condition, facts),
    value: (operand) => valueOf(operand),
    inSegment: (segment) => view.inSegment(segment),
    transitionAt: (segment, entered) => view.transitionAt(segment, entered),
    inList: (list) => isListed(view.identifierValues(), new Set(plan.lists?.[list]?.members)),
  };
  function valueOf(operand: Operand): FieldValue | undefined {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "attribute": {
        const type = plan.attributes[operand.attribute]?.type;
        return type === undefined ? undefined : ofType(view.attribute(operand.attribute), type);
      }
      case "aggregate": {
        return valueOfAggregate(plan, view, operand.aggregate, at);
      }
      case "units": {
        const value = valueOf(operand.of);
        return typeof value === "number" ? value / tenThousand : undefined;
      }
      case "event-property":
        return fields === undefined ? undefined : readFieldValue(readPath(fields, operand.path), operand.type);
      case "call": {
        const zone = customerZone(operand.zone ? valueOf(operand.zone) : undefined, brand);
        return valueOfCall(operand, operand.of.map(valueOf), { zone, at });
      }
      case "person":
        return operand.reads === "id" ? view.id : view.identifierValues();
      case "property":
        return undefined;
    }
  }
  return facts;
}

/** @returns undefined: unknown */
export function valueOfAggregate(
  { aggregates, streams }: Pick<PlanSource, "aggregates" | "streams">,
  view: ProfileView,
  index: number,
  at: Instant,
): FieldValue | undefined {
  const aggregate = aggregates[index];
  const isValue = aggregate?.reduce === "first-value" || aggregate?.reduce === "last-value";
  const type = isValue ? streams[aggregate.stream]?.property?.type : undefined;
  if (type === "text") return view.aggregateText(index, at);
  const value = view.aggregate(index, at);
  if (Number.isNaN(value)) return undefined;
  return type === "boolean" ? value === 1 : value;
}

export function holds(condition: Condition, facts: Facts): boolean {
  return facts.holds(condition);
}

/** What one event contributes to a stream, as `StreamDefinition.contribution`. */
export function contributionOf(stream: StreamSource, fields: JsonObject): number | string | undefined {
  const { where, property } = stream;
  if (where !== null && !eventFacts(fields).holds(where)) return undefined;
  if (property === null) return 1;
  if (isProductList(property)) return productIdsIn(fields);
  const value = readFieldValue(readPath(fields, property.path), property.type);
  if (property.type === "number" || property.type === "percentage") return readTenThousandths(value);
  return typeof value === "boolean" ? Number(value) : Array.isArray(value) ? undefined : (value as number | string);
}

function eventFacts(fields: JsonObject): Facts {
  const facts: Facts = {
    at: Number.NaN,
    holds: (condition) => kindOf(condition).holds(condition, facts),
    value: (operand) => {
      if (operand.kind === "literal") return operand.value;
      if (operand.kind === "call") {
        const values = operand.of.map((each) => facts.value(each));
        return valueOfCall(operand, values, { zone: utc, at: Number.NaN });
      }
      return operand.kind === "property" ? readFieldValue(readPath(fields, operand.path), operand.type) : undefined;
    },
    inSegment: () => false,
    transitionAt: () => Number.NaN,
    inList: () => false,
  };
  return facts;
}
