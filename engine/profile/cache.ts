/**
 * The profiles that a worker has in memory: bounded by bytes, the least recently used out first. What is dirty stays until
 * `clean` is told of it, so the bound may be passed for a while; `overfull` says so and the owner checkpoints. Nothing is
 * dropped but by `trim`, which the owner calls between turns: within a turn a profile that was found stays found.
 *
 * Two tiers share the bound: open profiles, those used last, and rows of the others (packed-profiles.ts), opened again when
 * they are asked for. Opening costs a part of what an event does, and there is one a visit; an open profile is some twenty
 * objects that V8 marks again and again, beside the events, as long as it is there. So few are open, however large the
 * cache is and however many wait for the store: most get their row once, and the store gets a copy of it.
 * Order of use is a list through the open profiles, from `#newest` by `older`.
 */
import { openBytesKept } from "../limits.ts";
import { ByteWriter } from "../model/byte-buffer.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import { PackedProfiles, slabBytesUsual } from "./packed-profiles.ts";
import { bytesOf, type Profile, wakesAt } from "./profile.ts";
import { writeProfile } from "./row-codec.ts";

/** Profiles looked at by one `trim` that only drops: when all of these must stay, a checkpoint is due, not a longer search. */
const TRIM_LOOKS_MAX = 4_096;
/** The same where they are packed: what must stay is too large for it, and was written to see that. */
const PACK_LOOKS_MAX = 16;

/** Part of a small bound that open profiles keep when the rest is wanted for rows. */
const OPEN_SHARE = 0.5;
/** A cache for fewer slabs than this holds open profiles only. */
const SLABS_MIN = 4;
/** Slabs that one `trim` empties at most: of mostly dirty ones nearly all is only moved. */
const TRIM_SLABS_MAX = 64;
/** About what a row takes beside its bytes, on its way and in a store. */
const ROW_BYTES = 64;

export interface Packing {
  /** Of open profiles, beyond which they are packed; absent: as limits.ts has it. */
  readonly openBytes?: number | undefined;
  /** Given: they are, however small the cache is. */
  readonly slabBytes?: number | undefined;
}

/** A profile as the store is to have it. */
interface StoredRow {
  readonly id: ProfileId;
  readonly row: Uint8Array;
  /** Infinity: none. */
  readonly wakeUp: Instant;
}

/** The first of these that is reached ends it. */
export interface RowsWanted {
  readonly rows: number;
  /** Of open profiles: writing one costs ten times what a copy does. */
  readonly open: number;
  /** With what a row takes beside its own; passed by one row at most. */
  readonly bytes: number;
}

export class ProfileCache {
  readonly bytesMax: number;
  readonly #profiles = new Map<ProfileId, Profile>();
  #newest: Profile | undefined;
  #oldest: Profile | undefined;
  #bytes = 0;
  readonly #packed: PackedProfiles;
  readonly #packs: boolean;
  /** Open profiles are packed beyond this though there is room for more. */
  readonly #openBytesMax: number;
  readonly #rows = new ByteWriter();

  constructor(bytesMax: number, { openBytes = openBytesKept, slabBytes }: Packing = {}) {
    this.bytesMax = bytesMax;
    this.#packed = new PackedProfiles(slabBytes);
    this.#packs = slabBytes !== undefined || bytesMax * (1 - OPEN_SHARE) >= SLABS_MIN * slabBytesUsual;
    this.#openBytesMax = this.#packs ? Math.min(openBytes, bytesMax * OPEN_SHARE) : Number.POSITIVE_INFINITY;
  }

  /** Estimated resident bytes of all profiles in it. */
  get bytes(): number {
    return this.#bytes + this.#packed.bytes;
  }

  get size(): number {
    return this.#profiles.size + this.#packed.size;
  }

  /** The bound is passed; when `trim` does not help, it is because of what is dirty. */
  get overfull(): boolean {
    return this.bytes > this.bytesMax;
  }

