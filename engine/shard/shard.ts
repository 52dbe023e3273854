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
  NOBODY,
} from "../model/ids.ts";
import { type LackingSince, lacksNothing, NOTHING_LACKING } from "../model/lacking.ts";
import { NO_ORDERS, type Orders, readOrders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import { nextDelivery, ShardDeliveries } from "./delivering.ts";
import { Parked } from "./parked.ts";
import { Peers } from "./peers.ts";
import { type Profile, createProfile } from "../profile/port.ts";
import type { StoredMeta } from "./stored-meta.ts";
import { UnclaimedAnswers } from "./unclaimed-answers.ts";
import { WakeUps } from "./wake-ups.ts";
import { Watches } from "./watches.ts";

interface DirtyProfile {
  readonly since: Position;
  /** As it stood when this one became dirty: whoever it had changed by then stands before this one, or is stored. */
  readonly sweep: Sweep;
}

/** Of everybody with a new plan, in order of their ids. */
interface Sweep {
  /** One more with each plan. */
  readonly round: number;
  /** Up to whom everybody was looked at; undefined: nobody yet. */
  readonly upTo: ProfileId | undefined | "done";
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
  /** Last position that history has, as far as it was told. */
  drained: Position = 0;
  /** No mark of a receipt is older; Infinity: there is none. */
  oldestMark: Instant = Number.POSITIVE_INFINITY;
  /** Marks of receipts accepted before this instant may be gone: see forgotten-marks.ts. 0: none is. */
  marksGoneBefore: Instant = 0;
  /** What was put right is to be stored without waiting for more. */
  storesSoon = false;
  /** Instant of the last batch. */
  instant: Instant = 0;
  /** Reads and pushes may go out until then, on our monotonic clock. */
  readableUntilMs = 0;
  plan: Plan;
  /** Which plan folds from which position on; the first entry covers all before it. */
  plans: (readonly [Position, PlanDigest])[] = [];
  /** What the plan reads and profiles do not have yet: it is gathered from history, and the rules that read it wait. */
  lacking: LackingSince = NOTHING_LACKING;
  /** What operators have ordered, as this shard heeds it. */
  orders: Orders = NO_ORDERS;
  peers = new Peers();
  /** Position up to which `peers`, `plans`, `orders` and `lacking` are folded. */
  metaPosition: Position = 0;
  readonly wakeUps = new WakeUps();
  readonly deliveries = new ShardDeliveries();
  /** Whose wake-up came from a row, and has not been looked at since. */
  readonly unmet = new Set<ProfileId>();
  readonly watches = new Watches();
  readonly unclaimed = new UnclaimedAnswers();
  readonly parked = new Parked();

  /** In order of `since`: the oldest first. */
  readonly #dirtyProfiles = new Map<ProfileId, DirtyProfile>();
  readonly #dirtyCells = new Map<CellKey, { readonly profile: ProfileId; readonly since: Position }>();
  /**
   * Taken into a checkpoint piece that is being written, or was written so lately that a store which goes back in time may
   * lose it: not dirty, not to be read back either.
   */
  readonly #unsettledProfiles = new Map<ProfileId, Piece>();
  readonly #unsettledCells = new Map<CellKey, { readonly profile: ProfileId; readonly piece: Piece }>();
  /** Marks that go with the next checkpoint piece. */
  #forgotten: (readonly [CellKey, ProfileId])[] = [];
  /** Emptied profiles, whose rows go once all that was recorded of them is stored. */
  readonly #going = new Map<ProfileId, CellKey>();
  #goingUpTo: Position = 0;
  readonly #pieces: Piece[] = [];
  #sweep: Sweep = { round: 0, upTo: "done" };
  /** Where the sweep stands by what is stored. */
  #storedSweep: Sweep["upTo"] = "done";

  #nobody: Profile | undefined;

  constructor(id: ShardId, epoch: Epoch, plan: Plan) {
    this.id = id;
    this.epoch = epoch;
    this.plan = plan;
  }

  /** Whom nobody knows: what rules say of an unknown person. */
  nobody(): Profile {
    if (this.#nobody?.plan !== this.plan) this.#nobody = createProfile(NOBODY, this.plan);
    return this.#nobody;
  }

  /** Where the sweep after a new plan stands. */
  get sweep(): Sweep["upTo"] {
    return this.#sweep.upTo;
  }

  set sweep(upTo: Sweep["upTo"]) {
    this.#sweep = { ...this.#sweep, upTo };
  }

  /** Everybody is to be looked at, from the first one on. */
  beginSweep(): void {
    this.#sweep = { round: this.#sweep.round + 1, upTo: undefined };
  }

  nextPosition(): Position {
    this.position += 1;
    return this.position;
  }

  /**
   * Whether it has been looked at with the plan in force: evaluated in memory, or surely met by the sweep after a new plan,
   * which meets them in order of their ids.
   */
  hasMet({ id, memo, plan }: Profile): boolean {
    if (plan !== this.plan) return false;
    return memo !== undefined || this.sweep === "done" || (this.sweep !== undefined && id <= this.sweep);
  }

  /** A record changed it. */
  markDirty(profile: Profile, position: Position): void {
    profile.position = position;
    this.#dirty(profile, position);
  }

  /** When anything may act on it next: a rule, and a message of its own. Two entries, for either may be out of date alone. */
  addWakeUp(profile: Profile): void {
    this.wakeUps.add(profile.wakeUp, profile.id);
    this.addDelivery(profile);
  }

  /** Of whom there is a row only, in the store or in the cache: the earlier of the two. */
  addStoredWakeUp(at: Instant, id: ProfileId): void {
    if (at > this.wakeUps.horizon) return;
    this.wakeUps.add(at, id);
    this.unmet.add(id);
  }

  /** When a message of its own is to be looked at next, which has changed. */
  addDelivery(profile: Profile): void {
    const next = nextDelivery(this, profile);
    if (next < profile.wakeUp) this.wakeUps.add(next, profile.id);
  }

  /**
   * Its wake-up changed, or when a message of its own is due, by no record: the next one is the first that it may lack. Were
   * it the last one, a piece of what else is dirty could stand below what is stored, and be passed over as a late one.
   */
  touch(profile: Profile): void {
    this.#dirty(profile, this.position + 1);
  }

  #dirty(profile: Profile, position: Position): void {
    profile.dirty = true;
    this.#going.delete(profile.id);
    if (!this.#dirtyProfiles.has(profile.id))
      this.#dirtyProfiles.set(profile.id, { since: position, sweep: this.#sweep });
  }

  bindCell(key: CellKey, profile: ProfileId, position: Position): void {
    const since = this.#dirtyCells.get(key)?.since ?? position;
    this.#dirtyCells.set(key, { profile, since });
  }

  /** A cell whose newest state is not (surely) in the store. */
  unstoredCell(key: CellKey): ProfileId | undefined {
    return this.#dirtyCells.get(key)?.profile ?? this.#unsettledCells.get(key)?.profile;
  }

  /** Profiles whose newest state is not (surely) in the store: the cache has all of them. */
  *unstoredProfiles(): Iterable<ProfileId> {
    yield* this.#dirtyProfiles.keys();
    yield* this.#unsettledProfiles.keys();
  }

  /** Of `takeDirty`, those that it takes first; nothing may become dirty meanwhile. */
  oldestDirty(): Iterable<ProfileId> {
    return this.#dirtyProfiles.keys();
  }

  get dirtyProfiles(): number {
    return this.#dirtyProfiles.size;
  }

  get dirtyCells(): number {
    return this.#dirtyCells.size;
  }

  get dirtyCount(): number {
    return this.dirtyProfiles + this.dirtyCells;
  }

  /** Lets go of marks that the store has, all accepted before that instant; what has come anew since stays. */
  forget(marks: readonly (readonly [CellKey, ProfileId])[], before: Instant): void {
    this.marksGoneBefore = Math.max(this.marksGoneBefore, before);
    this.#forgotten.push(...marks);
  }

  /** Marks that wait to go. */
  get forgotten(): number {
    return this.#forgotten.length;
  }

  /**
   * What is left of an emptied profile goes, with the next piece behind the one that stores it as emptied: then no record
   * that a recovery folds is about it. Lost with the memory it is asked for anew, night by night.
   */
  letGo(id: ProfileId, cell: CellKey): void {
    this.#going.set(id, cell);
    this.#goingUpTo = Math.max(this.#goingUpTo, this.position);
  }

  get #mayGo(): boolean {
    return this.#going.size > 0 && this.stored >= this.#goingUpTo;
  }

  /** Whoever has changed since is not among them: somebody may have become of it. */
  #takeGoing(): (readonly [CellKey, ProfileId])[] {
    if (!this.#mayGo) return [];
    const going = [...this.#going].flatMap(([id, cell]) => (this.#dirtyProfiles.has(id) ? [] : [[cell, id] as const]));
    this.#going.clear();
    return going;
  }

  /** History has it. @returns what neighbours are to be told */
  noteDrained(position: Position): ReturnType<Peers["drained"]> {
    this.drained = Math.max(this.drained, position);
    return this.peers.drained(position);
  }

  /** Takes the oldest dirty things out of the books for a checkpoint piece; `checkpointed` and `settle` end it. */
  takeDirty(
    profilesMax: number,
    cellsMax: number,
  ): {
    profiles: ProfileId[];
    cells: [CellKey, ProfileId][];
    forgotten: (readonly [CellKey, ProfileId])[];
    /** Emptied profiles, each with its cell. */
    going: (readonly [CellKey, ProfileId])[];
  } {
    const going = this.#takeGoing();
    const piece: Piece = { storedAtMs: Number.POSITIVE_INFINITY, sweep: undefined };
    this.#pieces.push(piece);
    const profiles: ProfileId[] = [];
    for (const id of this.#dirtyProfiles.keys()) {
      if (profiles.length >= profilesMax) break;
      this.#dirtyProfiles.delete(id);
      this.#unsettledProfiles.delete(id);
      this.#unsettledProfiles.set(id, piece);
      profiles.push(id);
    }
    piece.sweep = this.#sweepToTell();
    const cells: [CellKey, ProfileId][] = [];
    for (const [key, { profile }] of this.#dirtyCells) {
      if (cells.length >= cellsMax) break;
      this.#dirtyCells.delete(key);
      this.#unsettledCells.delete(key);
      this.#unsettledCells.set(key, { profile, piece });
      cells.push([key, profile]);
    }
    const forgotten = this.#forgotten;
    this.#forgotten = [];
    return { profiles, cells, forgotten, going };
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

  /**
   * Where the sweep stands by what is not dirty: whom it gave another wake-up is on no record, and a recovery that took them
   * for looked at would not look again. To be asked right after `takeDirty`.
   */
  #sweepToTell(): Sweep["upTo"] {
    const oldest = this.#dirtyProfiles.values().next();
    if (oldest.done === true) return this.sweep;
    const { round, upTo } = oldest.value.sweep;
    return round === this.#sweep.round ? upTo : undefined;
  }

  /** The piece taken last is stored. */
  checkpointed(watermark: Position, nowMs: number): void {
    this.stored = watermark;
    const piece = this.#pieces.at(-1);
    if (piece === undefined) return;
    piece.storedAtMs = nowMs;
    this.#storedSweep = piece.sweep;
  }

  /** Whether a checkpoint would tell anything new: records, wake-ups that changed by none, or that a sweep is done. */
  get isBehind(): boolean {
    const isSwept = this.sweep === "done" && this.#storedSweep !== "done";
    return this.stored < this.durable || this.dirtyCount > 0 || this.#mayGo || isSwept;
  }

  /** Whether anything was stored so lately that the store may still lose it. */
  get unsettled(): boolean {
    return this.#pieces.length > 0;
  }

  /**
   * The store was seen to still have what it had stored by `storedByMs`.
   * @returns whom it has as they are: they may leave memory
   */
  settle(storedByMs: number): readonly ProfileId[] {
    let settled = 0;
    while ((this.#pieces[settled]?.storedAtMs ?? Number.POSITIVE_INFINITY) <= storedByMs) settled += 1;
    if (settled === 0) return [];
    this.#pieces.splice(0, settled);
    const clean: ProfileId[] = [];
    // Both maps are in order of their pieces.
    for (const [id, piece] of this.#unsettledProfiles) {
      if (piece.storedAtMs > storedByMs) break;
      this.#unsettledProfiles.delete(id);
      if (!this.#dirtyProfiles.has(id)) clean.push(id);
    }
    for (const [key, { piece }] of this.#unsettledCells) {
      if (piece.storedAtMs > storedByMs) break;
      this.#unsettledCells.delete(key);
    }
    return clean;
  }

  /** What `meta` told, as of its position. */
  takeMeta(meta: StoredMeta): void {
    this.metaPosition = meta.position;
    this.instant = meta.instant;
    this.marksGoneBefore = meta.marksGoneBefore ?? 0;
    this.oldestMark = meta.oldestMark === undefined ? 0 : (meta.oldestMark ?? Number.POSITIVE_INFINITY);
    this.plans = [...meta.plans];
    this.lacking = meta.lacking ?? NOTHING_LACKING;
    this.orders = readOrders(meta.orders);
    this.peers = Peers.restore(meta.peers);
    this.sweep = meta.sweep === "start" ? undefined : meta.sweep === "done" ? "done" : (meta.sweep as ProfileId);
    this.#storedSweep = this.sweep;
  }

  meta(): Uint8Array {
    const meta: StoredMeta = {
      version: 1,
      position: this.position,
      instant: this.instant,
      plans: this.plans,
      ...(!lacksNothing(this.lacking) && { lacking: this.lacking }),
      orders: this.orders,
      sweep: this.#sweepToTell() ?? "start",
      marksGoneBefore: this.marksGoneBefore,
      oldestMark: this.oldestMark === Number.POSITIVE_INFINITY ? null : this.oldestMark,
      peers: this.peers.snapshot(),
    };
    return new TextEncoder().encode(JSON.stringify(meta));
  }
}

/** One write of a checkpoint; Infinity until it is stored. */
interface Piece {
  storedAtMs: number;
  /** As it tells it. */
  sweep: Sweep["upTo"];
}
