/**
 * From the bytes of one wire message to the event that is recorded, or to the problem that its sender is told. Runs in the
 * shards' worker threads, a few microseconds an event, and at a gateway only where the bytes do not show whose event it is.
 * The only place where an event is parsed: everything behind it relies on what it guarantees. Pure; the same bytes and origin
 * give the same event in every thread.
 *
 * Keys named `__proto__`, and `constructor` holding a `prototype`, are refused wherever they stand: no honest sender
 * writes them, and code that copies objects is led astray by them. A plain `constructor` is an ordinary name (of a racing
 * team, say) and passes.
 */
import { malformedJson } from "./json-fault.ts";
import { crc32 } from "node:zlib";
import { eventBytesMax, jsonDepthMax } from "../limits.ts";
import { eventName } from "../model/event.ts";
import type { EventName, EventType, JsonObject } from "../model/event.ts";
import { digestText } from "../model/hash.ts";
import type { Identifier } from "../model/identifier.ts";
import type { Origin, ParsedEvent, Problem } from "../shard/port.ts";
import { eventIdentifiers, proveIdentifiers } from "./event-identifiers.ts";
import type { IdentityRules } from "./event-identifiers.ts";
import { eventInstant } from "./event-time.ts";
import { jsonDepth } from "./json-slices.ts";
import { isEventType, isMessage, messageProblem, typeProblem } from "./wire-validators.ts";
import type { WireMessage } from "./wire-schemas.ts";

/** Keeps a byte order mark, which JSON.parse then refuses (RFC 8259, 8.1): no two readers of one event may differ over it. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Names that senders use are few; each costs three regular expressions once. */
const eventNames = new Map<string, EventName>();
const eventNamesMax = 4_096;

const EMPTY: JsonObject = Object.freeze({});

export function parseEvent(body: Uint8Array, origin: Origin, rules: IdentityRules): ParsedEvent {
  if (body.length > eventBytesMax)
    return refused({
      code: "too_large",
      field: undefined,
      message: `An event may have at most ${eventBytesMax} bytes.`,
    });
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(body);
  } catch {
    return refused({ code: "malformed_json", field: undefined, message: "The event is not valid UTF-8." });
  }
  if (mayBeTooDeep(text) && jsonDepth(text) > jsonDepthMax)
    return refused({ code: "too_deep", field: undefined, message: `JSON may be nested ${jsonDepthMax} deep at most.` });
  try {
    value = JSON.parse(text);
  } catch {
    return refused(malformedJson(text, "The event"));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refused({ code: "invalid_field", field: undefined, message: "An event must be a JSON object." });
  return parseObject(value, text, origin, rules);
}

function parseObject(value: object, text: string, origin: Origin, rules: IdentityRules): ParsedEvent {
  const type: unknown = "type" in value ? value.type : undefined;
  if (!isEventType(type)) return refused(typeProblem(type), value);
  if (!isMessage(type, value)) return refused(messageProblem(type, value), value);
  const message: WireMessage = value;
  // Only an escape can bring in a control character, half a surrogate pair, or a key that is not seen in the text.
  if (text.includes("\\") || text.includes("__proto__") || text.includes("constructor")) {
    const problem = unusualProblem(message);
    if (problem !== undefined) return refused(problem, message);
  }
  const { messageId } = message;
  if (messageId === undefined)
    return refused({ code: "missing_field", field: "/messageId", message: "/messageId is required." });
  const named = eventIdentifiers(type, message, rules.identifiers);
  if (!isIdentifiers(named)) return refused(named, message);
  const timestamp = eventInstant(message, origin.receivedAt);
  if (typeof timestamp !== "number") return refused(timestamp, message);
  const name = nameOf(type, message.type === "track" ? message.event : "");
  if (name === "")
    return refused(
      { code: "invalid_field", field: "/event", message: "/event must have at least one letter or digit." },
      message,
    );
  const { identifiers, proved } = proveIdentifiers(named, message.identityToken, origin, rules);
  const fields = fieldsOf(message);
  const body = bodyText(fields, message);
  let head = `${type}\n${name}`;
  for (const { kind, value: known } of identifiers) head += `\n${kind}:${known}`;
  return {
    event: {
      type,
      name,
      source: origin.source,
      messageId,
      digest: digestText(`${origin.source}\n${messageId}`),
      // The library's own loop is quicker than any in this language; what it is kept apart from are mistakes, not attacks.
      bodyHash: crc32(`${head}\n${body}`),
      identifiers,
      proved,
      timestamp,
      fields,
      body,
    },
  };
}

