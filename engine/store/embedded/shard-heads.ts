/**
 * What the committer knows of each shard by heart: lease, end of journal, watermark. It is the only writer, so what it
 * has committed is what stands in the store, and an append needs no look-up at all. Heads are values: a transaction works
 * on copies (`stage`) that become the truth only by `settle`, after the commit.
 */
import type { Epoch, NodeId, Position, ShardId } from "../../model/ids.ts";
import { journalFloorKey, journalRange, leaseKey, metaKey, positionOfJournalKey } from "./key-layout.ts";
import type { ReadTree } from "./lmdb-tree.ts";
import { decodeLease, decodePosition, readBatchHeader, readWatermark } from "./value-layout.ts";

/** The batch at the end of a journal. */
export interface Tail {
  readonly epoch: Epoch;
  readonly count: number;
  readonly digest: number;
  /** Length of the stored value. */
  readonly valueBytes: number;
}

export interface ShardHead {
  readonly owner: NodeId | undefined;
  readonly epoch: Epoch;
  readonly counter: number;
  /** Last position of the journal. */
  readonly last: Position;
  /** undefined: the journal holds no batch (any more). */
  readonly tail: Tail | undefined;
  readonly watermark: Position;
}

export function readHead(tree: ReadTree, shard: ShardId): ShardHead {
  const meta = tree.get(metaKey(shard));
  const entry = tree.lastEntry(journalRange(shard));
  return {
    ...decodeLease(tree.get(leaseKey(shard))),
    last: entry === undefined ? decodePosition(tree.get(journalFloorKey(shard))) : positionOfJournalKey(entry.key),
    tail: entry === undefined ? undefined : { ...readBatchHeader(entry.value), valueBytes: entry.value.length },
    watermark: meta === undefined ? 0 : readWatermark(meta),
  };
}

/** @param heads index is the shard */
export class ShardHeads {
  readonly #settled: ShardHead[];
  readonly #staged = new Map<ShardId, ShardHead>();

  constructor(heads: readonly ShardHead[]) {
    this.#settled = [...heads];
  }

  /** As it will stand when the running transaction commits. */
  get(shard: ShardId): ShardHead {
    const head = this.#staged.get(shard) ?? this.#settled[shard];
    if (head === undefined) throw new RangeError(`there is no shard ${shard}`);
    return head;
  }

  stage(shard: ShardId, head: ShardHead): void {
    this.#staged.set(shard, head);
  }

  settle(): void {
    for (const [shard, head] of this.#staged) this.#settled[shard] = head;
    this.#staged.clear();
  }

  forgetStaged(): void {
    this.#staged.clear();
  }
}
