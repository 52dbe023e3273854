/**
 * The rest of a shard that was begun from history goes into the store band by band, from the pages of a snapshot: those in
 * which anybody is asked for first, all others behind, a slice of time at a time beside events. What is put is never newer
 * than what stands (`ShardState.fill`), so that nobody has to wait for the owner's own checkpoints, nor these for it.
 *
 * `state` is the store's own; who is not there yet is told from the page that has them, once it is read. It asks the store
 * which bands are left each time somebody is missing: a store that goes back in time loses what was put and has the band
 * among them again.
 *
 * Of a shard: whole -> filling (taken over, and the store says that bands are left) -> whole. A shard that is another's by
 * then is let go of at the first piece, which is fenced.
 */
import { type History, withLineage } from "../history/port.ts";
import { storeRewindMsMax } from "../limits.ts";
import {
  fillAgainMs,
  fillBandsAtOnce,
  fillBandsOpenMax,
  fillSliceMs,
  rebuildPieceMax,
} from "../limits-of-reconcile.ts";
import type { Clock } from "../model/clock.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import { slotOfCell } from "../model/hash.ts";
import type { CellKey } from "../model/identifier.ts";
import { type Epoch, type PlanDigest, type ProfileId, type ShardId, type Slot, slotOfProfile } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { HotStore, ShardState, StoredProfile, UnfilledPart } from "../store/port.ts";
import { bandOf } from "./bands.ts";
import { decodeNote } from "./filling-note.ts";
import { BrokenSnapshotError, readBase, readSnapshot, type Snapshot } from "./snapshots.ts";
import { readUnfilledBand, type UnfilledBand } from "./unfilled-band.ts";

export interface FillingOptions {
  readonly store: Pick<HotStore, "state" | "shards">;
  readonly history: Pick<History, "snapshot" | "snapshotPage" | "document">;
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  readonly clock: Clock;
  /** Lets events go first. */
  readonly rest: () => Promise<void>;
  /** After a while. */
  readonly later: (delayMs: number) => Promise<void>;
  readonly onNote: (note: string) => void;
}

/** A shard that is being filled, or was so lately that a store which goes back in time may lose it. */
interface Filling {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  left: number;
  /** On the monotonic clock; Infinity while bands are left. */
  wholeSinceMs: number;
  readonly open: Map<number, OpenBand>;
  /** By take. */
  readonly snapshots: Map<string, Promise<Snapshot>>;
  readonly whenWhole: (() => void)[];
}

/** A band on its way into the store. */
interface OpenBand {
  readonly read: Promise<UnfilledBand>;
  readonly filled: Promise<void>;
}

/** The shard is another's by now. */
class Fenced extends Error {
  override readonly message = "the shard is another's by now";
}

export class Fillings {
  readonly state: ShardState;
  readonly #options: FillingOptions;
  readonly #fillings = new Map<ShardId, Filling>();

