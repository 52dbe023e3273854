/**
 * From the e-mail templates of a brand to the HTML and the text that are filled in for each customer: layout and template
 * are joined, MJML makes tables of them that every mail program shows, and the text part is made from these. It takes
 * milliseconds a template and happens once, where rules are read. Handlebars' own parts pass through MJML as marks, so
 * that what was checked before is what is filled in after; what MJML itself has to say becomes a problem of the file.
 */
import { createRequire } from "node:module";
import type { convert as convertToText } from "html-to-text";
import type mjml2html from "mjml";
import type { Report } from "../source/problem.ts";
import type { RuleFile } from "../source/source.ts";
import { placeOfTemplate, readTemplateFile, type TemplateFile } from "../templates/template-file.ts";
import { type EmailCache, keyOfEmail } from "./email-cache.ts";
import { TEXT_ELEMENTS } from "./email-grammar.ts";
import { createMarks, type Marks } from "./marks.ts";
import { LAYOUT_NAME, LAYOUT_SLOT } from "./message-dialects.ts";

/** Plain JSON: it goes from thread to thread. */
export interface CompiledEmail {
  readonly name: string;
  /** Handlebars over the final HTML; `MARK_OF_LANGUAGE` stands for the code of the language. */
  readonly html: string;
  /** Handlebars over plain text. */
  readonly text: string;
  /** `{{address.[N]}}` stands for them: an address, or the key of a word that is one. */
  readonly addresses: readonly EmailAddress[];
}

export type EmailAddress =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "word"; readonly key: string };

/** Not by `import()`, which code that V8 made beforehand may not call. */
const load = createRequire(import.meta.url);

export const MARK_OF_LANGUAGE = "vifqlanguageq";
/** Words of the layout stand beside those of the template. */
export const LAYOUT_PREFIX = "layout.";

export interface EmailSource {
  readonly file: RuleFile;
  readonly report: Report;
}

/**
 * @param sources templates that the checker has found sound, in any order; those of other channels are passed over
 * @param cache of what was compiled before; undefined: there is none
 */
export async function compileEmails(
  sources: readonly EmailSource[],
  cache?: EmailCache,
): Promise<readonly CompiledEmail[]> {
  const quiet = (): void => undefined;
  const emails = sources.flatMap(({ file, report }) => {
    if (placeOfTemplate(file.path)?.channel !== "email") return [];
    const template = readTemplateFile(file, quiet);
    return template === undefined ? [] : [{ template, report }];
  });
  if (emails.length === 0) return [];
  const layout = emails.find(({ template }) => template.name === LAYOUT_NAME)?.template;
  const versions = PACKAGES.map((name) => (load(`${name}/package.json`) as { readonly version: string }).version);
  const compiled: CompiledEmail[] = [];
  for (const { template, report } of emails) {
    if (template === layout) continue;
    const joined = join(template, layout);
    const { source, marks } = joined;
    const key = keyOfEmail([...versions, template.name, source, marks.state()]);
    const kept = cache?.get(key);
    if (kept !== undefined) {
      compiled.push(kept);
      continue;
    }
    let faults = 0;
    const email = await compileOne(template, joined, (complaint) => {
      faults++;
      report(complaint);
    });
    if (faults === 0) cache?.put(key, email);
    compiled.push(email);
  }
  await cache?.save();
  return compiled;
}

const PACKAGES = ["mjml", "html-to-text"];

