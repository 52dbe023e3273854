/**
 * One owned shard as the drainer sees it: from which watermark it goes on, what the journal offers behind it, and whether
 * the two still belong together. A store that went back in time is met in three ways:
 *
 * - rewound: the journal ends before the watermark. Nothing is drained until its owner has appended again what history
 *   has; then it is compared anew.
 * - diverged: the record at the watermark is not the one that history holds: the shard went on without what it had lost.
 *   Stays until another epoch: only reconciliation can tell what is true.
 * - hole: the journal begins behind the watermark, or holds nothing though it ends behind it: records were trimmed, or lost,
 *   that history never got. Nobody has them any more but in what they came to, so that after a while history goes on behind
 *   them, unless it has nothing of the shard at all: the next night misses them, and takes live's word.
 *
 * Compared when a shard is first seen under an epoch, and whenever it was rewound: within one epoch the owner itself
 * appends without gaps.
 */
import { drainHoleMsMin, drainReadBytesMax } from "../limits-of-history.ts";
import type { Epoch, Position, ShardId } from "../model/ids.ts";
import { CorruptBatchError, UnknownRecordError } from "../model/record-codec.ts";
import type { HotStore } from "../store/port.ts";
import { DrainLag } from "./drain-lag.ts";
import { sameWatermark, UNDRAINED } from "./drain-write.ts";
import { recordAt, rowsOfBatch } from "./journal-rows.ts";
import type { DrainWrite, History, HistoryRow, HistoryWatermark } from "./port.ts";

/** The parts of a store that a drainer uses. */
export interface DrainedStore {
  readonly journal: Pick<HotStore["journal"], "read" | "last" | "trim">;
  readonly state: Pick<HotStore["state"], "loadMeta">;
}

export interface DrainRead {
  readonly store: DrainedStore;
  readonly history: Pick<History, "records">;
  readonly rowsMax: number;
  /** Monotonic. */
  readonly nowMs: number;
}

export type DrainState =
  | "draining"
  | "rewound"
  | "diverged"
  | "hole"
  /** A batch fails its checksum or is of a later version. */
  | "unreadable"
  /** History has seen a later epoch: the shard is another's. */
  | "superseded";

export interface DrainShardStatus {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly state: DrainState;
  readonly drained: Position;
  /** End of the journal when last looked at. */
  readonly last: Position;
  readonly lagRecords: number;
  readonly lagMs: number;
}

export class DrainShard {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  state: DrainState = "draining";
  /** History has said where it stands, once. */
  #isKnown = false;
  /** Where the next write starts; undefined when it must be asked of history. */
  #from: HistoryWatermark | undefined;
  #drained: Position = 0;
  #last: Position = 0;
  readonly #lag = new DrainLag();
  #compared = false;
  /** Where the journal was last found to have nothing to go on with. */
  #hole: { readonly at: Position; readonly sinceMs: number } | undefined;
  #trimmed: Position = 0;
  #trimmedAtMs = Number.NEGATIVE_INFINITY;

  constructor(shard: ShardId, epoch: Epoch) {
    this.shard = shard;
    this.epoch = epoch;
  }

  /** False when history must be asked where this shard stands. */
  get placed(): boolean {
    return this.#from !== undefined;
  }

  get drained(): Position {
    return this.#drained;
  }

  /** End of the journal when last looked at. */
  get last(): Position {
    return this.#last;
  }

  standAt(watermark: HistoryWatermark): void {
    this.#isKnown = true;
    this.#from = watermark;
    this.#drained = watermark.position;
    this.#lag.drained(watermark.position);
  }

  forgetPlace(): void {
    this.#from = undefined;
  }

