/**
 * Writes a shard's state behind, oldest dirty first, in pieces; each piece moves the watermark to just below what is still
 * dirty. A piece is encoded between two turns and written when all that was processed by then is durable, so that a
 * checkpoint never holds a position above the durable one, and no turn waits for it.
 */
import { checkpointCellsMax, checkpointProfilesMax, checkpointRecordsMax, checkpointWaitMs } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { dueOf, encodeProfiles, type Profile } from "../profile/port.ts";
import type { CheckpointOutcome, CheckpointWrite, HotStore } from "../store/port.ts";
import { persistently } from "./appender.ts";
import type { Shard } from "./shard.ts";

/** A message that is due, or of which nobody may know what came of it, brings its profile back into memory at a takeover. */
function wakeUpOf({ wakeUp, agenda }: Profile): number {
  return Math.min(wakeUp, dueOf(agenda));
}

const NO_ROW = new Uint8Array(0);

export class Checkpointer {
  readonly #store: HotStore;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #shard: Shard;
  readonly #wanted: () => boolean;
  readonly #appended: () => Promise<unknown>;
  #writing: Promise<CheckpointOutcome | "abandoned"> | undefined;
  #begunMs = Number.NEGATIVE_INFINITY;

  constructor(
    shard: Shard,
    options: {
      readonly store: HotStore;
      readonly timers: Timers;
      readonly wanted: () => boolean;
      readonly clock: Clock;
      /** Resolves when all that was processed until now is durable, or the shard lost. */
      readonly appended: () => Promise<unknown>;
    },
  ) {
    this.#shard = shard;
    this.#store = options.store;
    this.#timers = options.timers;
    this.#clock = options.clock;
    this.#wanted = options.wanted;
    this.#appended = options.appended;
  }

  /** Whether a piece should be written now. */
  due(pressed: boolean): boolean {
    if (this.#writing !== undefined || !this.#shard.isBehind) return false;
    return pressed || this.#shard.storesSoon || this.#clock.monotonicMs() - this.#begunMs >= this.#pauseMs();
  }

  /**
   * Pieces follow one another evenly, so that what is dirty now is stored by the end of its wait; the nearer the records
   * that a recovery would replay are to their limit, the shorter that is, and at the limit there is no pause.
   */
  #pauseMs(): number {
    const { durable, stored, dirtyProfiles, dirtyCells } = this.#shard;
    const waitMs = checkpointWaitMs * Math.max(0, 1 - (durable - stored) / checkpointRecordsMax);
    return waitMs / Math.max(1, dirtyProfiles / checkpointProfilesMax, dirtyCells / checkpointCellsMax);
  }

  get busy(): boolean {
    return this.#writing !== undefined;
  }

  /** Encodes a piece now and writes it behind. */
  begin(profilesMax = checkpointProfilesMax): Promise<CheckpointOutcome | "abandoned"> {
    const shard = this.#shard;
    this.#begunMs = this.#clock.monotonicMs();
    const { profiles, cells, forgotten, going } = shard.takeDirty(profilesMax, checkpointCellsMax);
    const watermark = shard.watermark();
    if (shard.dirtyCount === 0) shard.storesSoon = false;
    const rows = encodeProfiles(profiles);
    const write = {
      shard: shard.id,
      epoch: shard.epoch,
      watermark,
      after: shard.stored,
      meta: shard.meta(),
      profiles: [
        ...rows.map((row, index) => {
          const profile = profiles[index] as Profile;
          return { id: profile.id, row, wakeUp: wakeUpOf(profile) };
        }),
        ...going.map(([, id]) => ({ id, row: NO_ROW, wakeUp: Number.POSITIVE_INFINITY })),
      ],
      cells,
      forgotten: [...forgotten, ...going],
    };
    const written = this.#write(write).then((outcome) => {
      this.#writing = undefined;
      if (outcome === "ok") shard.checkpointed(watermark, this.#clock.monotonicMs());
      return outcome ?? ("abandoned" as const);
    });
    this.#writing = written;
    return written;
  }

  async #write(piece: Omit<CheckpointWrite, "journalEnd">): Promise<CheckpointOutcome | undefined> {
    await this.#appended();
    const write = { ...piece, journalEnd: this.#shard.durable };
    return persistently(() => this.#store.state.checkpoint(write), { timers: this.#timers, wanted: this.#wanted });
  }

  /** The piece that is being written, if any. */
  async settled(): Promise<void> {
    await this.#writing;
  }
}
