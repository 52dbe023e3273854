/**
 * Many small things kept as bytes, each under a key that is bytes too: nothing for the garbage collector to walk, however
 * many there are. Entries are appended to slabs, each tag's to its own; one that is taken out leaves a gap; a slab that is
 * mostly gaps is emptied into the open one of its tag, and the slab that was begun first is dropped whole when room is needed,
 * with what was put there longest ago (of a tag that seldom comes, with what was put there since). A slab that has become free
 * is used again: left to the collector it would be held until all of the heap is marked.
 *
 * A key is written to `begin()`'s writer, and behind it, for `put`, the value. An entry in a slab: key bytes x 2^20 + value
 * bytes as u32, key, value; entries begin at multiples of 4 bytes.
 */
import { ByteReader, ByteWriter } from "./byte-buffer.ts";
import { type HashKey, keyedHash } from "./keyed-hash.ts";
import { PlaceTable } from "./place-table.ts";

const UNIT = 4;
const HEAD_BYTES = 4;
/** A value's length is below this; a key's, in the same number, below 4,096. */
const KEY = 2 ** 20;
const KEY_BYTES_MAX = 4_095;
/** Live part of a slab below which it is emptied. */
const SPARSE = 3 / 8;
/** Part of a slab above which an entry is not worth it: the end of the slab before it stays empty. */
const LARGE = 1 / 4;
/** Free slabs kept for what comes next: where one is dropped another one is filled. */
const SPARES_MAX = 1;

interface Slab<Tag> {
  readonly bytes: Buffer;
  used: number;
  /** Bytes of entries that have not been taken out. */
  live: number;
  /** Of all entries in it. */
  readonly tag: Tag;
}

export class ByteShelf<Tag> {
  readonly slabBytes: number;
  readonly #units: number;
  readonly #hashKey: HashKey;
  /** Slab x units + place in it, in units. */
  readonly #table = new PlaceTable();
  readonly #slabs: (Slab<Tag> | undefined)[] = [];
  /** Numbers of slabs, oldest first. */
  #order: number[] = [];
  /** The slab that is written to: one a tag, as things of two tags may come in turn. */
  readonly #open = new Map<Tag, number>();
  readonly #spares: Buffer[] = [];
  readonly #writer = new ByteWriter(4096);
  #keyEnd = 0;

  constructor(slabBytes: number, hashKey: HashKey) {
    this.slabBytes = slabBytes;
    this.#units = slabBytes / UNIT;
    this.#hashKey = hashKey;
  }

  /** Resident bytes, the gaps included. */
  get bytes(): number {
    return (this.#order.length + this.#spares.length) * this.slabBytes + this.#table.bytes;
  }

  get size(): number {
    return this.#table.size;
  }

  get slabs(): number {
    return this.#order.length;
  }

  /** Takes the key, and behind `endKey` the value. */
  begin(): ByteWriter {
    this.#writer.at = 0;
    this.#keyEnd = 0;
    return this.#writer;
  }

  endKey(): void {
    this.#keyEnd = this.#writer.at;
  }

  /**
   * Keeps what was written, in place of what was under the key.
   * @returns false for what is too large to be worth it; then nothing is under the key
   */
  put(tag: Tag): boolean {
    const { bytes, at } = this.#writer;
    const hash = keyedHash(bytes, this.#hashKey, 0, this.#keyEnd);
    const slot = this.#find(bytes, this.#keyEnd, hash);
    if (slot >= 0) this.delete(slot);
    if (HEAD_BYTES + at > this.slabBytes * LARGE || this.#keyEnd > KEY_BYTES_MAX) return false;
    this.#append(bytes, 0, { keyBytes: this.#keyEnd, valueBytes: at - this.#keyEnd, hash, tag });
    return true;
  }

  /** The slot of the key that was written, to be used before anything changes; -1: it is not here. */
  find(): number {
    const { bytes, at } = this.#writer;
    return this.#find(bytes, at, keyedHash(bytes, this.#hashKey, 0, at));
  }

  /** The value, over the slab's own bytes: to be read before anything changes. */
  read(slot: number): ByteReader {
    const place = this.#table.placeAt(slot);
    return valueAt(this.#slabOf(place).bytes, this.#atOf(place));
  }

  tagOf(slot: number): Tag {
    return this.#slabOf(this.#table.placeAt(slot)).tag;
  }

  delete(slot: number): void {
    const number = this.#remove(slot);
    if (this.#isSparse(number)) this.#empty(number);
  }

  /** @param matches to be asked of each key */
  deleteWhere(matches: (key: ByteReader) => boolean): void {
    for (const number of this.#order)
      this.#forEach(number, ({ bytes }, at, slot) => {
        const keyAt = at + HEAD_BYTES;
        if (matches(new ByteReader(bytes, keyAt, keyAt + keyBytesAt(bytes, at)))) this.#remove(slot);
      });
    for (const number of this.#order.filter((each) => this.#isSparse(each))) this.#empty(number);
  }

  /**
   * Makes room.
   * @param stays an entry with such a value is put into another slab of its tag instead; where there is one slab, nothing is dropped
   * @returns how many entries were dropped; undefined when there is no slab to drop
   */
  dropOldest(stays?: (value: ByteReader) => boolean): number | undefined {
    const [number, next] = this.#order;
    if (number === undefined) return undefined;
    if (stays !== undefined && next === undefined) return 0;
    const before = this.size;
    this.#close(number);
    this.#forEach(number, (slab, at, slot) => {
      if (stays?.(valueAt(slab.bytes, at)) === true) this.#move(slab, at, slot);
      else this.#table.delete(slot);
    });
    this.#free(number);
    return before - this.size;
  }

  #find(key: Buffer, keyBytes: number, hash: number): number {
    for (let slot = this.#table.first(hash); slot >= 0; slot = this.#table.next(slot, hash)) {
      const place = this.#table.placeAt(slot);
      const { bytes } = this.#slabOf(place);
      const at = this.#atOf(place);
      if (keyBytesAt(bytes, at) === keyBytes && equals(bytes, at + HEAD_BYTES, key, keyBytes)) return slot;
    }
    return -1;
  }

  #slabOf(place: number): Slab<Tag> {
    return this.#slabs[Math.floor(place / this.#units)] as Slab<Tag>;
  }

  /** Where in its slab. */
  #atOf(place: number): number {
    return (place % this.#units) * UNIT;
  }

  #placeOf(number: number, at: number): number {
    return number * this.#units + at / UNIT;
  }

