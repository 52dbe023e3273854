/**
 * What the state's thread knows of each shard by heart: lease and watermark. It is the only writer, so what it has
 * committed is what stands in the tree. Heads are values: a transaction works on copies (`stage`) that become the truth
 * only by `settle`, after the commit.
 */
import type { Epoch, NodeId, Position, ShardId } from "../../model/ids.ts";
import { leaseKey, metaKey } from "./key-layout.ts";
import type { ReadTree } from "./lmdb-tree.ts";
import { decodeLease, readWatermark } from "./value-layout.ts";

export interface ShardHead {
  readonly owner: NodeId | undefined;
  readonly epoch: Epoch;
  readonly counter: number;
  readonly watermark: Position;
}

export function readHead(tree: ReadTree, shard: ShardId): ShardHead {
  const meta = tree.get(metaKey(shard));
  return { ...decodeLease(tree.get(leaseKey(shard))), watermark: meta === undefined ? 0 : readWatermark(meta) };
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
