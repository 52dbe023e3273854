/**
 * The bytes of one journal record: format version, kind, content. Events and transitions, which are nearly all of a
 * journal, are packed by hand; the rare kinds are JSON. An event's body text stands in it as it is, so that history
 * stores what was recorded, and `fields` is found again by parsing that text. Framing and checksums are in
 * record-codec.ts.
 */
import { BytesUnreadable, ByteReader, type ByteWriter, isWellFormed } from "./byte-buffer.ts";
import { EVENT_TYPES, type Event, type EventName, type JsonObject } from "./event.ts";
import { IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from "./identifier.ts";
import type { Instant, ProfileId, SourceId } from "./ids.ts";
import type {
  AnsweredRecord,
  EventRecord,
  JournalRecord,
  PeerBody,
  PlanRecord,
  ReceivedRecord,
  SentRecord,
  TransitionRecord,
} from "./record.ts";

/** Version of a record's own bytes; history keeps records for years, so a change of form raises it. */
export const RECORD_VERSION = 1;

/** Kinds by their number in the bytes; a number is never given to another kind. */
const KINDS = [undefined, "event", "transition", "sent", "received", "answered", "plan"] as const;
type Kind = JournalRecord["kind"];
const KIND_NUMBER: Readonly<Record<Kind, number>> = {
  event: 1,
  transition: 2,
  sent: 3,
  received: 4,
  answered: 5,
  plan: 6,
};
const TYPE_NUMBER = Object.fromEntries(EVENT_TYPES.map((type, number) => [type, number]));
const IDENTIFIER_NUMBER = Object.fromEntries(IDENTIFIER_KINDS.map((kind, number) => [kind, number]));

const FLAG_CREATES = 1;
const FLAG_PROVED = 2;
const FLAG_BODY_UTF16 = 4;
const FLAG_ENTERED = 1;
/** Bytes of a ProfileId. */
const PROFILE_BYTES = 12;

/** A record that a later version wrote: the shard that meets it stops rather than fold half of its journal. */
export class UnknownRecordError extends Error {
  readonly code = "unknown_record";
  constructor(message: string) {
    super(message);
    this.name = "UnknownRecordError";
  }
}

export function writeRecord(writer: ByteWriter, record: JournalRecord): void {
  writer.u8(RECORD_VERSION);
  writer.u8(KIND_NUMBER[record.kind]);
  if (record.kind === "event") writeEvent(writer, record);
  else if (record.kind === "transition") writeTransition(writer, record);
  else writeJson(writer, record);
}

/**
 * The record of these bytes.
 * @throws UnknownRecordError on a kind or version that this engine does not know
 * @throws BytesUnreadable on bytes that were cut or altered so that nothing can be read (alteration is told surely only
 *   by the checksum of a whole batch)
 */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  const reader = new ByteReader(bytes);
  const kind = readKind(reader);
  switch (kind) {
    case "event":
      return readEvent(reader);
    case "transition":
      return readTransition(reader);
    default:
      return readJson(reader, kind);
  }
}

/** What can be said of a record without reading its body. */
export interface RecordHead {
  readonly kind: Kind;
  /** Of events and transitions. */
  readonly profile: ProfileId | undefined;
}

export function readRecordHead(bytes: Uint8Array): RecordHead {
  const reader = new ByteReader(bytes);
  const kind = readKind(reader);
  if (kind !== "event" && kind !== "transition") return { kind, profile: undefined };
  reader.u8();
  return { kind, profile: reader.hex(PROFILE_BYTES) as ProfileId };
}

/** An event's columns as history keeps them; the body stays text. */
export interface EventColumns {
  readonly name: EventName;
  readonly timestamp: Instant;
  readonly messageId: string;
  readonly source: SourceId;
  readonly body: string;
}

/** Reads an event record's columns without parsing its body; undefined for other kinds. */
export function readEventColumns(bytes: Uint8Array): EventColumns | undefined {
  const reader = new ByteReader(bytes);
  if (readKind(reader) !== "event") return undefined;
  const { name, timestamp, messageId, source, body } = readEventParts(reader);
  return { name, timestamp, messageId, source, body };
}

function readKind(reader: ByteReader): Kind {
  const version = reader.u8();
  if (version !== RECORD_VERSION)
    throw new UnknownRecordError(`a record has form ${version}; this engine reads ${RECORD_VERSION}`);
  const number = reader.u8();
  const kind = KINDS[number];
  if (kind === undefined) throw new UnknownRecordError(`a record has kind ${number}, which this engine does not know`);
  return kind;
}

