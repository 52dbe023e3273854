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
  AttemptRecord,
  DecidedRecord,
  EventRecord,
  ExposedRecord,
  JournalRecord,
  LedgerRecord,
  OutcomeRecord,
  TransitionRecord,
} from "./record.ts";
import { HEADED, KIND_NUMBER, PROFILE_BYTES, readKind, RECORD_VERSION, UnknownRecordError } from "./record-head.ts";
import { parseJson, readJson, writeJson } from "./record-json.ts";

const TYPE_NUMBER = numbersOf(EVENT_TYPES);
const IDENTIFIER_NUMBER = numbersOf(IDENTIFIER_KINDS);

export const FLAG_CREATES = 1;
export const FLAG_PROVED = 2;
/** The texts are in UTF-16, as UTF-8 would lose lone surrogates. */
const FLAG_UTF16 = 4;
export const FLAG_RECEIPT = 8;
const FLAG_ENTERED = 1;
/** Bytes of an event before its identifiers, at most. */
const EVENT_FIXED_BYTES = 80;

function numbersOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
}

export function writeRecord(writer: ByteWriter, record: JournalRecord): void {
  writer.u8(RECORD_VERSION);
  writer.u8(KIND_NUMBER[record.kind]);
  if (record.kind === "event") writeEvent(writer, record);
  else if (record.kind === "transition") writeTransition(writer, record);
  else if (isHeaded(record)) writeHeaded(writer, record);
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
    case "ledger":
    case "decided":
    case "attempt":
    case "outcome":
    case "exposed":
      // Its profile, which is in the text as well, stands before, for who reads no more than heads.
      reader.at += 1 + PROFILE_BYTES;
      return readJson(reader, kind);
    default:
      return readJson(reader, kind);
  }
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

/** Where an event's texts stand in the bytes of its record, for those who copy bytes and want no text. Offsets. */
export interface EventPlaces {
  readonly timestamp: Instant;
  readonly nameAt: number;
  readonly sourceAt: number;
  readonly messageIdAt: number;
  readonly messageIdEnd: number;
  /** The body's UTF-8 ends with the record. */
  readonly bodyAt: number;
  /** It has an e-mail address, a phone or a card. */
  readonly names: boolean;
}

/**
 * Finds an event record's texts without decoding one. Undefined for other kinds, and where the texts before the body
 * hold anything but ASCII without NUL, as only then their lengths are those of their bytes: use `readEventColumns`.
 */
export function locateEventColumns(bytes: Uint8Array): EventPlaces | undefined {
  const reader = new ByteReader(bytes);
  if (readKind(reader) !== "event") return undefined;
  if ((reader.u8() & FLAG_UTF16) !== 0) return undefined;
  reader.at += PROFILE_BYTES + 1;
  const timestamp = reader.f64();
  reader.at += 12;
  const nameLength = reader.varint();
  const sourceLength = reader.varint();
  const messageIdLength = reader.varint();
  let identifiersLength = 0;
  let names = false;
  for (let left = reader.count(); left > 0; left--) {
    names = reader.u8() >= IDENTIFIER_NUMBER.email || names;
    identifiersLength += reader.varint();
  }
  const nameAt = reader.at;
  const sourceAt = nameAt + nameLength;
  const messageIdAt = sourceAt + sourceLength;
  const messageIdEnd = messageIdAt + messageIdLength;
  const bodyAt = messageIdEnd + identifiersLength;
  if (bodyAt > bytes.length) throw new BytesUnreadable("the texts of an event end too early");
  for (let at = nameAt; at < bodyAt; at++) {
    const byte = bytes[at] as number;
    if (byte === 0 || byte > 127) return undefined;
  }
  return { timestamp, nameAt, sourceAt, messageIdAt, messageIdEnd, bodyAt, names };
}

/**
 * All texts of an event stand behind each other at its end and are written and read in one call, as a call into the
 * runtime costs more than the bytes do; their lengths, in UTF-16 units, stand before.
 */
