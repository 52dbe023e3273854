/** Short ways to say what the contract suite asks of a store: ids, batches, checkpoints, and a shard made one's own. */
import type { CellKey } from "../model/identifier.ts";
import type { Epoch, NodeId, PlanDigest, ProfileId, ShardId } from "../model/ids.ts";
import type { AppendRequest, CheckpointWrite, HotStore, Lease, StoredBatch, StoredProfile } from "./port.ts";

/** Shards of every store that the suite opens. */
export const contractShards = 8;

/** A store that a test has for itself, empty at first. */
export interface StoreUnderTest {
  /** One more client of the same store, as another thread or node would be. */
  connect(): Promise<HotStore>;
  /** Closes all clients and the store, then opens it again as a restarted process would. */
  reopen(): Promise<HotStore>;
  /** Closes everything; nothing stays behind. */
  close(): Promise<void>;
}

/** @param shards for a new store: `contractShards` */
export type OpenStoreUnderTest = (shards: number) => Promise<StoreUnderTest>;

export const nodeA = "node-a" as NodeId;
export const nodeB = "node-b" as NodeId;

export function shard(index: number): ShardId {
  return index as ShardId;
}

export function planDigest(text: string): PlanDigest {
  return text as PlanDigest;
}

export function cell(text: string): CellKey {
  return text as CellKey;
}

/** The n-th profile of a shard; ids grow with n within a slot. */
export function profile(of: ShardId, n: number, slotStep = 0): ProfileId {
  const slot = of + contractShards * slotStep;
  return `${slot.toString(16).padStart(3, "0")}${n.toString(16).padStart(21, "0")}` as ProfileId;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Comparable, whatever subclass of Uint8Array a store gives. */
export function text(of: Uint8Array | undefined): string | undefined {
  return of === undefined ? undefined : Buffer.from(of).toString("latin1");
}

export function batch(of: ShardId, epoch: Epoch, firstPosition: number, content: string, count = 1): AppendRequest {
  let digest = 7;
  for (const char of content) digest = (digest * 31 + char.charCodeAt(0)) % 2 ** 32;
  return { shard: of, epoch, firstPosition, count, digest, bytes: bytes(content) };
}

export function seen(batches: readonly StoredBatch[]) {
  return batches.map(({ firstPosition, count, epoch, bytes: content }) => ({
    firstPosition,
    count,
    epoch,
    content: text(content),
  }));
}

export function row(id: ProfileId, content: string, wakeUp = Number.POSITIVE_INFINITY): StoredProfile {
  return { id, row: bytes(content), wakeUp };
}

export function checkpoint(of: ShardId, epoch: Epoch, write: Partial<CheckpointWrite>): CheckpointWrite {
  return {
    shard: of,
    epoch,
    watermark: 0,
    after: 0,
    journalEnd: 0,
    meta: bytes("meta"),
    profiles: [],
    cells: [],
    forgotten: [],
    ...write,
  };
}

export async function leaseOf(store: HotStore, of: ShardId): Promise<Lease> {
  const lease = (await store.leases.readLeases())[of];
  if (lease === undefined) throw new Error(`no lease of shard ${of}`);
  return lease;
}

/** Claims the shard for `node` as it stands. */
export async function own(store: HotStore, of: ShardId, node: NodeId = nodeA, epochFloor: Epoch = 0): Promise<Epoch> {
  const epoch = await store.leases.claim(await leaseOf(store, of), node, epochFloor);
  if (epoch === undefined) throw new Error(`shard ${of} could not be claimed`);
  return epoch;
}
