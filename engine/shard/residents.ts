/**
 * What a worker has in memory of its shards' profiles and cells: a bounded cache over the store, below the shards' own
 * books of what is not stored yet. Lookups are synchronous and say plainly whether they know; `fetch` brings what is
 * missing before a turn is processed.
 */
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import type { Random } from "../model/clock.ts";
import type { Plan } from "../model/plan.ts";
import { type Packing, type Profile, ProfileCache, type RowsWanted, decodeProfile } from "../profile/port.ts";
import type { HotStore, StoredProfile } from "../store/port.ts";
import type { HashKey } from "../model/keyed-hash.ts";
import { CellShelf } from "./cell-shelf.ts";
import type { Shard } from "./shard.ts";

/** Profiles that rest after a turn beside as many as it can have opened: some 0.3 ms. */
const RESTING_MORE = 64;
/** Part of the cache that cells may take. */
const CELL_SHARE = 0.2;

const always = (): boolean => true;

export interface ResidentsOptions {
  readonly random: Random;
  /** By which cells are found; absent: a drawn one, so that nobody can choose identifiers that collide. */
  readonly hashKey?: HashKey | undefined;
  readonly packing?: Packing | undefined;
}

export class Residents {
  readonly shards: number;
  readonly #store: HotStore;
  readonly #profiles: ProfileCache;
  readonly #absentProfiles = new Set<ProfileId>();
  readonly #cells: CellShelf;

  constructor(store: HotStore, cacheBytesMax: number, { random, hashKey, packing }: ResidentsOptions) {
    this.#store = store;
    this.shards = store.shards;
    this.#profiles = new ProfileCache(Math.floor(cacheBytesMax * (1 - CELL_SHARE)), packing);
    const key: HashKey = hashKey ?? [random.below(2 ** 32), random.below(2 ** 32)];
    this.#cells = new CellShelf(cacheBytesMax * CELL_SHARE, key);
  }

  get bytes(): number {
    return this.#profiles.bytes + this.#cells.bytes;
  }

  /** True when the bound is passed because what fills the cache is not stored yet. */
  get wantsCheckpoint(): boolean {
    return this.#profiles.overfull;
  }

  /** undefined: not in memory, fetch it; null: there is none. */
  profile(id: ProfileId): Profile | null | undefined {
    return this.#profiles.get(id) ?? (this.#absentProfiles.has(id) ? null : undefined);
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

  /**
   * Brings cells and then profiles into memory; what the store does not have is known as absent afterwards.
   * @param isOurs whether the shard still is when they come: else they may be older than what another owner has by then
   */
  async fetchCells(shard: Shard, keys: readonly CellKey[], isOurs = always): Promise<void> {
    const found = await this.#store.state.loadCells(shard.id, keys);
    if (!isOurs()) return;
    for (const [index, key] of keys.entries())
      if (this.cell(shard, key) === undefined) this.addCell(key, found[index] ?? null);
  }

  /** @param plan by which rows are read */
  async fetchProfiles(
    shard: Shard,
    ids: readonly ProfileId[],
    { isOurs = always, plan = shard.plan }: { readonly isOurs?: () => boolean; readonly plan?: Plan } = {},
  ): Promise<void> {
    const rows = await this.#store.state.loadProfiles(shard.id, ids);
    if (!isOurs()) return;
    if (this.#absentProfiles.size > 10_000) this.#absentProfiles.clear();
    for (const [index, id] of ids.entries()) {
      if (this.profile(id) !== undefined) continue;
      const row = rows[index];
      if (row === undefined) this.#absentProfiles.add(id);
      else this.addProfile(decodeProfile(row, plan, id));
    }
  }

  /** What `shard` has in its books as dirty, the oldest first, as the store is to have it. */
  rowsOf(shard: Shard, wanted: RowsWanted): readonly StoredProfile[] {
    return this.#profiles.rowsOf(shard.oldestDirty(), wanted);
  }

  /** The store surely has them as they are. */
  clean(ids: readonly ProfileId[]): void {
    for (const id of ids) this.#profiles.clean(id);
  }

  /** Of people whom the store had not when it was asked. Whoever it has by now, and is not here, is to be looked at. */
  addWakeUps(shard: Shard, ids: readonly ProfileId[]): void {
    for (const id of ids) {
      const found = this.#profiles.lookUp(id) ?? 0;
      if (typeof found === "number") shard.addStoredWakeUp(found, id);
      else shard.addWakeUp(found);
    }
  }

  /** Some of those that are open. */
  some(countMax: number): readonly Profile[] {
    const profiles: Profile[] = [];
    for (const profile of this.#profiles) if (profiles.push(profile) >= countMax) break;
    return profiles;
  }

  /** Lets rest, and drops where the bound is passed, what is clean and least recently used. @param events of the turn before */
  trim(events: number): void {
    this.#profiles.trim(events + RESTING_MORE);
  }

  /** The shard is not ours any more. */
  forget(shard: ShardId): void {
    this.#profiles.deleteWhere((id) => shardOfProfile(id, this.shards) === shard);
    for (const id of this.#absentProfiles)
      if (shardOfProfile(id, this.shards) === shard) this.#absentProfiles.delete(id);
    this.#cells.deleteWhere((key) => shardOfSlot(slotOfCell(key), this.shards) === shard);
  }
}
