/**
 * A property of an event by its path: `cart.total` is the `total` within the `cart`, and `products.name`, where `products` is
 * a list of objects, the names of all that have one, in their order.
 */
import type { Json, JsonObject } from "../../model/event.ts";

/** Only what the event itself has counts, never what JavaScript objects inherit. */
export function readPath(fields: JsonObject, path: readonly string[]): Json | undefined {
  return within(fields, path, 0);
}

function within(value: Json | undefined, path: readonly string[], from: number): Json | undefined {
  for (let at = from; at < path.length; at++) {
    if (Array.isArray(value)) return throughList(value, path, at);
    const step = path[at] as string;
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function throughList(list: readonly Json[], path: readonly string[], at: number): readonly Json[] {
  return list.flatMap((entry): readonly Json[] => {
    // A list within a list is no list of objects.
    const found = isJsonObject(entry) ? within(entry, path, at) : undefined;
    if (found === undefined || found === null) return [];
    return Array.isArray(found) ? (found as readonly Json[]) : [found];
  });
}

function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
