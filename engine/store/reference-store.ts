/**
 * The hot store's promises in their plainest form: maps in memory, no durability, no concurrency. It is the oracle against
 * which the contract suite runs random sequences on every adapter, and never serves an engine.
 */
import type { CellKey } from "../model/identifier.ts";
import type { Epoch, Instant, NodeId, PlanDigest, Position, ProfileId, ShardId } from "../model/ids.ts";
import { isReceiptCell } from "../model/receipt.ts";
import { createReferenceProducts } from "./reference-products.ts";
import type { AppendOutcome, AppendRequest, HotStore, Lease, NodeRecord, StoredProfile } from "./port.ts";

interface KeptBatch extends AppendRequest {
  readonly last: Position;
}

interface Shard {
  lease: Lease;
  batches: KeptBatch[];
  last: Position;
  meta: { readonly watermark: Position; readonly meta: Uint8Array } | undefined;
  readonly profiles: Map<ProfileId, StoredProfile>;
  readonly cells: Map<CellKey, ProfileId>;
  readonly unfilled: Map<number, Uint8Array>;
}

export function createReferenceStore(shards: number, storeTime: () => Instant): HotStore {
  const all = Array.from({ length: shards }, (_, index): Shard => {
    const lease = { shard: index as ShardId, owner: undefined, epoch: 0, counter: 0 };
    const nothing = { profiles: new Map(), cells: new Map(), unfilled: new Map() };
    return { lease, batches: [], last: 0, meta: undefined, ...nothing };
  });
  const nodes = new Map<NodeId, NodeRecord>();
  const plans = new Map<PlanDigest, Uint8Array>();
  let steering: string | undefined;
  let currentPlan: PlanDigest | undefined;

  function at(shard: ShardId): Shard {
    const found = all[shard];
    if (found === undefined) throw new RangeError(`there is no shard ${shard}`);
    return found;
  }

  function holds(shard: ShardId, node: NodeId, epoch: Epoch): boolean {
    const { lease } = at(shard);
    return lease.owner === node && lease.epoch === epoch;
  }

  return {
    shards,
    journal: {
      append: async (requests) => requests.map((request) => append(at(request.shard), request)),
      async read(shard, after, bytesMax) {
        const found: KeptBatch[] = [];
        let bytes = 0;
        for (const batch of at(shard).batches) {
          if (batch.last <= after) continue;
          if (bytes >= bytesMax) break;
          found.push(batch);
          bytes += batch.bytes.length;
        }
        return found.map(({ firstPosition, count, epoch, bytes: kept }) => ({
          firstPosition,
          count,
          epoch,
          bytes: kept,
        }));
      },
      last: async (shard) => at(shard).last,
      async trim(shard, upTo) {
        at(shard).batches = at(shard).batches.filter((batch) => batch.last > upTo);
      },
    },
    state: {
      async checkpoint({ shard, epoch, watermark, after, journalEnd, meta, profiles, cells, forgotten }) {
        const kept = at(shard);
        if (epoch === 0 || kept.lease.epoch !== epoch) return "fenced";
        const stored = kept.meta?.watermark ?? 0;
        if (watermark < stored) return "ok";
        if (stored < after || kept.last < journalEnd) return "gap";
        kept.meta = { watermark, meta };
        for (const profile of profiles)
          if (profile.row.length === 0) kept.profiles.delete(profile.id);
          else kept.profiles.set(profile.id, profile);
        for (const [cell, profile] of cells) kept.cells.set(cell, profile);
        for (const [cell, held] of forgotten) if (kept.cells.get(cell) === held) kept.cells.delete(cell);
        return "ok";
      },
      async fill({ shard, epoch, profiles, cells, begun, done }) {
        const kept = at(shard);
        if (epoch === 0 || kept.lease.epoch !== epoch) return "fenced";
        for (const profile of profiles) if (!kept.profiles.has(profile.id)) kept.profiles.set(profile.id, profile);
        for (const [cell, profile] of cells) if (!kept.cells.has(cell)) kept.cells.set(cell, profile);
        for (const [part, note] of begun) kept.unfilled.set(part, note);
        for (const part of done) kept.unfilled.delete(part);
        return "ok";
      },
      unfilled: async (shard) => [...at(shard).unfilled].sort(([a], [b]) => a - b),
      loadMeta: async (shard) => at(shard).meta,
      loadProfiles: async (shard, ids) => ids.map((id) => at(shard).profiles.get(id)?.row),
      loadCells: async (shard, keys) => keys.map((key) => at(shard).cells.get(key)),
      async due(shard, until, limit) {
        const waking = [...at(shard).profiles.values()].filter(
          ({ wakeUp }) => wakeUp !== Number.POSITIVE_INFINITY && wakeUp <= until,
        );
        return waking
          .map(({ id, wakeUp }) => ({ id, at: wakeUp }))
          .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
          .slice(0, limit);
      },
      async scan(shard, cursor, limit) {
        return [...at(shard).profiles.values()]
          .filter(({ id }) => cursor === undefined || id > cursor)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit);
      },
      async scanMarks(shard, cursor, limit) {
        const cells = [...at(shard).cells]
          .filter(([key]) => isReceiptCell(key) && (cursor === undefined || key > cursor))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, limit);
        return { cells, next: cells.length < limit ? undefined : cells.at(-1)?.[0] };
      },
    },
    leases: {
      readLeases: async () => all.map(({ lease }) => lease),
      async claim(seen, node, epochFloor) {
        const kept = at(seen.shard);
        if (kept.lease.epoch !== seen.epoch || kept.lease.counter !== seen.counter) return undefined;
        const epoch = Math.max(kept.lease.epoch, epochFloor) + 1;
        kept.lease = { shard: seen.shard, owner: node, epoch, counter: kept.lease.counter + 1 };
        return epoch;
      },
      renew: async (node, held) =>
        held.map(({ shard, epoch }) => {
          if (!holds(shard, node, epoch)) return false;
          const { lease } = at(shard);
          at(shard).lease = { ...lease, counter: lease.counter + 1 };
          return true;
        }),
      async release(node, shard, epoch) {
        if (holds(shard, node, epoch)) at(shard).lease = { ...at(shard).lease, owner: undefined };
      },
      async announce(node, address) {
        nodes.set(node, { node, address, counter: (nodes.get(node)?.counter ?? 0) + 1 });
      },
      async leave(node) {
        nodes.delete(node);
      },
      readNodes: async () => [...nodes.values()],
      storeTime: async () => storeTime(),
    },
    products: createReferenceProducts(),
    plans: {
      async put(digest, source) {
        plans.set(digest, source);
      },
      get: async (digest) => plans.get(digest),
      async setCurrent(digest) {
        currentPlan = digest;
      },
      current: async () => currentPlan,
      steering: async () => steering,
      async setSteering(text, from) {
        if (steering !== from) return false;
        steering = text;
        return true;
      },
    },
    close: async () => {},
  };
}

function append(shard: Shard, request: AppendRequest): AppendOutcome {
  if (request.epoch === 0 || shard.lease.epoch !== request.epoch) return { is: "fenced", epoch: shard.lease.epoch };
  if (request.firstPosition > shard.last + 1) return { is: "gap", last: shard.last };
  if (request.firstPosition <= shard.last) {
    return shard.batches.some((batch) => isSame(batch, request))
      ? { is: "already" }
      : { is: "conflict", last: shard.last };
  }
  const last = request.firstPosition + request.count - 1;
  shard.batches.push({ ...request, last });
  shard.last = last;
  return { is: "ok" };
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
