/**
 * The hot store's state in memory, as plain synchronous steps with the meaning that engine/store/port.ts gives them. Every
 * change can be undone, newest first: a failover or a power loss takes the store back to a point in time, all shards
 * consistently. What is flushed and what is merely visible is told apart by a mark in the log of changes.
 */
import type { CellKey } from "../../engine/model/identifier.ts";
import { isReceiptCell } from "../../engine/model/receipt.ts";
import type { Epoch, Instant, NodeId, PlanDigest, Position, ProfileId, ShardId } from "../../engine/model/ids.ts";
import { createReferenceProducts } from "../../engine/store/reference-products.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CheckpointOutcome,
  CheckpointWrite,
  FillWrite,
  Lease,
  NodeRecord,
  StoredBatch,
  StoredMarks,
  StoredProfile,
  UnfilledPart,
} from "../../engine/store/port.ts";

export interface KeptBatch extends StoredBatch {
  readonly shard: ShardId;
  readonly digest: number;
}

/** Told of what the journals hold for sure. */
export interface JournalObserver {
  /** The batch is flushed. */
  durable(batch: KeptBatch): void;
  /** The batch, flushed before, is gone: the store went back in time. */
  lost(batch: KeptBatch): void;
  /** A claim was granted upon a lease of epoch `seen`; a rewind may take it back. */
  granted(shard: ShardId, epoch: Epoch, seen: Epoch): void;
}

interface ShardSpace {
  lease: Lease;
  batches: KeptBatch[];
  last: Position;
  meta: { readonly watermark: Position; readonly meta: Uint8Array } | undefined;
  readonly profiles: Map<ProfileId, StoredProfile>;
  readonly cells: Map<CellKey, ProfileId>;
  readonly unfilled: Map<number, Uint8Array>;
}

interface Change {
  readonly atMs: number;
  readonly undo: () => void;
  readonly batch: KeptBatch | undefined;
}

export class StoreState {
  readonly shards: number;
  readonly #spaces: ShardSpace[] = [];
  readonly #nodes = new Map<NodeId, NodeRecord>();
  readonly #plans = new Map<PlanDigest, Uint8Array>();
  /** No shard's affair, and no part of what a rewind is tried on. */
  readonly products = createReferenceProducts();
  #steering: string | undefined;
  #currentPlan: PlanDigest | undefined;
  readonly #observer: JournalObserver | undefined;
  /** Changes that can still be undone; the first has number `#first`. */
  #log: Change[] = [];
  #first = 0;
  #durable = 0;
  /** Virtual time, given by whoever drives. */
  nowMs = 0;

