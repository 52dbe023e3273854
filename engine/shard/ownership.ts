/**
 * Which shards this node is to claim or hand over: a pure state machine, fed once a second with what the store says and
 * answering with what to do. It compares no clocks: a lease is dead when its counter stood still for `leaseStillMs` of this
 * node's own monotonic time while the store answered all along. A store that paused, or a process that slept, shows as a
 * gap between two readings and starts every such count anew, so neither makes a mass takeover.
 *
 * Living nodes share the shards by rendezvous hashing, so that a node that comes or goes moves only its own share. A dead
 * owner's shards are claimed only by whom they fall to; a living owner hands over, nobody takes from it.
 */
import { clockSkewMsMax, leaseRenewMs, leaseStillMs } from "../limits.ts";
import { hashText } from "../model/hash.ts";
import type { NodeId, ShardId } from "../model/ids.ts";
import type { Lease, NodeRecord } from "../store/port.ts";

/** What one reading of the store showed. */
export interface OwnershipView {
  readonly leases: readonly Lease[];
  readonly nodes: readonly NodeRecord[];
  /** Our monotonic clock when the reading was asked for and when it had come. */
  readonly askedMs: number;
  readonly readMs: number;
  /** Our wall clock less the store's, ms. */
  readonly skewMs: number;
  /** Shards whose owner is a worker of this process, or that one of them is recovering. */
  readonly held: ReadonlySet<ShardId>;
}

export type OwnershipCommand =
  | { readonly do: "claim"; readonly seen: Lease; readonly why: "free" | "ours" | "dead" }
  | { readonly do: "release"; readonly shard: ShardId; readonly to: NodeId };

export interface Ownership {
  /** A reading has succeeded: what is to be done now. */
  observe(view: OwnershipView): readonly OwnershipCommand[];
  /** A reading has failed: nothing that was counted so far proves anything. */
  storeAway(): void;
  /** Nodes that were seen alive lately, this one included, in order of their ids. */
  living(): readonly NodeId[];
}

export interface OwnershipOptions {
  readonly node: NodeId;
  readonly leaseStillMs?: number;
  readonly clockSkewMsMax?: number;
}

/** Since when a counter has been seen to stand, and how many readings have shown it. */
interface Standing {
  readonly mark: string;
  readonly sinceMs: number;
  readings: number;
}

/** Readings further apart than this prove nothing of the time between them: 2.5 periods. */
const READING_GAP_MS_MAX = 2.5 * leaseRenewMs;
/** A node whose clock is off or that has no plan takes nothing; to hand it shards would only take them away for a while. */
const unwillingMs = 120_000;

export function createOwnership(options: OwnershipOptions): Ownership {
  const { node } = options;
  const stillMs = options.leaseStillMs ?? leaseStillMs;
  const skewMsMax = options.clockSkewMsMax ?? clockSkewMsMax;
  /** Spread over the whole period: the store answered all along. */
  const readingsMin = Math.max(2, Math.floor(stillMs / READING_GAP_MS_MAX) + 1);
  const leases = new Map<ShardId, Standing>();
  const nodes = new Map<NodeId, Standing>();
  /** Nodes whose counter was seen to grow: unlike a record that a dead node left behind, they are alive for sure. */
  const proved = new Set<NodeId>();
  /** Nodes that did not take what fell to them, and until when they are handed nothing. */
  const unwilling = new Map<NodeId, number>();
  let lastReadMs: number | undefined;
  let alive: readonly NodeId[] = [node];

  function observe(view: OwnershipView): readonly OwnershipCommand[] {
    const { readMs } = view;
    if (lastReadMs !== undefined && readMs - lastReadMs > READING_GAP_MS_MAX) storeAway();
    lastReadMs = readMs;
    for (const { shard, owner, epoch, counter } of view.leases)
      stand(leases, shard, `${owner ?? ""}/${epoch}/${counter}`, readMs);
    noteNodes(view);
    if (Math.abs(view.skewMs) > skewMsMax) return [];
    return view.leases.flatMap((lease) => commandOf(lease, view));
  }

  function stand<Key>(standings: Map<Key, Standing>, key: Key, mark: string, readMs: number): void {
    const known = standings.get(key);
    if (known?.mark === mark) known.readings++;
    // What is new may have become so while the answer was on its way: it counts from when the answer was here.
    else standings.set(key, { mark, sinceMs: readMs, readings: 1 });
  }

  function noteNodes({ nodes: records, askedMs, readMs }: OwnershipView): void {
    const present = new Set(records.map((record) => record.node));
    for (const known of [...nodes.keys()])
      if (!present.has(known)) {
        nodes.delete(known);
        proved.delete(known);
      }
    for (const record of records) {
      const before = nodes.get(record.node);
      const mark = `${record.counter}`;
      if (before !== undefined && before.mark !== mark) proved.add(record.node);
      stand(nodes, record.node, mark, readMs);
      if (isStill(nodes.get(record.node), askedMs)) proved.delete(record.node);
    }
    const others = [...present].filter((other) => other !== node && !isStill(nodes.get(other), askedMs));
    alive = [...others, node].sort();
  }

  /** Whether a counter stood for long enough, by readings that were asked for up to `askedMs`. */
  function isStill(standing: Standing | undefined, askedMs: number): boolean {
    return standing !== undefined && standing.readings >= readingsMin && askedMs - standing.sinceMs >= stillMs;
  }

  function commandOf(lease: Lease, { held, askedMs }: OwnershipView): readonly OwnershipCommand[] {
    const { shard, owner } = lease;
    const wanted = preferredNode(shard, alive);
    if (held.has(shard)) {
      // A node is handed a shard only when it was seen to move: else a dead node's record would be waited for.
      const takes = proved.has(wanted) && (unwilling.get(wanted) ?? 0) <= askedMs;
      return owner === node && wanted !== node && takes ? [{ do: "release", shard, to: wanted }] : [];
    }
    // The data folder's lock proves that the process that had this node's id before us is dead.
    if (owner === node) return [{ do: "claim", seen: lease, why: "ours" }];
    if (owner === undefined) {
      if (wanted !== node && !isLeft(lease, askedMs)) return [];
      if (wanted !== node) unwilling.set(wanted, askedMs + unwillingMs);
      return [{ do: "claim", seen: lease, why: "free" }];
    }
    return wanted === node && isStill(leases.get(shard), askedMs) ? [{ do: "claim", seen: lease, why: "dead" }] : [];
  }

  /** Nobody's for so long that whom it falls to does not take it (its clock is off, say): anybody may. */
  function isLeft({ shard }: Lease, askedMs: number): boolean {
    const standing = leases.get(shard);
    return standing !== undefined && isStill(standing, askedMs - 2 * stillMs);
  }

  function storeAway(): void {
    leases.clear();
    nodes.clear();
    lastReadMs = undefined;
  }

  return { observe, storeAway, living: () => alive };
}

/** The node of the highest rendezvous weight (Thaler and Ravishankar, 1998); ties by the order of ids. */
export function preferredNode(shard: ShardId, nodes: readonly NodeId[]): NodeId {
  const [first] = nodes;
  if (first === undefined) throw new RangeError("A shard falls to one of at least one node");
  let best = first;
  let weight = -1;
  for (const node of nodes) {
    const own = hashText(`${node}/${shard}`);
    if (own > weight) {
      best = node;
      weight = own;
    }
  }
  return best;
}
