/** A mapping of names to types: `fields`, `properties` of an event, `attributes` of products. Short form `city: text`, or a mapping. */
import type { ValueType } from "../conditions/kind.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { plainType, TYPE_WORDS, typeName } from "../check/value-type.ts";
import { checkName, type FieldEntry } from "../check/vocabulary.ts";
import type { YamlMap, YamlText, YamlValue } from "../source/yaml-source.ts";
import {
  anyKeysSchema,
  choiceSchema,
  eitherSchema,
  listSchema,
  mappingSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { KEEPING_KEYS, KEEPING_SCHEMAS, readKeeping } from "./keeping.ts";
import { readCurrencyCode } from "./brand-file.ts";
import { checkTitle, type MappingForm, readMapping, readText, reportEmpty } from "./mapping.ts";

const PROPERTY_KEYS = ["type", "title", "one of", "currency", "sensitivity"] as const;
const FIELD_KEYS = [...new Set([...PROPERTY_KEYS, ...KEEPING_KEYS])] as const;
type FieldKey = (typeof FIELD_KEYS)[number];

const typeSchema = choiceSchema(Object.keys(TYPE_WORDS), "What its values are.");
const PROPERTY_SCHEMAS = {
  type: typeSchema,
  title: titleSchema,
  "one of": listSchema(textSchema("One of the values."), "The only values that there are."),
  sensitivity: KEEPING_SCHEMAS.sensitivity,
  currency: textSchema("Of money: the code of its currency (ISO 4217), such as `EUR`.", { pattern: "^[A-Z]{3}$" }),
} as const;
const FIELD_SCHEMAS = { ...PROPERTY_SCHEMAS, ...KEEPING_SCHEMAS } as const;

const listOf = (one: Parameters<typeof anyKeysSchema>[0], description: string) =>
  anyKeysSchema(eitherSchema(typeSchema, one, "Its type; or a mapping of its type and more."), description);

/** Of `fields` in fields.yaml. */
export const fieldSchema = listOf(
  mappingSchema({ keys: FIELD_KEYS, required: ["type"] }, FIELD_SCHEMAS, "A field of the profile."),
  "Every field by its name: `city: text`.",
);
/** Of `properties` of an event. */
export const propertySchema = listOf(
  mappingSchema({ keys: PROPERTY_KEYS, required: ["type"] }, PROPERTY_SCHEMAS, "A property of the event."),
  "What comes with the event, by name: `total: money`.",
);
/** Of `attributes` in products.yaml. */
export const attributeSchema = listOf(
  mappingSchema({ keys: PROPERTY_KEYS, required: ["type"] }, PROPERTY_SCHEMAS, "An attribute of products."),
  "What is said of products, by name: `colour: text`.",
);

const WHAT = { field: "a field", property: "a property", attribute: "an attribute" } as const;

/** Dates of these names come back every year, as those of the type `birthday` do. */
const BIRTHDAYS: ReadonlySet<string> = new Set(["birthday", "birth_date", "birthdate", "date_of_birth"]);

export function readFieldList(map: YamlMap, of: keyof typeof WHAT, report: Report): ReadonlyMap<string, FieldEntry> {
  const form: MappingForm<FieldKey> = {
    what: WHAT[of],
    keys: of === "field" ? FIELD_KEYS : PROPERTY_KEYS,
    required: ["type"],
  };
  const fields = new Map<string, FieldEntry>();
  for (const { key, value } of map.entries) {
    const sound = checkName(key, "snake", report);
    if (value === undefined) reportEmpty(key, report);
    const { type, kept } = value === undefined ? {} : readType(value, form, report);
    const everyYear = type?.everyYear === true || (type?.type === "date" && BIRTHDAYS.has(key.value));
    const whole = type === undefined ? undefined : { ...type, everyYear };
    fields.set(key.value, { name: key.value, type: sound ? whole : undefined, kept });
  }
  return new Map([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readType(value: YamlValue, form: MappingForm<FieldKey>, report: Report): Partial<Omit<FieldEntry, "name">> {
  if (value.kind === "text") return { type: typeOfWord(value, report) };
  const { values } = readMapping(value, form, report) ?? {};
  const word = readText(values?.get("type"), "a type", report);
  checkTitle(values?.get("title"), report);
  const kept = readKeeping(values, report);
  const type = word === undefined ? undefined : typeOfWord(word, report);
  if (type === undefined) return { kept };
  const oneOf = readOneOf(values?.get("one of"), type, report);
  return { kept, type: { ...type, oneOf, currency: readCurrency(values?.get("currency"), type, report) } };
}

function typeOfWord(word: YamlText, report: Report): ValueType | undefined {
  const type = Object.hasOwn(TYPE_WORDS, word.value) ? TYPE_WORDS[word.value] : undefined;
  if (type !== undefined) return { ...plainType(type), everyYear: word.value === "birthday" };
  const synonym = {
    string: "text",
    str: "text",
    int: "number",
    integer: "number",
    float: "number",
    bool: "boolean",
    datetime: "instant",
    timestamp: "instant",
    array: "list",
    price: "money",
  }[word.value];
  const suggestion =
    synonym === undefined ? suggestName(word.value, Object.keys(TYPE_WORDS), "types") : `write \`${synonym}\``;
  report({ code: "unknown_type", span: word.span, message: `there is no type \`${word.value}\``, suggestion });
  return undefined;
}

function readOneOf(value: YamlValue | undefined, type: ValueType, report: Report): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (type.type !== "text" && type.type !== "list") {
    report({
      code: "not_applicable",
      span: value.span,
      message: `\`one of\` is for text and lists, and this is ${typeName(type)}`,
      suggestion: "leave it out, or declare the field as `text`",
    });
    return undefined;
  }
  if (value.kind !== "list") {
    report({
      code: "wrong_shape",
      span: value.span,
      message: "`one of` is a list of texts",
      suggestion: "write `one of: [a, b]`",
    });
    return undefined;
  }
  const texts = value.parts.map((part) => readText(part, "each value", report)?.value.normalize("NFC"));
  return texts.filter((text) => text !== undefined);
}

function readCurrency(value: YamlValue | undefined, type: ValueType, report: Report): string | undefined {
  const text = readText(value, "a currency", report);
  if (text === undefined) return undefined;
  if (type.type !== "money") {
    report({
      code: "not_applicable",
      span: text.span,
      message: `only money has a currency, and this is ${typeName(type)}`,
      suggestion: "leave it out, or declare the field as `money`",
    });
    return undefined;
  }
  return readCurrencyCode(text, report);
}
