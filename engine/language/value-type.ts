/** Types of values as the checker and its messages speak of them. */
import type { FieldType } from "../model/plan.ts";
import type { ValueType } from "./conditions/kind.ts";

const NAMES: Readonly<Record<FieldType, string>> = {
  text: "text",
  number: "a number",
  money: "an amount of money",
  boolean: "true or false",
  instant: "a date",
  list: "a list",
};

export function typeName(type: ValueType | FieldType): string {
  return NAMES[typeof type === "string" ? type : type.type];
}

export function isOrdered(type: ValueType): boolean {
  return type.type === "number" || type.type === "money" || type.type === "instant";
}

/** The words that fields.yaml and events may use as a type; a date is an instant at midnight UTC. */
export const TYPE_WORDS: Readonly<Record<string, FieldType>> = {
  text: "text",
  number: "number",
  money: "money",
  boolean: "boolean",
  instant: "instant",
  date: "instant",
  list: "list",
};

export const plainType = (type: FieldType): ValueType => ({
  type,
  currency: undefined,
  oneOf: undefined,
  counts: false,
  maybeUnknown: true,
});
