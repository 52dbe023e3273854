/**
 * Who owns which shard, and the way there: joins this node's workers, the links to other nodes and the ownership rules
 * (ownership.ts). Once a second it announces this node, reads leases and nodes, follows the store's current plan, and does
 * what the rules say. The router sends through it and is told when a way has changed; it decides nothing by itself.
 *
 * A shard's route: none -> worker (as soon as one has claimed it: it queues while it recovers) or node (whom the leases
 * name) -> none again. Everything is repeated on a new route, so a route is only changed for a reason.
 */
import { leaseRenewMs } from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import type { Epoch, NodeId, PlanDigest, ShardId } from "../model/ids.ts";
import type { HotStore, Lease, NodeRecord } from "../store/port.ts";
import type { Cluster } from "./cluster-port.ts";
import { FrameWriter, readFrame } from "./link-codec.ts";
import { frameShard, stampFrameLink } from "./link-frame.ts";
import type { NodeLink } from "./node-link.ts";
import { createOwnership } from "./ownership.ts";
import type { OwnershipCommand } from "./ownership.ts";
import type { FromShard, PeerMessage, ToShard } from "./port.ts";
import { createSteeringWatch } from "./steering-watch.ts";
import { createWorkerCrew } from "./worker-crew.ts";
import type { WorkerLink } from "./worker-link.ts";
import { OWN_LINK, PEERS_LINK } from "./worker-messages.ts";

export interface ClusterOptions {
  readonly node: NodeId;
  /** Where other nodes reach our `/link`; undefined: this node is alone. */
  readonly address: string | undefined;
  readonly store: Pick<HotStore, "leases" | "plans" | "shards">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly workers: number;
  readonly createWorker: (index: number, events: WorkerEvents) => WorkerLink;
  /** Makes a link to another node; undefined when this node is alone. */
  readonly createLink: ((record: NodeRecord, events: NodeLinkEvents) => NodeLink) | undefined;
  /** Sends a frame to the gateway of another node, by the number of its link. */
  readonly sendBack: (link: number, frame: ArrayBuffer) => void;
  /** Breaks the links of other nodes' gateways: see link-door.ts. */
  readonly breakLinks: (reason: string) => void;
  readonly receive: (message: FromShard) => void;
  readonly relay: (message: PeerMessage) => void;
  readonly ownerChanged: (shard: ShardId) => void;
  /** The shards that are ours have changed. */
  readonly onOwned: (owned: readonly { readonly shard: ShardId; readonly epoch: Epoch }[]) => void;
  readonly onNote: (note: string) => void;
}

export interface WorkerEvents {
  readonly onReady: (times: SharedArrayBuffer) => void;
  readonly onFrame: (link: number, frame: ArrayBuffer) => void;
  readonly onShard: (shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch) => void;
  readonly onDied: (cause: Error) => void;
}

export interface NodeLinkEvents {
  readonly onOpen: () => void;
  readonly onBroken: (reason: string) => void;
  readonly onMessage: (message: FromShard) => void;
}

type Route =
  | { readonly to: "worker"; readonly worker: number; readonly epoch: Epoch; state: "recovering" | "owned" }
  | { readonly to: "node"; readonly node: NodeId; readonly epoch: Epoch };

