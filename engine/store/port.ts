/**
 * The hot store as the shards see it: small ports, one concern each. Two adapters, `embedded/` (LMDB) and `redis/`, pass
 * one contract suite. Every write is fenced by the shard's epoch inside the store's own atomic step. A promise rejects
 * only with `StoreUnavailable` (an operating error: repeat the very same call); every expected outcome is a value.
 */
import type { CellKey } from "../model/identifier.ts";
import type { Epoch, Instant, NodeId, PlanDigest, Position, ProfileId, ShardId } from "../model/ids.ts";

export interface HotStore {
  readonly journal: Journal;
  readonly state: ShardState;
  readonly leases: Leases;
  readonly plans: Plans;
  readonly products: Products;
  /** Fixed when the store is created; the store keeps the first value it was given. */
  readonly shards: number;
  close(): Promise<void>;
}

export interface AppendRequest {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly firstPosition: Position;
  /** Number of records; the batch ends at firstPosition + count - 1. */
  readonly count: number;
  /** Digest of `bytes`, to tell a repetition from another batch. */
  readonly digest: number;
  readonly bytes: Uint8Array;
}

export type AppendOutcome =
  | { readonly is: "ok" }
  /** This very batch stands there: an answer was lost. */
  | { readonly is: "already" }
  /** Another epoch owns the shard: forget the shard at once. */
  | { readonly is: "fenced"; readonly epoch: Epoch }
  /** The journal ends at `last`, before firstPosition - 1: the store has gone back in time. */
  | { readonly is: "gap"; readonly last: Position }
  /** Another batch stands at that position under our own epoch: never appended over. */
  | { readonly is: "conflict"; readonly last: Position };

export interface StoredBatch {
  readonly firstPosition: Position;
  readonly count: number;
  /** The epoch under which it was appended. */
  readonly epoch: Epoch;
  /** A view of what other batches lie in, too: neither to be changed nor transferred. */
  readonly bytes: Uint8Array;
}

export interface Journal {
  /** One round trip for all shards; outcomes in the order of the requests. Resolved only when durable at the chosen level. */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  /** Batches that hold positions > `after`, in order, until about `bytesMax`; empty at the end. Durable ones only. */
  read(shard: ShardId, after: Position, bytesMax: number): Promise<readonly StoredBatch[]>;
  /** The last position, 0 when empty. */
  last(shard: ShardId): Promise<Position>;
  /** Drops batches that end at or before `upTo`. The caller has seen to both watermarks. Keeps `last`. */
  trim(shard: ShardId, upTo: Position): Promise<void>;
}

export interface StoredProfile {
  readonly id: ProfileId;
  /** In a checkpoint, empty: the profile goes, and its wake-up with it. */
  readonly row: Uint8Array;
  /** Infinity: none. */
  readonly wakeUp: Instant;
}

/** Everything of one shard that changed since its last checkpoint piece, and the watermark it is good for. */
export interface CheckpointWrite {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** Every stored thing includes at least the records up to here. */
  readonly watermark: Position;
  /** The watermark of the piece before, 0 for the first. */
  readonly after: Position;
  /** The end of the journal as its owner knows it: at least the watermark. */
  readonly journalEnd: Position;
  /** Outbox, inbox results, redirects' heads, plan digest, last instant: small, opaque. */
  readonly meta: Uint8Array;
  /** Profiles to put; a sealed profile's row says into whom it was absorbed. */
  readonly profiles: readonly StoredProfile[];
  readonly cells: readonly (readonly [CellKey, ProfileId])[];
  /** Cells to let go of, those that still hold just this. */
  readonly forgotten: readonly (readonly [CellKey, ProfileId])[];
}

/** Some marks of receipts. */
export interface StoredMarks {
  readonly cells: readonly (readonly [CellKey, ProfileId])[];
  /** Where the next ones begin; undefined: there are no more. */
  readonly next: string | undefined;
}

export type CheckpointOutcome = "ok" | "fenced" | "gap";

/** A part of a shard that the store does not have yet, by a number below 256, and what is to be known to fill it: opaque. */
export type UnfilledPart = readonly [part: number, note: Uint8Array];

/** What a store that was lost had, put back: where something stands it is newer, and stays. */
export interface FillWrite {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly profiles: readonly StoredProfile[];
  readonly cells: readonly (readonly [CellKey, ProfileId])[];
  /** Parts that are still to be filled from here on. */
  readonly begun: readonly UnfilledPart[];
  /** Parts that are whole with this. */
  readonly done: readonly number[];
}

