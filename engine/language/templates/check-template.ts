/**
 * Checks one template against the names that there are: every word in every language, every value a declared field, shown
 * as its type is, and at a place where it stays a value. What passes is safe to put where its grammar says, whatever a
 * profile holds.
 */
import { nearestName } from "../../model/nearest-name.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { FieldEntry } from "../check/vocabulary.ts";
import type { YamlText } from "../source/yaml-source.ts";
import { checkForm } from "./check-form.ts";
import { checkShown, type EventShown, isOfEvent, SHOWN_PREFIX } from "./event-shown.ts";
import { PRODUCT_ADDRESSES, PRODUCT_VALUES, PRODUCTS } from "../recommendations/product-values.ts";
import { checkOfReceipt, isOfReceipt, type ReceiptShown } from "./receipt-shown.ts";
import { parseMarkup } from "./handlebars-tree.ts";
import type { ParsedMarkup, TemplateNode, TreeFault } from "./handlebars-tree.ts";
import { type MarkupGrammar, MarkupReader, SAFE_ADDRESS, ADDRESS_FORMS } from "./markup-reader.ts";
import type { TemplateFile } from "./template-file.ts";

export interface TemplateNames {
  readonly fields: ReadonlyMap<string, FieldEntry>;
  /** False when fields.yaml could not be read whole: a field not found may then exist. */
  readonly fieldsWhole: boolean;
}

export interface TemplateDialect {
  readonly grammar?: MarkupGrammar;
  /** Words that are shown without the markup's doing. */
  readonly ownWords?: readonly string[];
  /** Words that are names of another system, and hold no values. */
  readonly plainWords?: readonly string[];
  /** Addresses that the message itself brings, such as `link.unsubscribe`. */
  readonly links?: readonly string[];
  /** Shown by a recommendation: the template may go through its products. */
  readonly hasProducts?: boolean;
  /** Stands for what is put in between, once: of a layout. */
  readonly slot?: string;
  /** Of what event it may show properties; absent: it is told of none. */
  readonly event?: EventShown;
  /** What it may show of the receipt that a till has sent; absent: it answers none. */
  readonly receipt?: ReceiptShown;
  /** Names that stand for something of the message's own: a field that is called so cannot be shown. */
  readonly taken?: readonly string[];
  /** Words that are shown without the markup's doing where they are there: in all languages, or in none. */
  readonly optionalWords?: readonly string[];
}

export interface TemplateUses {
  /** Names of the fields that it shows, sorted. */
  readonly fields: readonly string[];
  /** Names of the properties of the event that set it off that it shows, sorted. */
  readonly properties: readonly string[];
  /** Links that are shown as addresses to everybody who has them: in no block but one that asks for the link itself. */
  readonly links: ReadonlySet<string>;
  /** Whether the slot is there, once. */
  readonly hasSlot: boolean;
}

