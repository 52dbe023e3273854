/**
 * Writes a shard's state behind, oldest dirty first, in pieces; each piece moves the watermark to just below what is still
 * dirty. A piece is encoded between two turns and written when all that was processed by then is durable, so that a
 * checkpoint never holds a position above the durable one, and no turn waits for it.
 */
import { checkpointAgeMsMax, checkpointCellsMax, checkpointProfilesMax, checkpointRecordsMax } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { dueOf, encodeProfile, type Profile } from "../profile/port.ts";
import type { CheckpointOutcome, CheckpointWrite, HotStore } from "../store/port.ts";
import { persistently } from "./appender.ts";
import type { Shard } from "./shard.ts";

/** A message that is due, or of which nobody may know what came of it, brings its profile back into memory at a takeover. */
function wakeUpOf({ wakeUp, agenda }: Profile): number {
  return Math.min(wakeUp, dueOf(agenda));
}

export class Checkpointer {
  readonly #store: HotStore;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #shard: Shard;
  readonly #wanted: () => boolean;
  readonly #appended: () => Promise<unknown>;
  #writing: Promise<CheckpointOutcome | "abandoned"> | undefined;
  #lastCompleteMs: number;

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
    this.#lastCompleteMs = options.clock.monotonicMs();
  }

  /** Whether a piece should be written now; paced by what a recovery would have to replay and by age. */
  due(pressed: boolean): boolean {
    if (this.#writing !== undefined || this.#shard.stored >= this.#shard.durable) return false;
    const lag = this.#shard.durable - this.#shard.stored;
    return (
      pressed ||
      this.#shard.storesSoon ||
      lag > checkpointRecordsMax / 2 ||
      this.#clock.monotonicMs() - this.#lastCompleteMs > checkpointAgeMsMax / 2
    );
  }

  get busy(): boolean {
    return this.#writing !== undefined;
  }

  /** Encodes a piece now and writes it behind. */
  begin(): Promise<CheckpointOutcome | "abandoned"> {
    const shard = this.#shard;
    const { profiles, cells, forgotten } = shard.takeDirty(checkpointProfilesMax, checkpointCellsMax);
    const watermark = shard.watermark();
    if (shard.dirtyCount === 0) shard.storesSoon = false;
    const write = {
      shard: shard.id,
      epoch: shard.epoch,
      watermark,
      after: shard.stored,
      meta: shard.meta(),
      profiles: profiles.map((profile) => ({ id: profile.id, row: encodeProfile(profile), wakeUp: wakeUpOf(profile) })),
      cells,
      forgotten,
    };
    const written = this.#write(write).then((outcome) => {
      this.#writing = undefined;
      if (outcome === "ok") {
        shard.checkpointed(watermark, this.#clock.monotonicMs());
        if (shard.dirtyCount === 0) this.#lastCompleteMs = this.#clock.monotonicMs();
      }
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
