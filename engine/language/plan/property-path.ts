/** A property of an event by its path: `cart.total` is the `total` within the `cart`. */
import type { Json, JsonObject } from "../../model/event.ts";

/** Only what the event itself has counts, never what JavaScript objects inherit. */
export function readPath(fields: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = fields;
  for (const step of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
