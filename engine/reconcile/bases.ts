/**
 * The snapshots that stand for rows of history that go, or that say less from here on: what is below a shard's base is folded by
 * nobody. Found once a shard; put as its base before the first of its rows goes, so that who is killed in between has lost
 * nothing, and is run again.
 */
import type { History, Lineage, SnapshotHead } from "../history/port.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { Position, ShardId } from "../model/ids.ts";
import { putBase, soundPosition } from "./snapshots.ts";

export type BaseHistory = Pick<
  History,
  "snapshot" | "snapshotPage" | "seals" | "document" | "putDocument" | "forgetSeals"
>;

/** While it is there, rows have gone whose room was not given back yet. */
export const UNCOMPACTED = { kind: "retention", key: "uncompacted" } as const;

export interface Cover {
  readonly head: SnapshotHead;
  /** Up to where rows may go because of it. */
  readonly upTo: Position;
}

export class Bases {
  readonly #history: BaseHistory;
  readonly #lineage: Lineage;
  readonly #covers = new Map<ShardId, Promise<Cover | undefined>>();
  readonly #put = new Set<ShardId>();

  constructor(history: BaseHistory, lineage: Lineage) {
    this.#history = history;
    this.#lineage = lineage;
  }

  /** The shard's snapshot, where it and those of its heirs, who begin with the same rows, are sound. Rejects with HistoryUnavailable. */
  coverOf(shard: ShardId): Promise<Cover | undefined> {
    const known = this.#covers.get(shard) ?? this.#findCover(shard);
    this.#covers.set(shard, known);
    return known;
  }

  async #findCover(shard: ShardId): Promise<Cover | undefined> {
    for (const heir of this.#lineage.heirsOf(shard)) if ((await this.coverOf(heir)) === undefined) return undefined;
    return findCover(this.#history, shard);
  }

  /** Whether of each of these shards the rows up to there may go. Rejects with HistoryUnavailable. */
  async cover(shards: readonly { readonly shard: ShardId; readonly upTo: Position }[]): Promise<boolean> {
    for (const { shard, upTo } of shards) if (((await this.coverOf(shard))?.upTo ?? 0) < upTo) return false;
    return true;
  }

  /** Rejects with HistoryUnavailable, where another night has passed this one, too. */
  async putBaseOf(shard: ShardId): Promise<void> {
    const cover = await this.coverOf(shard);
    if (cover === undefined || this.#put.has(shard)) return;
    for (const heir of this.#lineage.heirsOf(shard)) await this.putBaseOf(heir);
    const { head, upTo } = cover;
    await putBase(this.#history, head);
    // Another night may have ended meanwhile, if this one stood still for so long that it was taken for dead.
    if (head.pages > 0 && (await this.#history.snapshotPage(head, 0)) === undefined)
      throw new HistoryUnavailable("Another night has taken a snapshot meanwhile: begin it anew.");
    await this.#history.putDocument(UNCOMPACTED, new Uint8Array(0));
    await this.#history.forgetSeals(shard, upTo);
    this.#put.add(shard);
  }
}

/** Not those rows that were drained in one with rows that it lacks, whose seal is over all of them. */
async function findCover(history: BaseHistory, shard: ShardId): Promise<Cover | undefined> {
  const head = await history.snapshot(shard);
  const position = head && (await soundPosition(history, head));
  if (head === undefined || position === undefined) return undefined;
  const [across] = await history.seals(shard, position, 1);
  return { head, upTo: Math.min(position, across?.from ?? position) };
}
