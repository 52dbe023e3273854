/**
 * A shard worker as its node's main thread sees it: a host behind a port that keeps order. What worker-link.ts and
 * worker-main.ts do with a thread and its port is done here with two channels, so that a worker may die and be started
 * anew while its node lives on.
 */
import type { DeskClient } from "../../engine/deliver/channel-desk.ts";
import type { Desk } from "../../engine/deliver/desk.ts";
import type { History } from "../../engine/history/port.ts";
import type { Clock, Random, Timers } from "../../engine/model/clock.ts";
import type { NodeId, PlanDigest, ShardId } from "../../engine/model/ids.ts";
import type { Orders } from "../../engine/model/orders.ts";
import type { WorkerEvents } from "../../engine/shard/cluster.ts";
import { FrameWriter, readFrame } from "../../engine/shard/link-codec.ts";
import { frameLink } from "../../engine/shard/link-frame.ts";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import type { FromShard, PeerMessage, ToShard } from "../../engine/shard/port.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import type { WorkerLink } from "../../engine/shard/worker-link.ts";
import { OWN_LINK, PEERS_LINK, type WorkerStatus } from "../../engine/shard/worker-messages.ts";
import type { HotStore, Lease } from "../../engine/store/port.ts";
import { Channel } from "./channel.ts";
import type { Observer, OwnerLife } from "./observer.ts";
import { loadSamplePlan } from "./sample-rules.ts";
import type { Actor, Scheduler } from "./scheduler.ts";
import { parseAny } from "./wire-event.ts";
import type { Packing } from "../../engine/profile/port.ts";

export interface SimulatedWorkerOptions {
  readonly name: string;
  readonly node: NodeId;
  readonly main: Actor;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly events: WorkerEvents;
  readonly clock: Clock;
  readonly timersOf: (actor: Actor) => Timers;
  readonly random: Random;
  readonly connectStore: (actor: Actor) => HotStore;
  readonly connectHistory: (actor: Actor) => History;
  readonly cacheBytesMax: number;
  readonly packing: Packing | undefined;
  readonly aheadEventsMin: number | undefined;
  readonly planted: PlantedBugs;
  readonly desk: Desk;
  readonly onState: (worker: OwnerLife, shard: ShardId, state: "recovering" | "owned" | "lost") => void;
  readonly onDied: (worker: OwnerLife) => void;
}

const THREAD_STARTS_MS_MAX = 50;
const THREAD_STARTS_AGAIN_MS_MAX = 2_000;
const PORT_MS_MAX = 0.2;

/** One life of the thread. */
interface Life {
  readonly owner: OwnerLife & Actor;
  readonly host: ShardHost;
  readonly toThread: Channel<() => void>;
  readonly toMain: Channel<() => void>;
  readonly toDesk: Channel<() => void>;
  readonly client: DeskClient;
}

export class SimulatedWorker implements WorkerLink {
  readonly #options: SimulatedWorkerOptions;
  readonly #calls = new Set<(cause: Error) => void>();
  readonly #writer = new FrameWriter(OWN_LINK);
  #life: Life | undefined;
  #ready = false;
  #lives = 0;

  constructor(options: SimulatedWorkerOptions) {
    this.#options = options;
    this.#start(THREAD_STARTS_MS_MAX);
  }

  get host(): ShardHost | undefined {
    return this.#life?.host;
  }

  get owner(): OwnerLife | undefined {
    return this.#life?.owner;
  }

