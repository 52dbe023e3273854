/**
 * Who comes, and what they do: the events of the whole-path bench, as frames ready to send. Two kinds of traffic: `visits`
 * (a visit is a burst of events of one person; who visits follows Zipf's law, so that some come often) and `uniform`
 * (every event is of anybody). An event has 367 bytes, of a browser's ordinary shape; message ids are all distinct.
 */

export type Traffic = "visits" | "uniform";

const SEQUENCE_DIGITS = 12;
const VISITOR_DIGITS = 8;
const NAMES = ["Product Viewed", "Product Added", "Cart Updated", "Page Viewed", "Order Completed"] as const;
/** Of 20 events: as a shop sees them. */
const MIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 1, 1, 1, 2, 2, 4] as const;

/** A sequence of 32-bit integers by xorshift (Marsaglia, 2003), so that a run can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Offset of the sequence digits in every frame's text and in every reply: `{"messageId":"m`. */
export const SEQUENCE_OFFSET = '{"messageId":"m'.length;

interface Template {
  readonly frame: Buffer;
  readonly visitorAt: number;
}

/** One client frame with a zero mask, which leaves the text readable (RFC 6455, 5.3). */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

const HEAD_BYTES = 8;

export class EventFrames {
  #templates: readonly Template[] = [];
  /** How far the events' time is from the present. */
  readonly #behindMs: number;
  #madeAtMs = Number.NEGATIVE_INFINITY;
  readonly #random: () => number;
  readonly #zipf: Float64Array;
  readonly #profiles: number;
  readonly #traffic: Traffic;

  constructor(options: {
    readonly profiles: number;
    readonly traffic: Traffic;
    readonly seed: number;
    readonly startedAt: Date;
  }) {
    this.#profiles = options.profiles;
    this.#traffic = options.traffic;
    this.#random = createRandom(options.seed);
    this.#behindMs = Date.now() - options.startedAt.getTime();
    this.#zipf = new Float64Array(options.profiles);
    let sum = 0;
    for (let rank = 0; rank < options.profiles; rank++) this.#zipf[rank] = sum += 1 / (rank + 1) ** 0.8;
    for (let rank = 0; rank < options.profiles; rank++) this.#zipf[rank] = (this.#zipf[rank] ?? 0) / sum;
  }

  /** A connection's own course of visits. */
  createVisitor(): () => number {
    let visitor = 0;
    let left = 0;
    return () => {
      if (this.#traffic === "uniform") return Math.floor(this.#random() * this.#profiles);
      if (left === 0) {
        visitor = this.#pick();
        left = 3 + Math.floor(this.#random() * 18);
      }
      left -= 1;
      return visitor;
    };
  }

  /** Writes one frame at `at`; returns its length. */
  write(target: Buffer, at: number, sequence: number, visitor: number): number {
    this.#keepTime();
    const { frame, visitorAt } = this.#templates[MIX[Math.floor(this.#random() * MIX.length)] ?? 0] as Template;
    frame.copy(target, at);
    writeDigits(target, at + HEAD_BYTES + SEQUENCE_OFFSET, SEQUENCE_DIGITS, sequence);
    writeDigits(target, at + visitorAt, VISITOR_DIGITS, visitor);
    return frame.length;
  }

  /** An event's time is at most a second old: who comes often would else send what is too old to be told from a repetition. */
  #keepTime(): void {
    const nowMs = Date.now();
    if (nowMs - this.#madeAtMs < 1000) return;
    this.#madeAtMs = nowMs;
    this.#templates = NAMES.map((name) => template(name, new Date(nowMs - this.#behindMs)));
  }

  #pick(): number {
    const wanted = this.#random();
    let low = 0;
    let high = this.#zipf.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#zipf[middle] ?? 1) < wanted) low = middle + 1;
      else high = middle;
    }
    // Rank is not order of id: the same person is not always first in every shard.
    return (low * 7919) % this.#profiles;
  }
}

function template(name: string, startedAt: Date): Template {
  const money = name === "Order Completed" || name === "Cart Updated";
  const text = JSON.stringify({
    messageId: `m${"0".repeat(SEQUENCE_DIGITS)}`,
    type: "track",
    anonymousId: `v-${"0".repeat(VISITOR_DIGITS)}`,
    event: name,
    timestamp: startedAt.toISOString(),
    properties: {
      ...(money ? { total: 84.9, currency: "EUR", order_id: "A-20261" } : {}),
      product_id: "SKU-48213",
      category: "shoes",
      price: 49.95,
      quantity: 1,
      position: 3,
      brand: "Atelier Nord",
    },
    context: { page: { path: "/shoes/48213", url: "https://shop.example/shoes/48213" }, locale: "fr-FR", pad: "" },
  });
  const padded = text.replace('"pad":""', `"pad":"${"x".repeat(Math.max(0, 367 - text.length))}"`);
  return { frame: frameOf(padded), visitorAt: HEAD_BYTES + padded.indexOf('"v-') + 3 };
}

function writeDigits(target: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    target[at + i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

export function readSequence(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = 0; i < SEQUENCE_DIGITS; i++) value = value * 10 + ((bytes[at + i] ?? 48) - 48);
  return value;
}

/** Largest frame, for sizing buffers. */
export const FRAME_BYTES_MAX = 512;