  constructor(shards: number, observer?: JournalObserver) {
    this.shards = shards;
    this.#observer = observer;
    for (let shard = 0; shard < shards; shard++)
      this.#spaces.push({
        lease: { shard: shard as ShardId, owner: undefined, epoch: 0, counter: 0 },
        batches: [],
        last: 0,
        meta: undefined,
        profiles: new Map(),
        cells: new Map(),
        unfilled: new Map(),
      });
  }

  /** The number of changes made so far. */
  get mark(): number {
    return this.#first + this.#log.length;
  }

  get durableMark(): number {
    return this.#durable;
  }

  /** All changes made so far are durable now. */
  flush(): void {
    const from = this.#durable;
    this.#durable = this.mark;
    for (let number = from; number < this.#durable; number++) {
      const batch = this.#log[number - this.#first]?.batch;
      if (batch !== undefined) this.#observer?.durable(batch);
    }
  }

  /** Undoes every change that is not durable, and the durable ones made after `afterMs`. */
  rewind(afterMs: number): void {
    for (;;) {
      const change = this.#log.at(-1);
      if (change === undefined || (this.mark <= this.#durable && change.atMs <= afterMs)) break;
      const wasDurable = this.mark <= this.#durable;
      this.#log.pop();
      change.undo();
      if (wasDurable && change.batch !== undefined) this.#observer?.lost(change.batch);
    }
    this.#durable = Math.min(this.#durable, this.mark);
  }

  /** Changes that are durable and older than `beforeMs` can no longer be undone. */
  forget(beforeMs: number): void {
    let count = 0;
    while (count < this.#durable - this.#first && (this.#log[count]?.atMs ?? beforeMs) < beforeMs) count++;
    if (count === 0) return;
    this.#log = this.#log.slice(count);
    this.#first += count;
  }

  append(request: AppendRequest): AppendOutcome {
    const space = this.#space(request.shard);
    if (request.epoch === 0 || space.lease.epoch !== request.epoch) return { is: "fenced", epoch: space.lease.epoch };
    const { last } = space;
    if (request.firstPosition > last + 1) return { is: "gap", last };
    if (request.firstPosition <= last) {
      return space.batches.some((batch) => isSame(batch, request)) ? { is: "already" } : { is: "conflict", last };
    }
    const { shard, epoch, firstPosition, count, digest, bytes } = request;
    const batch: KeptBatch = { shard, epoch, firstPosition, count, digest, bytes: new Uint8Array(bytes) };
    this.#change(() => {
      space.batches.pop();
      space.last = last;
    }, batch);
    space.batches.push(batch);
    space.last = firstPosition + count - 1;
    return { is: "ok" };
  }

  read(shard: ShardId, after: Position, bytesMax: number): readonly StoredBatch[] {
    const found: StoredBatch[] = [];
    let bytes = 0;
    for (const batch of this.#space(shard).batches) {
      if (batch.firstPosition + batch.count - 1 <= after) continue;
      if (bytes >= bytesMax) break;
      const { firstPosition, count, epoch } = batch;
      found.push({ firstPosition, count, epoch, bytes: new Uint8Array(batch.bytes) });
      bytes += batch.bytes.length;
    }
    return found;
  }

  last(shard: ShardId): Position {
    return this.#space(shard).last;
  }

  trim(shard: ShardId, upTo: Position): void {
    const space = this.#space(shard);
    const { batches } = space;
    const kept = batches.filter((batch) => batch.firstPosition + batch.count - 1 > upTo);
    if (kept.length === batches.length) return;
    this.#change(() => {
      space.batches = batches;
    });
    space.batches = kept;
  }

  checkpoint(write: CheckpointWrite): CheckpointOutcome {
    const space = this.#space(write.shard);
    if (write.epoch === 0 || space.lease.epoch !== write.epoch) return "fenced";
    const { meta } = space;
    // A piece that was long on its way: a later one stands already.
    const stored = meta?.watermark ?? 0;
    if (write.watermark < stored) return "ok";
    if (stored < write.after || space.last < write.journalEnd) return "gap";
    this.#change(() => {
      space.meta = meta;
    });
    space.meta = { watermark: write.watermark, meta: new Uint8Array(write.meta) };
    for (const { id, row, wakeUp } of write.profiles)
      if (row.length === 0) this.#delete(space.profiles, id);
      else this.#put(space.profiles, id, { id, row: new Uint8Array(row), wakeUp });
    for (const [key, profile] of write.cells) this.#put(space.cells, key, profile);
    for (const [key, profile] of write.forgotten) if (space.cells.get(key) === profile) this.#delete(space.cells, key);
    return "ok";
  }

  fill({ shard, epoch, profiles, cells, begun, done }: FillWrite): "ok" | "fenced" {
    const space = this.#space(shard);
    if (epoch === 0 || space.lease.epoch !== epoch) return "fenced";
    for (const { id, row, wakeUp } of profiles)
      if (!space.profiles.has(id)) this.#put(space.profiles, id, { id, row: new Uint8Array(row), wakeUp });
    for (const [key, profile] of cells) if (!space.cells.has(key)) this.#put(space.cells, key, profile);
    for (const [part, note] of begun) this.#put(space.unfilled, part, new Uint8Array(note));
    for (const part of done) this.#delete(space.unfilled, part);
    return "ok";
  }

  unfilled(shard: ShardId): readonly UnfilledPart[] {
    return [...this.#space(shard).unfilled].sort(([a], [b]) => a - b);
  }

  loadMeta(shard: ShardId): { readonly watermark: Position; readonly meta: Uint8Array } | undefined {
    const { meta } = this.#space(shard);
    return meta === undefined ? undefined : { watermark: meta.watermark, meta: new Uint8Array(meta.meta) };
  }

  loadProfiles(shard: ShardId, ids: readonly ProfileId[]): readonly (Uint8Array | undefined)[] {
    return ids.map((id) => copied(this.#space(shard).profiles.get(id)?.row));
  }

  loadCells(shard: ShardId, keys: readonly CellKey[]): readonly (ProfileId | undefined)[] {
    return keys.map((key) => this.#space(shard).cells.get(key));
  }

  due(shard: ShardId, until: Instant, limit: number): readonly { readonly id: ProfileId; readonly at: Instant }[] {
    return [...this.#space(shard).profiles.values()]
      .filter(({ wakeUp }) => wakeUp !== Number.POSITIVE_INFINITY && wakeUp <= until)
      .map(({ id, wakeUp }) => ({ id, at: wakeUp }))
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  scan(shard: ShardId, cursor: ProfileId | undefined, limit: number): readonly StoredProfile[] {
    return [...this.#space(shard).profiles.values()]
      .filter((profile) => cursor === undefined || profile.id > cursor)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map((profile) => ({ ...profile, row: new Uint8Array(profile.row) }));
  }

  scanMarks(shard: ShardId, cursor: string | undefined, limit: number): StoredMarks {
    const cells = [...this.#space(shard).cells]
      .filter(([key]) => isReceiptCell(key) && (cursor === undefined || key > cursor))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit);
    return { cells, next: cells.length < limit ? undefined : cells.at(-1)?.[0] };
  }

  cells(shard: ShardId): ReadonlyMap<CellKey, ProfileId> {
    return this.#space(shard).cells;
  }

  lease(shard: ShardId): Lease {
    return this.#space(shard).lease;
  }

  readLeases(): readonly Lease[] {
    return this.#spaces.map((space) => space.lease);
  }

  claim(seen: Lease, node: NodeId, epochFloor: Epoch): Epoch | undefined {
    const space = this.#space(seen.shard);
    if (space.lease.epoch !== seen.epoch || space.lease.counter !== seen.counter) return undefined;
    const epoch = Math.max(epochFloor, space.lease.epoch) + 1;
    this.#lease(space, { shard: seen.shard, owner: node, epoch, counter: seen.counter + 1 });
    this.#observer?.granted(seen.shard, epoch, seen.epoch);
    return epoch;
  }

  renew(node: NodeId, held: readonly { readonly shard: ShardId; readonly epoch: Epoch }[]): readonly boolean[] {
    return held.map(({ shard, epoch }) => {
      const space = this.#space(shard);
      if (space.lease.owner !== node || space.lease.epoch !== epoch) return false;
      this.#lease(space, { ...space.lease, counter: space.lease.counter + 1 });
      return true;
    });
  }

  release(node: NodeId, shard: ShardId, epoch: Epoch): void {
    const space = this.#space(shard);
    if (space.lease.owner !== node || space.lease.epoch !== epoch) return;
    this.#lease(space, { ...space.lease, owner: undefined });
  }

  announce(node: NodeId, address: string): void {
    this.#put(this.#nodes, node, { node, address, counter: (this.#nodes.get(node)?.counter ?? 0) + 1 });
  }

  leave(node: NodeId): void {
    this.#delete(this.#nodes, node);
  }

  readNodes(): readonly NodeRecord[] {
    return [...this.#nodes.values()];
  }

  putPlan(digest: PlanDigest, source: Uint8Array): void {
    this.#put(this.#plans, digest, new Uint8Array(source));
  }

  getPlan(digest: PlanDigest): Uint8Array | undefined {
    return copied(this.#plans.get(digest));
  }

  setCurrentPlan(digest: PlanDigest): void {
    const previous = this.#currentPlan;
    this.#change(() => {
      this.#currentPlan = previous;
    });
    this.#currentPlan = digest;
  }

  get currentPlan(): PlanDigest | undefined {
    return this.#currentPlan;
  }

  setSteering(text: string, from: string | undefined): boolean {
    const previous = this.#steering;
    if (previous !== from) return false;
    this.#change(() => {
      this.#steering = previous;
    });
    this.#steering = text;
    return true;
  }

  get steering(): string | undefined {
    return this.#steering;
  }

  #space(shard: ShardId): ShardSpace {
    const space = this.#spaces[shard];
    if (space === undefined) throw new Error(`there is no shard ${shard}`);
    return space;
  }

  #lease(space: ShardSpace, lease: Lease): void {
    const previous = space.lease;
    this.#change(() => {
      space.lease = previous;
    });
    space.lease = lease;
  }

  #put<K, V>(map: Map<K, V>, key: K, value: V): void {
    const previous = map.get(key);
    this.#change(() => {
      if (previous === undefined) map.delete(key);
      else map.set(key, previous);
    });
    map.set(key, value);
  }

  #delete<K, V>(map: Map<K, V>, key: K): void {
    const previous = map.get(key);
    if (previous === undefined) return;
    this.#change(() => void map.set(key, previous));
    map.delete(key);
  }

  #change(undo: () => void, batch?: KeptBatch): void {
    this.#log.push({ atMs: this.nowMs, undo, batch });
  }
}

function isSame(batch: KeptBatch, request: AppendRequest): boolean {
  return (
    batch.firstPosition === request.firstPosition &&
    batch.epoch === request.epoch &&
    batch.count === request.count &&
    batch.digest === request.digest &&
    batch.bytes.length === request.bytes.length
  );
}

function copied(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes);
}
