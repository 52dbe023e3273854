/**
 * A template file of the brand, `templates/CHANNEL/NAME.hbs`: between two lines `---` the words, one mapping a language, and
 * below them the markup, in Handlebars. The markup takes its words as `{{t.title}}`, so that it is written once and every
 * language has the same page. Beside the languages some channels have settings of their own (`form`). What a file may hold
 * is checked by check-template.ts for a page, and by messages/ for what is sent.
 *
 *     ---
 *     en: {title: "Welcome back, {{first_name}}"}
 *     fr: {title: "Bon retour, {{first_name}}"}
 *     ---
 *     <h2>{{t.title}}</h2>
 */
import { type Channel, isChannel } from "../../model/message.ts";
import { readMap, readText, reportEmpty } from "../files/mapping.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { parseYaml } from "../source/yaml-source.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";

/** Beside the brand's rules folder, as paths of rule files are written. */
export const TEMPLATES_PLACE = "../templates/";
const PATH = /^\.\.\/templates\/([^/]+)\/([^/]+)\.hbs$/;
const LANGUAGE = /^[a-z]{2}(-[A-Z]{2})?$/;
const OPENING = "---\n";
const CLOSING = "\n---\n";

export interface TemplateFile {
  readonly name: string;
  readonly channel: Channel;
  /** By language, then by key; the first language is shown to whoever wants none of them. */
  readonly words: ReadonlyMap<string, ReadonlyMap<string, YamlText>>;
  readonly settings: ReadonlyMap<string, YamlValue>;
  readonly markup: string;
  /** Where in the file the markup begins. */
  readonly markupStart: number;
}

export function isTemplatePath(path: string): boolean {
  return path.startsWith(TEMPLATES_PLACE);
}

/** What a path says of a template; undefined: it lies in no folder of a channel. */
export function placeOfTemplate(path: string): { readonly channel: Channel; readonly name: string } | undefined {
  const [, channel = "", name = ""] = PATH.exec(path) ?? [];
  return isChannel(channel) ? { channel, name } : undefined;
}

/**
 * @param settings keys that may stand beside the languages
 * @returns undefined when the file is not of the form, which is then reported
 */
export function readTemplateFile(
  file: RuleFile,
  report: Report,
  settings: readonly string[] = [],
): TemplateFile | undefined {
  const place = placeOfTemplate(file.path);
  if (place === undefined) return undefined;
  const close = file.text.indexOf(CLOSING);
  if (!file.text.startsWith(OPENING) || close < 0) {
    const message = "a template begins with its words between two lines `---`, and its markup follows";
    const suggestion = "begin with `---`, then `en: {text: Hello}`, then `---`";
    report({ code: "template_syntax", span: { start: 0, end: 3 }, message, suggestion });
    return undefined;
  }
  const markupStart = close + CLOSING.length;
  // A comment as long as the first line, so that every place in the words is its place in the file.
  const yaml = parseYaml({ path: file.path, text: `#--\n${file.text.slice(OPENING.length, close)}` }, report);
  const words = yaml === undefined ? undefined : readMap(yaml, "the words of a template", report);
  if (words === undefined) return undefined;
  const byLanguage = new Map<string, ReadonlyMap<string, YamlText>>();
  const set = new Map<string, YamlValue>();
  for (const { key, value } of words.entries) {
    if (settings.includes(key.value)) {
      if (value === undefined) reportEmpty(key, report);
      else set.set(key.value, value);
      continue;
    }
    if (!LANGUAGE.test(key.value)) {
      const message = `\`${key.value}\` is not the code of a language`;
      const codes = "codes are such as `en`, `fr`, `pt-BR`";
      const suggestion = settings.length === 0 ? codes : `${codes}; ${suggestName(key.value, settings, "other keys")}`;
      report({ code: "unknown_choice", span: key.span, message, suggestion });
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
  return { ...place, words: byLanguage, settings: set, markup: file.text.slice(markupStart), markupStart };
}
