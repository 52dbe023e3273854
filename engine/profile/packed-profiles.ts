/**
 * Profiles that are in memory as rows: a third of what an open profile takes, and nothing for the garbage collector to
 * walk, at the price of a decoding when one is used again. Before the row stands what its plan has worked out of it
 * (`memo`), so that whoever comes back is looked at anew only as far as what happens to them changes.
 */
import { ByteShelf } from "../model/byte-shelf.ts";
import type { ByteReader, ByteWriter } from "../model/byte-buffer.ts";
import type { HashKey } from "../model/keyed-hash.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Profile } from "./profile.ts";
import { readProfile, writeProfile } from "./row-codec.ts";

/** Large beside a row, small beside a cache. */
export const slabBytes = 256 * 1024;
const ID_BYTES = 12;
/** Ids are drawn by us: nobody chooses where they fall. */
const HASH_KEY: HashKey = [0x1b873593, 0x5bd1e995];

export class PackedProfiles {
  /** Of each slab the plan by which its rows are read again. */
  readonly #shelf = new ByteShelf<Plan>(slabBytes, HASH_KEY);

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
    writeMemo(writer, profile.memo);
    writeProfile(writer, profile);
    return this.#shelf.put(profile.plan);
  }

  /** Takes a profile out, open again. */
  take(id: ProfileId): Profile | undefined {
    const slot = this.#find(id);
    if (slot < 0) return undefined;
    const reader = this.#shelf.read(slot);
    const memo = readMemo(reader);
    const profile = readProfile(reader, this.#shelf.tagOf(slot), id);
    profile.memo = memo;
    this.#shelf.delete(slot);
    return profile;
  }

  delete(id: ProfileId): boolean {
    const slot = this.#find(id);
    if (slot >= 0) this.#shelf.delete(slot);
    return slot >= 0;
  }

  deleteWhere(matches: (id: ProfileId) => boolean): void {
    this.#shelf.deleteWhere((key) => matches(key.hex(ID_BYTES) as ProfileId));
  }

  /** Makes room. @returns how many profiles were dropped; undefined when there is no slab to drop */
  dropOldest(): number | undefined {
    return this.#shelf.dropOldest();
  }

  #find(id: ProfileId): number {
    this.#shelf.begin().hex(id);
    return this.#shelf.find();
  }
}

/** Words of 32 bits, their number before them. */
function writeMemo(writer: ByteWriter, memo: readonly number[] | undefined): void {
  writer.varint(memo === undefined ? 0 : memo.length + 1);
  for (const word of memo ?? []) writer.u32(word);
}

function readMemo(reader: ByteReader): number[] | undefined {
  const count = reader.varint();
  return count === 0 ? undefined : Array.from({ length: count - 1 }, () => reader.u32() | 0);
}
