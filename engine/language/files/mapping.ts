/** Reading a YAML mapping whose keys are known: what is missing, unknown or of the wrong shape is reported. */
import { suggestName } from "../source/nearest.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { YamlEntry, YamlMap, YamlText, YamlValue } from "../source/yaml-source.ts";

export interface MappingForm<Key extends string> {
  /** What the mapping is, for messages: "a segment". */
  readonly what: string;
  readonly keys: readonly Key[];
  readonly required: readonly Key[];
}

/** Where to point when a whole mapping is meant: its first key, not all its lines. */
export function headOf(value: YamlValue): Span {
  return value.kind === "map" ? (value.entries[0]?.key.span ?? value.span) : value.span;
}

/** @returns the values present, by key; undefined when `value` is no mapping. */
export function readMapping<Key extends string>(
  value: YamlValue,
  form: MappingForm<Key>,
  report: Report,
): { readonly values: ReadonlyMap<Key, YamlValue>; readonly entries: ReadonlyMap<Key, YamlEntry> } | undefined {
  const map = readMap(value, form.what, report);
  if (map === undefined) return undefined;
  const values = new Map<Key, YamlValue>();
  const entries = new Map<Key, YamlEntry>();
  const misspelt = new Set<string | undefined>();
  for (const entry of map.entries) {
    const key = form.keys.find((known) => known === entry.key.value);
    if (key === undefined) {
      misspelt.add(nearestName(entry.key.value, form.keys));
      const message = `${form.what} has no \`${entry.key.value}\``;
      report({
        code: "unknown_key",
        span: entry.key.span,
        message,
        suggestion: suggestName(entry.key.value, form.keys, "keys"),
      });
      continue;
    }
    entries.set(key, entry);
    if (entry.value !== undefined) values.set(key, entry.value);
    else reportEmpty(entry.key, report);
  }
  for (const key of form.required) {
    if (entries.has(key) || misspelt.has(key)) continue;
    report({
      code: "missing_key",
      span: headOf(map),
      message: `${form.what} needs \`${key}:\``,
      suggestion: `add a line \`${key}: ...\``,
    });
  }
  return { values, entries };
}

export function readMap(value: YamlValue, what: string, report: Report): YamlMap | undefined {
  if (value.kind === "map") return value;
  const message = `${what} is a mapping of \`key: value\` lines, and this is ${shapeName(value)}`;
  const suggestion = "write `key: value` lines, indented, or `{key: value, key: value}`";
  report({ code: "wrong_shape", span: headOf(value), message, suggestion });
  return undefined;
}

export function readText(value: YamlValue | undefined, what: string, report: Report): YamlText | undefined {
  if (value === undefined || value.kind === "text") return value;
  const message = `${what} is a text, and this is ${shapeName(value)}`;
  const suggestion = "write one value on one line, in quotes if it begins with a bracket or a brace";
  report({ code: "wrong_shape", span: headOf(value), message, suggestion });
  return undefined;
}

/** @returns undefined where it is no list, which is reported */
export function readTextList(
  value: YamlValue,
  { key, what, suggestion }: { readonly key: string; readonly what: string; readonly suggestion: string },
  report: Report,
): readonly YamlText[] | undefined {
  if (value.kind === "list") return value.parts.flatMap((part) => readText(part, what, report) ?? []);
  const message = `\`${key}\` is a list, and this is ${shapeName(value)}`;
  report({ code: "wrong_shape", span: headOf(value), message, suggestion });
  return undefined;
}

export function reportEmpty(key: YamlText, report: Report): void {
  const message = `nothing stands after \`${key.value}:\``;
  report({ code: "missing_key", span: key.span, message, suggestion: "write what it is, or remove the line" });
}

export function shapeName(value: YamlValue): string {
  return { text: "a text", list: "a list", map: "a mapping" }[value.kind];
}

/** A title is a text, or one text a language: `{en: ..., fr: ...}`. It means nothing to the engine. */
export function checkTitle(value: YamlValue | undefined, report: Report): void {
  if (value === undefined || value.kind === "text") return;
  if (value.kind === "list") {
    report({
      code: "wrong_shape",
      span: headOf(value),
      message: "a title is a text, or one a language",
      suggestion: "write `title: Good customers`, or `title: {en: Good customers, fr: Bons clients}`",
    });
    return;
  }
  for (const { key, value: text } of value.entries) {
    if (!/^[a-z]{2}(-[A-Z]{2})?$/.test(key.value)) {
      const message = `\`${key.value}\` is not the code of a language`;
      report({ code: "unknown_choice", span: key.span, message, suggestion: "codes are such as `en`, `fr`, `pt-BR`" });
    }
    if (text === undefined) reportEmpty(key, report);
    else readText(text, "a title", report);
  }
}
