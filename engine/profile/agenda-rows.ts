/** The stored form of a profile's agenda: part of its row (row-codec.ts). Times are distances from the profile's clock. */
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { type Channel, CHANNELS } from "../model/message.ts";
import type { MessageId, SendIntent } from "../model/trigger.ts";
import type { Agenda, DeadLetter, EndedMessage, WaitingMessage } from "./agenda.ts";

/** Bytes of a MessageId, and of a ProfileId. */
const MESSAGE_BYTES = 16;
const PROFILE_BYTES = 12;

export function writeAgenda(writer: ByteWriter, { waiting, ended }: Agenda, clock: Instant): void {
  writer.varint(waiting.length);
  for (const each of waiting) writeWaiting(writer, each, clock);
  writer.varint(ended.length);
  for (const each of ended) writeEnded(writer, each, clock);
}

export function readAgenda(reader: ByteReader, clock: Instant): Agenda {
  const waiting: WaitingMessage[] = [];
  for (let left = reader.count(); left > 0; left--) waiting.push(readWaiting(reader, clock));
  const ended: EndedMessage[] = [];
  for (let left = reader.count(); left > 0; left--) ended.push(readEnded(reader, clock));
  return { waiting, ended };
}

function writeWaiting(writer: ByteWriter, held: WaitingMessage, clock: Instant): void {
  const { underWay } = held;
  writer.hex(held.message);
  writer.hex(held.of);
  writer.text(held.trigger);
  writer.f64(held.at);
  writer.signedVarint(clock - held.since);
  writer.f64(held.due);
  writer.varint(held.attempts);
  writeIntent(writer, held.intent);
  writer.u8(underWay === undefined ? 0 : 1);
  if (underWay === undefined) return;
  writeChannel(writer, underWay.channel);
  writer.signedVarint(clock - underWay.at);
  writer.hex(underWay.by);
  writer.u32(underWay.to);
}

function readWaiting(reader: ByteReader, clock: Instant): WaitingMessage {
  const message = reader.hex(MESSAGE_BYTES) as MessageId;
  const of = reader.hex(PROFILE_BYTES) as ProfileId;
  const trigger = reader.text();
  const at = reader.f64();
  const since = clock - reader.signedVarint();
  const due = reader.f64();
  const attempts = reader.varint();
  const intent = readIntent(reader);
  const held = { message, of, trigger, at, since, due, attempts, intent };
  if (reader.u8() === 0) return { ...held, underWay: undefined };
  const channel = readChannel(reader) as Channel;
  const attemptAt = clock - reader.signedVarint();
  const by = reader.hex(PROFILE_BYTES) as ProfileId;
  return { ...held, underWay: { channel, at: attemptAt, by, to: reader.u32() } };
}

/** As JSON: it is a handful of short texts, and grows with the rule language. */
function writeIntent(writer: ByteWriter, intent: SendIntent): void {
  writer.text(JSON.stringify(intent));
}

function readIntent(reader: ByteReader): SendIntent {
  const intent = JSON.parse(reader.text()) as SendIntent;
  return { ...intent, expiresMs: intent.expiresMs, holdout: intent.holdout };
}

function writeEnded(writer: ByteWriter, held: EndedMessage, clock: Instant): void {
  writer.hex(held.message);
  writer.text(held.trigger);
  writer.text(held.category);
  writeChannel(writer, held.channel);
  writer.u32(held.to);
  writer.signedVarint(clock - held.at);
  writer.varint(held.attempts);
  writer.text(held.became);
  writer.signedVarint(clock - held.told);
  writer.u8(held.dead === undefined ? 0 : 1);
  if (held.dead === undefined) return;
  writer.hex(held.dead.of);
  writer.f64(held.dead.at);
  writer.signedVarint(clock - held.dead.since);
  writeIntent(writer, held.dead.intent);
}

function readEnded(reader: ByteReader, clock: Instant): EndedMessage {
  return {
    message: reader.hex(MESSAGE_BYTES) as MessageId,
    trigger: reader.text(),
    category: reader.text(),
    channel: readChannel(reader),
    to: reader.u32(),
    at: clock - reader.signedVarint(),
    attempts: reader.varint(),
    became: reader.text(),
    told: clock - reader.signedVarint(),
    dead: reader.u8() === 0 ? undefined : readDead(reader, clock),
  };
}

function readDead(reader: ByteReader, clock: Instant): DeadLetter {
  const of = reader.hex(PROFILE_BYTES) as ProfileId;
  const at = reader.f64();
  return { of, at, since: clock - reader.signedVarint(), intent: readIntent(reader) };
}

/** By its number among all; a later one is added at the end of that list only. */
function writeChannel(writer: ByteWriter, channel: Channel | undefined): void {
  writer.u8(channel === undefined ? 0 : CHANNELS.indexOf(channel) + 1);
}

function readChannel(reader: ByteReader): Channel | undefined {
  return CHANNELS[reader.u8() - 1];
}
