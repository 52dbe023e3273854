/**
 * A record as a fold reads it: of an event no more than is folded. Beside record-form.ts, whose bytes these are, for who folds
 * a long past and has to be quick.
 */
import { ByteReader, BytesUnreadable } from "./byte-buffer.ts";
import { EVENT_TYPES, type Event, type EventName } from "./event.ts";
import type { Identifier } from "./identifier.ts";
import type { ProfileId, Slot, SourceId } from "./ids.ts";
import { type FieldChoice, readFields } from "./json-fields.ts";
import type { JournalRecord } from "./record.ts";
import { decodeRecord, fieldsOf, FLAG_CREATES, FLAG_PROVED, FLAG_RECEIPT, locateEventColumns } from "./record-form.ts";
import { HEADED, PROFILE_BYTES, readKind, UnknownRecordError } from "./record-head.ts";

/** Flags stand behind version and kind, then the profile. */
const FLAGS_AT = 2;
const PROFILE_AT = 3;

/**
 * Of the one person whom the record is about, by its head alone; undefined: it is not of one person only.
 * @throws UnknownRecordError, BytesUnreadable as `decodeRecord`
 */
export function readRecordSlot(bytes: Uint8Array): Slot | undefined {
  if (!HEADED.has(readKind(new ByteReader(bytes)))) return undefined;
  if (bytes.length < PROFILE_AT + PROFILE_BYTES) throw new BytesUnreadable("the bytes end too early");
  // The first three of the id's digits.
  return (((bytes[PROFILE_AT] as number) << 4) | ((bytes[PROFILE_AT + 1] as number) >> 4)) as Slot;
}

/**
 * As `decodeRecord`, but of an event whose identifiers change nothing (proved, and not its person's first) without them,
 * message id and body text.
 * @param wanted tells which fields of an event are looked at; undefined: all
 * @throws UnknownRecordError, BytesUnreadable as `decodeRecord`
 */
export function decodeToFold(bytes: Uint8Array, wanted: FieldChoice | undefined): JournalRecord {
  const isEvent = readKind(new ByteReader(bytes)) === "event";
  const flags = bytes[FLAGS_AT] as number;
  if (!isEvent || (flags & (FLAG_CREATES | FLAG_PROVED)) !== FLAG_PROVED) return decodeRecord(bytes);
  const event = decodeEventToFold(bytes, wanted);
  if (event === undefined) return decodeRecord(bytes);
  const profile = new ByteReader(bytes, PROFILE_AT).hex(PROFILE_BYTES) as ProfileId;
  return { kind: "event", profile, creates: false, event };
}

const NO_IDENTIFIERS: readonly Identifier[] = Object.freeze([]);

/**
 * An event as a fold reads it, at half the cost of `decodeRecord`: without identifiers, message id and body text, which a
 * fold of one person never looks at. Undefined for other kinds.
 * @param wanted tells which fields of it are looked at; undefined: all
 * @throws UnknownRecordError, BytesUnreadable as `decodeRecord`
 */
export function decodeEventToFold(bytes: Uint8Array, wanted?: FieldChoice): Event | undefined {
  const places = locateEventColumns(bytes);
  if (places === undefined) {
    const record = decodeRecord(bytes);
    return record.kind === "event" ? record.event : undefined;
  }
  const { timestamp, nameAt, sourceAt, messageIdAt, bodyAt } = places;
  const reader = new ByteReader(bytes);
  const texts = reader.bytes;
  const flags = bytes[2] as number;
  const type = EVENT_TYPES[bytes[3 + PROFILE_BYTES] as number];
  if (type === undefined) throw new UnknownRecordError("an event has a type that this engine does not know");
  reader.at = 4 + PROFILE_BYTES + 8;
  const digest = { high: reader.u32(), low: reader.u32() };
  const bodyHash = reader.u32();
  const name = texts.toString("latin1", nameAt, sourceAt) as EventName;
  const fields = wanted?.(type, name);
  const event: Event = {
    type,
    name,
    source: texts.toString("latin1", sourceAt, messageIdAt) as SourceId,
    messageId: "",
    digest,
    bodyHash,
    identifiers: NO_IDENTIFIERS,
    proved: (flags & FLAG_PROVED) !== 0,
    timestamp,
    fields: (fields && readFields(texts, bodyAt, fields)) ?? fieldsOf(texts.toString("utf8", bodyAt)),
    body: "",
  };
  return (flags & FLAG_RECEIPT) === 0 ? event : { ...event, receipt: true };
}