export function checkTemplate(
  file: TemplateFile,
  { names, dialect = {} }: { readonly names: TemplateNames; readonly dialect?: TemplateDialect },
  report: Report,
): TemplateUses {
  const wanted = new Set(dialect.ownWords);
  for (const key of dialect.optionalWords ?? [])
    if ([...file.words.values()].some((texts) => texts.has(key))) wanted.add(key);
  const addresses = new Set<string>();
  const { markupStart } = file;
  const fault: TreeFault = (message, suggestion, { start, end }) => {
    const span = { start: markupStart + start, end: markupStart + end };
    report({ code: "template_syntax", span, message, suggestion });
  };
  const markup = parseMarkup(file.markup, fault);
  const reader = new MarkupReader((message, suggestion, at) => {
    const span = { start: markupStart + at, end: markupStart + at + 1 };
    report({ code: "template_markup", span, message, suggestion });
  }, dialect.grammar);
  const walk: Walk = {
    names,
    dialect,
    report,
    used: new Set(),
    properties: new Set(),
    base: markupStart,
    word: (key) => wanted.add(key),
    addresses,
    shownLinks: new Set(),
    slots: [],
    blocks: [],
    language: undefined,
  };
  checkNodes(markup?.nodes ?? [], reader, walk);
  reader.end(file.markup.length);
  for (const [language, texts] of file.words) {
    for (const key of wanted) {
      if (texts.has(key)) continue;
      const [first] = texts.values();
      const span = first?.span ?? { start: 4, end: 4 + language.length };
      const isOptional = dialect.optionalWords?.includes(key) === true;
      const isOwn = dialect.ownWords?.includes(key) === true;
      const because = isOwn ? "which every message has" : isOptional ? "which others have" : "which the markup shows";
      const message = `the words in \`${language}\` lack \`${key}\`, ${because}`;
      const suggestion = `add \`${key}: ...\` to them`;
      report({ code: "missing_key", span: { start: span.start, end: span.start + 1 }, message, suggestion });
    }
    for (const [key, text] of texts) {
      if (dialect.plainWords?.includes(key) === true) continue;
      if (!wanted.has(key) && markup !== undefined) {
        const message = `no \`{{t.${key}}}\` in the markup shows this word`;
        const suggestion = near(key, wanted) ?? `show it, or take the word out`;
        report({ code: "unknown_key", span: text.span, message, suggestion });
      }
      if (addresses.has(key) && !SAFE_ADDRESS.test(text.value)) {
        const message = "this word is shown as an address, and is none that a page may lead to";
        report({ code: "template_markup", span: text.span, message, suggestion: ADDRESS_FORMS });
      }
      const word = parseWord(text, report);
      // The place of a word is where the markup shows it, which has been checked; its own text is no markup.
      const plain = new MarkupReader(() => undefined);
      const inWord = { ...walk, base: text.offsetAt(0), word: undefined, language };
      checkNodes(
        (word?.nodes ?? []).filter(({ is }) => is !== "content"),
        plain,
        inWord,
      );
    }
  }
  const properties = [...walk.properties].sort();
  return { fields: [...walk.used].sort(), properties, links: walk.shownLinks, hasSlot: walk.slots.length === 1 };
}

/** A word is text with values in it. */
export function parseWord(text: YamlText, report: Report): ParsedMarkup | undefined {
  return parseMarkup(text.value, (message, suggestion) =>
    report({ code: "template_syntax", span: text.span, message, suggestion }),
  );
}

interface Walk {
  readonly names: TemplateNames;
  readonly dialect: TemplateDialect;
  readonly report: Report;
  readonly used: Set<string>;
  readonly properties: Set<string>;
  /** Added to a node's offsets. */
  readonly base: number;
  /** undefined within a word, which shows no others. */
  readonly word: ((key: string) => void) | undefined;
  /** Words that the markup shows as addresses. */
  readonly addresses: Set<string>;
  readonly shownLinks: Set<string>;
  readonly slots: string[];
  /** Around this place, from the outside in. */
  readonly blocks: readonly { readonly kind: string; readonly name: string }[];
  /** Of the word; undefined in markup. */
  readonly language: string | undefined;
}

function checkNodes(nodes: readonly TemplateNode[], reader: MarkupReader, walk: Walk): void {
  for (const node of nodes) {
    if (node.is === "content") {
      reader.read(node.text, node.start);
      continue;
    }
    const span = { start: walk.base + node.start, end: walk.base + node.end };
    const { place } = reader;
    if (node.is === "value" && reader.isBeforeAddress && isAddress(node, walk)) {
      reader.skipAddress();
      continue;
    }
    if (place === undefined) {
      const message = reader.isInAddress
        ? "no value may stand in an address"
        : "a value stands in text or in a quoted attribute, never among the parts of a tag";
      const suggestion = reader.isInAddress
        ? "write it in full, or as one word of each language"
        : 'put it between two tags, or write `title="{{first_name}}"`';
      walk.report({ code: "template_markup", span, message, suggestion });
    }
    if (node.is === "value") {
      checkValue(node, span, walk);
      reader.skipValue();
      continue;
    }
    checkName(node.name, { start: span.start, end: span.start + 3 + node.kind.length }, walk);
    const inside = { ...walk, blocks: [...walk.blocks, node] };
    for (const parts of [node.parts, node.otherwise]) {
      checkNodes(parts, reader, inside);
      if (reader.place === place) continue;
      const message = "a block ends where it began: in text, or within the same attribute";
      const suggestion = "put whole elements, or parts of one text, between its two ends";
      walk.report({ code: "template_markup", span: { start: span.start, end: span.start + 3 }, message, suggestion });
    }
  }
}

type ValueNode = Extract<TemplateNode, { readonly is: "value" }>;

