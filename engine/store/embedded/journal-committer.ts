/**
 * The one writer of the journals. It takes every append that waits, of all clients and shards, writes them in one go and
 * answers when that is durable; while it writes the next gather, so commits group themselves under load and come singly
 * when there is none. It knows by heart which epoch may append to each shard and where each journal ends, so that judging
 * an append touches no disk.
 *
 * Modes: idle -> scheduled (a run is due when the event loop has delivered what has come) -> running -> scheduled again
 * while anything is queued, else idle. A run that fails did nothing; its asks are answered with the failure.
 */
import { commitJournalBytesMax } from "../../limits.ts";
import type { Epoch, Position, ShardId } from "../../model/ids.ts";
import type { AppendOutcome } from "../port.ts";
import { writeFailureText } from "./folder-fitness.ts";
import type { JournalAsks, LocatedBatch } from "./journal-asks.ts";
import { decodeBatches, encodeNotes } from "./journal-entries.ts";
import type { BatchEntry } from "./journal-entries.ts";
import type { JournalFiles } from "./journal-files.ts";
import type { IndexedBatch, JournalIndex } from "./journal-index.ts";
import type { AnswerOf, Asked } from "./thread-calls.ts";

type JournalAsk = Asked<JournalAsks>;

/** What one run will write, and what is true once it has. */
interface Run {
  readonly pieces: Buffer[];
  readonly batches: BatchEntry[];
  /** Where shards with batches in this run will end. */
  readonly lasts: Map<ShardId, Position>;
  readonly floors: Map<ShardId, Position>;
  readonly answers: { readonly asked: JournalAsk; readonly answer: AnswerOf<JournalAsks> }[];
}

export interface JournalCommitterOptions {
  readonly folder: string;
  /** By shard. */
  readonly indexes: readonly JournalIndex[];
  readonly epochs: readonly Epoch[];
  readonly files: JournalFiles;
}

export class JournalCommitter {
  readonly #folder: string;
  readonly #indexes: readonly JournalIndex[];
  readonly #epochs: Epoch[];
  readonly #files: JournalFiles;
  #queue: JournalAsk[] = [];
  #scheduled = false;

  constructor({ folder, indexes, epochs, files }: JournalCommitterOptions) {
    this.#folder = folder;
    this.#indexes = indexes;
    this.#epochs = [...epochs];
    this.#files = files;
  }

