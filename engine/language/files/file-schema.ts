/**
 * What an editor is told of rule files: pieces of JSON Schema (draft 7), put together by each kind of file from the very
 * forms and choices by which it is read, so that a key cannot be read and unknown to editors, or the other way round. A
 * schema says what can be said without the other files; whether names exist and lines are conditions is the checker's.
 */
import { conditionCharsMax } from "../../limits-of-rules.ts";
import type { MappingForm } from "./mapping.ts";

export interface Schema {
  readonly [keyword: string]: unknown;
}

/** Any single value: what rule files take as text may look to YAML like a number or a boolean. */
export function textSchema(description: string, more: Schema = {}): Schema {
  return { type: ["string", "number", "boolean"], description, ...more };
}

export function choiceSchema(choices: readonly string[], description: string): Schema {
  return { enum: choices, description };
}

/** The name of a rule, or of something that it shows. */
export function nameSchema(description: string): Schema {
  return { type: "string", pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", description };
}

export function listSchema(items: Schema, description: string): Schema {
  return { type: "array", items, description };
}

/** Keys that the brand chooses. */
export function anyKeysSchema(values: Schema, description: string): Schema {
  return { type: "object", additionalProperties: values, description };
}

export function eitherSchema(first: Schema, second: Schema, description: string): Schema {
  return { anyOf: [first, second], description };
}

/** @param keys what each key of the form is; one that is missing here does not compile */
export function mappingSchema<Key extends string>(
  form: Pick<MappingForm<Key>, "keys" | "required">,
  keys: Readonly<Record<Key, Schema>>,
  description: string,
): Schema {
  const properties = Object.fromEntries(form.keys.map((key) => [key, keys[key]]));
  const required = form.required.length === 0 ? {} : { required: form.required };
  return { type: "object", properties, ...required, additionalProperties: false, description };
}

export const LANGUAGE = "^[a-z]{2}(-[A-Z]{2})?$";

/** One text, or one a language. */
export const titleSchema: Schema = {
  anyOf: [
    textSchema("One title for everybody."),
    {
      type: "object",
      properties: { en: textSchema("In English."), fr: textSchema("In French.") },
      patternProperties: { [LANGUAGE]: textSchema("In this language.") },
      additionalProperties: false,
    },
  ],
  title: "Title",
  description: "What people are shown in place of the name: one text, or one a language: `{en: ..., fr: ...}`.",
};

export const noteSchema = textSchema("For whoever reads the file; it means nothing to the engine.");

/** Of a `when`; the file's schema must have `conditionDefinitions`. */
export const conditionSchema: Schema = { $ref: "#/definitions/condition" };

const parts = { type: "array", items: conditionSchema, minItems: 1 };

const GROUPS = ["all", "any", "none", "at least 2 of"];

/** What is proposed where a condition may stand; `defaultSnippets` is read by editors only. */
const SNIPPETS = [
  { label: "a field", description: "a field of the profile", body: "${1:city} = ${2:Paris}" },
  {
    label: "how often",
    description: "events counted within a window",
    body: "count of ${1:order_completed} in last ${2:30 days} >= ${3:1}",
  },
  {
    label: "how much",
    description: "a property of events summed within a window",
    body: "sum of ${1:order_completed.total} in last ${2:365 days} >= ${3:100}",
  },
  {
    label: "how long ago",
    description: "the last event of a name",
    body: "last ${1:order_completed} was more than ${2:60 days} ago",
  },
  { label: "in a segment", description: "another segment", body: "in segment ${1:vip}" },
];

/** A condition is a line, or one group with a list below it. */
export const conditionDefinitions: Schema = {
  condition: {
    title: "Condition",
    description:
      "One line, such as `city = Paris and count of order_completed in last 30 days >= 2`; or `all:`, `any:`, `none:` or `at least 2 of:` with a list of conditions below it.",
    anyOf: [
      textSchema("A condition in one line; `and`, `or`, `not` and parentheses join several.", {
        maxLength: conditionCharsMax,
        defaultSnippets: SNIPPETS,
      }),
      {
        type: "object",
        properties: {
          all: { ...parts, title: "All of these", description: "Every condition of the list holds." },
          any: { ...parts, title: "Any of these", description: "At least one condition of the list holds." },
          none: { ...parts, title: "None of these", description: "No condition of the list holds." },
          "at least 2 of": { ...parts, title: "At least so many", description: "So many conditions of the list hold." },
        },
        patternProperties: { "^at least \\d{1,4} of$": parts },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
        defaultSnippets: GROUPS.map((group) => ({ label: group, body: { [group]: ["$1"] } })),
      },
    ],
  },
};
