/**
 * Feeds the ownership of one node once a second with what its store says, and does what it commands: the part of a node's
 * composition that joins leases, hosts and router. Also the gateway's knowledge of who owns what.
 */
import { leaseRenewMs } from "../../engine/limits.ts";
import type { Clock, Timers } from "../../engine/model/clock.ts";
import type { NodeId, ShardId } from "../../engine/model/ids.ts";
import { createOwnership, type Ownership } from "../../engine/shard/ownership.ts";
import type { HotStore, Lease } from "../../engine/store/port.ts";

export interface OwnershipLoopOptions {
  readonly node: NodeId;
  readonly store: HotStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly claim: (lease: Lease) => Promise<unknown>;
  readonly release: (shard: ShardId) => Promise<unknown>;
  /** Owned by one of our hosts, or being recovered by one. */
  readonly held: () => ReadonlySet<ShardId>;
  readonly onOwner: (shard: ShardId) => void;
  /** There is a plan, so that shards may be claimed. */
  readonly ready: () => boolean;
}

export class OwnershipLoop {
  readonly #options: OwnershipLoopOptions;
  readonly #ownership: Ownership;
  readonly #owners = new Map<ShardId, Lease>();
  readonly #claiming = new Set<ShardId>();

  constructor(options: OwnershipLoopOptions) {
    this.#options = options;
    this.#ownership = createOwnership({ node: options.node });
    this.#again();
  }

  ownerOf(shard: ShardId): NodeId | undefined {
    return this.#owners.get(shard)?.owner;
  }

  #again(): void {
    this.#options.timers.after(leaseRenewMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { node, store, clock, ready } = this.#options;
    const { leases: port } = store;
    if (ready()) {
      const askedMs = clock.monotonicMs();
      const announced = port.announce(node, `ws://${node}`);
      const reading = Promise.all([port.readLeases(), port.readNodes(), port.storeTime(), announced]);
      const read = await reading.catch(() => undefined);
      if (read === undefined) this.#ownership.storeAway();
      else {
        const [leases, nodes, storeMs] = read;
        this.#learn(leases);
        const held = new Set([...this.#options.held(), ...this.#claiming]);
        const skewMs = clock.now() - storeMs;
        const view = { leases, nodes, askedMs, readMs: clock.monotonicMs(), skewMs, held };
        for (const command of this.#ownership.observe(view))
          if (command.do === "claim") void this.#claim(command.seen);
          else void this.#options.release(command.shard);
      }
    }
    this.#again();
  }

  async #claim(lease: Lease): Promise<void> {
    this.#claiming.add(lease.shard);
    await this.#options.claim(lease);
    this.#claiming.delete(lease.shard);
  }

  #learn(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const known = this.#owners.get(lease.shard);
      if (known?.owner === lease.owner && known?.epoch === lease.epoch) continue;
      this.#owners.set(lease.shard, lease);
      this.#options.onOwner(lease.shard);
    }
  }
}