/** Whether the whole address is a word, or one that the message brings. */
function isAddress({ name, form }: ValueNode, { dialect, word, addresses, shownLinks, blocks }: Walk): boolean {
  if (form !== undefined) return false;
  if (name.startsWith("t.") && word !== undefined) {
    word(name.slice(2));
    addresses.add(name.slice(2));
    return true;
  }
  if (isOfProduct(blocks) && PRODUCT_ADDRESSES.includes(name)) return true;
  if (dialect.links?.includes(name) !== true) return false;
  if (blocks.every((block) => block.kind === "if" && block.name === name)) shownLinks.add(name);
  return true;
}

function checkValue(node: ValueNode, span: { start: number; end: number }, walk: Walk): void {
  const { dialect, report, slots, word, blocks } = walk;
  if (node.name === dialect.slot && word !== undefined && node.form === undefined) {
    slots.push(node.name);
    if (slots.length === 1 && blocks.length === 0) return;
    const message = `\`{{${node.name}}}\` stands once, and in no block`;
    return report({ code: "template_syntax", span, message, suggestion: "leave one, outside of every block" });
  }
  const field = checkName(node.name, span, walk);
  if (field?.type !== undefined) checkForm(node, { type: field.type, span, language: walk.language }, report);
}

/** @returns the field that the name is, if it is one */
function checkName(name: string, span: { start: number; end: number }, walk: Walk): FieldEntry | undefined {
  const { names, dialect, report, used, word, blocks } = walk;
  if (isOfProduct(blocks) && !name.startsWith("t.")) return checkProductValue(name, span, report);
  if (name === PRODUCTS && dialect.hasProducts === true) return undefined;
  if (name === "this" && blocks.some(({ kind }) => kind === "each")) return undefined;
  if (dialect.links?.includes(name) === true) return undefined;
  if (name.startsWith("t.") && word !== undefined) {
    word(name.slice(2));
    return undefined;
  }
  if (isOfEvent(name)) {
    walk.properties.add(name.slice(SHOWN_PREFIX.length));
    return checkShown(name, { event: dialect.event, count: walk.properties.size, span }, report);
  }
  if (isOfReceipt(name)) return checkOfReceipt(name, { receipt: dialect.receipt, span }, report);
  const field = names.fields.get(name);
  if (field !== undefined && !name.includes(".")) {
    used.add(name);
    if (dialect.taken?.includes(name) === true) return reportTaken(name, span, report);
    if (field.kept?.sensitivity !== "sensitive") return field;
    const message = `\`${name}\` is sensitive, and what is sensitive is shown to nobody`;
    const suggestion = "show something else, or declare in fields.yaml how closely it is really kept";
    report({ code: "data_use", span, message, suggestion });
    return undefined;
  }
  if (!names.fieldsWhole) return undefined;
  const message = name.startsWith("t.")
    ? "a word shows values, and no other words"
    : `there is no field \`${name}\` in fields.yaml`;
  report({
    code: "unknown_name",
    span,
    message,
    suggestion: suggestName(name, [...names.fields.keys(), ...(dialect.links ?? [])], "what it can show"),
  });
  return undefined;
}

export function reportTaken(
  name: string,
  span: { readonly start: number; readonly end: number },
  report: Report,
): undefined {
  const message = `within a message \`${name}\` is the message's own, so the field of that name cannot be shown`;
  const suggestion = `give the field another name in fields.yaml, such as \`customer_${name}\`, and have it sent under that`;
  report({ code: "reserved_word", span, message, suggestion });
}

function isOfProduct(blocks: Walk["blocks"]): boolean {
  return blocks.some(({ kind, name }) => kind === "each" && name === PRODUCTS);
}

/** Within `{{#each products}}` values are the product's, and no others. */
function checkProductValue(
  name: string,
  span: { readonly start: number; readonly end: number },
  report: Report,
): FieldEntry | undefined {
  const value = PRODUCT_VALUES.get(name);
  if (value !== undefined || PRODUCT_ADDRESSES.includes(name)) return value;
  const names = [...PRODUCT_VALUES.keys(), ...PRODUCT_ADDRESSES];
  const message = `within \`{{#each products}}\` there is no \`${name}\``;
  const suggestion = near(name, names) ?? `a product has ${names.map((each) => `\`${each}\``).join(", ")}`;
  report({ code: "unknown_name", span, message, suggestion });
  return undefined;
}

function near(name: string, names: Iterable<string>): string | undefined {
  const found = nearestName(name, names);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
}