  get #wantsRoom(): boolean {
    return this.overfull || this.#bytes > this.#openBytesMax;
  }

  /** Finds and counts as a use. */
  get(id: ProfileId): Profile | undefined {
    const profile = this.#profiles.get(id);
    if (profile === undefined) return this.#open(id);
    this.#used(profile);
    return profile;
  }

  /** Finds without counting as a use, unless it has to be opened. */
  peek(id: ProfileId): Profile | undefined {
    return this.#profiles.get(id) ?? this.#open(id);
  }

  #open(id: ProfileId): Profile | undefined {
    const profile = this.#packed.take(id);
    if (profile !== undefined) this.put(profile);
    return profile;
  }

  /** Adds, or takes the place of what was there under its id. */
  put(profile: Profile): void {
    this.delete(profile.id);
    this.#profiles.set(profile.id, profile);
    profile.countedBytes = bytesOf(profile);
    this.#bytes += profile.countedBytes;
    this.#link(profile);
  }

  /** To be called when a profile in it has changed. */
  resized(profile: Profile): void {
    if (profile.countedBytes === 0) return;
    const bytes = bytesOf(profile);
    this.#bytes += bytes - profile.countedBytes;
    profile.countedBytes = bytes;
  }

  /** The store has it as it is: it may be dropped. */
  clean(id: ProfileId): void {
    const profile = this.#profiles.get(id);
    if (profile === undefined) this.#packed.clean(id);
    else profile.dirty = false;
  }

  /**
   * As the store is to have them, as many of the first as are wanted, all in one buffer: making one costs more than writing a
   * row into it.
   * @throws Error when one is not here: then it would be missing in the store
   */
  rowsOf(ids: Iterable<ProfileId>, wanted: RowsWanted): readonly StoredRow[] {
    const writer = this.#rows;
    writer.at = 0;
    const found: { readonly id: ProfileId; readonly wakeUp: Instant; readonly end: number }[] = [];
    let open = 0;
    for (const id of ids) {
      const bytes = writer.at + found.length * ROW_BYTES;
      if (found.length >= wanted.rows || open >= wanted.open || bytes >= wanted.bytes) break;
      const profile = this.#profiles.get(id);
      if (profile !== undefined) {
        open += 1;
        writeProfile(writer, profile);
      }
      const wakeUp = profile === undefined ? this.#packed.writeRow(writer, id) : wakesAt(profile);
      if (wakeUp === undefined) throw new Error("a dirty profile has left the cache");
      found.push({ id, wakeUp, end: writer.at });
    }
    const bytes = writer.copy();
    return found.map(({ id, wakeUp, end }, index) => {
      return { id, wakeUp, row: bytes.subarray(found[index - 1]?.end ?? 0, end) };
    });
  }

  /** The profile, if it is open; else when it wakes up. */
  lookUp(id: ProfileId): Profile | Instant | undefined {
    return this.#profiles.get(id) ?? this.#packed.wakeUpOf(id);
  }

  delete(id: ProfileId): boolean {
    const profile = this.#profiles.get(id);
    if (profile === undefined) return this.#packed.delete(id);
    this.#remove(profile);
    return true;
  }

  #remove(profile: Profile): void {
    this.#profiles.delete(profile.id);
    this.#bytes -= profile.countedBytes;
    profile.countedBytes = 0;
    this.#unlink(profile);
  }

  deleteWhere(matches: (id: ProfileId) => boolean): void {
    for (const id of this.#profiles.keys()) if (matches(id)) this.delete(id);
    this.#packed.deleteWhere(matches);
  }

  /**
   * Packs, and drops of what is clean, least recently used first, until the bound holds.
   *
   * @param packsMax so many are packed at most while there is room: events wait meanwhile
   * @returns how many were dropped
   */
  trim(packsMax = Number.POSITIVE_INFINITY): number {
    let dropped = 0;
    let packed = 0;
    let stays = 0;
    let slabs = 0;
    let candidate = this.#oldest;
    const looksMax = this.#packs ? PACK_LOOKS_MAX : TRIM_LOOKS_MAX;
    while (this.#wantsRoom && stays < looksMax) {
      if (packed >= packsMax && !this.overfull) break;
      if (this.#bytes <= this.#openBytesMax && this.#packed.size > 0) {
        const left = this.#packed.dropOldest();
        dropped += left;
        if (left === 0 || ++slabs >= TRIM_SLABS_MAX) break;
        continue;
      }
      if (candidate === undefined) break;
      const next: Profile | undefined = candidate.newer;
      if (this.#packs && this.#packed.put(candidate)) {
        this.#remove(candidate);
        packed += 1;
      } else if (!candidate.dirty) {
        this.#remove(candidate);
        dropped += 1;
      } else {
        stays += 1;
        if (this.#packs) this.#used(candidate);
      }
      candidate = next;
    }
    return dropped;
  }

  /** The open ones, least recently used first; the cache must not change meanwhile. */
  *[Symbol.iterator](): Iterator<Profile> {
    for (let profile = this.#oldest; profile !== undefined; profile = profile.newer) yield profile;
  }

  #used(profile: Profile): void {
    if (profile === this.#newest) return;
    this.#unlink(profile);
    this.#link(profile);
  }

  #link(profile: Profile): void {
    profile.older = this.#newest;
    profile.newer = undefined;
    if (this.#newest === undefined) this.#oldest = profile;
    else this.#newest.newer = profile;
    this.#newest = profile;
  }

  #unlink(profile: Profile): void {
    if (profile.newer === undefined) this.#newest = profile.older;
    else profile.newer.older = profile.older;
    if (profile.older === undefined) this.#oldest = profile.newer;
    else profile.older.newer = profile.newer;
    profile.newer = undefined;
    profile.older = undefined;
  }
}
