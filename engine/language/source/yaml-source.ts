/**
 * YAML as rule files use it: mappings, lists and texts, each with its place. The only file that knows the yaml package.
 * Every scalar is text (YAML's failsafe schema), so that `NO` is Norway and `09:30` is not a number; what a text means is
 * the reader's to say. Anchors, aliases, tags and several documents in a file are refused.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type Range, type YAMLError } from "yaml";
import type { Report } from "./problem.ts";
import type { RuleFile, Span } from "./source.ts";

export interface YamlText {
  readonly kind: "text";
  readonly value: string;
  readonly span: Span;
  /** Where in the file the character `index` of `value` stands; `value.length` gives the end. */
  offsetAt(index: number): number;
}

export interface YamlEntry {
  readonly key: YamlText;
  /** undefined: nothing stands after the colon. */
  readonly value: YamlValue | undefined;
}

export interface YamlMap {
  readonly kind: "map";
  readonly span: Span;
  readonly entries: readonly YamlEntry[];
}

export interface YamlList {
  readonly kind: "list";
  readonly span: Span;
  readonly parts: readonly YamlValue[];
}

export type YamlValue = YamlText | YamlMap | YamlList;

/** What a reader puts in the place of bytes that are no character. */
const NOT_UTF8 = "\uFFFD";

