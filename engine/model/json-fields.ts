/**
 * Some fields of a recorded event, read from the bytes of its body without parsing the rest: a look at a long past reads two
 * or three of what an event carries, and parsing all of it was a third of the work. Bodies are well-formed: they were
 * written from what was parsed, so that each field is there once. Pure.
 */
import type { Event, EventName, Json, JsonObject } from "./event.ts";

/** Names of fields, ready to be compared with bytes. */
export type WantedFields = readonly { readonly name: string; readonly bytes: Uint8Array }[];

/** Which fields of such an event are looked at; undefined: all. */
export type FieldChoice = (type: Event["type"], name: EventName) => WantedFields | undefined;

const [QUOTE, COMMA, COLON, BACKSLASH] = [34, 44, 58, 92] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [91, 93, 123, 125] as const;
const HEAD = Buffer.from('{"fields":{');

/** undefined: they are not to be told apart from what objects have by themselves. */
export function wantFields(names: Iterable<string>): WantedFields | undefined {
  const distinct = [...new Set(names)];
  // JSON makes a field of it, and an assignment would not.
  if (distinct.includes("__proto__")) return undefined;
  return distinct.map((name) => ({ name, bytes: Buffer.from(name) }));
}

/**
 * The wanted ones of `fields`, each as JSON.parse has it; nothing behind the last of them is looked at.
 * @param at where the body begins, which ends with the bytes
 * @returns undefined where the body is written in another way than bodies are: it is to be parsed whole
 */
export function readFields(bytes: Buffer, at: number, wanted: WantedFields): JsonObject | undefined {
  for (let i = 0; i < HEAD.length; i++) if (bytes[at + i] !== HEAD[i]) return undefined;
  const fields: Record<string, Json> = {};
  let next = at + HEAD.length;
  if (bytes[next] === CLOSE) return fields;
  for (let left = wanted.length; left > 0; ) {
    if (bytes[next] !== QUOTE) return undefined;
    const nameAt = next + 1;
    let nameEnd = nameAt;
    for (; bytes[nameEnd] !== QUOTE; nameEnd++) {
      const byte = bytes[nameEnd];
      // A name may be written by escapes as well.
      if (byte === BACKSLASH || byte === undefined) return undefined;
    }
    const valueAt = nameEnd + 2;
    if (bytes[nameEnd + 1] !== COLON) return undefined;
    const valueEnd = endOfValue(bytes, valueAt);
    if (valueEnd === undefined) return undefined;
    const name = nameIn(wanted, bytes, { nameAt, nameEnd });
    if (name !== undefined) {
      fields[name] = JSON.parse(bytes.toString("utf8", valueAt, valueEnd)) as Json;
      left -= 1;
    }
    const after = bytes[valueEnd];
    if (after === CLOSE) return fields;
    if (after !== COMMA) return undefined;
    next = valueEnd + 1;
  }
  return fields;
}

function nameIn(
  wanted: WantedFields,
  bytes: Buffer,
  { nameAt, nameEnd }: { readonly nameAt: number; readonly nameEnd: number },
): string | undefined {
  const length = nameEnd - nameAt;
  for (const { name, bytes: own } of wanted) {
    if (own.length !== length) continue;
    let same = 0;
    while (same < length && own[same] === bytes[nameAt + same]) same++;
    if (same === length) return name;
  }
  return undefined;
}

/** undefined: it does not end, or there is a space where none is written. */
function endOfValue(bytes: Buffer, at: number): number | undefined {
  const first = bytes[at];
  if (first === QUOTE) return endOfText(bytes, at);
  const isNested = first === OPEN || first === OPEN_LIST;
  let depth = 0;
  for (let end = at; end < bytes.length; end++) {
    const byte = bytes[end] as number;
    if (isNested && byte === QUOTE) {
      const after = endOfText(bytes, end);
      if (after === undefined) return undefined;
      end = after - 1;
    } else if (byte === OPEN || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (depth === 0) return end;
      depth -= 1;
      if (depth === 0) return end + 1;
    } else if (depth === 0 && byte === COMMA) return end;
  }
  return undefined;
}

function endOfText(bytes: Buffer, at: number): number | undefined {
  for (let end = at + 1; end < bytes.length; end++) {
    const byte = bytes[end];
    if (byte === BACKSLASH) end += 1;
    else if (byte === QUOTE) return end + 1;
  }
  return undefined;
}
