/**
 * Where the batches of one shard's journal lie, by heart of the journal's thread: about 100 bytes a batch, of which there
 * are as many as have not been trimmed. Batches are without gaps and in order, so a position is found by halving.
 */
import type { Epoch, Position } from "../../model/ids.ts";
import type { Segment } from "./journal-files.ts";

export interface IndexedBatch {
  readonly last: Position;
  readonly count: number;
  readonly epoch: Epoch;
  readonly digest: number;
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

export class JournalIndex {
  /** Batches before `#start` are trimmed; they are let go of from time to time. */
  #batches: IndexedBatch[] = [];
  #start = 0;
  /** Last position of the journal, trimmed or not. */
  last: Position = 0;
  /** Last position that has been trimmed. */
  floor: Position = 0;

  /** Epoch of the newest batch that is kept; 0 when there is none. */
  get epoch(): Epoch {
    return this.#start < this.#batches.length ? (this.#batches.at(-1)?.epoch ?? 0) : 0;
  }

  add(batch: IndexedBatch): void {
    this.#batches.push(batch);
    this.last = batch.last;
  }

  /** The first batch that holds a position > `after`. */
  *from(after: Position): Generator<IndexedBatch> {
    for (let i = this.#firstAbove(after); i < this.#batches.length; i++) {
      const batch = this.#batches[i];
      if (batch !== undefined) yield batch;
    }
  }

  /** The batch that ends exactly here. */
  endingAt(last: Position): IndexedBatch | undefined {
    const found = this.#batches[this.#firstAbove(last - 1)];
    return found?.last === last ? found : undefined;
  }

  /** The end of the last whole batch at or before `upTo`; the floor when there is none. */
  floorAt(upTo: Position): Position {
    const above = this.#firstAbove(upTo);
    return above === this.#start ? this.floor : (this.#batches[above - 1]?.last ?? this.floor);
  }

  /** Forgets batches that end at or before `floor` and gives them. */
  trim(floor: Position): readonly IndexedBatch[] {
    const above = this.#firstAbove(floor);
    const trimmed = this.#batches.slice(this.#start, above);
    this.#start = above;
    this.floor = Math.max(this.floor, floor);
    if (this.#start > 1024 && this.#start * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#start);
      this.#start = 0;
    }
    return trimmed;
  }

  /** Goes on behind `last` without the batches up to there, and gives those it had. */
  skipTo(last: Position): readonly IndexedBatch[] {
    const dropped = this.#batches.slice(this.#start);
    this.#batches = [];
    this.#start = 0;
    this.last = last;
    return dropped;
  }

  #firstAbove(position: Position): number {
    let low = this.#start;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle]?.last ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
