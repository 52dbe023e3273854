/**
 * What a JSON value means as a field of a declared type: traits that become attributes of a profile, and properties that
 * conditions on events read. Strict: a value of another type is no value, so that `"12"` is never taken for 12.
 */
import { summableMax } from "../limits.ts";
import type { Json } from "./event.ts";
import { DAY_MS } from "./local-time.ts";
import { packPlace } from "./place.ts";
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
    case "percentage":
      return readPercentage(json);
    case "duration":
      return readDuration(json);
    case "instant":
      return readInstantValue(json);
    case "date":
      return readDate(json);
    case "time":
      return readTime(json);
    case "place":
      return readPlace(json);
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

const PERCENTAGE = /^-?\d{1,12}(?:\.\d{1,12})?(?= ?%$)/;

/** `20` and `"20%"` are 20 percent. */
function readPercentage(json: Json | undefined): number | undefined {
  if (typeof json === "number") return Number.isFinite(json) ? json : undefined;
  const number = typeof json === "string" ? PERCENTAGE.exec(json)?.[0] : undefined;
  return number === undefined ? undefined : Number(number);
}

/** ISO 8601, without months and years, which have no one length. */
const DURATION = /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?$/;
const DURATION_UNITS_MS = [7 * DAY_MS, DAY_MS, 3_600_000, 60_000, 1_000] as const;

/** ms, or `PT90M`. */
function readDuration(json: Json | undefined): number | undefined {
  if (typeof json === "number") return Number.isFinite(json) ? Math.round(json) + 0 : undefined;
  const parts = typeof json === "string" && /\d[WDHMS]$/.test(json) ? DURATION.exec(json) : null;
  if (parts === null) return undefined;
  return Math.round(DURATION_UNITS_MS.reduce((sum, unitMs, index) => sum + Number(parts[index + 1] ?? 0) * unitMs, 0));
}

/** The day as written, whatever time and zone follow it; of ms since 1970 the day in UTC. */
function readDate(json: Json | undefined): number | undefined {
  if (typeof json === "string" && !ISO.test(json)) return undefined;
  const instant = readInstantValue(typeof json === "string" ? json.slice(0, 10) : json);
  return instant === undefined ? undefined : wholeDays(instant);
}

function wholeDays(instant: number): number {
  return Math.floor(instant / DAY_MS) * DAY_MS;
}

const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** `09:30` or `09:30:15`, or ms since midnight. */
export function readTime(json: Json | undefined): number | undefined {
  if (typeof json === "number") return json >= 0 && json < DAY_MS ? Math.floor(json) : undefined;
  const [, hours, minutes, seconds = "0"] = typeof json === "string" ? (TIME.exec(json) ?? []) : [];
  return hours === undefined
    ? undefined
    : Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
}

const PLACE = /^ *(-?\d{1,3}(?:\.\d{1,15})?) *, *(-?\d{1,3}(?:\.\d{1,15})?) *$/;

/** `[latitude, longitude]`, `"latitude,longitude"`, or an object of these names (or `lat`, `lng`, `lon`). */
function readPlace(json: Json | undefined): number | undefined {
  const [latitude, longitude] = coordinatesOf(json);
  return typeof latitude === "number" && typeof longitude === "number" ? packPlace(latitude, longitude) : undefined;
}

function coordinatesOf(json: Json | undefined): readonly (Json | undefined)[] {
  if (typeof json === "string") return PLACE.exec(json)?.slice(1).map(Number) ?? [];
  if (typeof json !== "object" || json === null) return [];
  if (isArray(json)) return json.length === 2 ? json : [];
  const own = (...names: readonly string[]) =>
    names.flatMap((name) => (Object.hasOwn(json, name) ? [json[name]] : []))[0];
  return [own("latitude", "lat"), own("longitude", "lng", "lon")];
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
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
    case "percentage":
    case "money":
    case "duration":
    case "instant":
    case "time":
    case "place":
      return typeof value === "number" && value === value ? value : undefined;
    case "date":
      return typeof value === "number" && value === value ? wholeDays(value) : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "list":
      return Array.isArray(value) ? value : undefined;
  }
}