  accept(asked: JournalAsk): void {
    const { ask, from, call } = asked;
    switch (ask.name) {
      case "last":
        from.answer(call, this.#indexOf(ask.shard).last);
        return from.flush();
      case "locate":
        from.answer(call, this.#locate(ask.shard, ask.after, ask.bytesMax));
        return from.flush();
      default:
        this.#queue.push(asked);
        this.#schedule();
    }
  }

  /** Does all that is queued. */
  finish(): void {
    while (this.#queue.length > 0) this.#run();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Immediates run after the event loop has delivered what stood in the ports.
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #run(): void {
    const asks = this.#takeQueued();
    const run: Run = { pieces: [], batches: [], lasts: new Map(), floors: new Map(), answers: [] };
    for (const asked of asks) run.answers.push({ asked, answer: this.#plan(asked, run) });
    try {
      this.#write(run);
      for (const { asked, answer } of run.answers) asked.from.answer(asked.call, answer);
    } catch (cause) {
      for (const { from, call } of asks) from.fail(call, writeFailureText(this.#folder, cause));
    }
    for (const { from } of asks) from.flush();
  }

  #takeQueued(): readonly JournalAsk[] {
    let bytes = 0;
    let taken = 0;
    for (const { ask } of this.#queue) {
      bytes += ask.name === "append" ? ask.frame.byteLength : 0;
      if (taken > 0 && bytes > commitJournalBytesMax) break;
      taken++;
    }
    return this.#queue.splice(0, taken);
  }

  #plan({ ask }: JournalAsk, run: Run): AnswerOf<JournalAsks> {
    switch (ask.name) {
      case "append":
        return this.#planAppends(ask.frame, run);
      case "trim": {
        const index = this.#indexOf(ask.shard);
        const floor = index.floorAt(ask.upTo);
        if (floor > (run.floors.get(ask.shard) ?? index.floor)) run.floors.set(ask.shard, floor);
        return undefined;
      }
      case "adopt":
        for (const [shard, epoch] of ask.epochs) this.#epochs[shard] = epoch;
        return undefined;
      case "last":
      case "locate":
        throw new Error(`${ask.name} is answered at once and never queued`);
    }
  }

  #planAppends(frame: ArrayBuffer, run: Run): readonly AppendOutcome[] | undefined {
    const batches = decodeBatches(frame);
    const outcomes = batches.map((batch) => this.#judge(batch, run));
    if (outcomes.every(({ is }) => is === "ok")) {
      run.pieces.push(Buffer.from(frame));
      return undefined;
    }
    for (const [i, batch] of batches.entries()) if (outcomes[i]?.is === "ok") run.pieces.push(batch.whole);
    return outcomes;
  }

  #judge(batch: BatchEntry, run: Run): AppendOutcome {
    const { shard, firstPosition, count } = batch;
    const epoch = this.#epochs[shard] ?? 0;
    // Epoch 0 is that of a shard never owned: nothing may be appended under it.
    if (batch.epoch === 0 || batch.epoch !== epoch) return { is: "fenced", epoch };
    const last = run.lasts.get(shard) ?? this.#indexOf(shard).last;
    if (firstPosition > last + 1) return { is: "gap", last };
    if (firstPosition <= last) return this.#standsThere(batch, run) ? { is: "already" } : { is: "conflict", last };
    run.batches.push(batch);
    run.lasts.set(shard, firstPosition + count - 1);
    return { is: "ok" };
  }

  #standsThere(batch: BatchEntry, run: Run): boolean {
    const end = batch.firstPosition + batch.count - 1;
    const stored = this.#indexOf(batch.shard).endingAt(end);
    if (stored !== undefined) {
      return (
        stored.count === batch.count &&
        stored.epoch === batch.epoch &&
        stored.digest === batch.digest &&
        stored.length === batch.whole.length
      );
    }
    return run.batches.some(
      (other) =>
        other.shard === batch.shard &&
        other.firstPosition === batch.firstPosition &&
        other.count === batch.count &&
        other.digest === batch.digest &&
        other.whole.length === batch.whole.length,
    );
  }

  #write(run: Run): void {
    const pieces = [...run.pieces];
    if (run.floors.size > 0) {
      pieces.push(
        encodeNotes([...run.floors].map(([shard, floor]) => ({ shard, floor, last: this.#lastOf(shard, run) }))),
      );
    }
    if (pieces.length === 0) return;
    const { segment, position } = this.#files.write(pieces, () => this.#notes());
    let offset = position;
    for (const { shard, firstPosition, count, epoch, digest, whole } of run.batches) {
      const last = firstPosition + count - 1;
      this.#indexOf(shard).add({ last, count, epoch, digest, segment, offset, length: whole.length });
      segment.live++;
      offset += whole.length;
    }
    for (const [shard, floor] of run.floors) this.#forget(this.#indexOf(shard).trim(floor));
  }

  #forget(trimmed: readonly IndexedBatch[]): void {
    for (const { segment } of trimmed) {
      segment.live--;
      if (segment.live === 0) this.#files.retire(segment);
    }
  }

  #lastOf(shard: ShardId, run: Run): Position {
    return run.lasts.get(shard) ?? this.#indexOf(shard).last;
  }

  #notes(): Buffer {
    return encodeNotes(this.#indexes.map(({ last, floor }, shard) => ({ shard: shard as ShardId, last, floor })));
  }

  #locate(shard: ShardId, after: Position, bytesMax: number): readonly LocatedBatch[] {
    const located: LocatedBatch[] = [];
    let bytes = 0;
    for (const { last, count, epoch, segment, offset, length } of this.#indexOf(shard).from(after)) {
      located.push({ firstPosition: last - count + 1, count, epoch, segment: segment.number, offset, length });
      bytes += length;
      if (bytes >= bytesMax) break;
    }
    return located;
  }

  #indexOf(shard: ShardId): JournalIndex {
    const index = this.#indexes[shard];
    if (index === undefined) throw new RangeError(`there is no shard ${shard}`);
    return index;
  }
}
