/**
 * Completes one event's bytes without parsing them: the type that a path implies, what a batch says for all its events,
 * and a messageId where the sender gave none. JSON's readers take the last of two members of one name, so what is put in
 * front yields to the sender's own, and what is put behind prevails.
 */
import { hasOwnKey, ownText, soughtKey } from "./key-search.ts";

export interface Completion {
  /** Prevails: the type that a path implies. */
  readonly type?: string;
  /** Yields: the JSON of a batch's `sentAt` and `context`. */
  readonly sentAt?: Uint8Array;
  readonly context?: Uint8Array;
}

export interface CompletedEvent {
  readonly body: Uint8Array;
  /** As far as can be told without parsing. */
  readonly messageId: string | undefined;
}

const OPENING = 123;
const CLOSING = 125;

const MESSAGE_ID = soughtKey("messageId");

/** Bytes that are no object are left as they are: the parser says what is wrong with them. */
export function completeEvent(body: Uint8Array, completion: Completion, makeId: () => string): CompletedEvent {
  const said = ownText(body, MESSAGE_ID);
  if (said !== undefined && completion === NOTHING) return { body, messageId: said };
  const start = skipBlanks(body, 0);
  const end = skipBlanksBack(body);
  if (body[start] !== OPENING || body[end] !== CLOSING) return { body, messageId: said };
  // One that is there but no text is the sender's mistake, and told as such.
  const made = said === undefined && !hasOwnKey(body, MESSAGE_ID) ? makeId() : undefined;
  const members = [
    frontText(completion, made),
    body.subarray(start + 1, end),
    Buffer.from(completion.type === undefined ? "" : `"type":"${completion.type}"`),
  ].filter((part) => part.some((byte) => !isBlank(byte)));
  const parts: Uint8Array[] = [];
  for (const part of members) parts.push(Buffer.from(parts.length === 0 ? "{" : ","), part);
  return {
    body: Buffer.concat([...(parts.length === 0 ? [Buffer.from("{")] : parts), Buffer.from("}")]),
    messageId: said ?? made,
  };
}

export const NOTHING: Completion = {};

function frontText({ sentAt, context }: Completion, messageId: string | undefined): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (name: string, value: Uint8Array): void =>
    void parts.push(Buffer.from(`${parts.length > 0 ? "," : ""}"${name}":`), value);
  if (messageId !== undefined) add("messageId", Buffer.from(`"${messageId}"`));
  if (sentAt !== undefined) add("sentAt", sentAt);
  if (context !== undefined) add("context", context);
  return Buffer.concat(parts);
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
}

function skipBlanksBack(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (isBlank(bytes[at])) at--;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
