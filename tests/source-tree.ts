/**
 * The tree as tidy.test.ts reads it: files with their text and their imports. A finding names file, line and what to do, so
 * that a red test needs no second look. Text is read as text; nothing here loads the code.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export const ROOT = dirname(import.meta.dirname.replace(/\/dist\/tests$/, "/tests"));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path in the tree, or undefined for a package. */
  readonly path: string | undefined;
  readonly line: number;
  /** Gone once compiled. */
  readonly typesOnly: boolean;
  /** Loaded when it is come to. */
  readonly isLate: boolean;
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Beside the code or under tests/, or written for tests only (contract suites, fixtures). */
  readonly isTest: boolean;
}

const FOLDERS = ["engine", "channels", "bench", "tests", "scripts", "rules", "sdk", "shop", ".ci"];
const IMPORT =
  /^\s*(?:import|export)\b[^;"']*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

export function readTree(): readonly SourceFile[] {
  const top = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith("."),
  );
  const below = FOLDERS.flatMap((folder) => filesUnder(folder));
  return [...top.map((entry) => entry.name), ...below]
    .filter((path) => /\.(ts|mjs|lua|sql|md|yaml|yml|example)$|^\.ci\/run$/.test(path))
    .map(readSource);
}

function filesUnder(folder: string): readonly string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  } catch {
    return [];
  }
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), "utf8");
  const imports = /\.(ts|mjs)$/.test(path)
    ? [...text.matchAll(IMPORT)].map((match) => toImport(path, text, match))
    : [];
  const testOnly = imports.some(({ specifier }) => specifier === "vitest" || specifier === "fast-check");
  return {
    path,
    text,
    imports,
    isTest: testOnly || path.startsWith("tests/") || /[.-](test|fixtures)\.ts$/.test(path),
  };
}

function toImport(path: string, text: string, match: RegExpExecArray): Import {
  const specifier = match[1] ?? match[2] ?? match[3] ?? "";
  const target = specifier.startsWith(".")
    ? normalize(join(dirname(path), specifier)).replaceAll("\\", "/")
    : undefined;
  // The match may begin with the line breaks before the statement.
  const typesOnly = /^\s*(?:import|export) type\b/.test(match[0]);
  const line = lineOf(text, match.index + match[0].search(/\S/));
  return { specifier, path: target, line, typesOnly, isLate: match[3] !== undefined };
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** `lodash/get` -> `lodash`, `@a/b/c` -> `@a/b` */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The text with comments blanked, line by line as long as before. Strings with comment marks in them are rare enough. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|[\s;{}(,])\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, " "));
}

/** `path:line: message` for every match of `pattern`. */
export function findAll(
  file: SourceFile,
  pattern: RegExp,
  message: (match: RegExpExecArray) => string | undefined,
): string[] {
  return [...file.text.matchAll(pattern)].flatMap((match) => {
    const words = message(match);
    return words === undefined ? [] : [`${file.path}:${lineOf(file.text, match.index)}: ${words}`];
  });
}
