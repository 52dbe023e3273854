/**
 * The binary form of what a link carries (port.ts): a frame is a header, many messages, and one section that holds all
 * their texts. The same bytes go over a MessagePort (the buffer is transferred) and over a WebSocket. The two hot kinds,
 * an event and an applied answer, are packed by hand; an event's body is copied once, into the frame, and read back as a
 * view of it. Every rare kind is JSON. A frame stands alone: nothing is remembered from one to the next.
 *
 * Why one text section: decoding a short text costs a call into C++ (about 100 ns); decoding all of a frame at once and
 * cutting it with `substring` costs about 10 ns each. A text that is kept for long therefore pins its frame's texts.
 */
import type { PlanDigest, ProfileId, ShardId, SourceId } from "../model/ids.ts";
import type { Decision } from "../model/plan.ts";
import { shownText, withShown } from "./decision-words.ts";
import {
  AT_COUNT,
  AT_ENCODING,
  AT_LINK,
  AT_SHARD,
  AT_TEXTS,
  AT_TEXTS_BYTES,
  checkHeader,
  FRAME_VERSION,
  FrameUnreadable,
  HEADER_BYTES,
  LATIN1,
  UTF16,
} from "./link-frame.ts";
import type { Answer, FromShard, Origin, ToShard } from "./port.ts";

export type LinkMessage = ToShard | FromShard;
type EventMessage = Extract<ToShard, { kind: "event" }>;
type PushMessage = Extract<FromShard, { kind: "push" }>;
type AppliedAnswer = Extract<Answer, { is: "applied" | "duplicate" }>;

const TAG_JSON = 0;
const TAG_EVENT = 1;
const TAG_APPLIED = 2;
const TAG_PUSH = 3;

/** Index of a dictionary entry that stands here for the first time and was not given a number. */
const UNNUMBERED = 0xffff;
/** Bytes of the fixed part of any message: room is made once a message, for this and its variable part. */
const FIXED_BYTES = 64;
const FRAME_BYTES_MIN = 4096;

/** Gathers messages into one frame at a time. `shard` is for who forwards frames without reading them. */
export class FrameWriter {
  count = 0;
  readonly #link: number;
  readonly #shard: number;
  #bytes: Buffer;
  #view: DataView;
  #at = HEADER_BYTES;
  #texts = "";
  #words = new Map<string, number>();
  #decisions = new Map<Decision, number>();
  #lists = new Map<readonly Decision[], number>();
  #capacityBytes = FRAME_BYTES_MIN;

