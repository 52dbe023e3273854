/**
 * One owned shard in memory: positions, plan, peers, what is dirty, what waits. It holds state and keeps the books of what
 * a checkpoint must still cover; it decides nothing (turn.ts, identity.ts) and does no I/O.
 *
 * Modes: recovering -> owned -> lost. Only an owned shard processes; a lost one is forgotten whole.
 *
 * Invariants: durable <= position; every dirty thing is in the books with the first position that dirtied it, so that
 * `watermark()` never passes a change that is not stored.
 */
import type { CellKey } from "../model/identifier.ts";
import {
  type Epoch,
  type Instant,
  type PlanDigest,
  type Position,
  type ProfileId,
  type ShardId,
  type Slot,
  createProfileId,
} from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { Peers, type PeersSnapshot } from "./peers.ts";
import { type Profile, createProfile } from "../profile/port.ts";
import { WakeUps } from "./wake-ups.ts";
import { Watches } from "./watches.ts";

export interface DirtyProfile {
  readonly profile: Profile;
  readonly since: Position;
}

export class Shard {
  readonly id: ShardId;
  readonly epoch: Epoch;
  /** Last position given to a record. */
  position: Position = 0;
  /** Last position known durable. */
  durable: Position = 0;
  /** Last position that the stored checkpoint covers. */
  stored: Position = 0;
  /** Instant of the last batch. */
  instant: Instant = 0;
  /** Reads and pushes may go out until then, on our monotonic clock. */
  readableUntilMs = 0;
  plan: Plan;
  /** Which plan folds from which position on; the first entry covers all before it. */
  plans: (readonly [Position, PlanDigest])[] = [];
  peers = new Peers();
  /** Position up to which `peers` and `plans` are folded. */
  metaPosition: Position = 0;
  readonly wakeUps = new WakeUps();
  readonly watches = new Watches();
  /** Where the sweep after a new plan stands: a cursor, undefined at the start, "done". */
  sweep: ProfileId | undefined | "done" = "done";

  /** In order of `since`: the oldest first. */
  readonly #dirtyProfiles = new Map<ProfileId, DirtyProfile>();
  readonly #dirtyCells = new Map<CellKey, { readonly profile: ProfileId; readonly since: Position }>();
  /** Taken into a checkpoint that is being written: not dirty, not yet to be read back either. */
  readonly #inFlightProfiles = new Map<ProfileId, Profile>();
  readonly #inFlightCells = new Map<CellKey, ProfileId>();

  #nobody: Profile | undefined;

  constructor(id: ShardId, epoch: Epoch, plan: Plan) {
    this.id = id;
    this.epoch = epoch;
    this.plan = plan;
  }

  /** Whom nobody knows: what rules say of an unknown person. */
  nobody(): Profile {
    if (this.#nobody?.plan !== this.plan) this.#nobody = createProfile(createProfileId(0 as Slot, 0, 0), this.plan);
    return this.#nobody;
  }

  nextPosition(): Position {
    this.position += 1;
    return this.position;
  }

  /** A record changed it. */
  markDirty(profile: Profile, position: Position): void {
    profile.position = position;
    this.#dirty(profile, position);
  }

  /** Its wake-up changed, by no record. */
  touch(profile: Profile): void {
    this.#dirty(profile, Math.max(1, this.position));
  }

  #dirty(profile: Profile, position: Position): void {
    if (profile.dirty && this.#dirtyProfiles.has(profile.id)) return;
    profile.dirty = true;
    this.#dirtyProfiles.set(profile.id, { profile, since: position });
  }

  bindCell(key: CellKey, profile: ProfileId, position: Position): void {
    const since = this.#dirtyCells.get(key)?.since ?? position;
    this.#dirtyCells.set(key, { profile, since });
  }

  /** A cell or profile whose newest state is not (surely) in the store. */
  unstoredCell(key: CellKey): ProfileId | undefined {
    return this.#dirtyCells.get(key)?.profile ?? this.#inFlightCells.get(key);
  }

  unstoredProfile(id: ProfileId): Profile | undefined {
    return this.#dirtyProfiles.get(id)?.profile ?? this.#inFlightProfiles.get(id);
  }

  *unstoredProfiles(): Iterable<Profile> {
    for (const { profile } of this.#dirtyProfiles.values()) yield profile;
    yield* this.#inFlightProfiles.values();
  }

  get dirtyCount(): number {
    return this.#dirtyProfiles.size + this.#dirtyCells.size;
  }

  /** Takes the oldest dirty things out of the books for a checkpoint piece; `checkpointed` ends it. */
  takeDirty(profilesMax: number, cellsMax: number): { profiles: Profile[]; cells: [CellKey, ProfileId][] } {
    const profiles: Profile[] = [];
    for (const [id, { profile }] of this.#dirtyProfiles) {
      if (profiles.length >= profilesMax) break;
      this.#dirtyProfiles.delete(id);
      this.#inFlightProfiles.set(id, profile);
      profiles.push(profile);
    }
    const cells: [CellKey, ProfileId][] = [];
    for (const [key, { profile }] of this.#dirtyCells) {
      if (cells.length >= cellsMax) break;
      this.#dirtyCells.delete(key);
      this.#inFlightCells.set(key, profile);
      cells.push([key, profile]);
    }
    return { profiles, cells };
  }

  /** What is still dirty starts above this; to be asked right after `takeDirty`. */
  watermark(): Position {
    let lowest = this.position + 1;
    const profile = this.#dirtyProfiles.values().next();
    if (profile.done !== true) lowest = Math.min(lowest, profile.value.since);
    const cell = this.#dirtyCells.values().next();
    if (cell.done !== true) lowest = Math.min(lowest, cell.value.since);
    return lowest - 1;
  }

  /** The piece is stored: what was not changed meanwhile is clean and may be evicted. */
  checkpointed(watermark: Position): void {
    this.stored = watermark;
    for (const [id, profile] of this.#inFlightProfiles) if (!this.#dirtyProfiles.has(id)) profile.dirty = false;
    this.#inFlightProfiles.clear();
    this.#inFlightCells.clear();
  }

  meta(): Uint8Array {
    const meta: StoredMeta = {
      version: 1,
      position: this.position,
      instant: this.instant,
      plans: this.plans,
      sweep: this.sweep ?? "start",
      peers: this.peers.snapshot(),
    };
    return new TextEncoder().encode(JSON.stringify(meta));
  }
}

/** The small state of a shard as stored beside its profiles. */
export interface StoredMeta {
  readonly version: 1;
  readonly position: Position;
  readonly instant: Instant;
  readonly plans: readonly (readonly [Position, PlanDigest])[];
  readonly sweep: string;
  readonly peers: PeersSnapshot;
}

export function parseMeta(bytes: Uint8Array): StoredMeta {
  const meta = JSON.parse(new TextDecoder().decode(bytes)) as StoredMeta;
  if (meta.version !== 1)
    throw new Error(`the shard's stored state has form ${String(meta.version)}; this engine reads 1`);
  return meta;
}
