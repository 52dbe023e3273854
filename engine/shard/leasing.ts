/**
 * Keeps a worker's leases: renews them every second, also while a shard is being recovered, and tells how long reads may
 * go out. No clocks are compared: the bound counts from when a successful renewal was *sent*, on our own monotonic
 * clock.
 */
import { epochsPerTerm, leaseReadMs, leaseRenewMs } from "../limits.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import type { Epoch, NodeId, ShardId } from "../model/ids.ts";
import type { HotStore } from "../store/port.ts";

export interface LeasingOptions {
  readonly node: NodeId;
  readonly store: HotStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly held: () => readonly { readonly shard: ShardId; readonly epoch: Epoch }[];
  readonly onRenewed: (shard: ShardId, readableUntilMs: number) => void;
  readonly onLost: (shard: ShardId) => void;
  readonly onTick: () => void;
}

/** Above `known`. Epochs are drawn, not counted: a store that went back in time would otherwise grant one twice. */
export function epochFloor(known: Epoch, random: Random): Epoch {
  const term = Math.floor(known / epochsPerTerm) + 1;
  return term * epochsPerTerm + random.below(epochsPerTerm) - 1;
}

export class Leasing {
  readonly #options: LeasingOptions;
  readonly #recovering = new Map<ShardId, Epoch>();
  readonly #readableUntilMs = new Map<ShardId, number>();
  #cancel: () => void;
  #renewing = false;

  constructor(options: LeasingOptions) {
    this.#options = options;
    this.#cancel = options.timers.after(leaseRenewMs, () => this.#tick());
  }

  /** A claimed shard is being folded: its lease is renewed, nothing is read yet. */
  recovering(shard: ShardId, epoch: Epoch, claimSentAtMs: number): void {
    this.#recovering.set(shard, epoch);
    this.#readableUntilMs.set(shard, claimSentAtMs + leaseReadMs);
  }

  recovered(shard: ShardId): void {
    this.#recovering.delete(shard);
  }

  holds(shard: ShardId, epoch: Epoch): boolean {
    return this.#recovering.get(shard) === epoch;
  }

  readableUntilMs(shard: ShardId): number {
    return this.#readableUntilMs.get(shard) ?? Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#cancel();
  }

  #tick(): void {
    this.#cancel = this.#options.timers.after(leaseRenewMs, () => this.#tick());
    void this.#renew();
    this.#options.onTick();
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    const { clock, held, node, onLost, onRenewed, store } = this.#options;
    const leases = [...held(), ...[...this.#recovering].map(([shard, epoch]) => ({ shard, epoch }))];
    if (leases.length === 0) return;
    this.#renewing = true;
    const sentAtMs = clock.monotonicMs();
    const renewed = await store.leases.renew(node, leases).catch(() => undefined);
    this.#renewing = false;
    if (renewed === undefined) return;
    const current = new Map(held().map(({ shard, epoch }) => [shard, epoch]));
    for (const [index, { shard, epoch }] of leases.entries()) {
      if (renewed[index] === true) {
        this.#readableUntilMs.set(shard, sentAtMs + leaseReadMs);
        onRenewed(shard, sentAtMs + leaseReadMs);
      } else {
        if (this.#recovering.get(shard) === epoch) this.#recovering.delete(shard);
        if (current.get(shard) === epoch) onLost(shard);
      }
    }
  }
}