  constructor(link = 0, shard = 0) {
    this.#link = link;
    this.#shard = shard;
    this.#bytes = Buffer.from(new ArrayBuffer(0));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** About what the frame would take now, in bytes. */
  get bytes(): number {
    return this.#at + this.#texts.length;
  }

  write(message: LinkMessage): void {
    this.count++;
    if (message.kind === "event") return this.#event(message);
    if (message.kind === "push") return this.#push(message);
    if (message.kind === "answer") {
      const { answer } = message;
      if (answer.is === "applied" || answer.is === "duplicate") return this.#applied(message.request, answer);
    }
    this.#room(FIXED_BYTES);
    this.#u8(TAG_JSON);
    this.#text(JSON.stringify(message));
  }

  /** The frame, ready to be transferred, and a new one begins; undefined when nothing was written. */
  take(): ArrayBuffer | undefined {
    if (this.count === 0) return undefined;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole first 256 code units are what Latin-1 can say
    const encoding = /[^\x00-\xff]/.test(this.#texts) ? UTF16 : LATIN1;
    this.#room(this.#texts.length * 2);
    const textsBytes = this.#bytes.write(this.#texts, this.#at, encoding === LATIN1 ? "latin1" : "utf16le");
    const view = this.#view;
    view.setUint8(0, FRAME_VERSION);
    view.setUint8(AT_ENCODING, encoding);
    view.setUint16(AT_SHARD, this.#shard);
    view.setUint32(AT_LINK, this.#link);
    view.setUint32(AT_COUNT, this.count);
    view.setUint32(AT_TEXTS, this.#at);
    view.setUint32(AT_TEXTS_BYTES, textsBytes);
    const used = this.#at + textsBytes;
    // A little slack is handed over with the buffer: cheaper than copying the frame once more to cut it off.
    const frame = this.#bytes.buffer as ArrayBuffer;
    this.#capacityBytes = Math.max(FRAME_BYTES_MIN, used + (used >>> 2));
    this.#bytes = Buffer.from(new ArrayBuffer(0));
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = HEADER_BYTES;
    this.#texts = "";
    this.count = 0;
    if (this.#words.size > 0) this.#words.clear();
    if (this.#decisions.size > 0) this.#decisions.clear();
    if (this.#lists.size > 0) this.#lists.clear();
    return frame;
  }

  #event(message: EventMessage): void {
    const { origin, body } = message;
    this.#room(FIXED_BYTES + body.length);
    this.#u8(TAG_EVENT);
    this.#u16(message.shard);
    this.#f64(message.request);
    this.#u8(
      (origin.trusted ? 1 : 0) |
        (origin.visitor === undefined ? 0 : 2) |
        (message.profile === undefined ? 0 : 4) |
        (message.decide ? 8 : 0) |
        (message.told ? 16 : 0),
    );
    this.#u8(message.route);
    this.#f64(origin.receivedAt);
    this.#word(origin.source);
    if (origin.visitor !== undefined) this.#word(origin.visitor);
    if (message.profile !== undefined) this.#text(message.profile);
    this.#u32(body.length);
    this.#bytes.set(body, this.#at);
    this.#at += body.length;
  }

  #applied(request: number, answer: AppliedAnswer): void {
    const { decisions } = answer;
    this.#room(FIXED_BYTES + decisionBytes(decisions));
    this.#u8(TAG_APPLIED);
    this.#f64(request);
    this.#u8(
      (answer.is === "duplicate" ? 1 : 0) |
        (answer.resolved ? 2 : 0) |
        (answer.created ? 4 : 0) |
        (decisions === undefined ? 0 : 8) |
        (answer.visitor === undefined ? 0 : 16),
    );
    this.#text(answer.messageId);
    this.#text(answer.profile);
    this.#word(answer.plan);
    if (answer.visitor !== undefined) this.#text(answer.visitor);
    if (decisions !== undefined) this.#decisionList(decisions);
  }

  #push(message: PushMessage): void {
    this.#room(FIXED_BYTES + decisionBytes(message.decisions));
    this.#u8(TAG_PUSH);
    this.#f64(message.watch);
    this.#u16(message.shard);
    this.#f64(message.epoch);
    this.#f64(message.position);
    this.#text(message.profile);
    this.#decisionList(message.decisions);
  }

  /** Plans give the same frozen lists and decisions again and again: known by identity, spelled out once a frame. */
  #decisionList(decisions: readonly Decision[]): void {
    const list = this.#lists.get(decisions);
    if (list !== undefined) {
      this.#u16(list);
      return;
    }
    if (this.#lists.size < UNNUMBERED) this.#lists.set(decisions, this.#lists.size);
    this.#u16(UNNUMBERED);
    this.#u16(decisions.length);
    for (const decision of decisions) {
      const known = this.#decisions.get(decision);
      if (known !== undefined) {
        this.#u16(known);
        continue;
      }
      if (this.#decisions.size < UNNUMBERED) this.#decisions.set(decision, this.#decisions.size);
      this.#u16(UNNUMBERED);
      this.#word(decision.content);
      this.#word(decision.show);
      this.#f64(decision.choice);
      this.#word(shownText(decision));
    }
  }

  /** A text that is likely to come again in this frame. */
  #word(text: string): void {
    const known = this.#words.get(text);
    if (known !== undefined) {
      this.#u16(known);
      return;
    }
    if (this.#words.size < UNNUMBERED) this.#words.set(text, this.#words.size);
    this.#u16(UNNUMBERED);
    this.#text(text);
  }

  #text(text: string): void {
    this.#u32(text.length);
    this.#texts += text;
  }

  #u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  #f64(value: number): void {
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  #room(bytes: number): void {
    const need = this.#at + bytes;
    if (need <= this.#bytes.length) return;
    const grown = Buffer.from(new ArrayBuffer(Math.max(need, this.#bytes.length * 2, this.#capacityBytes)));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** A decision spelled out takes at most 2 + 6 + 6 + 8 + 6 bytes besides its texts. */
function decisionBytes(decisions: readonly Decision[] | undefined): number {
  return decisions === undefined ? 0 : 4 + decisions.length * 28;
}

/**
 * Calls `each` for every message of a frame, in order.
 * @throws FrameUnreadable when the bytes are no frame of this version; messages before the fault have been given out
 */
export function readFrame(frame: ArrayBuffer, each: (message: LinkMessage) => void): void {
  checkHeader(frame);
  const reader = new FrameReader(frame);
  for (let left = reader.count; left > 0; left--) each(reader.next());
}

class FrameReader {
  readonly count: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #texts: string;
  readonly #words: string[] = [];
  readonly #decisions: Decision[] = [];
  readonly #lists: (readonly Decision[])[] = [];
  #at = HEADER_BYTES;
  #textAt = 0;

  constructor(frame: ArrayBuffer) {
    this.#bytes = new Uint8Array(frame);
    this.#view = new DataView(frame);
    this.count = this.#view.getUint32(AT_COUNT);
    const from = this.#view.getUint32(AT_TEXTS);
    const to = from + this.#view.getUint32(AT_TEXTS_BYTES);
    if (to > frame.byteLength) throw new FrameUnreadable("A frame is cut short");
    const encoding = this.#view.getUint8(AT_ENCODING) === LATIN1 ? "latin1" : "utf16le";
    this.#texts = Buffer.from(frame).toString(encoding, from, to);
  }

  next(): LinkMessage {
    try {
      const tag = this.#u8();
      if (tag === TAG_EVENT) return this.#event();
      if (tag === TAG_APPLIED) return this.#applied();
      if (tag === TAG_PUSH) return this.#push();
      // Between nodes that have proved that they hold the link secret; it was a LinkMessage when it was written.
      if (tag === TAG_JSON) return JSON.parse(this.#text()) as LinkMessage;
      throw new FrameUnreadable(`A frame has a message of the unknown kind ${tag}`);
    } catch (cause) {
      if (cause instanceof FrameUnreadable) throw cause;
      throw new FrameUnreadable("A frame's message cannot be read", { cause });
    }
  }

  #event(): EventMessage {
    const shard = this.#u16() as ShardId;
    const request = this.#f64();
    const flags = this.#u8();
    const route = this.#u8();
    const receivedAt = this.#f64();
    const source = this.#word() as SourceId;
    const visitor = (flags & 2) === 0 ? undefined : this.#word();
    const profile = (flags & 4) === 0 ? undefined : (this.#text() as ProfileId);
    const bodyBytes = this.#u32();
    if (this.#at + bodyBytes > this.#bytes.length) throw new FrameUnreadable("An event is cut short");
    const body = this.#bytes.subarray(this.#at, this.#at + bodyBytes);
    this.#at += bodyBytes;
    const origin: Origin = { source, trusted: (flags & 1) !== 0, visitor, receivedAt };
    const told = (flags & 16) !== 0;
    return { kind: "event", shard, request, origin, profile, told, route, decide: (flags & 8) !== 0, body };
  }

  #applied(): FromShard {
    const request = this.#f64();
    const flags = this.#u8();
    const messageId = this.#text();
    const profile = this.#text() as ProfileId;
    const plan = this.#word() as PlanDigest;
    const visitor = (flags & 16) === 0 ? undefined : this.#text();
    const decisions = (flags & 8) === 0 ? undefined : this.#decisionList();
    const is = (flags & 1) === 0 ? "applied" : "duplicate";
    const resolved = (flags & 2) !== 0;
    const created = (flags & 4) !== 0;
    return { kind: "answer", request, answer: { is, messageId, profile, resolved, created, visitor, decisions, plan } };
  }

  #push(): PushMessage {
    const watch = this.#f64();
    const shard = this.#u16() as ShardId;
    const epoch = this.#f64();
    const position = this.#f64();
    const profile = this.#text() as ProfileId;
    return { kind: "push", watch, shard, epoch, position, profile, decisions: this.#decisionList() };
  }

  #decisionList(): readonly Decision[] {
    const index = this.#u16();
    if (index !== UNNUMBERED) {
      const known = this.#lists[index];
      if (known === undefined) throw new FrameUnreadable("A frame refers to a list that it has not spelled out");
      return known;
    }
    const length = this.#u16();
    const list: Decision[] = [];
    this.#lists.push(list);
    for (let i = 0; i < length; i++) list.push(this.#decision());
    return list;
  }

  #decision(): Decision {
    const index = this.#u16();
    if (index !== UNNUMBERED) {
      const known = this.#decisions[index];
      if (known === undefined) throw new FrameUnreadable("A frame refers to a decision that it has not spelled out");
      return known;
    }
    const chosen = { content: this.#word(), show: this.#word(), choice: this.#f64() };
    const decision = withShown(chosen, this.#word());
    this.#decisions.push(decision);
    return decision;
  }

  #word(): string {
    const index = this.#u16();
    if (index !== UNNUMBERED) {
      const known = this.#words[index];
      if (known === undefined) throw new FrameUnreadable("A frame refers to a text that it has not spelled out");
      return known;
    }
    const text = this.#text();
    this.#words.push(text);
    return text;
  }

  #text(): string {
    const from = this.#textAt;
    this.#textAt += this.#u32();
    if (this.#textAt > this.#texts.length) throw new FrameUnreadable("A frame's texts are cut short");
    return this.#texts.substring(from, this.#textAt);
  }

  #u8(): number {
    return this.#view.getUint8(this.#at++);
  }

  #u16(): number {
    const value = this.#view.getUint16(this.#at);
    this.#at += 2;
    return value;
  }

  #u32(): number {
    const value = this.#view.getUint32(this.#at);
    this.#at += 4;
    return value;
  }

  #f64(): number {
    const value = this.#view.getFloat64(this.#at);
    this.#at += 8;
    return value;
  }
}
