/**
 * All templates of a brand beside its contents: each template by itself, and every content that is rendered has a template
 * for each of its choices. A content none of whose choices has one is not rendered: a framework, or a till, shows it.
 */
import { ruleFileBytesMax } from "../../limits-of-rules.ts";
import type { ContentDeclaration } from "../files/rule-declarations.ts";
import { CHANNELS } from "../../model/message.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { Read } from "../check/rule-kind.ts";
import type { Span } from "../source/source.ts";
import { checkTemplate } from "./check-template.ts";
import type { TemplateNames } from "./check-template.ts";
import { placeOfTemplate, readTemplateFile } from "./template-file.ts";

export interface TemplateSurroundings {
  readonly names: TemplateNames;
  readonly contents: readonly Read<ContentDeclaration>[];
  /** Names of templates that triggers send to a page: those that no content shows are checked with messages. */
  readonly messages: ReadonlySet<string>;
}

/** @returns the fields that each template shows, by its name; those that show none are left out */
export function checkTemplates(
  templates: readonly Pick<Read, "file" | "report">[],
  { names, contents, messages }: TemplateSurroundings,
): Readonly<Record<string, readonly string[]>> {
  const shows: Record<string, readonly string[]> = {};
  const known = new Set<string>();
  const ofProducts = templatesOfProducts(contents);
  const ofContents = templatesOfContents(contents);
  for (const { file, report } of templates) {
    // A file that cannot be read is there all the same: one fault is one problem.
    const place = placeOfTemplate(file.path);
    if (place === undefined) {
      const message = "a template lies in the folder of its channel";
      const suggestion = `folders are ${CHANNELS.map((channel) => `\`templates/${channel}/\``).join(", ")}`;
      report({ code: "unknown_folder", span: { start: 0, end: 0 }, message, suggestion });
    }
    if (place?.channel !== "web") continue;
    known.add(place.name);
    if (Buffer.byteLength(file.text) > ruleFileBytesMax) {
      const message = `a template has at most ${ruleFileBytesMax} bytes`;
      report({ code: "over_limit", span: { start: 0, end: 0 }, message, suggestion: "make two templates of it" });
      continue;
    }
    if (messages.has(place.name) && !ofContents.has(place.name)) continue;
    const template = readTemplateFile(file, report);
    if (template === undefined) continue;
    const dialect = { hasProducts: ofProducts.has(template.name) };
    const { fields } = checkTemplate(template, { names, dialect }, report);
    if (fields.length > 0) shows[template.name] = fields;
  }
  for (const { file, declaration, report } of contents) {
    const shown = [...declaration.choices.map(({ show }) => show), declaration.otherwise].filter(
      (show) => show !== undefined,
    );
    if (!shown.some((show) => known.has(show))) continue;
    for (const show of new Set(shown)) {
      if (known.has(show)) continue;
      const near = nearestName(show, known);
      report({
        code: "unknown_template",
        span: placeOfShown(file.text, show),
        message: `there is no template \`${show}\`, and other choices of this content have one`,
        suggestion: near === undefined ? `write templates/web/${show}.hbs` : `did you mean \`${near}\`?`,
      });
    }
  }
  return shows;
}

/** Names of templates that contents show. */
export function templatesOfContents(contents: readonly Read<ContentDeclaration>[]): ReadonlySet<string | undefined> {
  return new Set(
    contents.flatMap(({ declaration: { choices, otherwise } }) => [...choices.map(({ show }) => show), otherwise]),
  );
}

/** Names of templates that are shown with the products of a recommendation, which they may go through. */
export function templatesOfProducts(contents: readonly Read<ContentDeclaration>[]): ReadonlySet<string | undefined> {
  const choices = contents.flatMap(({ declaration }) => declaration.choices);
  return new Set(choices.flatMap(({ recommendation, show }) => (recommendation === undefined ? [] : show)));
}

/** Where the name stands after `show:` or `otherwise:`. */
export function placeOfShown(text: string, name: string): Span {
  const found = new RegExp(`(?:show|otherwise):\\s*["']?(${name})\\b(?!-)`).exec(text);
  const start = found === null ? 0 : found.index + found[0].length - name.length;
  return { start, end: start + name.length };
}
