/**
 * The stored form of a profile. A row does not depend on the plan it was written under: streams, attributes and segments
 * stand in it by number (plan-layout.ts), and what the reading plan does not know is left out, but segments. Times are written as
 * distances from the profile's clock, so that a recent history takes few bytes. A sealed profile's row is a redirect of
 * some 20 bytes. The integrity of rows is the store's.
 *
 * version u8, flags u8, more flags u8, position; then, unless sealed: clock, wake-up, identifiers, stamps, attributes,
 * memberships, absorbed and merges, floor, ids, streams, their texts, points, marks, firings, consents, agenda,
 * exposures. Integers
 * are variable-length, counts stand before lists.
 */
import { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { LedgerPart } from "../model/earning.ts";
import { IDENTIFIER_KINDS, type IdentifierKind } from "../model/identifier.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { MessageId } from "../model/trigger.ts";
import { readAgenda, writeAgenda } from "./agenda-rows.ts";
import { type HeldAttribute, internSource, putAttribute, type Stamp } from "./attributes.ts";
import type { Exposures, HeldExposure } from "./exposures.ts";
import type { Firing, Firings } from "./firings.ts";
import { readMemberships, writeMemberships } from "./membership-rows.ts";
import type { PlanLayout } from "./plan-layout.ts";
import { readConsents, writeConsents } from "./consent-rows.ts";
import { type HeldIdentifier, type IdentifierState, Profile, recountTexts } from "./profile.ts";
import { type HeldReceipt, NO_POINTS, type Points } from "./points.ts";
import { createIds, unitOf } from "./remembered-ids.ts";
import { readStreams, writeStreams } from "./stream-rows.ts";
import { readValue, writeValue } from "./value-rows.ts";

export const ROW_VERSION = 4;
/** The forms before, which are still read: without parts of receipts; and without the second byte of flags. */
const ROW_VERSION_BEFORE = 3;
const ROW_VERSION_OF_ONE_FLAG = 2;

/** Bytes of a MessageId. */
const MESSAGE_BYTES = 16;

export const SEALED = 1;
export const WAKES = 2;
const FLOORED = 4;
const MERGED = 8;
const LEDGER = 16;
const TEXTS = 32;
const MARKED = 64;
const FIRED = 128;
/** In the second byte of flags. */
export const AGENDA = 1;
const CONSENTS = 2;
const EXPOSED = 4;
/** Of a receipt. */
const IS_RETURN = 1;
const IN_PARTS = 2;
/** Memberships say when it last was the other way. */
const TURNED = 64;

const STATES: readonly IdentifierState[] = ["bound", "pending", "unproved"];
/** In an identifier's code beside kind (3 bits) and state (2 bits): the value is a UUID, in 16 bytes. */
const IS_UUID = 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A row that a later version wrote. */
export class UnknownRowError extends Error {
  readonly code = "unknown_row";
  constructor(version: number) {
    super(`a profile's row has form ${version}; this engine reads ${ROW_VERSION}`);
    this.name = "UnknownRowError";
  }
}

const scratch = new ByteWriter(16 * 1024);

/** The row, in a buffer of its own. Drops first what the profile's clock says is too old. */
export function encodeProfile(profile: Profile): Uint8Array<ArrayBuffer> {
  const writer = scratch;
  writer.at = 0;
  writeProfile(writer, profile);
  return writer.copy();
}

/** Writes the row behind what `writer` holds. */
export function writeProfile(writer: ByteWriter, profile: Profile): void {
  const { clock, ids, sealedInto } = profile;
  writer.u8(ROW_VERSION);
  if (sealedInto !== undefined) {
    writer.u8(SEALED);
    writer.u8(0);
    writer.varint(profile.position);
    writer.hex(sealedInto);
    return;
  }
  ids.trim(clock);
  profile.streams.trim(profile);
  const wakes = profile.wakeUp !== Number.POSITIVE_INFINITY;
  const merged = profile.absorbed.length > 0 || profile.merges.length > 0;
  const hasLedger = profile.points.entries > 0;
  const { texts } = profile.streams;
  writer.u8(
    (wakes ? WAKES : 0) |
      (ids.floorUnit >= 0 ? FLOORED : 0) |
      (merged ? MERGED : 0) |
      (hasLedger ? LEDGER : 0) |
      (texts.length > 0 ? TEXTS : 0) |
      (profile.marks.length > 0 ? MARKED : 0) |
      (profile.firings.length > 0 ? FIRED : 0),
  );
  const hasAgenda = profile.agenda.waiting.length + profile.agenda.ended.length > 0;
  writer.u8(
    (hasAgenda ? AGENDA : 0) |
      (profile.consents.length > 0 ? CONSENTS : 0) |
      (profile.exposures.length > 0 ? EXPOSED : 0) |
      (profile.memberships.length + profile.sleeping.length > 0 ? TURNED : 0),
  );
  writer.varint(profile.position);
  writer.varint(clock);
  if (wakes) writer.f64(profile.wakeUp);
  writer.varint(profile.identifiers.length);
  for (const identifier of profile.identifiers) writeIdentifier(writer, identifier);
  writeAttributes(writer, profile);
  writeMemberships(writer, profile);
  if (merged) {
    writer.varint(profile.absorbed.length);
    for (const id of profile.absorbed) writer.hex(id);
    writer.varint(profile.merges.length);
    for (const id of profile.merges) writer.text(id);
  }
  if (ids.floorUnit >= 0) writer.varint(ids.floorUnit);
  writer.varint(ids.count);
  let before = unitOf(clock);
  ids.forEach(({ high, low, body16, unit }) => {
    writer.u32(high);
    writer.u32(low);
    writer.u16(body16);
    writer.signedVarint(unit - before);
    before = unit;
  });
  writeStreams(writer, profile.streams, profile);
  if (texts.length > 0) {
    writer.varint(texts.length);
    for (const text of texts) writer.text(text);
  }
  if (hasLedger) writePoints(writer, profile.points, clock);
  if (profile.marks.length > 0) {
    writer.varint(profile.marks.length);
    for (const mark of profile.marks) writer.u32(mark);
  }
  if (profile.firings.length > 0) writeFirings(writer, profile.firings, clock);
  if (profile.consents.length > 0) writeConsents(writer, profile.consents, clock);
  if (hasAgenda) writeAgenda(writer, profile.agenda, clock);
  if (profile.exposures.length > 0) writeExposures(writer, profile.exposures, clock);
}

/**
 * @param plan by which the profile is read and indexed
 * @throws UnknownRowError on a later version's row, BytesUnreadable on one that was cut
 */
export function decodeProfile(bytes: Uint8Array, plan: Plan, id: ProfileId): Profile {
  return readProfile(new ByteReader(bytes), plan, id);
}

/** Of a row's first bytes. */
export function readFlags(reader: ByteReader): { readonly flags: number; readonly moreFlags: number } {
  const version = reader.u8();
  if (version !== ROW_VERSION && version !== ROW_VERSION_BEFORE && version !== ROW_VERSION_OF_ONE_FLAG)
    throw new UnknownRowError(version);
  const flags = reader.u8();
  return { flags, moreFlags: version === ROW_VERSION_OF_ONE_FLAG ? 0 : reader.u8() };
}

/** `decodeProfile` of a row that lies among other bytes. */
export function readProfile(reader: ByteReader, plan: Plan, id: ProfileId): Profile {
  const { flags, moreFlags } = readFlags(reader);
  const profile = new Profile(id, plan);
  profile.position = reader.varint();
  if ((flags & SEALED) !== 0) {
    profile.sealedInto = reader.hex(12) as ProfileId;
    return profile;
  }
  const { layout } = profile;
  const clock = reader.varint();
  profile.clock = clock;
  if ((flags & WAKES) !== 0) profile.wakeUp = reader.f64();
  profile.identifiers = readList(reader, () => readIdentifier(reader));
  profile.attributes = readAttributes(reader, layout, clock);
  readMemberships(reader, profile, (moreFlags & TURNED) !== 0);
  if ((flags & MERGED) !== 0) {
    profile.absorbed = readList(reader, () => reader.hex(12) as ProfileId);
    profile.merges = readList(reader, () => reader.text());
  }
  const floorUnit = (flags & FLOORED) !== 0 ? reader.varint() : -1;
  const count = reader.count();
  profile.ids = createIds(count);
  let unit = unitOf(clock);
  for (let left = count; left > 0; left--) {
    const high = reader.u32();
    const low = reader.u32();
    const body16 = reader.u16();
    unit += reader.signedVarint();
    profile.ids.add({ high, low, body16, unit }, clock);
  }
  profile.ids.raiseFloor(floorUnit);
  readStreams(reader, profile.streams, profile);
  if ((flags & TEXTS) !== 0) profile.streams.takeTexts(readList(reader, () => reader.text()));
  profile.points = (flags & LEDGER) === 0 ? NO_POINTS : readPoints(reader, clock);
  if ((flags & MARKED) !== 0) profile.marks = readList(reader, () => reader.u32());
  if ((flags & FIRED) !== 0) profile.firings = readFirings(reader, clock);
  if ((moreFlags & CONSENTS) !== 0) profile.consents = readConsents(reader, clock);
  if ((moreFlags & AGENDA) !== 0) profile.agenda = readAgenda(reader, clock);
  if ((moreFlags & EXPOSED) !== 0) profile.exposures = readExposures(reader, clock);
  recountTexts(profile);
  return profile;
}

/** In an array with no room to spare. */
function readList<T>(reader: ByteReader, readOne: () => T): readonly T[] {
  const list = new Array<T>(reader.count());
  for (let i = 0; i < list.length; i++) list[i] = readOne();
  return list;
}

function writeIdentifier(writer: ByteWriter, { kind, value, state }: HeldIdentifier): void {
  const code = IDENTIFIER_KINDS.indexOf(kind) | (STATES.indexOf(state) << 3);
  if (value.length === 36 && UUID.test(value)) {
    writer.u8(code | IS_UUID);
    writer.hex(value.replaceAll("-", ""));
  } else {
    writer.u8(code);
    writer.text(value);
  }
}

export function readIdentifier(reader: ByteReader): HeldIdentifier {
  const code = reader.u8();
  const kind = IDENTIFIER_KINDS[code & 7] as IdentifierKind;
  const state = STATES[(code >> 3) & 3] as IdentifierState;
  if ((code & IS_UUID) === 0) return { kind, value: reader.text(), state };
  const value = [4, 2, 2, 2, 6].map((bytes) => reader.hex(bytes)).join("-");
  return { kind, value, state };
}

function writePoints(writer: ByteWriter, { balance, entries, receipts }: Points, clock: Instant): void {
  writer.signedVarint(balance);
  writer.varint(entries);
  writer.varint(receipts.length);
  for (const { high, low, earned, eligible, reversed, returned, of, parts, at, answer } of receipts) {
    writer.u32(high);
    writer.u32(low);
    writer.varint(earned);
    writer.varint(eligible);
    writer.varint(reversed);
    writer.varint(returned);
    writer.u8((of === undefined ? 0 : IS_RETURN) | (parts === undefined ? 0 : IN_PARTS));
    if (of !== undefined) writer.hex(of);
    if (parts !== undefined) writer.text(JSON.stringify(parts));
    writer.signedVarint(clock - at);
    writer.text(answer);
  }
}

function readPoints(reader: ByteReader, clock: Instant): Points {
  const balance = reader.signedVarint();
  const entries = reader.varint();
  const receipts = readList<HeldReceipt>(reader, () => {
    const sums = {
      high: reader.u32(),
      low: reader.u32(),
      earned: reader.varint(),
      eligible: reader.varint(),
      reversed: reader.varint(),
      returned: reader.varint(),
    };
    const has = reader.u8();
    const of = (has & IS_RETURN) === 0 ? undefined : reader.hex(8);
    const parts = (has & IN_PARTS) === 0 ? {} : { parts: JSON.parse(reader.text()) as readonly LedgerPart[] };
    return { ...sums, ...parts, of, at: clock - reader.signedVarint(), answer: reader.text() };
  });
  return { balance, entries, receipts };
}

function writeFirings(writer: ByteWriter, firings: Firings, clock: Instant): void {
  writer.varint(firings.length);
  for (const { trigger, at, message } of firings) {
    writer.u32(trigger);
    writer.signedVarint(clock - at);
    writer.hex(message);
  }
}

function readFirings(reader: ByteReader, clock: Instant): Firings {
  return readList<Firing>(reader, () => ({
    trigger: reader.u32(),
    at: clock - reader.signedVarint(),
    message: reader.hex(MESSAGE_BYTES) as MessageId,
  }));
}

function writeExposures(writer: ByteWriter, exposures: Exposures, clock: Instant): void {
  writer.varint(exposures.length);
  for (const { holdout, heldOut, at } of exposures) {
    writer.text(holdout);
    writer.u8(heldOut ? 1 : 0);
    writer.signedVarint(clock - at);
  }
}

function readExposures(reader: ByteReader, clock: Instant): Exposures {
  return readList<HeldExposure>(reader, () => ({
    holdout: reader.text(),
    heldOut: reader.u8() === 1,
    at: clock - reader.signedVarint(),
  }));
}

/** Stamps once each, as all traits of one event share one. */
function writeAttributes(writer: ByteWriter, { attributes, layout, clock }: Profile): void {
  const stamps: Stamp[] = [];
  for (const { stamp } of attributes) if (!stamps.includes(stamp)) stamps.push(stamp);
  writer.varint(stamps.length);
  for (const { timestamp, source, high, low } of stamps) {
    writer.f64(timestamp);
    writer.text(source);
    writer.u32(high);
    writer.u32(low);
  }
  writer.varint(attributes.length);
  for (const { index, value, stamp } of attributes) {
    writer.u32(layout.attributeHashes[index] as number);
    writer.varint(stamps.indexOf(stamp));
    writeValue(writer, value, clock);
  }
}

function readAttributes(reader: ByteReader, layout: PlanLayout, clock: Instant): readonly HeldAttribute[] {
  const stamps: Stamp[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const timestamp = reader.f64();
    const source = internSource(reader.text());
    stamps.push({ timestamp, source, high: reader.u32(), low: reader.u32() });
  }
  let attributes: readonly HeldAttribute[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const index = layout.attributeOfHash.get(reader.u32());
    const stamp = stamps[reader.varint()] as Stamp;
    const value = readValue(reader, clock);
    if (index !== undefined) attributes = putAttribute(attributes, { index, value, stamp });
  }
  return attributes;
}
