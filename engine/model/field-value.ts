/**
 * What a JSON value means as a field of a declared type: traits that become attributes of a profile, and properties that
 * conditions on events read. Strict: a value of another type is no value, so that `"12"` is never taken for 12.
 */
import { summableMax } from "../limits.ts";
import type { Json } from "./event.ts";
import type { FieldType, FieldValue } from "./plan.ts";

/** Money and what is summed are integers of this part of a unit. */
export const PARTS_OF_UNIT = 10_000;

/** ISO 8601: a date, which is its midnight in UTC, or a time, which is in UTC when it names no zone. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** @returns undefined when `json` is not of the type. Instants are ISO 8601 texts or ms since 1970. */
export function readFieldValue(json: Json | undefined, type: FieldType): FieldValue | undefined {
  switch (type) {
    case "text":
      return typeof json === "string" ? json : undefined;
    case "number":
      return typeof json === "number" && Number.isFinite(json) ? json : undefined;
    case "money":
      return readTenThousandths(json);
    case "boolean":
      return typeof json === "boolean" ? json : undefined;
    case "instant":
      return readInstantValue(json);
    case "list":
      return isTextList(json) ? json : undefined;
  }
}

/** A number as an integer of 1/10,000, the rest rounded off; undefined when it is none or beyond `summableMax`. */
export function readTenThousandths(json: Json | undefined): number | undefined {
  if (typeof json !== "number" || !(Math.abs(json) <= summableMax)) return undefined;
  // Adding 0 makes 0 of -0.
  return Math.round(json * PARTS_OF_UNIT) + 0;
}

function readInstantValue(json: Json | undefined): number | undefined {
  if (typeof json === "number") return Number.isFinite(json) ? Math.floor(json) : undefined;
  if (typeof json !== "string") return undefined;
  const iso = ISO.exec(json);
  if (iso === null) return undefined;
  // Without a zone JavaScript would take the time zone of the computer.
  const instant = Date.parse(json.includes("T") && iso[1] === undefined ? `${json}Z` : json);
  return Number.isNaN(instant) ? undefined : instant;
}

function isTextList(json: Json | undefined): json is readonly string[] {
  return Array.isArray(json) && json.every((entry) => typeof entry === "string");
}

/** An attribute as a rule may read it: undefined when what is stored is of another type than the plan's. */
export function ofType(value: FieldValue | undefined, type: FieldType): FieldValue | undefined {
  switch (type) {
    case "text":
      return typeof value === "string" ? value : undefined;
    case "number":
    case "money":
    case "instant":
      return typeof value === "number" && value === value ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "list":
      return Array.isArray(value) ? value : undefined;
  }
}