function writeEvent(writer: ByteWriter, { event, creates, profile }: EventRecord): void {
  const bodyUtf16 = !isWellFormed(event.body);
  writer.u8((creates ? FLAG_CREATES : 0) | (event.proved ? FLAG_PROVED : 0) | (bodyUtf16 ? FLAG_BODY_UTF16 : 0));
  writer.hex(profile);
  writer.u8(TYPE_NUMBER[event.type] as number);
  writer.f64(event.timestamp);
  writer.u32(event.digest.high);
  writer.u32(event.digest.low);
  writer.u32(event.bodyHash);
  writer.text(event.name);
  writer.text(event.source);
  writer.text(event.messageId);
  writer.varint(event.identifiers.length);
  for (const { kind, value } of event.identifiers) {
    writer.u8(IDENTIFIER_NUMBER[kind] as number);
    writer.text(value);
  }
  writer.ensure(event.body.length * 3);
  writer.at += writer.bytes.write(event.body, writer.at, bodyUtf16 ? "utf16le" : "utf8");
}

function readEvent(reader: ByteReader): EventRecord {
  const { creates, profile, ...event } = readEventParts(reader);
  return { kind: "event", profile, creates, event: withFields(event) };
}

function readEventParts(
  reader: ByteReader,
): Omit<Event, "fields"> & { readonly creates: boolean; readonly profile: ProfileId } {
  const flags = reader.u8();
  const profile = reader.hex(PROFILE_BYTES) as ProfileId;
  const type = EVENT_TYPES[reader.u8()];
  if (type === undefined) throw new UnknownRecordError("an event has a type that this engine does not know");
  const timestamp = reader.f64();
  const digest = { high: reader.u32(), low: reader.u32() };
  const bodyHash = reader.u32();
  const name = reader.text() as EventName;
  const source = reader.text() as SourceId;
  const messageId = reader.text();
  const identifiers: Identifier[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const kind: IdentifierKind | undefined = IDENTIFIER_KINDS[reader.u8()];
    if (kind === undefined) throw new UnknownRecordError("an identifier has a kind that this engine does not know");
    identifiers.push({ kind, value: reader.text() });
  }
  const body = reader.bytes.toString((flags & FLAG_BODY_UTF16) !== 0 ? "utf16le" : "utf8", reader.at, reader.end);
  reader.at = reader.end;
  const proved = (flags & FLAG_PROVED) !== 0;
  const creates = (flags & FLAG_CREATES) !== 0;
  return { type, name, source, messageId, digest, bodyHash, identifiers, proved, timestamp, body, creates, profile };
}

/** `fields` is part of the body text and is not stored a second time. */
function withFields(event: Omit<Event, "fields">): Event {
  const body = parseJson(event.body) as { readonly fields?: JsonObject } | null;
  const fields = body?.fields;
  if (fields === undefined) throw new BytesUnreadable("an event's body has no fields");
  return { ...event, fields };
}

function writeTransition(writer: ByteWriter, { profile, segment, entered, epoch }: TransitionRecord): void {
  writer.u8(entered ? FLAG_ENTERED : 0);
  writer.hex(profile);
  writer.varint(epoch);
  writer.text(segment);
}

function readTransition(reader: ByteReader): TransitionRecord {
  const flags = reader.u8();
  const profile = reader.hex(PROFILE_BYTES) as ProfileId;
  const epoch = reader.varint();
  const segment = reader.text();
  return { kind: "transition", profile, segment, entered: (flags & FLAG_ENTERED) !== 0, epoch };
}

type JsonRecord = SentRecord | ReceivedRecord | AnsweredRecord | PlanRecord;

function writeJson(writer: ByteWriter, record: JsonRecord): void {
  writer.text(JSON.stringify("body" in record ? { ...record, body: peerBodyToJson(record.body) } : record));
}

function readJson(reader: ByteReader, kind: JsonRecord["kind"]): JsonRecord {
  const record = parseJson(reader.text()) as JsonRecord;
  if (record?.kind !== kind) throw new BytesUnreadable("a record's content is not of its kind");
  return "body" in record ? { ...record, body: peerBodyFromJson(record.body) } : record;
}

/** A forwarded event without `fields`, which its body text holds. */
function peerBodyToJson(body: PeerBody): object {
  if (body.ask !== "forward") return body;
  const { fields: _, ...event } = body.event;
  return { ...body, event };
}

function peerBodyFromJson(body: PeerBody): PeerBody {
  if (body.ask === "forward") return { ...body, event: withFields(body.event) };
  // JSON leaves out what is undefined; the type has it.
  return body.ask === "merge" ? { ...body, user: body.user } : body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BytesUnreadable("a record's text is not JSON");
  }
}
