/** Types of values as the checker and its messages speak of them. */
import type { FieldType } from "../../model/plan.ts";
import type { ValueType } from "../conditions/kind.ts";

const NAMES: Readonly<Record<FieldType, string>> = {
  text: "text",
  number: "a number",
  percentage: "a percentage",
  money: "an amount of money",
  duration: "a length of time",
  boolean: "true or false",
  instant: "a moment",
  date: "a date",
  time: "a time of day",
  place: "a place",
  list: "a list",
};

export function typeName(type: ValueType | FieldType): string {
  return NAMES[typeof type === "string" ? type : type.type];
}

/** How a value of a type is written. */
export const EXAMPLES: Readonly<Record<FieldType, string>> = {
  text: 'texts are written in quotes: "Paris"',
  number: "numbers are written in digits: `18`, `12.5`",
  percentage: "percentages are written `20%`",
  money: "amounts are written in digits: `12.50`",
  duration: "lengths of time are written `90 minutes`",
  boolean: "write `true` or `false`",
  instant: "moments are written `2026-01-31T10:00+01:00`, and their days `2026-01-31`",
  date: "dates are written year-month-day: `2026-01-31`",
  time: "times are written `09:30`",
  place: "places are compared by distance: `within 10 km of ...`",
  list: 'texts are written in quotes: "Paris"',
};

export const OTHER_CURRENCY = "amounts of two currencies are never mixed: take two of the same";

const ORDERED: ReadonlySet<FieldType> = new Set([
  "number",
  "percentage",
  "money",
  "duration",
  "instant",
  "date",
  "time",
]);

export function isOrdered(type: ValueType): boolean {
  return ORDERED.has(type.type);
}

/** The words that fields.yaml and events may use as a type; a birthday is a date that comes back every year. */
export const TYPE_WORDS: Readonly<Record<string, FieldType>> = {
  text: "text",
  number: "number",
  percentage: "percentage",
  money: "money",
  duration: "duration",
  boolean: "boolean",
  instant: "instant",
  date: "date",
  birthday: "date",
  time: "time",
  place: "place",
  list: "list",
};

export const plainType = (type: FieldType): ValueType => ({
  type,
  currency: undefined,
  oneOf: undefined,
  counts: false,
  everyYear: false,
  maybeUnknown: true,
});
