/**
 * What a worker has in memory of its shards' profiles and cells: a bounded cache over the store, below the shards' own
 * books of what is not stored yet. Lookups are synchronous and say plainly whether they know; `fetch` brings what is
 * missing before a turn is processed.
 */
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import { LatestEntries } from "../model/latest-entries.ts";
import { type Profile, ProfileCache, decodeProfile } from "../profile/port.ts";
import type { HotStore } from "../store/port.ts";
import type { Shard } from "./shard.ts";

/** Resident bytes of one cached cell: two short strings and their place in a Map, measured at about this. */
const CELL_BYTES = 192;
/** Part of the cache that cells may take. */
const CELL_SHARE = 0.2;

export class Residents {
  readonly shards: number;
  readonly #store: HotStore;
  readonly #profiles: ProfileCache;
  readonly #absentProfiles = new Set<ProfileId>();
  /** null: known to be absent. */
  readonly #cells: LatestEntries<CellKey, ProfileId | null>;

  constructor(store: HotStore, cacheBytesMax: number) {
    this.#store = store;
    this.shards = store.shards;
    this.#profiles = new ProfileCache(Math.floor(cacheBytesMax * (1 - CELL_SHARE)));
    this.#cells = new LatestEntries(Math.max(1024, Math.floor((cacheBytesMax * CELL_SHARE) / CELL_BYTES)));
  }

  get bytes(): number {
    return this.#profiles.bytes + this.#cells.size * CELL_BYTES;
  }

  /** True when the bound is passed because what fills the cache is not stored yet. */
  get wantsCheckpoint(): boolean {
    return this.#profiles.overfull;
  }

  /** undefined: not in memory, fetch it; null: there is none. */
  profile(shard: Shard, id: ProfileId): Profile | null | undefined {
    const known = this.#profiles.get(id) ?? shard.unstoredProfile(id);
    if (known !== undefined) return known;
    return this.#absentProfiles.has(id) ? null : undefined;
  }

  cell(shard: Shard, key: CellKey): ProfileId | null | undefined {
    const known = this.#cells.get(key);
    return known === undefined ? shard.unstoredCell(key) : known;
  }

  addProfile(profile: Profile): void {
    this.#absentProfiles.delete(profile.id);
    this.#profiles.put(profile);
  }

  /** To be called after every change of a profile. */
  resized(profile: Profile): void {
    this.#profiles.resized(profile);
  }

  addCell(key: CellKey, profile: ProfileId | null): void {
    this.#cells.set(key, profile);
  }

  /** Brings cells and then profiles into memory; what the store does not have is known as absent afterwards. */
  async fetchCells(shard: Shard, keys: readonly CellKey[]): Promise<void> {
    const found = await this.#store.state.loadCells(shard.id, keys);
    for (const [index, key] of keys.entries())
      if (this.cell(shard, key) === undefined) this.addCell(key, found[index] ?? null);
  }

  async fetchProfiles(shard: Shard, ids: readonly ProfileId[]): Promise<void> {
    const rows = await this.#store.state.loadProfiles(shard.id, ids);
    if (this.#absentProfiles.size > 10_000) this.#absentProfiles.clear();
    for (const [index, id] of ids.entries()) {
      if (this.profile(shard, id) !== undefined) continue;
      const row = rows[index];
      if (row === undefined) this.#absentProfiles.add(id);
      else this.addProfile(decodeProfile(row, shard.plan, id));
    }
  }

  /** Some of those that are open. */
  some(countMax: number): readonly Profile[] {
    const profiles: Profile[] = [];
    for (const profile of this.#profiles) if (profiles.push(profile) >= countMax) break;
    return profiles;
  }

  /** Drops what is clean and least recently used until the bound holds. */
  trim(): void {
    this.#profiles.trim();
  }

  /** The shard is not ours any more. */
  forget(shard: ShardId): void {
    this.#profiles.deleteWhere((id) => shardOfProfile(id, this.shards) === shard);
    for (const id of this.#absentProfiles)
      if (shardOfProfile(id, this.shards) === shard) this.#absentProfiles.delete(id);
    for (const key of this.#cells.keys())
      if (shardOfSlot(slotOfCell(key), this.shards) === shard) this.#cells.delete(key);
  }
}
