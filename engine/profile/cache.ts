/**
 * The profiles that a worker has in memory: bounded by bytes, the least recently used out first. What is dirty stays until
 * it is stored, so the bound may be passed for a while; `overfull` says so and the owner checkpoints. Nothing is dropped
 * but by `trim`, which the owner calls between turns: within a turn a profile that was found stays found.
 *
 * Order of use is a list through the profiles themselves, from `#newest` by `older` and back by `newer`.
 */
import type { ProfileId } from "../model/ids.ts";
import { bytesOf, type Profile } from "./profile.ts";

/** Profiles looked at by one `trim`: when all of these must stay, a checkpoint is due, not a longer search. */
const TRIM_LOOKS_MAX = 4_096;

export class ProfileCache {
  readonly bytesMax: number;
  readonly #profiles = new Map<ProfileId, Profile>();
  #newest: Profile | undefined;
  #oldest: Profile | undefined;
  #bytes = 0;
  readonly #evictable: (profile: Profile) => boolean;

  /** @param evictable may it be dropped; by default what is not dirty */
  constructor(bytesMax: number, evictable: (profile: Profile) => boolean = ({ dirty }) => !dirty) {
    this.bytesMax = bytesMax;
    this.#evictable = evictable;
  }

  /** Estimated resident bytes of all profiles in it. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#profiles.size;
  }

  /** The bound is passed; when `trim` does not help, it is because of what is not evictable. */
  get overfull(): boolean {
    return this.#bytes > this.bytesMax;
  }

  /** Finds and counts as a use. */
  get(id: ProfileId): Profile | undefined {
    const profile = this.#profiles.get(id);
    if (profile !== undefined && profile !== this.#newest) {
      this.#unlink(profile);
      this.#link(profile);
    }
    return profile;
  }

  /** Finds without counting as a use. */
  peek(id: ProfileId): Profile | undefined {
    return this.#profiles.get(id);
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
    if (profile === undefined) return false;
    this.#profiles.delete(id);
    this.#bytes -= profile.countedBytes;
    profile.countedBytes = 0;
    this.#unlink(profile);
    return true;
  }

  deleteWhere(matches: (id: ProfileId, profile: Profile) => boolean): void {
    for (const [id, profile] of this.#profiles) if (matches(id, profile)) this.delete(id);
  }

  /** Drops what is evictable, least recently used first, until the bound holds. @returns how many were dropped */
  trim(): number {
    let dropped = 0;
    let candidate = this.#oldest;
    for (let looks = 0; looks < TRIM_LOOKS_MAX + dropped; looks++) {
      if (this.#bytes <= this.bytesMax || candidate === undefined) break;
      const next: Profile | undefined = candidate.newer;
      if (this.#evictable(candidate)) {
        this.delete(candidate.id);
        dropped += 1;
      }
      candidate = next;
    }
    return dropped;
  }

  /** Least recently used first; the cache must not change meanwhile. */
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
