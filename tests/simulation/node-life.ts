/**
 * One life of a simulated node, from its start to its crash: shard hosts, the router of its gateway, the ownership
 * that joins both, the drainer. All of it is the engine's own code; what is around it (clock, timers, links, store) is given
 * by the simulation and dies or freezes with this life.
 */
import { createRouter, type Router } from "../../engine/gateway/router.ts";
import { routingHint } from "../../engine/gateway/routing-hint.ts";
import { createDrainer, type Drainer } from "../../engine/history/drain.ts";
import type { Clock, Timers } from "../../engine/model/clock.ts";
import type { Epoch, NodeId, PlanDigest, ShardId } from "../../engine/model/ids.ts";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import type { FromShard, ToShard } from "../../engine/shard/port.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import type { HotStore } from "../../engine/store/port.ts";
import type { FaultyStore } from "./faulty-store.ts";
import type { Ledger } from "./ledger.ts";
import type { Link, Links } from "./links.ts";
import type { MemoryHistory } from "./memory-history.ts";
import type { Observer } from "./observer.ts";
import { OwnershipLoop } from "./ownership-loop.ts";
import { loadSamplePlan } from "./sample-rules.ts";
import type { Actor, Scheduler } from "./scheduler.ts";
import { decodeWire, identifiersOf, parseWire } from "./wire-event.ts";

/** What the lives of all nodes share. */
export interface Cluster {
  readonly scheduler: Scheduler;
  readonly store: FaultyStore;
  readonly history: MemoryHistory;
  readonly ledger: Ledger;
  readonly observer: Observer;
  readonly links: Links;
  readonly planted: PlantedBugs;
  readonly hostsPerNode: number;
  readonly cacheBytesMax: number;
  /** True wall time, ms. */
  wallMs(): number;
  /** The present life of that node, frozen or not. */
  lifeOf(node: NodeId): NodeLife | undefined;
}

/** How often a node looks for a new plan. */
const PLAN_POLL_MS = 500;
/** Fastest and slowest monotonic clock, around 1. */
const PACE_ERROR_MAX = 0.02;

export class NodeLife implements Actor {
  readonly name: string;
  readonly node: NodeId;
  alive = true;
  frozenUntilMs = 0;
  /** Its wall clock's error. */
  skewMs = 0;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly store: HotStore;
  readonly router: Router;
  readonly hosts: readonly ShardHost[];
  /** Of the shards owned now. */
  readonly epochs = new Map<ShardId, Epoch>();
  readonly drainer: Drainer;
  readonly #cluster: Cluster;
  readonly #ownership: OwnershipLoop;
  #plan: PlanDigest | undefined;
  /** The push that is being handed to the router. */
  #arriving: FromShard | undefined;

