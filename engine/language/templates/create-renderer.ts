/**
 * The templates in force, as a gateway renders them: a pure function of (template, language, values). What has no values is
 * rendered once; what has some is remembered for a while, since many visitors are shown the same. Where a template or a
 * file is not sound there is no renderer for it: the checker has said so before.
 */
import { renderedTextsMax } from "../../limits.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import type { FieldValue } from "../../model/plan.ts";
import type { ShownProperties } from "../../model/trigger.ts";
import type { RuleFile } from "../source/source.ts";
import { parseWord } from "./check-template.ts";
import { compileMarkup, parseMarkup } from "./handlebars-tree.ts";
import { productValues } from "../recommendations/product-values.ts";
import { placeOfTemplate, readTemplateFile } from "./template-file.ts";
import { valueForms } from "./value-forms.ts";

/** What a decision carries for its template: fields of the profile by name; of a message, under `event`, of the event. */
export type ShownValues = Readonly<Record<string, FieldValue | ShownProperties>>;

type RenderedValues = Readonly<Record<string, FieldValue | ShownProperties | readonly object[]>>;

export interface TemplateRenderer {
  /** Languages that any template has. */
  readonly languages: readonly string[];
  /**
   * @param products of the recommendation that the choice shows
   * @returns the markup; undefined when there is no such template
   */
  render(
    show: string,
    language: string,
    values: ShownValues | undefined,
    products?: readonly RecommendedProduct[],
  ): string | undefined;
}

/** @param files as `readRules` has found them sound */
export function createRenderer(files: readonly RuleFile[]): TemplateRenderer {
  const quiet = (): void => undefined;
  const templates = new Map<string, ReadonlyMap<string, (values: RenderedValues) => string>>();
  for (const file of files) {
    if (placeOfTemplate(file.path)?.channel !== "web") continue;
    const template = readTemplateFile(file, quiet);
    const markup = template === undefined ? undefined : parseMarkup(template.markup.trim(), quiet);
    if (template === undefined || markup === undefined) continue;
    const byLanguage = new Map<string, (values: RenderedValues) => string>();
    for (const [language, texts] of template.words) {
      const word = (key: string): ReturnType<typeof parseWord> => {
        const text = texts.get(key);
        return text === undefined ? undefined : parseWord(text, quiet);
      };
      byLanguage.set(language, compileMarkup(markup, { word, forms: valueForms(language) }));
    }
    if (byLanguage.size > 0) templates.set(template.name, byLanguage);
  }
  const rendered = new Map<string, string>();
  return {
    languages: [...new Set([...templates.values()].flatMap((byLanguage) => [...byLanguage.keys()]))].sort(),
    render(show, language, values, products) {
      const byLanguage = templates.get(show);
      if (byLanguage === undefined) return undefined;
      const chosen = chooseLanguage(language, [...byLanguage.keys()]);
      if (products !== undefined) {
        // Nearly everybody has products of their own: remembering them would drive out what many are shown.
        const shown = products.map((product) => productValues(product, language));
        return byLanguage.get(chosen)?.({ ...values, products: shown }) ?? "";
      }
      const key = `${show} ${chosen} ${values === undefined ? "" : JSON.stringify(values)}`;
      let text = rendered.get(key);
      if (text === undefined) {
        text = byLanguage.get(chosen)?.(values ?? {}) ?? "";
        if (rendered.size >= renderedTextsMax) rendered.clear();
        rendered.set(key, text);
      }
      return text;
    },
  };
}

/** The very language (`fr-BE`), else the same without its country, else the first that the template has. RFC 4647, 3.4. */
export function chooseLanguage(wanted: string, languages: readonly string[]): string {
  const lower = wanted.toLowerCase();
  const base = lower.split("-")[0] ?? lower;
  return (
    languages.find((each) => each.toLowerCase() === lower) ??
    languages.find((each) => each.toLowerCase() === base) ??
    languages.find((each) => each.toLowerCase().startsWith(`${base}-`)) ??
    languages[0] ??
    wanted
  );
}