function writeEvent(writer: ByteWriter, { event, creates, profile }: EventRecord): void {
  const { name, source, messageId, identifiers, body } = event;
  writer.ensure(EVENT_FIXED_BYTES);
  const flagsAt = writer.at;
  const flags =
    (creates ? FLAG_CREATES : 0) | (event.proved ? FLAG_PROVED : 0) | (event.receipt === true ? FLAG_RECEIPT : 0);
  writer.u8(flags);
  writer.hex(profile);
  writer.u8(TYPE_NUMBER[event.type]);
  const { view, at } = writer;
  view.setFloat64(at, event.timestamp, true);
  view.setUint32(at + 8, event.digest.high, true);
  view.setUint32(at + 12, event.digest.low, true);
  view.setUint32(at + 16, event.bodyHash, true);
  writer.at = at + 20;
  writer.varint(name.length);
  writer.varint(source.length);
  writer.varint(messageId.length);
  writer.varint(identifiers.length);
  let texts = name + source + messageId;
  for (const { kind, value } of identifiers) {
    writer.u8(IDENTIFIER_NUMBER[kind]);
    writer.varint(value.length);
    texts += value;
  }
  texts += body;
  writer.ensure(texts.length * 3);
  if (isWellFormed(texts)) writer.at += writer.bytes.write(texts, writer.at, "utf8");
  else {
    writer.bytes[flagsAt] = flags | FLAG_UTF16;
    writer.at += writer.bytes.write(texts, writer.at, "utf16le");
  }
}

/** Spelt out: to copy one object into another costs as much as all the rest of this. `fields` is part of the body text. */
function readEvent(reader: ByteReader): EventRecord {
  const parts = readEventParts(reader);
  const { type, name, source, messageId, digest, bodyHash, identifiers, proved, timestamp, body } = parts;
  const { profile, creates, isReceipt } = parts;
  const fields = fieldsOf(body);
  const event: Event = {
    type,
    name,
    source,
    messageId,
    digest,
    bodyHash,
    identifiers,
    proved,
    timestamp,
    fields,
    body,
  };
  return { kind: "event", profile, creates, event: isReceipt ? { ...event, receipt: true } : event };
}

type EventParts = Omit<Event, "fields" | "receipt"> & {
  readonly isReceipt: boolean;
  readonly creates: boolean;
  readonly profile: ProfileId;
};

function readEventParts(reader: ByteReader): EventParts {
  const flags = reader.u8();
  const profile = reader.hex(PROFILE_BYTES) as ProfileId;
  const type = EVENT_TYPES[reader.u8()];
  if (type === undefined) throw new UnknownRecordError("an event has a type that this engine does not know");
  const timestamp = reader.f64();
  const digest = { high: reader.u32(), low: reader.u32() };
  const bodyHash = reader.u32();
  const nameEnd = reader.varint();
  const sourceEnd = nameEnd + reader.varint();
  let end = sourceEnd + reader.varint();
  const messageIdEnd = end;
  const kinds: IdentifierKind[] = [];
  const ends: number[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const kind = IDENTIFIER_KINDS[reader.u8()];
    if (kind === undefined) throw new UnknownRecordError("an identifier has a kind that this engine does not know");
    kinds.push(kind);
    end += reader.varint();
    ends.push(end);
  }
  const texts = reader.restAsText((flags & FLAG_UTF16) !== 0 ? "utf16le" : "utf8");
  if (texts.length < end) throw new BytesUnreadable("the texts of an event end too early");
  const identifiers: readonly Identifier[] = kinds.map((kind, i) => ({
    kind,
    value: texts.slice(i === 0 ? messageIdEnd : ends[i - 1], ends[i]),
  }));
  return {
    type,
    name: texts.slice(0, nameEnd) as EventName,
    source: texts.slice(nameEnd, sourceEnd) as SourceId,
    messageId: texts.slice(sourceEnd, messageIdEnd),
    digest,
    bodyHash,
    identifiers,
    proved: (flags & FLAG_PROVED) !== 0,
    isReceipt: (flags & FLAG_RECEIPT) !== 0,
    timestamp,
    body: texts.slice(end),
    creates: (flags & FLAG_CREATES) !== 0,
    profile,
  };
}

/** @throws BytesUnreadable */
export function fieldsOf(bodyText: string): JsonObject {
  const body = parseJson(bodyText) as { readonly fields?: JsonObject } | null;
  const fields = body?.fields;
  if (fields === undefined) throw new BytesUnreadable("an event's body has no fields");
  return fields;
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

/** JSON after the profile. */
type HeadedRecord = LedgerRecord | DecidedRecord | AttemptRecord | OutcomeRecord | ExposedRecord;

function isHeaded(record: Exclude<JournalRecord, EventRecord | TransitionRecord>): record is HeadedRecord {
  return HEADED.has(record.kind);
}

function writeHeaded(writer: ByteWriter, record: HeadedRecord): void {
  writer.u8(0);
  writer.hex(record.profile);
  writeJson(writer, record);
}
