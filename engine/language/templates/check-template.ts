/**
 * Checks one template against the names that there are: every word in every language, every value a declared field, every
 * value at a place where it stays a value. What passes is safe to put into a page, whatever a profile holds.
 */
import { nearestName } from "../../model/nearest-name.ts";
import type { Report } from "../problem.ts";
import type { FieldEntry } from "../vocabulary.ts";
import type { YamlText } from "../yaml-source.ts";
import { parseMarkup } from "./handlebars-tree.ts";
import type { ParsedMarkup, TemplateNode, TreeFault } from "./handlebars-tree.ts";
import { MarkupReader, SAFE_ADDRESS } from "./markup-reader.ts";
import type { TemplateFile } from "./template-file.ts";

export interface TemplateNames {
  readonly fields: ReadonlyMap<string, FieldEntry>;
  /** False when fields.yaml could not be read whole: a field not found may then exist. */
  readonly fieldsWhole: boolean;
}

/** @returns the names of the fields that it shows, sorted */
export function checkTemplate(file: TemplateFile, names: TemplateNames, report: Report): readonly string[] {
  const used = new Set<string>();
  const wanted = new Set<string>();
  const addresses = new Set<string>();
  const { markupStart } = file;
  const fault: TreeFault = (message, { start, end }) =>
    report({ code: "template_syntax", span: { start: markupStart + start, end: markupStart + end }, message });
  const markup = parseMarkup(file.markup, fault);
  const reader = new MarkupReader((message, at) =>
    report({ code: "template_markup", span: { start: markupStart + at, end: markupStart + at + 1 }, message }),
  );
  const walk = { names, report, used, base: markupStart, word: (key: string) => wanted.add(key), addresses };
  checkNodes(markup?.nodes ?? [], reader, { ...walk, isList: false });
  reader.end(file.markup.length);
  for (const [language, texts] of file.words) {
    for (const key of wanted) {
      if (texts.has(key)) continue;
      const [first] = texts.values();
      const span = first?.span ?? { start: 4, end: 4 + language.length };
      const message = `the words in \`${language}\` lack \`${key}\`, which the markup shows`;
      report({ code: "missing_key", span: { start: span.start, end: span.start + 1 }, message });
    }
    for (const [key, text] of texts) {
      if (!wanted.has(key) && markup !== undefined) {
        const message = `no \`{{t.${key}}}\` in the markup shows this word`;
        report({ code: "unknown_key", span: text.span, message, suggestion: near(key, wanted) });
      }
      if (addresses.has(key) && !SAFE_ADDRESS.test(text.value)) {
        const message = "this word is shown as an address, which begins with `/`, `https://`, `#`, `mailto:` or `tel:`";
        report({ code: "template_markup", span: text.span, message });
      }
      const word = parseWord(text, report);
      // The place of a word is where the markup shows it, which has been checked; its own text is no markup.
      const plain = new MarkupReader(() => undefined);
      const inWord = { ...walk, base: text.offsetAt(0), word: undefined, isList: false };
      checkNodes(
        (word?.nodes ?? []).filter(({ is }) => is !== "content"),
        plain,
        inWord,
      );
    }
  }
  return [...used].sort();
}

/** A word is text with values in it. */
export function parseWord(text: YamlText, report: Report): ParsedMarkup | undefined {
  return parseMarkup(text.value, (message) => report({ code: "template_syntax", span: text.span, message }));
}

interface Walk {
  readonly names: TemplateNames;
  readonly report: Report;
  readonly used: Set<string>;
  /** Added to a node's offsets. */
  readonly base: number;
  /** undefined within a word, which shows no others. */
  readonly word: ((key: string) => void) | undefined;
  /** Words that the markup shows as addresses. */
  readonly addresses: Set<string>;
  /** Within `each`, where `this` is a text of the list. */
  readonly isList: boolean;
}

function checkNodes(nodes: readonly TemplateNode[], reader: MarkupReader, walk: Walk): void {
  for (const node of nodes) {
    if (node.is === "content") {
      reader.read(node.text, walk.base + node.start - walk.base);
      continue;
    }
    const span = { start: walk.base + node.start, end: walk.base + node.end };
    const { place } = reader;
    if (node.is === "value" && node.name.startsWith("t.") && reader.isBeforeAddress && walk.word !== undefined) {
      walk.word(node.name.slice(2));
      walk.addresses.add(node.name.slice(2));
      reader.skipAddress();
      continue;
    }
    if (place === undefined) {
      const message = reader.isInAddress
        ? "no value may stand in an address: write it in full, or as one word of each language"
        : "a value stands in text or in a quoted attribute, never among the parts of a tag";
      walk.report({ code: "template_markup", span, message });
    }
    if (node.is === "value") {
      checkName(node.name, span, walk);
      reader.skipValue();
      continue;
    }
    checkName(node.name, { start: span.start, end: span.start + 3 + node.kind.length }, walk);
    const inside = { ...walk, isList: walk.isList || node.kind === "each" };
    for (const parts of [node.parts, node.otherwise]) {
      checkNodes(parts, reader, inside);
      if (reader.place === place) continue;
      const message = "a block ends where it began: in text, or within the same attribute";
      walk.report({ code: "template_markup", span: { start: span.start, end: span.start + 3 }, message });
    }
  }
}

function checkName(name: string, span: { start: number; end: number }, walk: Walk): void {
  const { names, report, used, word } = walk;
  if (name === "this" && walk.isList) return;
  if (name.startsWith("t.") && word !== undefined) return word(name.slice(2));
  const field = names.fields.get(name);
  if (field !== undefined && !name.includes(".")) {
    used.add(name);
    if (field.kept?.sensitivity !== "sensitive") return;
    const message = `\`${name}\` is sensitive, and what is sensitive is shown to nobody`;
    const suggestion = "show something else, or declare in fields.yaml how closely it is really kept";
    report({ code: "data_use", span, message, suggestion });
    return;
  }
  if (!names.fieldsWhole) return;
  const message = name.startsWith("t.")
    ? "a word shows values, and no other words"
    : `there is no field \`${name}\` in fields.yaml`;
  report({ code: "unknown_name", span, message, suggestion: near(name, names.fields.keys()) });
}

function near(name: string, names: Iterable<string>): string | undefined {
  const found = nearestName(name, names);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
}