async function compileOne(
  template: TemplateFile,
  { source, marks, bodyLine }: Joined,
  report: Report,
): Promise<CompiledEmail> {
  // Half a second of loading, which a brand without e-mails, or without a new one, does not wait for.
  const mjml = load("mjml") as typeof mjml2html;
  const { convert } = load("html-to-text") as { readonly convert: typeof convertToText };
  const { html, errors } = await mjml(source, { validationLevel: "soft", keepComments: false, fonts: {} });
  for (const { line, message } of errors) {
    const span = spanOfLine(template, line - bodyLine);
    const suggestion = "MJML describes each element: https://documentation.mjml.io";
    report({ code: "template_markup", span, message: `MJML: ${message}`, suggestion });
  }
  const tidy = html.replace(/^[ \t]+|[ \t]+$/gm, "").replace(/\n{2,}/g, "\n");
  const plain = tidy.replace(PREHEADER, "").replace(LINKED_PICTURE, "");
  const text = convert(plain, { wordwrap: false, selectors: TEXT_SELECTORS });
  return { name: template.name, html: marks.restore(tidy), text: marks.restore(text), addresses: marks.addresses };
}

interface Joined {
  readonly source: string;
  readonly marks: Marks;
  /** Of the source, from 1: where the template's own markup begins. */
  readonly bodyLine: number;
}

function join(template: TemplateFile, layout: TemplateFile | undefined): Joined {
  const marks = createMarks();
  const own = wrapBlocks(marks.mark(template.markup, ""), marks);
  const frame = wrapBlocks(marks.mark(layout?.markup ?? PLAIN_LAYOUT, LAYOUT_PREFIX), marks);
  const slot = marks.of(`{{${LAYOUT_SLOT}}}`);
  const [before = "", after = ""] = /^\s*<mjml\b/.test(template.markup) ? ["", ""] : frame.split(slot);
  const head = `<mj-title>${marks.of("{{t.subject}}")}</mj-title><mj-preview>${marks.of("{{t.preheader}}")}${FILLING}</mj-preview>`;
  const whole = before + own + after;
  const headed = whole.includes("<mj-head>")
    ? whole.replace("<mj-head>", `<mj-head>${head}`)
    : whole.replace(/<mjml([^>]*)>/, `<mjml$1><mj-head>${head}</mj-head>`);
  const source = headed.replace(/<mjml\b/, `<mjml lang="${MARK_OF_LANGUAGE}"`);
  return { source, marks, bodyLine: before.split("\n").length };
}

const PLAIN_LAYOUT = `<mjml><mj-body>{{${LAYOUT_SLOT}}}</mj-body></mjml>`;
/** So that a list of messages shows the preheader and not the first words after it. */
const FILLING = "&#847;&zwnj;&nbsp;".repeat(40);
const PREHEADER = /<div style="display:none[^>]*>[\s\S]*?<\/div>/;
/** Without its picture it is an address that says nothing. */
const LINKED_PICTURE = /<a\b[^>]*>\s*<img\b[^>]*>\s*<\/a>/g;

const TEXT_SELECTORS = [
  ...["table", "tr", "td"].map((selector) => ({ selector, format: "block" })),
  ...["h1", "h2", "h3"].map((selector) => ({ selector, options: { uppercase: false } })),
  { selector: "img", format: "skip" },
  { selector: "a", options: { linkBrackets: ["(", ")"] } },
];

/** Blocks between elements are no text of an element, and MJML would drop them. */
function wrapBlocks(marked: string, marks: Marks): string {
  let within = "";
  return marked.replace(
    /<(\/?)(mj-?[a-z-]*)\b[^>]*?(\/?)>|vifq\d+q/g,
    (found, close: string, element: string, empty) => {
      if (element !== undefined) {
        if (close === "/") within = "";
        else if (TEXT_ELEMENTS.has(element) && empty === "") within = element;
        return found;
      }
      return within === "" && marks.isBlock(found) ? `<mj-raw>${found}</mj-raw>` : found;
    },
  );
}

/** @param line from 0, of the markup */
function spanOfLine(
  { markup, markupStart }: TemplateFile,
  line: number,
): { readonly start: number; readonly end: number } {
  const lines = markup.split("\n");
  const before = lines.slice(0, Math.max(0, Math.min(line, lines.length - 1)));
  const start = markupStart + before.reduce((sum, each) => sum + each.length + 1, 0);
  return { start, end: start + 1 };
}
