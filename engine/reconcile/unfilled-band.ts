/** A band of a shard as a snapshot has it and the plans after it make it: whom it has, by name, and all of it to be put. */
import type { History } from "../history/port.ts";
import type { CellKey } from "../model/identifier.ts";
import { type Epoch, type PlanDigest, type ProfileId, type ShardId, type Slot, shardOfSlot } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import { Refold } from "../shard/refold-port.ts";
import { BANDS } from "./bands.ts";
import { type FoldedRow, foldedRow, foldedRows } from "./folded-rows.ts";
import { BrokenSnapshotError, readSnapshotPart, type Snapshot, type SnapshotPart } from "./snapshots.ts";

export interface BandSource {
  readonly history: Pick<History, "snapshotPage">;
  readonly snapshot: Snapshot;
  readonly shards: number;
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** After the snapshot's own, in order. */
  readonly plans: readonly PlanDigest[];
  readonly planOf: (digest: PlanDigest) => Promise<Plan | undefined>;
  /** The bands behind it are not read next. */
  readonly alone: boolean;
}

/** Whose messages may be due was stored before: no instant matters for anybody here. */
const NOW = 0;

export class UnfilledBand {
  readonly #base: SnapshotPart;
  readonly #refold: Refold;
  #cells: Map<CellKey, ProfileId> | undefined;

  constructor(base: SnapshotPart, refold: Refold) {
    this.#base = base;
    this.#refold = refold;
  }

  rowOf(id: ProfileId): Uint8Array | undefined {
    const row = this.#rowOf(id);
    return row === undefined || row.isEmptied ? undefined : row.row;
  }

  holderOf(key: CellKey): ProfileId | undefined {
    this.#cells ??= new Map(this.#base.cells.map((cell) => [cell.key, cell.holder]));
    const holder = this.#cells.get(key);
    return holder !== undefined && this.#rowOf(holder)?.isEmptied === true ? undefined : holder;
  }

  #rowOf(id: ProfileId): FoldedRow | undefined {
    return this.#base.people.has(id) ? foldedRow(this.#refold, this.#base, { id, now: NOW }) : undefined;
  }

  rows(): Iterable<FoldedRow> {
    return foldedRows(this.#refold, this.#base, NOW);
  }

  get cells(): SnapshotPart["cells"] {
    return this.#base.cells;
  }
}

/** Rejects with HistoryUnavailable, StoreUnavailable or BrokenSnapshotError. */
export async function readUnfilledBand(band: number, source: BandSource): Promise<UnfilledBand> {
  const { history, snapshot, shard, shards, epoch, plans, planOf, alone } = source;
  const isOurs = (slot: Slot): boolean => shardOfSlot(slot, shards) === shard;
  const base = await readSnapshotPart(history, snapshot, { part: band, parts: BANDS, isOurs, alone });
  const refold = new Refold({ shard, shards, plan: snapshot.plan, epoch, base, onCell: () => undefined });
  for (const digest of plans) {
    const plan = await planOf(digest);
    if (plan === undefined) throw new BrokenSnapshotError(shard);
    refold.beginPlan(plan);
  }
  return new UnfilledBand(base, refold);
}