  /** The slot of an entry; -1 of one that was taken out. */
  #slotOf(number: number, at: number): number {
    const { bytes } = this.#slabs[number] as Slab<Tag>;
    const keyBytes = keyBytesAt(bytes, at);
    const hash = keyedHash(bytes, this.#hashKey, at + HEAD_BYTES, keyBytes);
    const place = this.#placeOf(number, at);
    let slot = this.#table.first(hash);
    while (slot >= 0 && this.#table.placeAt(slot) !== place) slot = this.#table.next(slot, hash);
    return slot;
  }

  /** @returns the number of the slab that it was in */
  #remove(slot: number): number {
    const place = this.#table.placeAt(slot);
    const slab = this.#slabOf(place);
    slab.live -= entryBytesAt(slab.bytes, this.#atOf(place));
    this.#table.delete(slot);
    return Math.floor(place / this.#units);
  }

  #append(
    from: Buffer,
    at: number,
    entry: { readonly keyBytes: number; readonly valueBytes: number; readonly hash: number; readonly tag: Tag },
  ): void {
    const { keyBytes, valueBytes, hash, tag } = entry;
    const length = keyBytes + valueBytes;
    const taken = Math.ceil((HEAD_BYTES + length) / UNIT) * UNIT;
    let number = this.#open.get(tag);
    let slab = number === undefined ? undefined : this.#slabs[number];
    if (number === undefined || slab === undefined || slab.used + taken > this.slabBytes) {
      const gap = this.#slabs.indexOf(undefined);
      number = gap < 0 ? this.#slabs.length : gap;
      slab = { bytes: this.#spares.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes), used: 0, live: 0, tag };
      this.#slabs[number] = slab;
      this.#order.push(number);
      this.#open.set(tag, number);
    }
    slab.bytes.writeUInt32LE(keyBytes * KEY + valueBytes, slab.used);
    from.copy(slab.bytes, slab.used + HEAD_BYTES, at, at + length);
    this.#table.add(hash, this.#placeOf(number, slab.used));
    slab.used += taken;
    slab.live += taken;
  }

  /** Open ones too, but for the newest: of a plan that is gone nothing else would empty the last. */
  #isSparse(number: number): boolean {
    const slab = this.#slabs[number] as Slab<Tag>;
    return number !== this.#order.at(-1) && slab.live < slab.used * SPARSE;
  }

  /** Moves what is left of a slab into the open one of its tag. */
  #empty(number: number): void {
    this.#close(number);
    this.#forEach(number, (slab, at, slot) => this.#move(slab, at, slot));
    this.#free(number);
  }

  /** Nothing more is put there, what is moved out of it least of all. */
  #close(number: number): void {
    const { tag } = this.#slabs[number] as Slab<Tag>;
    if (this.#open.get(tag) === number) this.#open.delete(tag);
  }

  #move({ bytes, tag }: Slab<Tag>, at: number, slot: number): void {
    const hash = this.#table.hashAt(slot);
    this.#table.delete(slot);
    const [keyBytes, valueBytes] = [keyBytesAt(bytes, at), valueBytesAt(bytes, at)];
    this.#append(bytes, at + HEAD_BYTES, { keyBytes, valueBytes, hash, tag });
  }

  #free(number: number): void {
    const slab = this.#slabs[number] as Slab<Tag>;
    if (this.#spares.length < SPARES_MAX) this.#spares.push(slab.bytes);
    this.#slabs[number] = undefined;
    this.#order = this.#order.filter((each) => each !== number);
  }

  /** Calls back for the entries of a slab that were not taken out. */
  #forEach(number: number, call: (slab: Slab<Tag>, at: number, slot: number) => void): void {
    const slab = this.#slabs[number] as Slab<Tag>;
    for (let at = 0; at < slab.used; at += entryBytesAt(slab.bytes, at)) {
      const slot = this.#slotOf(number, at);
      if (slot >= 0) call(slab, at, slot);
    }
  }
}

function keyBytesAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) >>> 20;
}

function valueBytesAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) & (KEY - 1);
}

function valueAt(bytes: Buffer, at: number): ByteReader {
  const from = at + HEAD_BYTES + keyBytesAt(bytes, at);
  return new ByteReader(bytes, from, from + valueBytesAt(bytes, at));
}

function entryBytesAt(bytes: Buffer, at: number): number {
  return Math.ceil((HEAD_BYTES + keyBytesAt(bytes, at) + valueBytesAt(bytes, at)) / UNIT) * UNIT;
}

/** Keys are short: a loop costs less than a call of the runtime. */
function equals(bytes: Buffer, at: number, key: Buffer, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}