export function createCluster(options: ClusterOptions): Cluster {
  const { node, address, store, clock, timers, onNote } = options;
  const ownership = createOwnership({ node });
  const routes: (Route | undefined)[] = Array.from({ length: store.shards }, () => undefined);
  /** Which worker lost a shard last, while it lives. */
  const losers: (number | undefined)[] = [];
  const links = new Map<NodeId, NodeLink>();
  /** Shards with a claim or a hand-over under way, and by which worker. */
  const pending = new Map<ShardId, { readonly worker: number; readonly do: OwnershipCommand["do"] }>();
  /** When the last command about a shard ended: a reading asked for before does not know of it. */
  const settledMs = new Map<ShardId, number>();
  /** Under way. */
  const commands = new Set<Promise<unknown>>();
  /** Shards of which something was refused to another node's gateway since the links were last broken. */
  const refusedShards = new Set<ShardId>();
  let leases: readonly Lease[] = [];
  let plan: PlanDigest | undefined;
  let isStarted = false;
  let isClosing = false;
  let isStoreAway = false;
  let reading: Promise<void> = Promise.resolve();
  let isReading = false;
  let cancelTimer = (): void => undefined;

  const crew = createWorkerCrew({
    count: options.workers,
    createWorker: (index, events) =>
      options.createWorker(index, {
        ...events,
        onFrame,
        onShard: (shard, state, epoch) => onShard(index, shard, state, epoch),
      }),
    onDied,
    onFit: () => stepNow(),
    onNote,
  });

  const steering = createSteeringWatch({
    order: (orders) => crew.order(orders),
    living: () => ownership.living(),
    onNote,
  });

  function step(): void {
    if (isClosing) return;
    isReading = true;
    reading = read().finally(() => {
      isReading = false;
      if (!isClosing) cancelTimer = timers.after(leaseRenewMs, step);
    });
  }

  async function read(): Promise<void> {
    const askedMs = clock.monotonicMs();
    const askedAt = clock.now();
    try {
      if (plan !== undefined) await store.leases.announce(node, address ?? "");
      const [read, nodes, time, current, text] = await Promise.all([
        store.leases.readLeases(),
        store.leases.readNodes(),
        store.leases.storeTime(),
        store.plans.current(),
        store.plans.steering(),
      ]);
      if (isStoreAway) onNote("the store answers again");
      isStoreAway = false;
      if (isClosing) return;
      leases = read;
      if (current !== undefined && current !== plan) await activate(current);
      else crew.retry();
      await putBack(current, steering.read(text));
      followLinks(nodes);
      followLeases();
      // Our clock at the middle of the reading, when the store looked at its own.
      const skewMs = (askedAt + clock.now()) / 2 - time;
      const held = new Set(heldShards());
      const view = { leases, nodes, askedMs, readMs: clock.monotonicMs(), skewMs, held };
      for (const command of ownership.observe(view)) carryOut(command, askedMs);
    } catch (error) {
      ownership.storeAway();
      if (!isStoreAway) onNote(`the store does not answer: ${textOf(error)}`);
      isStoreAway = true;
    }
  }

  /** A store that was lost while we run is told again what all nodes go by; whoever is second finds it told. */
  async function putBack(current: PlanDigest | undefined, text: string | undefined): Promise<void> {
    if (current === undefined && plan !== undefined) await store.plans.setCurrent(plan);
    if (text !== undefined) await store.plans.setSteering(text, undefined);
  }

  function* heldShards(): Iterable<ShardId> {
    yield* pending.keys();
    for (const [shard, route] of routes.entries()) if (route?.to === "worker") yield shard as ShardId;
  }

  function carryOut(command: OwnershipCommand, askedMs: number): void {
    const shard = command.do === "claim" ? command.seen.shard : command.shard;
    if (pending.has(shard) || (settledMs.get(shard) ?? Number.NEGATIVE_INFINITY) >= askedMs) return;
    const worker = command.do === "claim" ? claimantFor(command) : workerOf(shard);
    const link = worker === undefined ? undefined : crew.links[worker];
    if (worker === undefined || link === undefined) return;
    if (command.do === "release") onNote(`hands shard ${shard} over to ${command.to}`);
    else if (command.why === "dead") onNote(`takes shard ${shard} over from ${command.seen.owner ?? "nobody"}`);
    pending.set(shard, { worker, do: command.do });
    // What was refused on a link must not be overtaken by what follows on it and would be taken from now on.
    if (command.do === "claim" && refusedShards.has(shard)) breakLinks(`shard ${shard} is claimed`);
    const outcome: Promise<unknown> = (command.do === "claim" ? link.claim(command.seen) : link.release(shard))
      .catch((error: unknown) => onNote(`shard ${shard}: ${textOf(error)}`))
      .finally(() => {
        pending.delete(shard);
        settledMs.set(shard, clock.monotonicMs());
        commands.delete(outcome);
      });
    commands.add(outcome);
  }

  function workerOf(shard: ShardId): number | undefined {
    const route = routes[shard];
    return route?.to === "worker" ? route.worker : undefined;
  }

  /** A shard that is still ours by its lease goes back to the worker that lost it, which keeps what it acknowledged lately. */
  function claimantFor({ seen, why }: Extract<OwnershipCommand, { do: "claim" }>): number | undefined {
    const before = losers[seen.shard];
    return why === "ours" && before !== undefined && crew.isFit(before) ? before : leastLoaded();
  }

  function leastLoaded(): number | undefined {
    const workers = [...routes.entries()].flatMap(([shard, route]) =>
      route?.to === "worker" && !pending.has(shard as ShardId) ? [route.worker] : [],
    );
    return crew.leastLoaded([...workers, ...[...pending.values()].map(({ worker }) => worker)]);
  }

  /** Links to all other nodes that have announced themselves, at their present addresses. */
  function followLinks(nodes: readonly NodeRecord[]): void {
    const { createLink } = options;
    if (createLink === undefined) return;
    const others = new Map(nodes.filter((other) => other.node !== node).map((other) => [other.node, other]));
    for (const [other, link] of links) {
      if (others.get(other)?.address === link.address) continue;
      link.close();
      links.delete(other);
    }
    for (const [other, record] of others) {
      if (links.has(other) || record.address === "") continue;
      const shardsThere = (): ShardId[] =>
        [...routes.entries()].flatMap(([shard, route]) =>
          route?.to === "node" && route.node === other ? [shard as ShardId] : [],
        );
      links.set(
        other,
        createLink(record, {
          onOpen: () => {
            for (const shard of shardsThere()) options.ownerChanged(shard);
          },
          onBroken: (reason) => onNote(`the link to node ${other} broke: ${reason}`),
          onMessage: options.receive,
        }),
      );
    }
  }

  /** Shards that no worker of ours has: whom do the leases name? */
  function followLeases(): void {
    for (const { shard, owner, epoch } of leases) {
      const route = routes[shard];
      if (route?.to === "worker" || pending.has(shard)) continue;
      const wanted: Route | undefined =
        owner === undefined || owner === node ? undefined : { to: "node", node: owner, epoch };
      if (route?.to === wanted?.to && route?.epoch === wanted?.epoch) continue;
      routes[shard] = wanted;
      if (wanted !== undefined) options.ownerChanged(shard);
    }
  }

  function onShard(worker: number, shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch): void {
    const route = routes[shard];
    if (state === "recovering") {
      routes[shard] = { to: "worker", worker, epoch, state };
      options.ownerChanged(shard);
    } else if (state === "owned") {
      if (route?.to === "worker") route.state = state;
      tellOwned();
    } else if (route?.to === "worker" && route.worker === worker) {
      routes[shard] = undefined;
      losers[shard] = worker;
      settledMs.set(shard, clock.monotonicMs());
      // What it refused must not be overtaken by what is on its way, should the shard be ours again at once. One that is
      // handed over cleanly does not come back so soon.
      if (!isClosing && pending.get(shard)?.do !== "release") breakLinks(`shard ${shard} is not ours any more`);
      tellOwned();
    }
  }

  function onDied(worker: number): void {
    for (const [shard, route] of routes.entries())
      if (route?.to === "worker" && route.worker === worker) routes[shard] = undefined;
    for (const [shard, loser] of losers.entries()) if (loser === worker) losers[shard] = undefined;
    breakLinks("a worker has died");
    tellOwned();
  }

  function breakLinks(reason: string): void {
    refusedShards.clear();
    options.breakLinks(reason);
  }

  function tellOwned(): void {
    options.onOwned(
      routes.flatMap((route, shard) =>
        route?.to === "worker" && route.state === "owned" ? [{ shard: shard as ShardId, epoch: route.epoch }] : [],
      ),
    );
  }

  async function start(digest: PlanDigest): Promise<void> {
    await activate(digest);
    // The store may have been away when a worker asked for the plan.
    let cancelRetry = timers.after(leaseRenewMs, function again() {
      crew.retry();
      cancelRetry = timers.after(leaseRenewMs, again);
    });
    await crew.whenFit();
    cancelRetry();
    isStarted = true;
    step();
    await reading;
    await Promise.all(commands);
  }

  /** Does not wait for the next second, unless a reading is under way. */
  function stepNow(): void {
    if (!isStarted || isReading || isClosing) return;
    cancelTimer();
    step();
  }

  async function activate(digest: PlanDigest): Promise<void> {
    plan = digest;
    await crew.activate(digest);
  }

  function onFrame(link: number, frame: ArrayBuffer): void {
    if (link === OWN_LINK) readFrame(frame, (message) => options.receive(message as FromShard));
    else if (link === PEERS_LINK) readFrame(frame, (message) => options.relay(message as PeerMessage));
    else options.sendBack(link, frame);
  }

  function send(shard: ShardId, message: ToShard): boolean {
    const route = routes[shard];
    if (route === undefined) return false;
    if (route.to === "worker") return crew.links[route.worker]?.write(message) ?? false;
    return links.get(route.node)?.write(shard, message) ?? false;
  }

  function pass(link: number, frame: ArrayBuffer): void {
    stampFrameLink(frame, link);
    const shard = frameShard(frame);
    // One that is claiming the shard queues what comes: to refuse it here would let what follows overtake it.
    const claiming = pending.get(shard);
    const worker = workerOf(shard) ?? (claiming?.do === "claim" ? claiming.worker : undefined);
    if (worker !== undefined && crew.links[worker]?.pass(frame) === true) return;
    refusedShards.add(shard);
    const refusals = new FrameWriter(link);
    readFrame(frame, (message) => {
      if (!("request" in message) || message.kind === "answer") return;
      const { shard, request } = message;
      refusals.write({ kind: "answer", request, answer: { is: "not_owner", shard } });
    });
    const refused = refusals.take();
    if (refused !== undefined) options.sendBack(link, refused);
  }

  async function close(): Promise<void> {
    isClosing = true;
    cancelTimer();
    await reading;
    await crew.close();
    await store.leases.leave(node).catch(() => undefined);
    for (const link of links.values()) link.close();
  }

  return {
    start,
    send,
    pass,
    unlinked: (link) => {
      for (const worker of crew.links) worker.unlinked(link);
    },
    activate,
    steered: stepNow,
    drained: (shard, position) => {
      const worker = workerOf(shard);
      if (worker !== undefined) crew.links[worker]?.drained(shard, position);
    },
    isWhole: () =>
      routes.every((route) =>
        route?.to === "worker" ? route.state === "owned" : route !== undefined && links.get(route.node)?.isOpen,
      ),
    status: () => ({
      node,
      living: ownership.living(),
      plan,
      shards: routes.map((route, shard) => ({
        shard: shard as ShardId,
        owner: route === undefined ? undefined : route.to === "node" ? route.node : node,
        epoch: route?.epoch ?? 0,
        state: route === undefined ? "away" : route.to === "node" ? "remote" : route.state,
      })),
      workers: crew.links.map((link) => link.status()),
    }),
    close,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
