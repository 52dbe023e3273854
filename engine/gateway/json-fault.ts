/**
 * Where a text stops being JSON, for whoever has to mend it. JSON.parse tells it for some mistakes only, and quotes what
 * was sent; this is read after it has failed, names a place and quotes nothing.
 */
import type { Problem } from "../shard/port.ts";
import { problemOf } from "./replies.ts";

/** What may come next: a value; a value or `]`; a name or `}`; a name; the end of a value's turn. */
type Expected = "value" | "first entry" | "first name" | "name" | "colon" | "rest";

const BLANK = /[ \t\r\n]*/y;
const PLAIN = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** The first character that cannot stand there; the text's length where it ends too early; -1 when it is JSON. Does not recurse. */
export function jsonFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    at = skip(BLANK, text, at);
    const sign = text[at];
    if (sign === undefined) return expected === "rest" && open.length === 0 ? -1 : at;
    if (expected === "rest") {
      const close = open.at(-1);
      if (sign === "," && close !== undefined) expected = close === "}" ? "name" : "value";
      else if (sign === close) open.pop();
      else return at;
      at++;
    } else if (expected === "colon") {
      if (sign !== ":") return at;
      expected = "value";
      at++;
    } else if (expected === "name" || expected === "first name") {
      if (sign === "}" && expected === "first name") {
        open.pop();
        expected = "rest";
        at++;
        continue;
      }
      if (sign !== '"') return at;
      const end = stringEnd(text, at);
      if (end < 0) return -1 - end;
      expected = "colon";
      at = end;
    } else if (sign === "]" && expected === "first entry") {
      open.pop();
      expected = "rest";
      at++;
    } else if (sign === "{" || sign === "[") {
      open.push(sign === "{" ? "}" : "]");
      expected = sign === "{" ? "first name" : "first entry";
      at++;
    } else {
      const end = sign === '"' ? stringEnd(text, at) : skip(PLAIN, text, at);
      if (end < 0) return -1 - end;
      if (end === at) return at;
      expected = "rest";
      at = end;
    }
  }
}

/** Behind the closing quote; or -1 minus the place of what cannot stand in a string. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === '"') return at + 1;
    if (sign < " ") return -1 - at;
    if (sign !== "\\") continue;
    const end = skip(ESCAPE, text, at + 1);
    if (end === at + 1) return -1 - end;
    at = end - 1;
  }
  return -1 - text.length;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/**
 * The problem of a body, or of what `subject` names, that JSON.parse has refused.
 * @param input bytes are looked at as UTF-8 first
 */
export function malformedJson(input: Uint8Array | string, subject = "The body"): Problem {
  const text = typeof input === "string" ? input : utf8Of(input);
  return problemOf(
    "malformed_json",
    undefined,
    `${subject} is ${text === undefined ? "not valid UTF-8" : wrongIn(text)}.`,
  );
}

function wrongIn(text: string): string {
  if (text.trim() === "") return "empty, and should be one JSON value";
  const at = jsonFault(text);
  const before = text.slice(0, Math.max(at, 0));
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  const end = at === text.length ? "it ends too early, at" : "it goes wrong at";
  return `not one JSON value in UTF-8: ${end} line ${line}, column ${column}`;
}

/** Keeps a byte order mark, which JSON does not begin with (RFC 8259, 8.1). */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What a body holds, or what is wrong with it. */
export function readJson(body: Uint8Array): { readonly value: unknown } | Problem {
  const text = utf8Of(body);
  try {
    if (text !== undefined) return { value: JSON.parse(text) as unknown };
  } catch {
    // Told below, with its place.
  }
  return malformedJson(text ?? body);
}