/** @returns the file's one value; undefined when it is empty or not well-formed, which is then reported. */
export function parseYaml(file: RuleFile, report: Report): YamlValue | undefined {
  const foreign = file.text.indexOf(NOT_UTF8);
  if (foreign >= 0) {
    const message = "a character stands here that is not UTF-8";
    const span = { start: foreign, end: foreign + 1 };
    report({ code: "yaml_syntax", span, message, suggestion: "save the file as UTF-8, and write the character again" });
    return undefined;
  }
  const document = parseDocument(file.text, { schema: "failsafe", prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  const duplicates = faults.filter((fault) => fault.code === "DUPLICATE_KEY");
  // After the first fault in the structure the rest is guesswork, and would only hide it.
  const first = faults.find((fault) => fault.code !== "DUPLICATE_KEY");
  for (const fault of first === undefined ? duplicates : [...duplicates, first]) reportFault(fault, file, report);
  if (first !== undefined) return undefined;
  if (document.contents === null) {
    const suggestion = "remove it, or begin with what it is: `segment: NAME`, as the other files of its folder do";
    report({ code: "missing_key", span: { start: 0, end: 0 }, message: "the file is empty", suggestion });
    return undefined;
  }
  let unfit = false;
  const value = convert(document.contents, file, (complaint) => {
    unfit = true;
    report(complaint);
  });
  return unfit ? undefined : value;
}

function convert(node: Node, file: RuleFile, report: Report): YamlValue | undefined {
  const span = spanOf(node);
  if (isAlias(node)) {
    const message = "`*` begins an alias, which rule files do without";
    report({ code: "yaml_feature", span, message, suggestion: "write the value again, or put the text in quotes" });
    return undefined;
  }
  if (node.tag?.startsWith("!") === true || (isScalar(node) && node.anchor !== undefined)) {
    const message = "anchors (`&`) and tags (`!`) are parts of YAML that rule files do without";
    const sign = Math.max(file.text.lastIndexOf("&", span.start), file.text.lastIndexOf("!", span.start));
    const start = sign < 0 ? span.start : sign;
    const suggestion = "put the text in quotes if it begins with that sign";
    report({ code: "yaml_feature", span: { start, end: span.start }, message, suggestion });
    return undefined;
  }
  if (isMap(node)) {
    const entries: YamlEntry[] = [];
    for (const pair of node.items) {
      const key = convert(pair.key as Node, file, report);
      if (key?.kind !== "text") {
        if (key !== undefined)
          report({
            code: "wrong_shape",
            span: key.span,
            message: "a key must be a text",
            suggestion: "write `key: value`",
          });
        continue;
      }
      const value = pair.value === null ? undefined : convert(pair.value as Node, file, report);
      entries.push({ key, value });
    }
    return { kind: "map", span, entries };
  }
  if (isSeq(node)) {
    const parts = node.items.map((part) => convert(part as Node, file, report));
    return { kind: "list", span, parts: parts.filter((part) => part !== undefined) };
  }
  if (!isScalar(node) || typeof node.value !== "string" || (node.value === "" && node.type === "PLAIN"))
    return undefined;
  return textAt(node.value, span, file.text.slice(span.start, span.end));
}

function spanOf(node: Node): Span {
  const [start, end] = node.range as Range;
  return { start, end };
}

function textAt(value: string, span: Span, raw: string): YamlText {
  if (raw === value) return { kind: "text", value, span, offsetAt: (index) => span.start + index };
  let offsets: readonly number[] | undefined;
  const offsetAt = (index: number) => {
    offsets ??= align(value, raw);
    return span.start + (offsets[index] ?? raw.length);
  };
  return { kind: "text", value, span, offsetAt };
}

const ESCAPE_CHARS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** Offsets into the raw text (quoted, folded, escaped) of each character of the value that YAML made of it. */
function align(value: string, raw: string): number[] {
  const offsets: number[] = [];
  const quoted = raw.startsWith('"');
  let j = raw.startsWith("|") || raw.startsWith(">") ? raw.indexOf("\n") + 1 : /^["']/.test(raw) ? 1 : 0;
  for (const letter of value) {
    while (j < raw.length && raw[j] !== letter[0]) {
      if (quoted && raw[j] === "\\") break;
      j++;
    }
    for (let unit = 0; unit < letter.length; unit++) offsets.push(Math.min(j + unit, raw.length));
    const escaped = quoted && raw[j] === "\\" && letter !== "\\";
    j += escaped ? (ESCAPE_CHARS[raw[j + 1] ?? ""] ?? 2) : letter === "\\" && quoted ? 2 : letter.length;
  }
  const closing = /^["']/.test(raw) ? raw.length - 1 : raw.trimEnd().length;
  offsets.push(Math.min(Math.max(j, 0), closing));
  return offsets;
}

const PUT_IN_QUOTES = "put the value in quotes";
const FAULTS: Readonly<Record<YAMLError["code"], readonly [message: string, suggestion: string]>> = {
  TAB_AS_INDENT: ["a tab indents this line", "indent with spaces; YAML allows no tabs there"],
  BAD_INDENT: [
    "the indentation does not fit the lines above, or a bracket is not closed",
    "line it up with its neighbours",
  ],
  BLOCK_AS_IMPLICIT_KEY: ["there is a second `:` on this line", "put the value in quotes if the `:` belongs to it"],
  MULTILINE_IMPLICIT_KEY: [
    "this line is no `key: value`",
    "write `key: value`, or put a text of several lines in quotes",
  ],
  MISSING_CHAR: ["a quote, a bracket or a colon is missing", "close what was opened; a key is followed by `: `"],
  BAD_SCALAR_START: ["a value cannot begin with this sign", "put the whole value in single quotes"],
  BAD_DQ_ESCAPE: [
    "in double quotes a `\\` begins a special sign, and there is none of this form",
    "put the text in single quotes, where `\\` is a sign like others",
  ],
  BLOCK_IN_FLOW: [
    "inside brackets a list or a mapping is written with brackets too",
    "write `[a, b]` and `{key: value}`, or take the outer brackets away",
  ],
  DUPLICATE_KEY: ["this key stands twice in the same mapping", "keep one of them"],
  KEY_OVER_1024_CHARS: [
    "a key has at most 1,024 characters, and no `:` comes within these",
    "close the quotes earlier",
  ],
  NON_STRING_KEY: ["a key must be a text", PUT_IN_QUOTES],
  UNEXPECTED_TOKEN: ["this cannot stand here", "put the whole value in single quotes if this belongs to a text"],
  IMPOSSIBLE: ["this cannot be read", "put the whole value in single quotes"],
  RESOURCE_EXHAUSTION: ["this is nested too deep to be read", "write it flatter"],
  BAD_COLLECTION_TYPE: ["this cannot be read", PUT_IN_QUOTES],
  MULTIPLE_DOCS: ["`---` begins a second document in the file", "write one rule a file"],
  BAD_DIRECTIVE: ["`%` at the beginning of a line is for YAML itself", "put the text in quotes"],
  TAG_RESOLVE_FAILED: ["`!` begins a YAML tag, which rule files do without", "put the value in quotes, or write `not`"],
  MULTIPLE_TAGS: ["`!` begins a YAML tag, which rule files do without", PUT_IN_QUOTES],
  BAD_ALIAS: ["`*` begins an alias, which rule files do without", PUT_IN_QUOTES],
  ALIAS_PROPS: ["`*` begins an alias, which rule files do without", PUT_IN_QUOTES],
  MULTIPLE_ANCHORS: ["`&` begins an anchor, which rule files do without", PUT_IN_QUOTES],
  BAD_PROP_ORDER: ["`&` and `!` begin parts of YAML that rule files do without", PUT_IN_QUOTES],
};

/** Well-formed YAML that rule files do without. */
const FEATURES: ReadonlySet<YAMLError["code"]> = new Set([
  "TAG_RESOLVE_FAILED",
  "MULTIPLE_TAGS",
  "BAD_ALIAS",
  "ALIAS_PROPS",
  "MULTIPLE_ANCHORS",
  "BAD_PROP_ORDER",
  "MULTIPLE_DOCS",
  "BAD_DIRECTIVE",
]);

function reportFault(fault: YAMLError, file: RuleFile, report: Report): void {
  const span = { start: fault.pos[0], end: fault.pos[1] };
  report({ code: FEATURES.has(fault.code) ? "yaml_feature" : "yaml_syntax", span, ...wordsFor(fault, file) });
}

interface Words {
  readonly message: string;
  readonly suggestion: string;
  /** Where to point instead of where the YAML parser gave up. */
  readonly span?: Span;
}

function wordsFor(fault: YAMLError, file: RuleFile): Words {
  const { text } = file;
  const [start] = fault.pos;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const before = text.slice(lineStart, start);
  const after = text.slice(start).split("\n")[0] ?? "";
  const opened = text.slice(0, start).search(/[[{](?=[^\]}]*$)|(?<=[:-] +)["'](?=[^"']*$)/);
  if (fault.code === "UNEXPECTED_TOKEN" && /\{[^}]*when:[^}]*$/.test(before)) {
    const suggestion = "put the condition in single quotes: {when: 'city in [Paris, Lyon]', show: ...}";
    return { message: "inside `{...}` a condition with brackets or commas must be in quotes", suggestion };
  }
  if (fault.code === "UNEXPECTED_TOKEN" && /["'][^"']*["']\s*$/.test(before)) {
    return { message: "text goes on after the closing quote", suggestion: "put the whole value in single quotes" };
  }
  if (start >= text.trimEnd().length && opened >= 0) {
    const sign = text[opened] ?? "";
    const closing = { "[": "]", "{": "}" }[sign] ?? sign;
    const span = { start: opened, end: opened + 1 };
    return {
      message: `\`${sign}\` is opened here and never closed`,
      suggestion: `add the missing \`${closing}\``,
      span,
    };
  }
  if (fault.code === "BLOCK_AS_IMPLICIT_KEY" && !/:(\s|$)/.test(after)) {
    return {
      message: "the indentation of this line does not fit the lines above",
      suggestion: "line it up with its neighbours",
    };
  }
  if (fault.message.startsWith("Comments must be separated")) {
    return {
      message: "a `#` begins a comment only after a space",
      suggestion: "put a space before it, or quotes around",
    };
  }
  if (fault.message.includes("directives-end")) {
    const span = { start: Math.max(0, text.lastIndexOf("%", start)), end: start };
    return { message: FAULTS.BAD_DIRECTIVE[0], suggestion: "remove this line", span };
  }
  const unspaced = /^\s*([\w -]+):(\S.*)$/.exec(text.slice(lineStart).split("\n")[0] ?? "");
  if (fault.code === "MULTILINE_IMPLICIT_KEY" && unspaced !== null) {
    const [, key, value] = unspaced;
    return { message: "a space is missing after the `:`", suggestion: `write \`${key}: ${value}\`` };
  }
  if (/[|>][+-]?\d?[ \t]+$/.test(before)) {
    const suggestion = "begin the text on the next line, indented; or put it in quotes if it begins with that sign";
    return { message: "nothing can follow `|` or `>` on the same line", suggestion };
  }
  if (fault.code === "DUPLICATE_KEY" && file.path.startsWith("tests/")) {
    const suggestion = "keep one of them, or make another step of it by a word: `then again:`";
    return { message: FAULTS.DUPLICATE_KEY[0], suggestion };
  }
  const [message, suggestion] = FAULTS[fault.code];
  return { message, suggestion };
}
