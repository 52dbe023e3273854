/**
 * Writes a shard's state behind, oldest dirty first, in pieces; each piece moves the watermark to just below what is still
 * dirty. A piece is made between two turns and written when all that was processed by then is durable, so that a
 * checkpoint never holds a position above the durable one, and no turn waits for it.
 */
import {
  checkpointCellsMax,
  checkpointOpenMax,
  checkpointPieceBytesMax,
  checkpointRecordsMax,
  checkpointWaitMs,
} from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { RowsWanted } from "../profile/port.ts";
import type { CheckpointOutcome, CheckpointWrite, HotStore } from "../store/port.ts";
import { persistently } from "./appender.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";

/** All that a call of the store carries. */
const WHOLE_PIECE: RowsWanted = {
  rows: Number.POSITIVE_INFINITY,
  open: Number.POSITIVE_INFINITY,
  bytes: checkpointPieceBytesMax,
};

const NO_ROW = new Uint8Array(0);

export class Checkpointer {
  readonly #store: HotStore;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #shard: Shard;
  readonly #residents: Residents;
  readonly #wanted: () => boolean;
  readonly #appended: () => Promise<unknown>;
  #writing: Promise<CheckpointOutcome | "abandoned"> | undefined;
  #begunMs = Number.NEGATIVE_INFINITY;

  constructor(
    shard: Shard,
    options: {
      readonly store: HotStore;
      readonly residents: Residents;
      readonly timers: Timers;
      readonly wanted: () => boolean;
      readonly clock: Clock;
      /** Resolves when all that was processed until now is durable, or the shard lost. */
      readonly appended: () => Promise<unknown>;
    },
  ) {
    this.#shard = shard;
    this.#store = options.store;
    this.#residents = options.residents;
    this.#timers = options.timers;
    this.#clock = options.clock;
    this.#wanted = options.wanted;
    this.#appended = options.appended;
  }

  /** The piece that is to be written now, if one is. @param pressed there is no more room for what is dirty */
  due(pressed: boolean): RowsWanted | undefined {
    const { isBehind, storesSoon, dirtyProfiles, dirtyCells } = this.#shard;
    if (this.#writing !== undefined || !isBehind) return undefined;
    const waitMs = this.#waitMs();
    const share = waitMs > 0 ? Math.min(1, (this.#clock.monotonicMs() - this.#begunMs) / waitMs) : 1;
    const isDue = share * Math.max(1, dirtyProfiles / checkpointOpenMax, dirtyCells / checkpointCellsMax) >= 1;
    const hurries = pressed || storesSoon;
    if (!hurries && !isDue) return undefined;
    const rows = hurries ? Number.POSITIVE_INFINITY : Math.max(checkpointOpenMax, Math.ceil(dirtyProfiles * share));
    return { rows, open: checkpointOpenMax, bytes: checkpointPieceBytesMax };
  }

  /**
   * Pieces follow one another evenly, so that what is dirty now is stored by the end of its wait; the nearer the records
   * that a recovery would replay are to their limit, the shorter that is, and at the limit there is no pause.
   */
  #waitMs(): number {
    const { durable, stored } = this.#shard;
    return checkpointWaitMs * Math.max(0, 1 - (durable - stored) / checkpointRecordsMax);
  }

  get busy(): boolean {
    return this.#writing !== undefined;
  }

  /** Makes a piece now and writes it behind. */
  begin(size: RowsWanted): Promise<CheckpointOutcome | "abandoned"> {
    const shard = this.#shard;
    // Lost meanwhile: nobody is in memory any more.
    if (!this.#wanted()) return Promise.resolve("abandoned");
    this.#begunMs = this.#clock.monotonicMs();
    const rows = this.#residents.rowsOf(shard, size);
    const { cells, forgotten, going } = shard.takeDirty(rows.length, checkpointCellsMax);
    const watermark = shard.watermark();
    if (shard.dirtyCount === 0) shard.storesSoon = false;
    const write = {
      shard: shard.id,
      epoch: shard.epoch,
      watermark,
      after: shard.stored,
      meta: shard.meta(),
      profiles: [...rows, ...going.map(([, id]) => ({ id, row: NO_ROW, wakeUp: Number.POSITIVE_INFINITY }))],
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

  /**
   * All that is not stored, one piece after the other: the shard is handed over, and nothing is to be answered meanwhile. What
   * is left by then stands in the journal, for whoever comes.
   */
  async storeAll(untilMs: number): Promise<void> {
    const shard = this.#shard;
    const goesOn = (): boolean => this.#wanted() && this.#clock.monotonicMs() < untilMs;
    await this.#writing;
    while (goesOn() && (shard.stored < shard.durable || shard.dirtyCount > 0))
      if ((await this.begin(WHOLE_PIECE)) !== "ok") return;
  }
}
