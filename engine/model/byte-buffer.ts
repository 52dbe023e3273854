/**
 * Writing and reading of compact binary forms: the journal's records and the profiles' rows are made of these pieces.
 * Integers are little-endian or variable-length (LEB128); texts carry their length and come back exactly, lone
 * surrogates included. A reader never reads past its end: it throws `BytesUnreadable`, so that torn bytes are an error
 * and never a value. Nothing here knows what the bytes mean.
 */

/** The bytes end too early or hold what no writer writes. */
export class BytesUnreadable extends Error {
  readonly code = "bytes_unreadable";
  constructor(message: string) {
    super(message);
    this.name = "BytesUnreadable";
  }
}

/** Longer texts are written by the runtime's own encoder; for shorter ones the call costs more than the loop. */
const LOOP_CHARS_MAX = 20;
const HEX = "0123456789abcdef";
/** Value of a hexadecimal digit by character code; 255 for other characters. */
const HEX_VALUE = new Uint8Array(128).fill(255);
for (let i = 0; i < HEX.length; i++) HEX_VALUE[HEX.charCodeAt(i)] = i;

/** A growing buffer. Its bytes are reused: `copy` what is to be kept. */
export class ByteWriter {
  bytes: Buffer;
  /** Over the same bytes. */
  view: DataView;
  at = 0;

  constructor(capacityBytes = 4096) {
    this.bytes = Buffer.from(new ArrayBuffer(capacityBytes));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = Buffer.from(new ArrayBuffer(Math.max(this.bytes.length * 2, this.at + count)));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.ensure(1);
    this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.ensure(2);
    this.bytes[this.at++] = value;
    this.bytes[this.at++] = value >>> 8;
  }

  u32(value: number): void {
    this.ensure(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  f64(value: number): void {
    this.ensure(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** @param value an integer in [0, 2^53) */
  varint(value: number): void {
    this.ensure(8);
    const { bytes } = this;
    let { at } = this;
    let rest = value;
    while (rest >= 0x80000000) {
      bytes[at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.at = at;
  }

  /** @param value an integer in (-2^52, 2^52) */
  signedVarint(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Length and form (UTF-8, or UTF-16 where that would lose lone surrogates), then the text. */
  text(text: string): void {
    const { length } = text;
    this.ensure(length * 3 + 8);
    if (length <= LOOP_CHARS_MAX && this.#ascii(text, length)) return;
    if (isWellFormed(text)) {
      this.varint(Buffer.byteLength(text) * 2);
      this.at += this.bytes.write(text, this.at, "utf8");
    } else {
      this.varint(length * 4 + 1);
      this.at += this.bytes.write(text, this.at, "utf16le");
    }
  }

  /** @param hex of lower-case digits, an even number of them */
  hex(hex: string): void {
    const count = hex.length >> 1;
    this.ensure(count);
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < hex.length; i += 2) {
      const high = HEX_VALUE[hex.charCodeAt(i)] as number;
      const low = HEX_VALUE[hex.charCodeAt(i + 1)] as number;
      bytes[at++] = (high << 4) | low;
    }
    this.at = at;
  }

  append(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** @returns the bytes from `from` on, in a buffer of their own that may be transferred; a Buffer's `slice` is a view */
  copy(from = 0): Buffer<ArrayBuffer> {
    // Not from the runtime's pool, so that it may be transferred, and not zeroed first, which costs as much as the copy.
    const copied = Buffer.allocUnsafeSlow(this.at - from);
    this.bytes.copy(copied, 0, from, this.at);
    return copied;
  }

  #ascii(text: string, length: number): boolean {
    const { bytes } = this;
    let { at } = this;
    const head = length * 2;
    if (head < 128) bytes[at++] = head;
    else {
      bytes[at++] = (head & 127) | 128;
      bytes[at++] = head >>> 7;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[at++] = code;
    }
    this.at = at;
    return true;
  }
}

/** False for a text with a lone surrogate, which UTF-8 cannot hold. ES2024; every supported Node has it. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** The same bytes, as a Buffer: no copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class ByteReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bufferOf(bytes);
    this.at = at;
    this.end = end;
  }

  get rest(): number {
    return this.end - this.at;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    const low = this.u8();
    return low | (this.u8() << 8);
  }

  u32(): number {
    this.#need(4);
    const { bytes, at } = this;
    this.at = at + 4;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    return (low | ((bytes[at + 3] as number) << 24)) >>> 0;
  }

  f64(): number {
    this.#need(8);
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  varint(): number {
    const first = this.u8();
    if (first < 128) return first;
    // By shifts as long as they do: most end there, and products are of doubles.
    let value = first & 127;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte >= 8) return this.#long(value, byte);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return value;
  }

  /** Of an integer of 31 bits and more. @param value of its first four bytes @param fifth the one behind them */
  #long(value: number, fifth: number): number {
    let [sum, byte] = [value, fifth];
    for (let scale = 2 ** 28; scale <= 2 ** 49; scale *= 128) {
      sum += (byte & 127) * scale;
      if (byte < 128 && sum <= Number.MAX_SAFE_INTEGER) return sum;
      if (byte < 128) break;
      if (scale < 2 ** 49) byte = this.u8();
    }
    throw new BytesUnreadable("an integer is longer than any that is written");
  }

  signedVarint(): number {
    const coded = this.varint();
    if (coded <= 0x7fffffff) return (coded & 1) === 0 ? coded >>> 1 : -(coded >>> 1) - 1;
    return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
  }

  /** A count of things that take at least one byte each: never more than there are bytes. */
  count(): number {
    const count = this.varint();
    if (count > this.rest) throw new BytesUnreadable("a count is larger than what follows");
    return count;
  }

  text(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    this.#need(length);
    const from = this.at;
    this.at += length;
    return this.bytes.toString(head % 2 === 0 ? "utf8" : "utf16le", from, this.at);
  }

  hex(count: number): string {
    this.#need(count);
    const from = this.at;
    this.at += count;
    return this.bytes.toString("hex", from, this.at);
  }

  /** A view of so many bytes. */
  view(count: number): Buffer {
    this.#need(count);
    const from = this.at;
    this.at += count;
    return this.bytes.subarray(from, this.at);
  }

  /** What is left, as text. */
  restAsText(encoding: "utf8" | "utf16le"): string {
    const from = this.at;
    this.at = this.end;
    return this.bytes.toString(encoding, from, this.end);
  }

  #need(count: number): void {
    if (this.at + count > this.end) throw new BytesUnreadable("the bytes end too early");
  }
}