  /** The thread ends with an error; the main thread starts another one. */
  die(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.end();
    const { scheduler, main, events } = this.#options;
    scheduler.after(scheduler.random.fraction(), `${life.owner.name} has died`, main, () => {
      for (const reject of this.#calls) reject(new Error("the thread has ended"));
      this.#calls.clear();
      events.onDied(new Error("the thread has ended"));
      this.#start(THREAD_STARTS_AGAIN_MS_MAX);
    });
  }

  /** Nothing of the thread runs any more, and nobody is told. */
  end(): void {
    const life = this.#life;
    if (life === undefined) return;
    life.owner.alive = false;
    life.toThread.close();
    life.toMain.close();
    life.toDesk.close();
    this.#options.desk.leave(life.client);
    this.#life = undefined;
    this.#ready = false;
    this.#options.onDied(life.owner);
  }

  write(message: ToShard): boolean {
    if (!this.#ready) return false;
    this.#writer.write(message);
    const frame = this.#writer.take();
    return frame !== undefined && this.pass(frame);
  }

  pass(frame: ArrayBuffer): boolean {
    const life = this.#life;
    if (life === undefined || !this.#ready) return false;
    const link = frameLink(frame);
    life.toThread.send(() =>
      readFrame(frame, (message) => {
        this.#options.observer.arrives(life.owner, link, message as ToShard);
        life.host.receive(link, message as ToShard);
      }),
    );
    return true;
  }

  claim(seen: Lease): Promise<boolean> {
    return this.#call((host) => host.claim(seen));
  }

  release(shard: ShardId): Promise<boolean> {
    return this.#call((host) => host.release(shard).then(() => true));
  }

  activate(plan: PlanDigest): Promise<boolean> {
    return this.#call((host) => host.activate(plan).then(() => true));
  }

  order(orders: Orders): void {
    const life = this.#life;
    life?.toThread.send(() => life.host.heed(orders));
  }

  drained(shard: ShardId, position: number): void {
    const life = this.#life;
    life?.toThread.send(() => life.host.drained(shard, position));
  }

  unlinked(link: number): void {
    const life = this.#life;
    life?.toThread.send(() => life.host.unlinked(link));
  }

  status(): WorkerStatus {
    const host = this.#life?.host;
    return {
      shards: host?.status() ?? [],
      cacheBytes: host?.cacheBytes ?? 0,
      trouble: host?.trouble,
      fired: new Map(),
    };
  }

  terminate(): void {
    this.end();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #call(act: (host: ShardHost) => Promise<boolean>): Promise<boolean> {
    const life = this.#life;
    if (life === undefined || !this.#ready) return Promise.reject(new Error("the thread is not ready"));
    return new Promise((resolve, reject) => {
      this.#calls.add(reject);
      const settle = (tell: () => void): void =>
        life.toMain.send(() => {
          this.#calls.delete(reject);
          tell();
        });
      life.toThread.send(
        () =>
          void act(life.host).then(
            (done) => settle(() => resolve(done)),
            (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
          ),
      );
    });
  }

  #start(withinMs: number): void {
    const { scheduler, main, name, events } = this.#options;
    scheduler.after(scheduler.random.fraction() * withinMs, `${name} starts`, main, () => {
      this.#life = this.#createLife();
      this.#ready = true;
      events.onReady(new SharedArrayBuffer(0));
    });
  }

  #createLife(): Life {
    const { scheduler, node, main, name, events, clock, random, planted, observer } = this.#options;
    const epochs = new Map<ShardId, number>();
    const owner = {
      name: `${name}.${++this.#lives}`,
      node,
      alive: true,
      epochs,
      now: () => clock.now(),
      get frozenUntilMs() {
        return main.frozenUntilMs;
      },
      set frozenUntilMs(ms: number) {
        main.frozenUntilMs = ms;
      },
    };
    const channel = (receiver: Actor): Channel<() => void> =>
      new Channel<() => void>(scheduler, {
        label: () => `${owner.name} ${receiver === main ? "says" : "hears"}`,
        receiver,
        deliver: (act) => act(),
        delayMsMax: () => PORT_MS_MAX,
      });
    const toMain = channel(main);
    const toDesk = channel(main);
    const fromDesk = channel(owner);
    const client: DeskClient = { send: (said) => fromDesk.send(() => host.receiveDelivery(said)) };
    const send = (link: number, message: FromShard | PeerMessage): void => {
      const writer = new FrameWriter(link);
      writer.write(message);
      const frame = writer.take();
      if (frame !== undefined) toMain.send(() => events.onFrame(link, frame));
    };
    const timers = this.#options.timersOf(owner);
    const host: ShardHost = new ShardHost({
      node,
      store: this.#options.connectStore(owner),
      history: this.#options.connectHistory(owner),
      loadPlan: loadSamplePlan,
      parse: parseAny,
      clock,
      timers,
      othersFirst: () => new Promise((resolve) => void timers.after(0, resolve)),
      random,
      cacheBytesMax: this.#options.cacheBytesMax,
      packing: this.#options.packing,
      aheadEventsMin: this.#options.aheadEventsMin,
      hashKey: [1, 2],
      send: (link, message) => {
        observer.sends(owner, link, message);
        send(link, message);
      },
      sendPeer: (message) => send(PEERS_LINK, message),
      onShard: (shard, state, epoch) => {
        if (state === "owned") epochs.set(shard, epoch);
        if (state === "lost") epochs.delete(shard);
        this.#options.onState(owner, shard, state);
        scheduler.note(() => `${owner.name} shard ${shard} ${state} at epoch ${epoch}`);
        toMain.send(() => events.onShard(shard, state, epoch));
      },
      planted,
      delivery: {
        send: (said) => toDesk.send(() => this.#options.desk.receive(said, client)),
        idempotentForMs: () => 0,
        linksOf: () => ({ reference: "", links: {} }),
      },
    });
    return { owner, host, toThread: channel(owner), toMain, toDesk, client };
  }
}
