/**
 * One simulated cluster with everybody who talks to it: store, history, nodes, links, senders. It offers what can happen
 * to it (a crash, a failover, time that passes) and says whether it has come to rest; chaos.ts decides what does happen.
 */
import { shardOfSlot, type NodeId, type ShardId } from "../../engine/model/ids.ts";
import { type Identifier, cellKey } from "../../engine/model/identifier.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import { FaultyStore, type DurabilityLevel } from "./faulty-store.ts";
import { Ledger } from "./ledger.ts";
import { MemoryHistory } from "./memory-history.ts";
import { NodeLife, type Surroundings } from "./node-life.ts";
import { Observer } from "./observer.ts";
import type { FinalRead } from "./oracle.ts";
import { Provider } from "./provider.ts";
import { NO_FAULTS } from "./remote.ts";
import { VARIANTS, type Variant, planDigest, planSource } from "./sample-rules.ts";
import type { Scheduler } from "./scheduler.ts";
import { Sender, type Shown } from "./sender.ts";
import { SimulatedLinks } from "./simulated-links.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";
import type { Packing } from "../../engine/profile/port.ts";

export interface WorldOptions {
  readonly scheduler: Scheduler;
  readonly shards: number;
  readonly nodes: number;
  readonly hostsPerNode: number;
  readonly level: DurabilityLevel;
  readonly senders: number;
  readonly cacheBytesMax: number;
  readonly packing: Packing | undefined;
  readonly aheadEventsMin: number | undefined;
  readonly planted: PlantedBugs;
}

const START_WALL_MS = Date.UTC(2026, 0, 1);

export class World implements Surroundings {
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly store: FaultyStore;
  readonly history: MemoryHistory;
  readonly observer: Observer;
  readonly provider: Provider;
  readonly links: SimulatedLinks;
  readonly planted: PlantedBugs;
  readonly hostsPerNode: number;
  readonly cacheBytesMax: number;
  readonly packing: Packing | undefined;
  readonly aheadEventsMin: number | undefined;
  readonly nodes: readonly NodeId[];
  readonly devices: readonly Sender[];
  readonly server: Sender;
  readonly #lives = new Map<NodeId, NodeLife>();
  readonly #lifeCounts = new Map<NodeId, number>();
  readonly #skews = new Map<NodeId, number>();
  /** Faults have ended. */
  calm = false;
  #wallAheadMs = START_WALL_MS;
  readonly #passed: { readonly atMs: number; readonly ms: number }[] = [];