/** `identified` is the object that was read, to answer under its messageId. */
function refused(problem: Problem, identified?: object): ParsedEvent {
  const messageId: unknown = identified !== undefined && "messageId" in identified ? identified.messageId : undefined;
  return { problem, messageId: typeof messageId === "string" && messageId.length <= 256 ? messageId : undefined };
}

function isIdentifiers(value: readonly Identifier[] | Problem): value is readonly Identifier[] {
  return Array.isArray(value);
}

/** Counts opening brackets, strings included: no text with fewer is nested more deeply. Searches, as most have two. */
function mayBeTooDeep(text: string): boolean {
  let brackets = 0;
  for (let at = text.indexOf("{"); at !== -1; at = text.indexOf("{", at + 1))
    if (++brackets > jsonDepthMax) return true;
  for (let at = text.indexOf("["); at !== -1; at = text.indexOf("[", at + 1))
    if (++brackets > jsonDepthMax) return true;
  return false;
}

function nameOf(type: EventType, event: string): EventName {
  if (type !== "track") return eventName(type, event);
  const known = eventNames.get(event);
  if (known !== undefined) return known;
  const name = eventName(type, event);
  if (eventNames.size >= eventNamesMax) eventNames.clear();
  eventNames.set(event, name);
  return name;
}

/** What rules read. A page's name and category, and a group's id, stand beside its properties on the wire. */
function fieldsOf(message: WireMessage): JsonObject {
  switch (message.type) {
    case "track":
    case "alias":
      return (message.properties as JsonObject | null | undefined) ?? EMPTY;
    case "identify":
      return (message.traits as JsonObject | null | undefined) ?? EMPTY;
    case "page":
    case "screen": {
      const properties = (message.properties as JsonObject | null | undefined) ?? EMPTY;
      const { name, category } = message;
      if (name == null && category == null) return properties;
      return { ...(name == null ? {} : { name }), ...(category == null ? {} : { category }), ...properties };
    }
    case "group":
      return { ...((message.traits as JsonObject | null | undefined) ?? EMPTY), groupId: message.groupId };
  }
}

function bodyText(fields: JsonObject, message: WireMessage): string {
  let text = `{"fields":${JSON.stringify(fields)}`;
  if (message.context != null) text += `,"context":${JSON.stringify(message.context)}`;
  const said = message.timestamp ?? message.originalTimestamp;
  // It has been read as an instant, so that nothing in it needs an escape.
  if (said != null) text += `,"originalTimestamp":"${said}"`;
  return `${text}}`;
}

/** Of a message whose text has an escape or a suspicious key. */
export function unusualProblem(message: object): Problem | undefined {
  for (const [name, value] of Object.entries(message))
    if (typeof value === "string" && UNFIT.test(value))
      return {
        code: "invalid_field",
        field: `/${name}`,
        message: `/${name} must not have control characters or half a surrogate pair.`,
      };
  return dangerousKey(message, "");
}

const UNFIT = /[\p{Cc}\p{Surrogate}]/u;

/** @param value not deeper than jsonDepthMax, so that the recursion is bounded */
function dangerousKey(value: unknown, path: string): Problem | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const field = `${path}/${key.slice(0, 64)}`;
    if (key === "__proto__" || (key === "constructor" && hasPrototype(member)))
      return { code: "invalid_field", field, message: `${field} is not allowed as a key.` };
    const problem = dangerousKey(member, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasPrototype(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}
