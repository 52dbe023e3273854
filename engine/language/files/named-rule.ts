/**
 * The beginning of every file that holds one rule: a mapping whose key of the rule's kind gives its name, with a title and
 * a note. Even a file that cannot be read declares the name that it is called by.
 */
import type { Report } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { checkName } from "../check/vocabulary.ts";
import { parseYaml, type YamlValue } from "../source/yaml-source.ts";
import type { Name } from "../grammar/syntax.ts";
import { checkRuleName } from "./file-name.ts";
import { checkTitle, type MappingForm, readMapping, readText } from "./mapping.ts";

export interface NamedRule<Key extends string> {
  /** undefined: it cannot be read, and what is wrong has been said. */
  readonly values: ReadonlyMap<Key, YamlValue> | undefined;
  /** As declared, else as the file is called. */
  readonly name: Name;
}

/** @param form of the whole file; its keys hold `kind`, "title" and "note" */
export function readNamedRule<Key extends string>(
  file: RuleFile,
  stem: string,
  kind: { readonly key: Key; readonly form: MappingForm<Key> },
  report: Report,
): NamedRule<Key> {
  const yaml = parseYaml(file, report);
  const values = yaml === undefined ? undefined : readMapping(yaml, kind.form, report)?.values;
  if (values === undefined) return { values, name: { name: stem, span: { start: 0, end: 0 } } };
  const all: ReadonlyMap<string, YamlValue> = values;
  const name = readText(all.get(kind.key), `the name of ${kind.form.what}`, report);
  if (name !== undefined && checkName(name, "kebab", report)) checkRuleName(name, stem, report);
  checkTitle(all.get("title"), report);
  readText(all.get("note"), "a note", report);
  return { values, name: { name: name?.value ?? stem, span: name?.span ?? { start: 0, end: 0 } } };
}
