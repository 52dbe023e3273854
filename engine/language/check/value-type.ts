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
