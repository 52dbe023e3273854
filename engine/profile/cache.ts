/**
 * The profiles that a worker has in memory: bounded by bytes, the least recently used out first. What is dirty stays until
 * it is stored, so the bound may be passed for a while; `overfull` says so and the owner checkpoints. Nothing is dropped
 * but by `trim`, which the owner calls between turns: within a turn a profile that was found stays found.
 *
 * Two tiers share the bound: open profiles, those used last, and rows of the others (packed-profiles.ts), opened again when
 * they are asked for. Opening costs a part of what an event does, and there is one a visit; an open profile is some twenty
 * objects that V8 marks again and again, beside the events, as long as it is there. So few are open, however large the
 * cache is.
 * Order of use is a list through the open profiles, from `#newest` by `older`.
 */
import { openBytesKept } from "../limits.ts";
import type { ProfileId } from "../model/ids.ts";
import { PackedProfiles, slabBytes } from "./packed-profiles.ts";
import { bytesOf, type Profile } from "./profile.ts";

/** Profiles looked at by one `trim`: when all of these must stay, a checkpoint is due, not a longer search. */
const TRIM_LOOKS_MAX = 4_096;
/** The same while there is room: those that must stay are packed after their checkpoint, which comes by itself. */
const EARLY_LOOKS_MAX = 64;

/** Part of a small bound that open profiles keep when the rest is wanted for rows. */
const OPEN_SHARE = 0.5;
/** A cache for fewer slabs than this holds open profiles only. */
const SLABS_MIN = 8;

export class ProfileCache {
  readonly bytesMax: number;
  readonly #profiles = new Map<ProfileId, Profile>();
  #newest: Profile | undefined;
  #oldest: Profile | undefined;
  #bytes = 0;
  readonly #packed = new PackedProfiles();
  /** Open profiles are packed beyond this when the bound is passed; Infinity: never. */
  readonly #openBytesMax: number;
  /** Beyond this they are packed though there is room for more. */
  readonly #openBytesEver: number;
  readonly #evictable: (profile: Profile) => boolean;

  /** @param evictable may it be dropped; by default what is not dirty */
  constructor(
    bytesMax: number,
    evictable: (profile: Profile) => boolean = ({ dirty }) => !dirty,
    openBytesEver: number = openBytesKept,
  ) {
    this.bytesMax = bytesMax;
    const packs = bytesMax * (1 - OPEN_SHARE) >= SLABS_MIN * slabBytes;
    this.#openBytesEver = packs ? openBytesEver : Number.POSITIVE_INFINITY;
    this.#openBytesMax = Math.min(this.#openBytesEver, packs ? bytesMax * OPEN_SHARE : Number.POSITIVE_INFINITY);
    this.#evictable = evictable;
  }

  /** Estimated resident bytes of all profiles in it. */
  get bytes(): number {
    return this.#bytes + this.#packed.bytes;
  }

  get size(): number {
    return this.#profiles.size + this.#packed.size;
  }

  /** The bound is passed; when `trim` does not help, it is because of what is not evictable. */
  get overfull(): boolean {
    return this.bytes > this.bytesMax;
  }

  get #wantsRoom(): boolean {
    return this.overfull || this.#bytes > this.#openBytesEver;
  }

  /** Finds and counts as a use. */
  get(id: ProfileId): Profile | undefined {
    const profile = this.#profiles.get(id);
    if (profile === undefined) return this.#open(id);
    if (profile !== this.#newest) {
      this.#unlink(profile);
      this.#link(profile);
    }
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

  delete(id: ProfileId): boolean {
    const profile = this.#profiles.get(id);
    if (profile === undefined) return this.#packed.delete(id);
    this.#profiles.delete(id);
    this.#bytes -= profile.countedBytes;
    profile.countedBytes = 0;
    this.#unlink(profile);
    return true;
  }

  deleteWhere(matches: (id: ProfileId) => boolean): void {
    for (const id of this.#profiles.keys()) if (matches(id)) this.delete(id);
    this.#packed.deleteWhere(matches);
  }

  /**
   * Packs and drops what is evictable, least recently used first, until the bound holds.
   *
   * @param packsMax so many are packed at most while there is room: thousands become evictable at one moment, and events wait
   * @returns how many were dropped
   */
  trim(packsMax = Number.POSITIVE_INFINITY): number {
    let dropped = 0;
    let packed = 0;
    let candidate = this.#oldest;
    const looksMax = this.overfull ? TRIM_LOOKS_MAX : EARLY_LOOKS_MAX;
    for (let stays = 0; this.#wantsRoom && stays < looksMax; ) {
      if (packed >= packsMax && !this.overfull) break;
      if (this.#bytes <= this.#openBytesMax && this.#packed.size > 0) {
        dropped += this.#packed.dropOldest() ?? 0;
        continue;
      }
      if (candidate === undefined) break;
      const next: Profile | undefined = candidate.newer;
      if (this.#evictable(candidate)) {
        this.delete(candidate.id);
        packed += 1;
        if (this.#openBytesMax === Number.POSITIVE_INFINITY || !this.#packed.put(candidate)) dropped += 1;
      } else stays += 1;
      candidate = next;
    }
    return dropped;
  }

  /** The open ones, least recently used first; the cache must not change meanwhile. */
  *[Symbol.iterator](): Iterator<Profile> {
    for (let profile = this.#oldest; profile !== undefined; profile = profile.newer) yield profile;
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
