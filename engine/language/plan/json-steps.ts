/**
 * JSON.parse in steps: the entries of arrays that stand in the outermost object are parsed one by one, which is what a plan
 * is made of. Everything else is JSON.parse's own matter, what is not well-formed too.
 */
import type { Steps } from "./steps.ts";

/** A text shorter than this is parsed in a fraction of a millisecond. */
const shortChars = 16_384;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const OPEN_OBJECT = 123;

/** @throws SyntaxError */
export function* parseJsonSteps(text: string): Steps<unknown> {
  if (text.length < shortChars || text.charCodeAt(0) !== OPEN_OBJECT) return JSON.parse(text);
  const entries: [string, unknown][] = [];
  let at = 1;
  while (text[at] !== "}") {
    const keyEnd = endOfValue(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    if (text[keyEnd] !== ":") throw new SyntaxError("a colon is missing");
    at = keyEnd + 1;
    if (text.charCodeAt(at) === OPEN_ARRAY) {
      const values: unknown[] = [];
      at += 1;
      while (text[at] !== "]") {
        const end = endOfValue(text, at);
        values.push(JSON.parse(text.slice(at, end)));
        at = text.charCodeAt(end) === COMMA ? end + 1 : end;
        yield;
      }
      entries.push([key, values]);
      at += 1;
    } else {
      const end = endOfValue(text, at);
      entries.push([key, JSON.parse(text.slice(at, end))]);
      at = end;
    }
    if (text.charCodeAt(at) === COMMA) at += 1;
    yield;
  }
  if (at !== text.length - 1) throw new SyntaxError("something follows");
  return Object.fromEntries(entries);
}

/** Where the value that begins at `at` ends. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const sign = text.charCodeAt(i);
    if (sign === QUOTE) i = endOfText(text, i);
    else if (sign === OPEN_ARRAY || sign === OPEN_OBJECT) depth += 1;
    else if (sign === OPEN_ARRAY + 2 || sign === OPEN_OBJECT + 2) {
      if (depth === 0) return i;
      depth -= 1;
    } else if (depth === 0 && (sign === COMMA || sign === 58)) return i;
  }
  throw new SyntaxError("the text ends early");
}

/** The quote that closes the one at `at`. */
function endOfText(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const sign = text.charCodeAt(i);
    if (sign === BACKSLASH) i += 1;
    else if (sign === QUOTE) return i;
  }
  throw new SyntaxError("the text ends early");
}
