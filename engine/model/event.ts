/**
 * Something a person did, at a time, in the form that is recorded and folded. Made once by the gateway's parser from the
 * Segment wire form: identifiers normalised, the timestamp corrected by the skew of `sentAt` and clamped to arrival.
 * Everything downstream reads this form only.
 */
import type { Digest64 } from "./hash.ts";
import type { Identifier } from "./identifier.ts";
import type { Brand, Instant, SourceId } from "./ids.ts";

export const EVENT_TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** snake_case: "Order Completed" is order_completed; page, screen, identify, group, alias have fixed names. */
export type EventName = Brand<string, "EventName">;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export interface Event {
  readonly type: EventType;
  readonly name: EventName;
  readonly source: SourceId;
  readonly messageId: string;
  /** Of (source, messageId). */
  readonly digest: Digest64;
  /** 32-bit hash of type, name, identifiers, `body` and the original timestamp: tells a repetition from a conflict. */
  readonly bodyHash: number;
  /** At least one; in the order of IDENTIFIER_KINDS, of a receipt the card first. The first routes. */
  readonly identifiers: readonly Identifier[];
  /** True when the claim to its identifiers is proved: sent with a server key, or with a token signed by the brand. */
  readonly proved: boolean;
  readonly timestamp: Instant;
  /** Properties of track, page, screen and alias; traits of identify and group. */
  readonly fields: JsonObject;
  /** The JSON text of `{fields, context?, originalTimestamp?}` that is recorded. */
  readonly body: string;
  /** Made of a till's receipt: remembered by the time of its acceptance, as its own may be long ago. */
  readonly receipt?: true;
}

const FIXED_NAMES: Readonly<Record<Exclude<EventType, "track">, string>> = {
  identify: "identified",
  page: "page_viewed",
  screen: "screen_viewed",
  group: "group_joined",
  alias: "aliased",
};

/** The name rules know an event by. `event` is the wire name of a track call. */
export function eventName(type: EventType, event: string): EventName {
  if (type !== "track") return FIXED_NAMES[type] as EventName;
  return event
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase() as EventName;
}

/** As the wire has it; see rfm.ts. */
export const RFM_WIRE_NAME = "RFM Scored";
export const RFM_EVENT = eventName("track", RFM_WIRE_NAME);
/** What a page says when it has shown a message, whose id is the event's `message`. */
export const MESSAGE_SHOWN_EVENT = eventName("track", "Message Shown");

/** The events whose fields are traits: those of a person, those of their account, and those that the night works out. */
export const TRAIT_EVENTS: readonly EventName[] = [eventName("identify", ""), eventName("group", ""), RFM_EVENT];