  constructor(options: FillingOptions) {
    this.#options = options;
    const { state } = options.store;
    this.state = {
      ...state,
      loadProfiles: async (shard, ids) => {
        const rows = await state.loadProfiles(shard, ids);
        return this.#withMissing(shard, rows, {
          slotAt: (index) => slotOfProfile(ids[index] as ProfileId),
          again: () => state.loadProfiles(shard, ids),
          from: (band, index) => band.rowOf(ids[index] as ProfileId),
        });
      },
      loadCells: async (shard, keys) => {
        const holders = await state.loadCells(shard, keys);
        return this.#withMissing(shard, holders, {
          slotAt: (index) => slotOfCell(keys[index] as CellKey),
          again: () => state.loadCells(shard, keys),
          from: (band, index) => band.holderOf(keys[index] as CellKey),
        });
      },
      // What goes from the store would come back from its band.
      checkpoint: (write) => {
        if (this.unfilled(write.shard) === 0) return state.checkpoint(write);
        const profiles = write.profiles.filter(({ row }) => row.length > 0);
        return state.checkpoint({ ...write, profiles, forgotten: [] });
      },
      // Whoever goes through everybody waits until all are there.
      scan: async (shard, cursor, limit) => {
        await this.#whole(shard);
        return state.scan(shard, cursor, limit);
      },
    };
  }

  /** From here on the shard is filled, if there is anything to fill. Rejects with StoreUnavailable. */
  async takeOver(shard: ShardId, epoch: Epoch): Promise<void> {
    this.#letGo(shard);
    const left = (await this.#options.store.state.unfilled(shard)).length;
    if (left === 0) return;
    const nothing = { open: new Map(), snapshots: new Map(), whenWhole: [] };
    const filling: Filling = { shard, epoch, left, wholeSinceMs: Number.POSITIVE_INFINITY, ...nothing };
    this.#fillings.set(shard, filling);
    void this.#fillAll(filling);
  }

  close(): void {
    for (const shard of [...this.#fillings.keys()]) this.#letGo(shard);
  }

  unfilled(shard: ShardId): number {
    return this.#fillings.get(shard)?.left ?? 0;
  }

  #letGo(shard: ShardId): void {
    const filling = this.#fillings.get(shard);
    this.#fillings.delete(shard);
    for (const heard of filling?.whenWhole ?? []) heard();
  }

  get #openBands(): number {
    let open = 0;
    for (const filling of this.#fillings.values()) open += filling.open.size;
    return open;
  }

  #isOurs(filling: Filling): boolean {
    return this.#fillings.get(filling.shard) === filling;
  }

  async #whole(shard: ShardId): Promise<void> {
    const filling = this.#fillings.get(shard);
    if (filling === undefined || filling.left === 0) return;
    await new Promise<void>((resolve) => {
      filling.whenWhole.push(resolve);
    });
  }

  /** What was found, and what was not from the bands that are still to be filled. Rejects with StoreUnavailable. */
  async #withMissing<T>(
    shard: ShardId,
    found: readonly (T | undefined)[],
    {
      slotAt,
      again,
      from,
    }: {
      readonly slotAt: (index: number) => Slot;
      readonly again: () => Promise<readonly (T | undefined)[]>;
      readonly from: (band: UnfilledBand, index: number) => T | undefined;
    },
  ): Promise<readonly (T | undefined)[]> {
    const filling = this.#fillings.get(shard);
    if (filling === undefined || !found.includes(undefined)) return found;
    const missing = new Map<number, number[]>();
    for (const [index, each] of found.entries()) {
      if (each !== undefined) continue;
      const band = bandOf(slotAt(index));
      const known = missing.get(band);
      if (known === undefined) missing.set(band, [index]);
      else known.push(index);
    }
    try {
      const wanted = (await this.#lookLeft(filling)).filter(([band]) => missing.has(band));
      const bands = await Promise.all(
        wanted.map(async (part) => [part[0], await (await this.#open(filling, part, "alone")).read] as const),
      );
      // What was put after the first look is found now; what is not put yet, in its band.
      const now = [...(await again())];
      for (const [number, band] of bands)
        for (const index of missing.get(number) ?? []) now[index] ??= from(band, index);
      return now;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #lookLeft(filling: Filling): Promise<readonly UnfilledPart[]> {
    const { clock, store } = this.#options;
    const left = await store.state.unfilled(filling.shard);
    filling.left = left.length;
    if (left.length > 0) filling.wholeSinceMs = Number.POSITIVE_INFINITY;
    else if (filling.wholeSinceMs === Number.POSITIVE_INFINITY) filling.wholeSinceMs = clock.monotonicMs();
    return left;
  }

  /** Until all is there, and has been for so long that it stays. */
  async #fillAll(filling: Filling): Promise<void> {
    const { clock, later, onNote, rest } = this.#options;
    let told: string | undefined;
    while (this.#isOurs(filling)) {
      try {
        const next = (await this.#lookLeft(filling)).slice(0, fillBandsAtOnce);
        if (next.length > 0)
          await Promise.all(next.map(async (part) => (await this.#open(filling, part, "in order")).filled));
        else if (clock.monotonicMs() - filling.wholeSinceMs > storeRewindMsMax) break;
        else {
          for (const heard of filling.whenWhole.splice(0)) heard();
          await later(fillAgainMs);
        }
        await rest();
        told = undefined;
      } catch (error) {
        if (error instanceof Fenced || !this.#isOurs(filling)) break;
        const { message } = unavailable(error);
        if (message !== told) onNote(`shard ${filling.shard} is still to be filled from history: ${message}`);
        told = message;
        await later(fillAgainMs);
      }
    }
    if (this.#isOurs(filling)) this.#letGo(filling.shard);
  }

  /** One at a time of each: whoever comes meanwhile gets the same. */
  async #open(filling: Filling, part: UnfilledPart, how: "alone" | "in order"): Promise<OpenBand> {
    const [number] = part;
    for (;;) {
      const known = filling.open.get(number);
      if (known !== undefined) return known;
      if (this.#openBands < fillBandsOpenMax) break;
      const open = [...this.#fillings.values()].flatMap((each) => [...each.open.values()]);
      await Promise.race(open.map(({ filled }) => filled.catch(() => undefined)));
    }
    const read = this.#read(filling, part, how === "alone");
    const filled = read.then((band) => this.#fill(filling, number, band)).finally(() => filling.open.delete(number));
    // Who has asked hears of `read`; what becomes of it, and goes on where it failed, is the loop's.
    filled.catch(() => undefined);
    const opened = { read, filled };
    filling.open.set(number, opened);
    return opened;
  }

  async #read(filling: Filling, [number, bytes]: UnfilledPart, alone: boolean): Promise<UnfilledBand> {
    const { history, planOf, store } = this.#options;
    const { shard, epoch } = filling;
    const { take, plans } = decodeNote(bytes);
    const past = await withLineage(history);
    const snapshot = await this.#snapshot(filling, take, past);
    const { shards } = store;
    return readUnfilledBand(number, { history: past, snapshot, shards, shard, epoch, plans, planOf, alone });
  }

  async #fill(filling: Filling, number: number, band: UnfilledBand): Promise<void> {
    const { clock, rest, store } = this.#options;
    const { shard, epoch } = filling;
    const emptied = new Set<ProfileId>();
    let profiles: StoredProfile[] = [];
    let cells: (readonly [CellKey, ProfileId])[] = [];
    const put = async (done: readonly number[]): Promise<void> => {
      const piece = { shard, epoch, profiles, cells, begun: [], done };
      [profiles, cells] = [[], []];
      if ((await store.state.fill(piece)) === "fenced") throw new Fenced();
    };
    let sinceMs = clock.monotonicMs();
    for (const person of band.rows()) {
      if (person.isEmptied) emptied.add(person.id);
      else if (profiles.push(person) >= rebuildPieceMax) await put([]);
      // Of bands side by side each has its part of the slice.
      if (clock.monotonicMs() - sinceMs < fillSliceMs / this.#openBands) continue;
      await rest();
      sinceMs = clock.monotonicMs();
    }
    for (const { key, holder } of band.cells)
      if (!emptied.has(holder) && cells.push([key, holder]) >= rebuildPieceMax) await put([]);
    await put([number]);
  }

  #snapshot(filling: Filling, take: string, past: FillingOptions["history"]): Promise<Snapshot> {
    const known = filling.snapshots.get(take);
    if (known !== undefined) return known;
    const found = this.#findSnapshot(filling.shard, take, past);
    filling.snapshots.set(take, found);
    found.catch(() => filling.snapshots.delete(take));
    return found;
  }

  async #findSnapshot(shard: ShardId, take: string, history: FillingOptions["history"]): Promise<Snapshot> {
    const { planOf } = this.#options;
    for (const read of [readSnapshot, readBase]) {
      const found = await read(history, shard, planOf);
      if (found !== undefined && found !== "broken" && found.head.take === take) return found;
    }
    throw new BrokenSnapshotError(shard);
  }
}

/** Until a shard is filled, history is a part of its store. */
function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const isPassing = error instanceof HistoryUnavailable || error instanceof BrokenSnapshotError;
  if (!isPassing && !(error instanceof Fenced)) throw error;
  const remedy =
    error instanceof BrokenSnapshotError
      ? "; stop all engines, empty the live store and start them again: it is begun from what is sound"
      : "";
  return new StoreUnavailable(`${error.message}${remedy}`, { cause: error });
}