export interface ShardState {
  /**
   * Atomic; `fenced` when another epoch owns the shard. One call carries at most about `checkpointPieceBytesMax`. Watermarks
   * never go down: a piece below the stored one is a lost call that arrives late, and changes nothing (`ok`). `gap` when
   * the stored one is below `after`, or the journal ends before `journalEnd`: the store has gone back in time, and what it
   * lost must not be hidden by this piece. A store that cannot go back while its owner lives need not look at the latter.
   */
  checkpoint(write: CheckpointWrite): Promise<CheckpointOutcome>;
  /** Atomic; `fenced` when another epoch owns the shard. As large as a checkpoint at most. */
  fill(write: FillWrite): Promise<"ok" | "fenced">;
  /** In the order of their numbers; none: the shard is whole. */
  unfilled(shard: ShardId): Promise<readonly UnfilledPart[]>;
  loadMeta(shard: ShardId): Promise<{ readonly watermark: Position; readonly meta: Uint8Array } | undefined>;
  loadProfiles(shard: ShardId, ids: readonly ProfileId[]): Promise<readonly (Uint8Array | undefined)[]>;
  loadCells(shard: ShardId, keys: readonly CellKey[]): Promise<readonly (ProfileId | undefined)[]>;
  /** Stored wake-ups at or before `until`, earliest first, at most `limit`. */
  due(
    shard: ShardId,
    until: Instant,
    limit: number,
  ): Promise<readonly { readonly id: ProfileId; readonly at: Instant }[]>;
  /** Profiles in a fixed order after `cursor` (undefined: from the start), at most `limit`; the last id is the next cursor. */
  scan(shard: ShardId, cursor: ProfileId | undefined, limit: number): Promise<readonly StoredProfile[]>;
  /**
   * Cells that are receipts' marks, about `limit` of them at a time, in an order of the store's own; each that stands from
   * the first call to the last comes at least once. `cursor`: the `next` before; undefined: from the start.
   */
  scanMarks(shard: ShardId, cursor: string | undefined, limit: number): Promise<StoredMarks>;
}

export interface Lease {
  readonly shard: ShardId;
  /** undefined: nobody, handed over or never owned. */
  readonly owner: NodeId | undefined;
  readonly epoch: Epoch;
  /** Bumped by every renewal. */
  readonly counter: number;
}

export interface NodeRecord {
  readonly node: NodeId;
  /** Where its links are reached: `ws://host:port`. */
  readonly address: string;
  readonly counter: number;
}

export interface Leases {
  /** All shards, those never owned included. */
  readLeases(): Promise<readonly Lease[]>;
  /**
   * Takes the shard if its lease still stands at (`seen.epoch`, `seen.counter`), at an epoch above `epochFloor` and
   * above every epoch that the store knows for the shard. Returns undefined when it has moved meanwhile.
   */
  claim(seen: Lease, node: NodeId, epochFloor: Epoch): Promise<Epoch | undefined>;
  /** Bumps the counters of shards held by `node` at these epochs; false where the shard is another's by now. */
  renew(node: NodeId, held: readonly { readonly shard: ShardId; readonly epoch: Epoch }[]): Promise<readonly boolean[]>;
  /** Clean hand-over: nobody owns it, the epoch stays. Does nothing when it is another's. */
  release(node: NodeId, shard: ShardId, epoch: Epoch): Promise<void>;
  /** Registers or refreshes this node's record, bumping its counter; `leave` removes it. */
  announce(node: NodeId, address: string): Promise<void>;
  leave(node: NodeId): Promise<void>;
  readNodes(): Promise<readonly NodeRecord[]>;
  /** The store's wall clock, to refuse to own anything when ours is far off. */
  storeTime(): Promise<Instant>;
}

export interface Plans {
  put(digest: PlanDigest, source: Uint8Array): Promise<void>;
  get(digest: PlanDigest): Promise<Uint8Array | undefined>;
  /** The plan that shards are to activate. */
  setCurrent(digest: PlanDigest): Promise<void>;
  current(): Promise<PlanDigest | undefined>;
  /** What all nodes are steered by, as text that model/steering.ts reads; undefined: nothing was ever ordered. */
  steering(): Promise<string | undefined>;
  /** Compare-and-set: false, and nothing changed, when another text than `from` stands there by now. */
  setSteering(text: string, from: string | undefined): Promise<boolean>;
}

/** A change of the catalogue as the store keeps it: opaque, and in place of what was put under the same key before. */
export interface KeyedChange {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export interface ChangeLine {
  /** Which line this is: another store, or one that was emptied, has another; undefined while nothing was ever put. */
  readonly line: string | undefined;
  /** Number of the last change; 0 when there is none. */
  readonly last: number;
  /** In their order, each with its number. */
  readonly changes: readonly (KeyedChange & { readonly number: number })[];
}

export interface StoredModel {
  readonly version: string;
  readonly pieces: number;
  /** When it was put in force, by the clock of the node that did. */
  readonly at: Instant;
}

/**
 * What all nodes know of the brand's products. The catalogue is a line of changes in one order, of which each key keeps the
 * last: reading it from 0 says all that is known, reading on says what is new. The model is put in pieces, and is in force
 * once they all stand.
 */
export interface Products {
  /** Atomic for one call, at most `productChangesMax` changes. @returns the number of the last; numbers grow, not by one */
  put(changes: readonly KeyedChange[]): Promise<number>;
  /** At most `limit` changes above `after`. */
  since(after: number, limit: number): Promise<ChangeLine>;
  /** A piece of a model that is not in force: about `modelPieceBytesMax`. */
  putModelPiece(version: string, piece: number, bytes: Uint8Array): Promise<void>;
  /** undefined: it is not there, or was let go because another model is in force. */
  modelPiece(version: string, piece: number): Promise<Uint8Array | undefined>;
  /** Puts in force what stands in pieces, and lets go of those of the one before. */
  setModel(model: StoredModel): Promise<void>;
  model(): Promise<StoredModel | undefined>;
}
