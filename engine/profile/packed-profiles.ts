/**
 * Profiles that are in memory as rows: a third of what an open profile takes, and nothing for the garbage collector to
 * walk, at the price of a decoding when one is used again. Rows are appended to slabs; a row that is taken out leaves a
 * gap; a slab that is mostly gaps is emptied into the newest one, and the oldest slab is dropped whole when room is needed,
 * which drops what was not used for longest.
 *
 * An entry in a slab: length u32 of the row, id (12 bytes), the row; entries begin at multiples of 8 bytes.
 */
import { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Profile } from "./profile.ts";
import { readProfile, writeProfile } from "./row-codec.ts";

/** Large beside a row, small beside a cache. */
export const slabBytes = 256 * 1024;
const UNIT = 8;
const UNITS = slabBytes / UNIT;
const HEAD_BYTES = 16;
/** A profile's place in the map of places: its key's text and the entry; measured on Node 20. */
const PLACE_BYTES = 100;
/** Live part of a slab below which it is emptied. */
const SPARSE = 1 / 4;

interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** Bytes of entries that have not been taken out. */
  live: number;
  /** Of all rows in it: by it they are read again. */
  readonly plan: Plan;
}

export class PackedProfiles {
  /** Slab x UNITS + place in it, in units: a small integer, which a Map holds without a box. */
  readonly #places = new Map<ProfileId, number>();
  readonly #slabs: (Slab | undefined)[] = [];
  /** Numbers of slabs, oldest first; the last is written to. */
  #order: number[] = [];
  readonly #writer = new ByteWriter(4096);

  /** Resident bytes, the gaps included. */
  get bytes(): number {
    return this.#order.length * slabBytes + this.#places.size * PLACE_BYTES;
  }

  get size(): number {
    return this.#places.size;
  }

  /** @returns false for a profile that is too large to be worth it */
  put(profile: Profile): boolean {
    const writer = this.#writer;
    writer.at = 0;
    writer.u32(0);
    writer.hex(profile.id);
    writeProfile(writer, profile);
    const length = writer.at;
    if (length > slabBytes / 16) return false;
    writer.view.setUint32(0, length - HEAD_BYTES, true);
    this.delete(profile.id);
    this.#append(writer.bytes, 0, length, profile);
    return true;
  }

  /** Takes a profile out, open again. */
  take(id: ProfileId): Profile | undefined {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const slab = this.#slabs[Math.floor(place / UNITS)] as Slab;
    const at = (place % UNITS) * UNIT;
    const end = at + HEAD_BYTES + slab.bytes.readUInt32LE(at);
    const profile = readProfile(new ByteReader(slab.bytes, at + HEAD_BYTES, end), slab.plan, id);
    this.delete(id);
    return profile;
  }

  delete(id: ProfileId): boolean {
    const place = this.#places.get(id);
    if (place === undefined) return false;
    this.#places.delete(id);
    const number = Math.floor(place / UNITS);
    const slab = this.#slabs[number] as Slab;
    slab.live -= entryBytes(slab, (place % UNITS) * UNIT);
    if (number !== this.#order.at(-1) && slab.live < slab.used * SPARSE) this.#empty(number, slab);
    return true;
  }

  deleteWhere(matches: (id: ProfileId) => boolean): void {
    for (const id of [...this.#places.keys()]) if (matches(id)) this.delete(id);
  }

  /** Makes room. @returns how many profiles were dropped; undefined when there is no slab to drop */
  dropOldest(): number | undefined {
    const number = this.#order[0];
    if (number === undefined) return undefined;
    const before = this.#places.size;
    for (const { id } of this.#entriesOf(number)) this.#places.delete(id);
    this.#free(number);
    return before - this.#places.size;
  }

  #append(bytes: Buffer, from: number, length: number, { plan }: { readonly plan: Plan }): void {
    const taken = Math.ceil(length / UNIT) * UNIT;
    let number = this.#order.at(-1);
    let slab = number === undefined ? undefined : this.#slabs[number];
    if (number === undefined || slab === undefined || slab.plan !== plan || slab.used + taken > slabBytes) {
      const gap = this.#slabs.indexOf(undefined);
      number = gap < 0 ? this.#slabs.length : gap;
      slab = { bytes: Buffer.allocUnsafeSlow(slabBytes), used: 0, live: 0, plan };
      this.#slabs[number] = slab;
      this.#order.push(number);
    }
    bytes.copy(slab.bytes, slab.used, from, from + length);
    const id = slab.bytes.toString("hex", slab.used + 4, slab.used + HEAD_BYTES) as ProfileId;
    this.#places.set(id, number * UNITS + slab.used / UNIT);
    slab.used += taken;
    slab.live += taken;
  }

  /** Moves what is left of a slab behind the newest rows. */
  #empty(number: number, slab: Slab): void {
    const left = this.#entriesOf(number);
    this.#free(number);
    for (const { at } of left) this.#append(slab.bytes, at, HEAD_BYTES + slab.bytes.readUInt32LE(at), slab);
  }

  #free(number: number): void {
    this.#slabs[number] = undefined;
    this.#order = this.#order.filter((each) => each !== number);
  }

  /** The entries of a slab that were not taken out. */
  #entriesOf(number: number): { readonly id: ProfileId; readonly at: number }[] {
    const slab = this.#slabs[number] as Slab;
    const entries: { readonly id: ProfileId; readonly at: number }[] = [];
    for (let at = 0; at < slab.used; at += entryBytes(slab, at)) {
      const id = slab.bytes.toString("hex", at + 4, at + HEAD_BYTES) as ProfileId;
      if (this.#places.get(id) === number * UNITS + at / UNIT) entries.push({ id, at });
    }
    return entries;
  }
}

function entryBytes(slab: Slab, at: number): number {
  return Math.ceil((HEAD_BYTES + slab.bytes.readUInt32LE(at)) / UNIT) * UNIT;
}
