/** How a field is kept, and how long an event: sensitivity, legal basis, purpose and retention, as files declare them. */
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { checkDuration } from "../check/check-duration.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { checkName, type FieldKeeping } from "../check/vocabulary.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";
import { choiceSchema, nameSchema, textSchema } from "./file-schema.ts";
import { readText } from "./mapping.ts";

export const KEEPING_KEYS = ["sensitivity", "basis", "purpose", "retention"] as const;
type KeepingKey = (typeof KEEPING_KEYS)[number];

/** How closely a field's values are kept: what is sensitive is never shown. */
const SENSITIVITIES = ["public", "internal", "personal", "sensitive"];
/** GDPR, article 6. */
const BASES = ["consent", "contract", "legal obligation", "vital interest", "public task", "legitimate interest"];

export const KEEPING_SCHEMAS = {
  sensitivity: choiceSchema(SENSITIVITIES, "How closely its values are kept."),
  basis: choiceSchema(BASES, "On what legal ground it is kept (GDPR, article 6)."),
  purpose: nameSchema("With the basis `consent`: to what customers have consented, such as `marketing`."),
  retention: textSchema(
    "How long its value is kept after it was last said, such as `3 years`; for ever where nothing is said.",
  ),
} as const;

export function readKeeping(values: ReadonlyMap<string, YamlValue> | undefined, report: Report): FieldKeeping {
  const text = (key: KeepingKey) => readText(values?.get(key), "this", report);
  const basis = readChoice(text("basis"), BASES, report);
  const retentionMs = readRetention(values?.get("retention"), report);
  const purpose = text("purpose");
  if (purpose !== undefined && checkName(purpose, "kebab", report) && basis !== "consent") {
    const suggestion = "write `basis: consent`, or leave the purpose out";
    const message = "a purpose is what customers have consented to, and this is kept on another ground";
    report({ code: "not_applicable", span: purpose.span, message, suggestion });
  }
  return {
    sensitivity: readChoice(text("sensitivity"), SENSITIVITIES, report),
    basis,
    purpose: purpose?.value,
    retentionMs,
  };
}

function readChoice(word: YamlText | undefined, choices: readonly string[], report: Report): string | undefined {
  if (word === undefined || choices.includes(word.value)) return word?.value;
  const message = `\`${word.value}\` is not one of the values allowed here`;
  report({ code: "unknown_choice", span: word.span, message, suggestion: suggestName(word.value, choices, "values") });
  return undefined;
}

export function readRetention(value: YamlValue | undefined, report: Report): number | undefined {
  const text = readText(value, "a retention", report);
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d+) +(\w+)$/.exec(text.value) ?? [];
  if (count === undefined || unit === undefined) {
    report({
      code: "bad_duration",
      span: text.span,
      message: "a retention is a number and a unit",
      suggestion: "write `3 years`",
    });
    return undefined;
  }
  const duration = { count: Number(count), unit: { name: unit, span: text.span }, span: text.span };
  return checkDuration(duration, ruleDurationMsMax, { report });
}
