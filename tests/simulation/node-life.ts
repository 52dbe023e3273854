/**
 * One life of a simulated node, from its start to its crash, joined as engine/node/create-node.ts joins a real one: shard
 * workers, cluster, router, drainer. All of these are the engine's own; what is around them (clock, timers, ports, links,
 * store) is given by the simulation and dies or freezes with this life.
 */
import { ChannelDesk } from "../../engine/deliver/channel-desk.ts";
import { Desk } from "../../engine/deliver/desk.ts";
import type { PutIntoWords } from "../../engine/deliver/letter.ts";
import { createRouter } from "../../engine/gateway/router.ts";
import type { Router } from "../../engine/gateway/router-contract.ts";
import { routingHint } from "../../engine/gateway/routing-hint.ts";
import { createDrainer, type Drainer, type OwnedShard } from "../../engine/history/drain.ts";
import type { Clock, Timers } from "../../engine/model/clock.ts";
import type { Epoch, NodeId, ShardId } from "../../engine/model/ids.ts";
import type { Cluster } from "../../engine/shard/cluster-port.ts";
import { createCluster } from "../../engine/shard/cluster.ts";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import type { FromShard } from "../../engine/shard/port.ts";
import type { FaultyStore } from "./faulty-store.ts";
import type { Ledger } from "./ledger.ts";
import type { MemoryHistory } from "./memory-history.ts";
import { describeToShard, type Observer } from "./observer.ts";
import type { Provider } from "./provider.ts";
import type { Actor, Scheduler } from "./scheduler.ts";
import type { SimulatedLinks } from "./simulated-links.ts";
import { SimulatedWorker } from "./simulated-worker.ts";
import { decodeWire, identifiersOf } from "./wire-event.ts";
import type { Packing } from "../../engine/profile/port.ts";

/** What the lives of all nodes share. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly store: FaultyStore;
  readonly history: MemoryHistory;
  readonly ledger: Ledger;
  readonly observer: Observer;
  readonly provider: Provider;
  readonly links: SimulatedLinks;
  readonly planted: PlantedBugs;
  readonly hostsPerNode: number;
  readonly cacheBytesMax: number;
  readonly packing: Packing | undefined;
  readonly aheadEventsMin: number | undefined;
  /** True wall time, ms. */
  wallMs(): number;
}