  constructor(options: WorldOptions) {
    const { scheduler, shards, level, planted } = options;
    this.scheduler = scheduler;
    this.planted = planted;
    this.hostsPerNode = options.hostsPerNode;
    this.cacheBytesMax = options.cacheBytesMax;
    this.packing = options.packing;
    this.aheadEventsMin = options.aheadEventsMin;
    this.ledger = new Ledger(shards);
    this.ledger.wallPassedMs = () => this.wallMs() - START_WALL_MS;
    this.ledger.note = (text) => scheduler.note(text);
    this.ledger.ownerOf = (shard, epoch, durable) => {
      const worker = this.lives().flatMap((life) => life.ownerOf(shard, epoch) ?? [])[0];
      const status = worker?.status().shards.find((candidate) => candidate.shard === shard);
      // What its owner never heard of was acknowledged to nobody: it owes nothing.
      return status !== undefined && status.durable < durable ? undefined : worker?.owner?.name;
    };
    this.store = new FaultyStore(scheduler, {
      shards,
      level,
      wallNow: () => Math.floor(this.wallMs()),
      observer: this.ledger,
    });
    this.history = new MemoryHistory(scheduler);
    this.ledger.nowMs = () => scheduler.nowMs;
    this.provider = new Provider(scheduler, this.ledger);
    this.observer = new Observer({
      ledger: this.ledger,
      store: this.store,
      nowMs: () => scheduler.nowMs,
      passedSince: (ms) => this.#passed.reduce((sum, each) => sum + (each.atMs >= ms ? each.ms : 0), 0),
      note: (text) => scheduler.note(text),
    });
    this.links = new SimulatedLinks(scheduler, (node) => this.#lives.get(node as NodeId));
    this.nodes = Array.from({ length: options.nodes }, (_, i) => `n${i}` as NodeId);
    const { ledger } = this;
    const pickNode = (): NodeLife | undefined => {
      const lives = [...this.#lives.values()];
      return lives.length === 0 ? undefined : scheduler.random.pick(lives);
    };
    const sender = (name: string, visitor: string | undefined): Sender =>
      new Sender({ name, visitor, scheduler, ledger, pickNode });
    this.devices = Array.from({ length: options.senders }, (_, i) => sender(`a${i}`, `a${i}`));
    this.server = sender("server", undefined);
    for (const variant of VARIANTS) this.store.state.putPlan(planDigest(variant), planSource(variant));
    this.store.state.setCurrentPlan(planDigest("a"));
    this.store.state.flush();
    this.store.state.forget(Number.POSITIVE_INFINITY);
  }

  get senders(): readonly Sender[] {
    return [...this.devices, this.server];
  }

  wallMs(): number {
    return this.#wallAheadMs + this.scheduler.nowMs;
  }

  letTimePass(ms: number): void {
    this.scheduler.note(() => `${(ms / 3_600_000).toFixed(1)} hours pass`);
    this.#wallAheadMs += ms;
    this.#passed.push({ atMs: this.scheduler.nowMs, ms });
  }

  lifeOf(node: NodeId): NodeLife | undefined {
    return this.#lives.get(node);
  }

  lives(): readonly NodeLife[] {
    return [...this.#lives.values()];
  }

  workerNamed(name: string | undefined): SimulatedWorker | undefined {
    return this.lives()
      .flatMap(({ workers }) => workers)
      .find(({ owner }) => owner?.name === name);
  }

  start(node: NodeId): void {
    if (this.#lives.has(node)) return;
    const count = (this.#lifeCounts.get(node) ?? 0) + 1;
    this.#lifeCounts.set(node, count);
    const life = new NodeLife(this, node, count);
    life.skewMs = this.#skews.get(node) ?? 0;
    this.#lives.set(node, life);
  }

  crash(life: NodeLife): void {
    this.scheduler.note(() => `${life.name} crashes`);
    this.#lives.delete(life.node);
    life.crash();
    for (const sender of this.senders) sender.nodeDied(life);
  }

  failover(): void {
    if (this.store.level === "process") {
      this.ledger.rewinds += 1;
      this.ledger.rewoundAtMs = this.scheduler.nowMs;
    }
    this.store.failover();
  }

  setSkew(node: NodeId, skewMs: number): void {
    this.scheduler.note(() => `the clock of ${node} is ${skewMs} ms off`);
    this.#skews.set(node, skewMs);
    const life = this.#lives.get(node);
    if (life !== undefined) life.skewMs = skewMs;
  }

  /** No fault from here on; what lives may work off what is left. */
  endFaults(): void {
    const { store, history, scheduler, links } = this;
    this.calm = true;
    this.provider.calm = true;
    store.remote.trap = undefined;
    store.remote.heal();
    history.remote.heal();
    store.remote.faults = NO_FAULTS;
    history.remote.faults = NO_FAULTS;
    links.delayMsMax = 1;
    for (const node of this.nodes) {
      this.setSkew(node, 0);
      this.start(node);
    }
    for (const life of this.lives()) life.frozenUntilMs = scheduler.nowMs;
  }

  /** What keeps the cluster from being at rest; undefined when it is. */
  unrest(): string | undefined {
    const waiting = this.senders.find((sender) => sender.waiting > 0);
    if (waiting !== undefined) return `${waiting.name} waits for ${waiting.waiting} answers`;
    if (this.provider.isBusy) return "a provider is called";
    for (let index = 0; index < this.store.state.shards; index++) {
      const shard = index as ShardId;
      const { owner, epoch } = this.store.state.lease(shard);
      const life = owner === undefined ? undefined : this.#lives.get(owner);
      const worker = life?.ownerOf(shard, epoch);
      if (worker === undefined) return `shard ${shard} is not owned`;
      const status = worker.status().shards.find((candidate) => candidate.shard === shard);
      if (status === undefined || status.queued > 0 || status.durable < status.position)
        return `shard ${shard} has work`;
      if (status.unanswered) return `shard ${shard} waits for another`;
      if (status.plan !== this.store.state.currentPlan) return `shard ${shard} has another plan`;
      const last = this.store.state.last(shard);
      const { position } = this.history.watermark(shard);
      if (position !== last) return `shard ${shard} is drained to ${position} of ${last}`;
    }
    return undefined;
  }

  get plan(): Variant {
    return VARIANTS.find((variant) => planDigest(variant) === this.store.state.currentPlan) ?? "a";
  }

  /** What each watcher was shown last. */
  shown(): readonly Shown[] {
    return this.senders.flatMap(({ shown }) => shown);
  }

  /** Asks one gateway for everybody. */
  async readAll(identifiers: readonly Identifier[]): Promise<readonly FinalRead[]> {
    const life = this.lives()[0] as NodeLife;
    const reads: FinalRead[] = [];
    let missing = identifiers.length;
    const from = Math.floor(this.wallMs());
    for (const identifier of identifiers)
      life.router.read(identifier, "profile", (answer) => {
        missing -= 1;
        if (answer.is !== "read") return this.ledger.violate(`${cellKey(identifier)} cannot be read: ${answer.is}`);
        const { profile, view } = answer;
        const shard = shardOfSlot(slotOfCell(cellKey(identifier)), this.store.state.shards);
        const last = profile === undefined ? 0 : this.#lastInstant(profile.slice(0, 3));
        reads.push({
          identifier,
          profile,
          view,
          decisions: JSON.stringify(answer.decisions),
          instants: [Math.max(from, last), Math.max(Math.floor(this.wallMs()), last)],
        });
        this.scheduler.note(() => `${cellKey(identifier)} (s${shard}) is ${profile}`);
      });
    await this.scheduler.runUntil(() => missing === 0, this.scheduler.nowMs + 30_000);
    if (missing > 0) this.ledger.violate(`${missing} final reads are not answered`);
    return reads;
  }

  #lastInstant(slotHex: string): number {
    const shard = Number.parseInt(slotHex, 16) % this.store.state.shards;
    return this.ledger.journals[shard]?.at(-1)?.batch.instant ?? 0;
  }
}
