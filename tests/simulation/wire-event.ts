/**
 * Events as simulated senders write them and as the shard host is told to parse them: the Segment names on the wire, so
 * that the real router can read off where they belong, and a parser of a few lines in place of the gateway's.
 */
import { type Event, type EventType, type JsonObject, eventName } from "../../engine/model/event.ts";
import { digestText, hashText } from "../../engine/model/hash.ts";
import type { Identifier } from "../../engine/model/identifier.ts";
import type { Instant } from "../../engine/model/ids.ts";
import { RECEIPT_AT_CELL } from "../../engine/model/receipt.ts";
import { parseReceipt } from "../../engine/gateway/parse-receipt.ts";
import type { Origin, ParsedEvent as PortParsed, Problem } from "../../engine/shard/port.ts";

export interface WireEvent {
  readonly type: EventType;
  readonly event?: string;
  readonly messageId: string;
  readonly anonymousId?: string;
  readonly userId?: string;
  /** alias: the anonymousId that becomes known as userId. */
  readonly previousId?: string;
  readonly email?: string;
  readonly fields: JsonObject;
  readonly timestamp: Instant;
}

/** A receipt as simulated tills write it, in the wire's own form. */
export interface WireReceipt {
  readonly receiptId: string;
  readonly store: string;
  readonly till: string;
  readonly timestamp: string;
  readonly currency: string;
  readonly kind: "sale" | "return";
  readonly customer?: { readonly userId?: string; readonly email?: string; readonly card?: string };
  readonly lines: readonly {
    readonly sku: string;
    readonly category: string | null;
    readonly quantity: number;
    readonly unitPrice: number;
  }[];
  readonly total: number;
  readonly refersTo?: { readonly receiptId: string };
  readonly offline: boolean;
}

export type ParsedEvent =
  | { readonly event: Event; readonly messageId: string }
  | { readonly problem: Problem; readonly messageId: string | undefined };

export function wireText({ messageId, ...rest }: WireEvent): string {
  return JSON.stringify({ messageId, ...rest });
}

export function decodeWire(body: Uint8Array): WireEvent {
  return JSON.parse(textOf(body)) as WireEvent;
}

/** Simulated senders write ASCII. */
export function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
}

export function identifiersOf(wire: WireEvent): readonly Identifier[] {
  const identifiers: Identifier[] = [];
  const anonymous = wire.anonymousId ?? wire.previousId;
  if (anonymous !== undefined) identifiers.push({ kind: "anonymous", value: anonymous });
  if (wire.userId !== undefined) identifiers.push({ kind: "user", value: wire.userId });
  if (wire.email !== undefined) identifiers.push({ kind: "email", value: wire.email });
  return identifiers;
}

/** Of the text on the wire, in which the messageId stands first. */
export function bodyHashOf(text: string): number {
  return hashText(text.slice(text.indexOf(",")));
}

export function digestKeyOf(source: string, messageId: string): string {
  return `${source}\n${messageId}`;
}

/** As a worker is given it: receipts go through the gateway's own parser. */
export function parseAny(body: Uint8Array, origin: Origin, route: number): PortParsed {
  return route < RECEIPT_AT_CELL ? parseWire(body, origin) : parseReceipt(body, origin, {});
}

export function parseWire(body: Uint8Array, origin: Origin): ParsedEvent {
  const text = textOf(body);
  const wire = JSON.parse(text) as WireEvent;
  const { type, messageId, fields } = wire;
  const identifiers = identifiersOf(wire);
  if (identifiers.length === 0)
    return { problem: { code: "no_identifier", field: undefined, message: "names nobody" }, messageId };
  return {
    messageId,
    event: {
      type,
      name: eventName(type, wire.event ?? ""),
      source: origin.source,
      messageId,
      digest: digestText(digestKeyOf(origin.source, messageId)),
      bodyHash: bodyHashOf(text),
      identifiers,
      proved: origin.trusted,
      timestamp: Math.min(wire.timestamp, origin.receivedAt),
      fields,
      body: JSON.stringify({ fields }),
    },
  };
}