  constructor(cluster: Cluster, node: NodeId, life: number) {
    const { scheduler, store, history, ledger } = cluster;
    const { random } = scheduler;
    this.#cluster = cluster;
    this.node = node;
    this.name = `${node}.${life}`;
    const bornMs = scheduler.nowMs - random.below(1_000_000);
    const pace = 1 + (random.fraction() * 2 - 1) * PACE_ERROR_MAX;
    this.clock = {
      now: () => Math.floor(cluster.wallMs() + this.skewMs),
      monotonicMs: () => (scheduler.nowMs - bornMs) * pace,
    };
    this.timers = {
      after: (delayMs, task) => scheduler.after(delayMs / pace + random.fraction(), `${this.name} timer`, this, task),
    };
    this.store = store.connect(this);
    this.router = createRouter({
      shards: store.state.shards,
      clock: this.clock,
      timers: this.timers,
      send: (shard, message) => this.#toOwner(shard, message),
      hint: routingHint,
      switchHint: (body) => identifiersOf(decodeWire(body)).find(({ kind }) => kind !== "anonymous"),
    });
    const connected = history.connect(this);
    this.hosts = Array.from(
      { length: cluster.hostsPerNode },
      () =>
        new ShardHost({
          node,
          store: this.store,
          history: connected,
          loadPlan: loadSamplePlan,
          parse: parseWire,
          clock: this.clock,
          timers: this.timers,
          random: random.branch(),
          cacheBytesMax: cluster.cacheBytesMax,
          send: (link, message) => cluster.links.answer(link, message),
          sendPeer: (message) => this.router.relay(message),
          onShard: (shard, state, epoch) => this.#onShard(shard, state, epoch),
          planted: cluster.planted,
        }),
    );
    this.#ownership = new OwnershipLoop({
      node,
      store: this.store,
      clock: this.clock,
      timers: this.timers,
      claim: (lease) => this.hostOf(lease.shard).claim(lease),
      release: (shard) => this.hostOf(shard).release(shard),
      held: () => new Set(this.epochs.keys()),
      onOwner: (shard) => this.router.ownerChanged(shard),
      ready: () => this.#plan !== undefined,
    });
    this.drainer = createDrainer({
      store: this.store,
      history: connected,
      shards: () => this.hosts.flatMap((host) => host.status().map(({ shard, epoch }) => ({ shard, epoch }))),
      clock: this.clock,
      timers: this.timers,
      onDrained: (shard, position) => this.hostOf(shard).drained(shard, position),
      onTrouble: ({ shard, state }) => {
        scheduler.note(() => `${this.name} drainer: shard ${shard} ${state}`);
        if (state === "diverged" || state === "hole" || state === "unreadable")
          ledger.violate(`${this.name} cannot drain shard ${shard}: ${state}`);
      },
    });
    void this.#followPlan();
  }

  now(): number {
    return this.clock.now();
  }

  hostOf(shard: ShardId): ShardHost {
    return this.hosts[shard % this.hosts.length] as ShardHost;
  }

  /** What comes from a shard by one of this gateway's links. */
  receive(message: FromShard): void {
    this.#arriving = message;
    this.router.receive(message);
    this.#arriving = undefined;
  }

  /** To be called when the router passes a push on to whoever watches. */
  pushed(): void {
    if (this.#arriving?.kind === "push") this.#cluster.observer.accepts(this.name, this.#arriving);
  }

  /** The gateway's end of a link has seen that it is broken. */
  linkBroken(link: Link): void {
    for (let shard = 0; shard < this.#cluster.store.state.shards; shard++) {
      const owner = this.#ownership.ownerOf(shard as ShardId);
      if (owner === link.to.node) this.router.ownerChanged(shard as ShardId);
    }
  }

  /** The process is killed: nothing of it runs any more, its connections break. */
  crash(): void {
    this.alive = false;
    this.#cluster.ledger.ownerGone(this.name);
    this.#cluster.links.breakAllOf(this);
  }

  #toOwner(shard: ShardId, message: ToShard): boolean {
    const { links } = this.#cluster;
    const owner = this.#ownership.ownerOf(shard);
    const life = owner === undefined ? undefined : this.#cluster.lifeOf(owner);
    if (life === undefined) return false;
    const link = links.between(this, life, shard % life.hosts.length);
    // A link carries bytes: what its sender does with them later must not show.
    link.up.send(message.kind === "event" ? { ...message, body: message.body.slice() } : message);
    return true;
  }

  #onShard(shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch): void {
    const { scheduler, ledger, links } = this.#cluster;
    scheduler.note(() => `${this.name} shard ${shard} ${state} at epoch ${epoch}`);
    if (state === "recovering") {
      ledger.claimedBy(this.name, shard);
      // None of what was sent here before may overtake what was refused here before.
      links.breakAllTo(this, shard % this.hosts.length);
    }
    if (state === "owned") this.epochs.set(shard, epoch);
    if (state === "lost") this.epochs.delete(shard);
  }

  async #followPlan(): Promise<void> {
    const current = await this.store.plans.current().catch(() => undefined);
    if (current !== undefined && current !== this.#plan)
      try {
        await Promise.all(this.hosts.map((host) => host.activate(current)));
        this.#plan = current;
      } catch {
        // Asked again at the next look.
      }
    this.timers.after(PLAN_POLL_MS, () => void this.#followPlan());
  }
}
