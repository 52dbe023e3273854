/**
 * Profiles that are in memory as rows: a third of what an open profile takes, and nothing for the garbage collector to
 * walk, at the price of a decoding when one is used again. A dirty one rests here as well, and stays until it is clean: its
 * row is what the store gets. Before the row stands when it wakes up, and what its plan has worked out of it (`memo`), so
 * that whoever comes back is looked at anew only as far as what happens to them changes.
 *
 * An entry: dirty u8, wake-up f64 (Infinity: none), memo, row.
 */
import { ByteShelf } from "../model/byte-shelf.ts";
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { HashKey } from "../model/keyed-hash.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { createWords } from "./number-cells.ts";
import { type Profile, wakesAt } from "./profile.ts";
import { readProfile, writeProfile } from "./row-codec.ts";

/** Large beside a row, small beside a cache. */
export const slabBytesUsual = 256 * 1024;
const ID_BYTES = 12;
const CLEAN = 0;
const DIRTY = 1;
/** Ids are drawn by us: nobody chooses where they fall. */
const HASH_KEY: HashKey = [0x1b873593, 0x5bd1e995];

export class PackedProfiles {
  /** Of each slab the plan by which its rows are read again. */
  readonly #shelf: ByteShelf<Plan>;

  constructor(slabBytes = slabBytesUsual) {
    this.#shelf = new ByteShelf(slabBytes, HASH_KEY);
  }

  /** Resident bytes, the gaps included. */
  get bytes(): number {
    return this.#shelf.bytes;
  }

  get size(): number {
    return this.#shelf.size;
  }

  /** @returns false for a profile that is too large to be worth it */
  put(profile: Profile): boolean {
    const writer = this.#shelf.begin();
    writer.hex(profile.id);
    this.#shelf.endKey();
    writer.u8(profile.dirty ? DIRTY : CLEAN);
    writer.f64(wakesAt(profile));
    writeMemo(writer, profile.memo);
    writeProfile(writer, profile);
    return this.#shelf.put(profile.plan);
  }

  /** Takes a profile out, open again. */
  take(id: ProfileId): Profile | undefined {
    const slot = this.#find(id);
    if (slot < 0) return undefined;
    const reader = this.#shelf.read(slot);
    const dirty = isDirty(reader);
    reader.f64();
    const memo = readMemo(reader);
    const profile = readProfile(reader, this.#shelf.tagOf(slot), id);
    profile.memo = memo;
    profile.dirty = dirty;
    this.#shelf.delete(slot);
    return profile;
  }

  /** It is clean now: it may be dropped. */
  clean(id: ProfileId): void {
    const slot = this.#find(id);
    if (slot < 0) return;
    const { bytes, at } = this.#shelf.read(slot);
    bytes[at] = CLEAN;
  }

  /** When it wakes up; undefined: it is not here. */
  wakeUpOf(id: ProfileId): Instant | undefined {
    const slot = this.#find(id);
    if (slot < 0) return undefined;
    const reader = this.#shelf.read(slot);
    reader.u8();
    return reader.f64();
  }

  /** Writes its row behind what `writer` holds. @returns when it wakes up; undefined: it is not here */
  writeRow(writer: ByteWriter, id: ProfileId): Instant | undefined {
    const slot = this.#find(id);
    if (slot < 0) return undefined;
    const reader = this.#shelf.read(slot);
    reader.u8();
    const wakeUp = reader.f64();
    skipMemo(reader);
    writer.append(reader.bytes.subarray(reader.at, reader.end));
    return wakeUp;
  }

  delete(id: ProfileId): boolean {
    const slot = this.#find(id);
    if (slot >= 0) this.#shelf.delete(slot);
    return slot >= 0;
  }

  deleteWhere(matches: (id: ProfileId) => boolean): void {
    this.#shelf.deleteWhere((key) => matches(key.hex(ID_BYTES) as ProfileId));
  }

  /** Makes room, of what is clean. @returns how many profiles were dropped */
  dropOldest(): number {
    return this.#shelf.dropOldest(isDirty) ?? 0;
  }

  #find(id: ProfileId): number {
    this.#shelf.begin().hex(id);
    return this.#shelf.find();
  }
}

function isDirty(entry: ByteReader): boolean {
  return entry.u8() === DIRTY;
}

/** Words of 32 bits, their number before them. */
function writeMemo(writer: ByteWriter, memo: readonly number[] | undefined): void {
  writer.varint(memo === undefined ? 0 : memo.length + 1);
  for (const word of memo ?? []) writer.u32(word);
}

function readMemo(reader: ByteReader): number[] | undefined {
  const count = reader.varint();
  if (count === 0) return undefined;
  const memo = createWords(count - 1);
  for (let word = 0; word < memo.length; word++) memo[word] = reader.u32() | 0;
  return memo;
}

function skipMemo(reader: ByteReader): void {
  const count = reader.varint();
  if (count > 0) reader.at += (count - 1) * 4;
}