  /**
   * Nothing can be drained: how far the journal has come all the same. Counted from where the journal begins while nobody
   * has said where history stands, as what it does not hold any more was drained.
   */
  async look({ journal }: DrainedStore, nowMs: number): Promise<void> {
    this.#last = await journal.last(this.shard);
    if (!this.#isKnown) {
      const [oldest] = await journal.read(this.shard, 0, 1);
      this.#drained = oldest === undefined ? this.#last : oldest.firstPosition - 1;
    }
    if (this.#last > this.#drained) this.#lag.see(this.#last, nowMs);
  }

  /** The next write, of at most `rowsMax` rows, which may end within a batch; undefined when there is nothing to drain. */
  async next({ store, history, rowsMax, nowMs }: DrainRead): Promise<DrainWrite | undefined> {
    const { shard } = this;
    const from = this.#from;
    if (from === undefined || this.state === "superseded") return undefined;
    if (this.state === "diverged") {
      await this.look(store, nowMs);
      return undefined;
    }
    if (from.epoch > this.epoch) {
      this.state = "superseded";
      return undefined;
    }
    this.#last = await store.journal.last(shard);
    this.#lag.see(this.#last, nowMs);
    this.#lag.drained(from.position);
    if (this.#last < from.position) {
      this.state = "rewound";
      this.#compared = false;
      return undefined;
    }
    try {
      if (!this.#compared) {
        if (!(await this.#belongTogether(store, history, from.position))) {
          this.state = "diverged";
          return undefined;
        }
        this.#compared = true;
      }
      this.state = "draining";
      return this.#last === from.position ? undefined : await this.#read(store, from, { rowsMax, nowMs });
    } catch (error) {
      if (!(error instanceof CorruptBatchError) && !(error instanceof UnknownRecordError)) throw error;
      this.state = "unreadable";
      return undefined;
    }
  }

  /**
   * Another drainer may have gone on, and trimmed, since we asked: a hole is one when it is met from there again.
   * @param end what lies up to there is nowhere
   */
  #meetHole(from: HistoryWatermark, end: Position, nowMs: number): DrainWrite | undefined {
    const known = this.#hole?.at === from.position ? this.#hole : undefined;
    this.#hole = known ?? { at: from.position, sinceMs: nowMs };
    // A history that has nothing of the shard may be another one, which somebody has set by mistake.
    const isOurs = !sameWatermark(from, UNDRAINED);
    if (isOurs && nowMs - this.#hole.sinceMs >= drainHoleMsMin)
      return { shard: this.shard, from, to: { epoch: this.epoch, position: end }, rows: [], passesOver: true };
    if (known !== undefined) this.state = "hole";
    this.#from = undefined;
    return undefined;
  }

  async #read(
    store: DrainedStore,
    from: HistoryWatermark,
    { rowsMax, nowMs }: Pick<DrainRead, "rowsMax" | "nowMs">,
  ): Promise<DrainWrite | undefined> {
    const rows: HistoryRow[] = [];
    let position = from.position;
    const batches = await store.journal.read(this.shard, position, drainReadBytesMax);
    for (const batch of batches) {
      if (batch.firstPosition > position + 1) break;
      for (const row of rowsOfBatch(this.shard, batch, position)) rows.push(row);
      position = Math.max(position, batch.firstPosition + batch.count - 1);
      if (rows.length >= rowsMax) break;
    }
    // The journal begins behind where it was to be read from, or holds nothing any more of what it ended with.
    if (rows.length === 0) return this.#meetHole(from, (batches[0]?.firstPosition ?? this.#last + 1) - 1, nowMs);
    this.#hole = undefined;
    if (rows.length > rowsMax) {
      // The rest of the last batch is read again.
      rows.length = rowsMax;
      position = from.position + rowsMax;
    }
    return { shard: this.shard, from, to: { epoch: this.epoch, position }, rows };
  }

  /** True also where the journal no longer holds the record at the watermark: it was trimmed as drained. */
  async #belongTogether(store: DrainedStore, history: Pick<History, "records">, position: Position): Promise<boolean> {
    if (position === 0) return true;
    const [batch] = await store.journal.read(this.shard, position - 1, 1);
    const ours = batch === undefined ? undefined : recordAt(batch, position);
    if (ours === undefined) return true;
    const [theirs] = await history.records(this.shard, position - 1, 1);
    return theirs === undefined || theirs.position !== position || Buffer.compare(ours, theirs.record) === 0;
  }

  /** Drops of the journal what both a checkpoint and history hold; at most every `periodMs`. */
  async trim(store: DrainedStore, nowMs: number, periodMs: number): Promise<void> {
    if (this.state !== "draining" || this.#from === undefined || nowMs - this.#trimmedAtMs < periodMs) return;
    this.#trimmedAtMs = nowMs;
    const checkpoint = await store.state.loadMeta(this.shard);
    const upTo = Math.min(checkpoint?.watermark ?? 0, this.#from.position);
    if (upTo <= this.#trimmed) return;
    await store.journal.trim(this.shard, upTo);
    this.#trimmed = upTo;
  }

  status(nowMs: number): DrainShardStatus {
    const { shard, epoch, state, drained } = this;
    const last = this.#last;
    const lagRecords = Math.max(0, last - drained);
    return { shard, epoch, state, drained, last, lagRecords, lagMs: this.#lag.waitedMs(nowMs) };
  }
}
