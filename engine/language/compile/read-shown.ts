/**
 * What of an event a message shows: the values of declared properties, strictly of their types and within bounds, so that
 * no sender can make an agenda large. A text that is too long for a message is kept one sign longer than one may be: it is
 * refused when the message is put into words, with its name, rather than shown as if it ended there.
 */
import type { JsonObject } from "../../model/event.ts";
import { readFieldValue } from "../../model/field-value.ts";
import { shownListMax, shownValueCharsMax } from "../../model/message-limits.ts";
import type { FieldValue } from "../../model/plan.ts";
import type { ShownProperties } from "../../model/trigger.ts";
import type { ShownSource } from "../plan/checked-trigger.ts";
import { readPath } from "../plan/property-path.ts";

/** @returns undefined where there is nothing to show */
export function readShown(shows: readonly ShownSource[] | undefined, fields: JsonObject): ShownProperties | undefined {
  if (shows === undefined) return undefined;
  const values: Record<string, FieldValue> = {};
  for (const { name, path, type } of shows) {
    const value = readFieldValue(readPath(fields, path), type);
    if (value !== undefined) values[name] = bounded(value);
  }
  return Object.keys(values).length === 0 ? undefined : values;
}

function bounded(value: FieldValue): FieldValue {
  if (typeof value === "string") return cut(value);
  // Adding 0 makes -0 the 0 that it is written as in a record.
  if (typeof value === "number") return value + 0;
  return typeof value === "boolean" ? value : value.slice(0, shownListMax).map(cut);
}

const cut = (text: string): string => text.slice(0, shownValueCharsMax + 1);
