/**
 * A template file of the brand, `templates/web/NAME.hbs`: between two lines `---` the words, one mapping a language, and
 * below them the markup, in Handlebars. The markup takes its words as `{{t.title}}`, so that it is written once and every
 * language has the same page. What it may hold is checked by check-template.ts.
 *
 *     ---
 *     en: {title: "Welcome back, {{first_name}}"}
 *     fr: {title: "Bon retour, {{first_name}}"}
 *     ---
 *     <h2>{{t.title}}</h2>
 */
import { readMap, readText, reportEmpty } from "../files/mapping.ts";
import type { Report } from "../problem.ts";
import type { RuleFile } from "../source.ts";
import { parseYaml } from "../yaml-source.ts";
import type { YamlText } from "../yaml-source.ts";

/** Beside the brand's rules folder, as paths of rule files are written. */
export const TEMPLATES_PLACE = "../templates/web/";
const LANGUAGE = /^[a-z]{2}(-[A-Z]{2})?$/;
const OPENING = "---\n";
const CLOSING = "\n---\n";

export interface TemplateFile {
  readonly name: string;
  /** By language, then by key; the first language is shown to whoever wants none of them. */
  readonly words: ReadonlyMap<string, ReadonlyMap<string, YamlText>>;
  readonly markup: string;
  /** Where in the file the markup begins. */
  readonly markupStart: number;
}

export function isTemplatePath(path: string): boolean {
  return path.startsWith(TEMPLATES_PLACE);
}

/** @returns undefined when the file is not of the form, which is then reported */
export function readTemplateFile(file: RuleFile, report: Report): TemplateFile | undefined {
  const name = file.path.slice(TEMPLATES_PLACE.length).replace(/\.hbs$/, "");
  const close = file.text.indexOf(CLOSING);
  if (!file.text.startsWith(OPENING) || close < 0) {
    const message = "a template begins with its words between two lines `---`, and its markup follows";
    report({ code: "template_syntax", span: { start: 0, end: 3 }, message });
    return undefined;
  }
  const markupStart = close + CLOSING.length;
  // A comment as long as the first line, so that every place in the words is its place in the file.
  const yaml = parseYaml({ path: file.path, text: `#--\n${file.text.slice(OPENING.length, close)}` }, report);
  const words = yaml === undefined ? undefined : readMap(yaml, "the words of a template", report);
  if (words === undefined) return undefined;
  const byLanguage = new Map<string, ReadonlyMap<string, YamlText>>();
  for (const { key, value } of words.entries) {
    if (!LANGUAGE.test(key.value)) {
      const message = `\`${key.value}\` is not the code of a language`;
      report({ code: "unknown_choice", span: key.span, message, suggestion: "codes are such as `en`, `fr`, `pt-BR`" });
      continue;
    }
    const map = value === undefined ? undefined : readMap(value, "the words of a language", report);
    if (value === undefined) reportEmpty(key, report);
    const texts = new Map<string, YamlText>();
    for (const entry of map?.entries ?? []) {
      if (entry.value === undefined) reportEmpty(entry.key, report);
      const text = readText(entry.value, "a word of a template", report);
      if (text !== undefined) texts.set(entry.key.value, text);
    }
    byLanguage.set(key.value, texts);
  }
  return { name, words: byLanguage, markup: file.text.slice(markupStart), markupStart };
}