const PLAN_RETRY_MS = 200;
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
  readonly router: Router;
  readonly workers: SimulatedWorker[] = [];
  readonly drainer: Drainer;
  readonly #around: Surroundings;
  readonly #cluster: Cluster;
  #owned: readonly OwnedShard[] = [];
  /** The message that is being handed to the router. */
  #arriving: FromShard | undefined;

  constructor(around: Surroundings, node: NodeId, life: number) {
    const { scheduler, store, history, ledger, links, observer } = around;
    const { random } = scheduler;
    this.#around = around;
    this.node = node;
    this.name = `${node}.${life}`;
    const bornMs = scheduler.nowMs - random.below(1_000_000);
    const pace = 1 + (random.fraction() * 2 - 1) * PACE_ERROR_MAX;
    this.clock = {
      now: () => Math.floor(around.wallMs() + this.skewMs),
      monotonicMs: () => (scheduler.nowMs - bornMs) * pace,
    };
    const timersOf = (actor: Actor): Timers => ({
      after: (delayMs, task) => scheduler.after(delayMs / pace + random.fraction(), `${actor.name} timer`, actor, task),
    });
    const timers = timersOf(this);
    const connected = store.connect(this);
    const desk = this.#createDesk(timers);
    this.router = createRouter({
      shards: store.state.shards,
      clock: this.clock,
      timers,
      send: (shard, message) => {
        const sent = this.#cluster.send(shard, message);
        scheduler.note(() => `${this.name} ${sent ? "routes" : "cannot route"} ${describeToShard(message)}`);
        return sent;
      },
      hint: routingHint,
      switchHint: (body) => identifiersOf(decodeWire(body)).find(({ kind }) => kind !== "anonymous"),
    });
    this.#cluster = createCluster({
      node,
      address: `ws://${node}`,
      store: connected,
      clock: this.clock,
      timers,
      workers: around.hostsPerNode,
      createWorker: (index, events) => {
        const worker = new SimulatedWorker({
          name: `${this.name}/${index}`,
          node,
          main: this,
          scheduler,
          observer,
          events,
          clock: this.clock,
          timersOf,
          random: random.branch(),
          connectStore: (actor) => store.connect(actor),
          connectHistory: (actor) => history.connect(actor),
          cacheBytesMax: around.cacheBytesMax,
          packing: around.packing,
          aheadEventsMin: around.aheadEventsMin,
          planted: around.planted,
          desk,
          onState: (owner, shard, state) => {
            if (state === "recovering") ledger.claimedBy(owner.name, shard);
          },
          onDied: (owner) => ledger.ownerGone(owner.name),
        });
        this.workers.push(worker);
        return worker;
      },
      createLink: (record, events) => links.create(this, record.node, events),
      sendBack: (number, frame) => links.sendBack(number, frame),
      breakLinks: () => links.breakAllTo(this),
      receive: (message) => this.#receive(message),
      relay: (message) => this.router.relay(message),
      ownerChanged: (shard) => this.router.ownerChanged(shard),
      onOwned: (owned) => {
        this.#owned = owned;
      },
      onNote: (text) => scheduler.note(() => `${this.name} ${text}`),
    });
    this.drainer = createDrainer({
      store: connected,
      history: history.connect(this),
      shards: () => this.#owned,
      clock: this.clock,
      timers,
      onDrained: (shard, position) => this.#cluster.drained(shard, position),
      onTrouble: ({ shard, state, text }) => {
        scheduler.note(() => `${this.name} drainer, shard ${shard}: ${text ?? "well"}`);
        // A drainer that has not heard yet that its shard is another's may find it trimmed: no harm, its writes are refused.
        const isOurs = shard !== undefined && store.state.lease(shard).owner === node;
        if (!isOurs || !(state === "diverged" || state === "hole" || state === "unreadable")) return;
        if (state === "diverged" && ledger.excusedRecords > 0) ledger.limitMet = true;
        else ledger.violate(`${this.name} cannot drain shard ${shard}: ${state}`);
      },
    });
    void this.#begin(timers);
  }

  /** The delivery thread: it lives, freezes and dies with its node. */
  #createDesk(timers: Timers): Desk {
    const { scheduler, provider } = this.#around;
    const bounds = { concurrency: 3, perSecond: undefined, callMsMax: 10_000 };
    const words: PutIntoWords = ({ values: _values, zone: _zone, ...letter }) => ({
      is: "rendered",
      message: { ...letter, language: "en", parts: { is: "sms", text: "hello", segments: 1 } },
    });
    const channels = (["email", "webhook"] as const).map(
      (channel) =>
        [
          channel,
          new ChannelDesk({
            adapter: provider.adapter(channel, this),
            bounds,
            clock: this.clock,
            timers,
            random: scheduler.random.branch(),
            words: () => words,
          }),
        ] as const,
    );
    return new Desk(new Map(channels));
  }

  now(): number {
    return this.clock.now();
  }

  /** The worker that owns this shard at this epoch, if one of ours does. */
  ownerOf(shard: ShardId, epoch: Epoch): SimulatedWorker | undefined {
    return this.workers.find((worker) => worker.owner?.epochs.get(shard) === epoch);
  }

  /** A frame of another node's gateway. */
  pass(link: number, frame: ArrayBuffer): void {
    this.#cluster.pass(link, frame);
  }

  unlinked(link: number): void {
    this.#cluster.unlinked(link);
  }

  /** To be called when the router passes a push on to whoever watches. */
  pushed(): void {
    if (this.#arriving?.kind === "push") this.#around.observer.accepts(this.name, this.#arriving);
  }

  /** The process is killed: nothing of it runs any more, its connections break. */
  crash(): void {
    this.alive = false;
    for (const worker of this.workers) worker.end();
    this.#around.links.breakAllOf(this);
  }

  #receive(message: FromShard): void {
    this.#arriving = message;
    this.router.receive(message);
    this.#arriving = undefined;
  }

  /** As a node does when it starts: with the plan that the store has. */
  async #begin(timers: Timers): Promise<void> {
    const current = await this.#around.store
      .connect(this)
      .plans.current()
      .catch(() => undefined);
    if (current === undefined) timers.after(PLAN_RETRY_MS, () => void this.#begin(timers));
    else await this.#cluster.start(current);
  }
}
