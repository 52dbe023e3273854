/**
 * Cuts JSON text into its parts without parsing them, so that the gateway's thread can hand the events of a batch to
 * their shards as the bytes they came in. It follows strings and brackets only: what is cut out may still be malformed, and
 * the shard says so of that one event. Costs about a nanosecond a byte; never throws; does not recurse.
 */

/** `bytes.subarray(start, end)`. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/** The members of an object by name, the last of one name; undefined when the text is no whole object. */
export function objectMembers(bytes: Uint8Array): ReadonlyMap<string, Slice> | undefined {
  const members = new Map<string, Slice>();
  let at = skipBlanks(bytes, 0);
  if (bytes[at] !== 123) return undefined;
  at = skipBlanks(bytes, at + 1);
  if (bytes[at] === 125) return isEnd(bytes, at + 1) ? members : undefined;
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined;
    const nameEnd = skipString(bytes, at);
    const name = nameEnd === -1 ? undefined : textOf(bytes, { start: at, end: nameEnd });
    if (name === undefined) return undefined;
    at = skipBlanks(bytes, nameEnd);
    if (bytes[at] !== COLON) return undefined;
    const start = skipBlanks(bytes, at + 1);
    const end = skipValue(bytes, start);
    if (end === -1) return undefined;
    members.set(name, { start, end });
    at = skipBlanks(bytes, end);
    if (bytes[at] === 125) return isEnd(bytes, at + 1) ? members : undefined;
    if (bytes[at] !== COMMA) return undefined;
    at = skipBlanks(bytes, at + 1);
  }
}

/** The entries of the array at `slice`; undefined when there is none. Stops after `limit` + 1 of them. */
export function arrayEntries(bytes: Uint8Array, slice: Slice, limit: number): readonly Slice[] | undefined {
  if (bytes[slice.start] !== 91) return undefined;
  const entries: Slice[] = [];
  let at = skipBlanks(bytes, slice.start + 1);
  if (bytes[at] === 93) return entries;
  for (;;) {
    const end = skipValue(bytes, at);
    if (end === -1) return undefined;
    entries.push({ start: at, end });
    at = skipBlanks(bytes, end);
    if (bytes[at] === 93 || entries.length > limit) return entries;
    if (bytes[at] !== COMMA) return undefined;
    at = skipBlanks(bytes, at + 1);
  }
}

/** The text of a JSON string at `slice`; undefined when something else stands there. */
export function textOf(bytes: Uint8Array, slice: Slice): string | undefined {
  if (bytes[slice.start] !== QUOTE) return undefined;
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset + slice.start, slice.end - slice.start).toString("utf8"),
    );
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Deepest nesting of brackets outside strings. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (code === 123 || code === 91) deepest = Math.max(deepest, ++depth);
    else if (code === 125 || code === 93) depth--;
  }
  return deepest;
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at++;
  return at;
}

function isEnd(bytes: Uint8Array, from: number): boolean {
  return skipBlanks(bytes, from) === bytes.length;
}

/** @returns behind the closing quote, or -1 */
function skipString(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  for (let at = from + 1; at < length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

/** @returns behind the value, or -1 */
function skipValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first === 123 || first === 91) return skipBrackets(bytes, from);
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === COMMA || byte === 125 || byte === 93 || byte <= 32) break;
  }
  return at === from ? -1 : at;
}

function skipBrackets(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let depth = 0;
  for (let at = from; at < length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at) - 1;
      if (at < 0) return -1;
    } else if (byte === 123 || byte === 91) depth++;
    else if ((byte === 125 || byte === 93) && --depth === 0) return at + 1;
  }
  return -1;
}
