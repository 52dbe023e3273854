/** Whole nodes but for their gateways: routers, workers' threads and links as they run, two nodes on one store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import uWS from "uWebSockets.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClock, createTimers } from "../create-clock.ts";
import type { FinalAnswer } from "../gateway/router-port.ts";
import { createRouter } from "../gateway/router.ts";
import type { Router } from "../gateway/router-contract.ts";
import { routingHint, switchRoutingHint } from "../gateway/routing-hint.ts";
import { checkRules, digestPlan, encodePlan } from "../language/port.ts";
import { leaseRenewMs, leaseStillMs } from "../limits.ts";
import type { NodeId, PlanDigest, SourceId } from "../model/ids.ts";
import { createStore, portsOf } from "../store/create-store.ts";
import type { MadeStore, StoreConnection } from "../store/create-store.ts";
import { createCluster } from "./cluster.ts";
import type { Cluster } from "./cluster-port.ts";
import { createLinkDoor } from "./link-door.ts";
import { createNodeLink } from "./node-link.ts";
import { createWorkerLink } from "./worker-link.ts";
import type { WorkerThread } from "./worker-link.ts";

const SHARDS = 4;
const SECRET = "a-secret-of-the-links";
const clock = createClock();
const timers = createTimers();
const origin = { source: "till" as SourceId, trusted: true, visitor: undefined, receivedAt: Date.now() };

interface TestNode {
  readonly node: NodeId;
  readonly router: Router;
  readonly cluster: Cluster;
  readonly workers: WorkerThread[];
  readonly notes: string[];
  /** As a killed process: says nothing to anybody, hands nothing over. */
  kill(): void;
  close(): Promise<void>;
}

async function startNode(name: string, made: MadeStore, plan: PlanDigest): Promise<TestNode> {
  const node = name as NodeId;
  const workers: WorkerThread[] = [];
  const notes: string[] = [];
  let isDead = false;
  const door = createLinkDoor({
    timers,
    node,
    secret: SECRET,
    clock,
    onFrame: (link, frame) => cluster.pass(link, frame),
    onLinked: () => undefined,
    onUnlinked: (link) => cluster.unlinked(link),
    onFeed: () => undefined,
  });
  const app = uWS.App().ws("/link", door.behaviour);
  const port = await new Promise<number>((resolve) => {
    app.listen("127.0.0.1", 0, (token) => resolve(token ? uWS.us_socket_local_port(token) : 0));
  });
  const router = createRouter({
    shards: made.store.shards,
    clock,
    timers,
    send: (shard, message) => !isDead && cluster.send(shard, message),
    hint: routingHint,
    switchHint: switchRoutingHint,
  });
  const away = new Error("dead");
  const guarded =
    <Args extends readonly unknown[], R>(ask: (...args: Args) => Promise<R>) =>
    (...args: Args): Promise<R> =>
      isDead ? Promise.reject(away) : ask(...args);
  const { leases, plans, shards } = made.store;
  const cluster: Cluster = createCluster({
    node,
    address: `ws://127.0.0.1:${port}`,
    store: { shards, plans, leases: { ...leases, announce: guarded(leases.announce) } },
    clock,
    timers,
    workers: 2,
    createWorker: (index, events) => {
      const link = createWorkerLink<StoreConnection>({
        ...events,
        name: `${name}-${index}`,
        timers,
        soon: setImmediate,
        settings: () => {
          const store = made.connection();
          const rules = { identifiers: {}, trustBrowsers: false, serverKeys: [] };
          const common = {
            historyPort: undefined,
            deskPort: undefined,
            links: { secret: "a-secret-of-the-test", url: "" },
            cacheBytesMax: 16_000_000,
            ...rules,
          };
          return { settings: { node, store, ...common }, transfer: portsOf(store) };
        },
      });
      workers.push(link);
      return link;
    },
    createLink: ({ node: peer, address }, events) =>
      createNodeLink({ ...events, node, peer, address, secret: SECRET, clock, timers, soon: setImmediate }),
    sendBack: (link, frame) => door.send(link, frame),
    breakLinks: (reason) => door.breakAll(reason),
    receive: (message) => router.receive(message),
    relay: (message) => router.relay(message),
    ownerChanged: (shard) => router.ownerChanged(shard),
    onOwned: () => undefined,
    onNote: (note) => notes.push(note),
  });
  await cluster.start(plan);
  return {
    node,
    router,
    cluster,
    workers,
    notes,
    kill() {
      isDead = true;
      app.close();
      for (const worker of workers) worker.terminate();
    },
    async close() {
      router.close();
      await cluster.close();
      app.close();
    },
  };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe("nodes that share a store", () => {
  let folder: string;
  let made: MadeStore;
  let plan: PlanDigest;
  let nodes: TestNode[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "vif-cluster-"));
    const settings = { kind: "embedded", folder, shards: SHARDS, durability: "process" } as const;
    made = await createStore(settings, clock, (cause) => {
      throw cause;
    });
    const { plan: source } = checkRules([]);
    if (source === undefined) throw new Error("no rules at all are sound rules");
    const bytes = encodePlan(source);
    plan = digestPlan(bytes);
    await made.store.plans.put(plan, bytes);
    await made.store.plans.setCurrent(plan);
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
    await made.store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<TestNode> {
    const node = await startNode(name, made, plan);
    nodes.push(node);
    return node;
  }

  /** Sends events of fifty people, in one lane each. @returns outcomes by message id, filled as answers come */
  function send({ router }: TestNode, from: number, to: number): Map<string, FinalAnswer["is"]> {
    const outcomes = new Map<string, FinalAnswer["is"]>();
    const lane = router.createLane();
    for (let i = from; i < to; i++) {
      const messageId = `m${i}`;
      const event = { type: "track", event: "Seen", anonymousId: `a${i % 50}`, messageId, properties: { i } };
      const body = Buffer.from(JSON.stringify(event));
      router.event(lane, body, { origin, decide: false }, (answer) => outcomes.set(messageId, answer.is));
    }
    return outcomes;
  }

  const part = (outcomes: ReadonlyMap<string, string>, from: number, to: number): Map<string, string> =>
    new Map([...outcomes].filter(([id]) => Number(id.slice(1)) >= from && Number(id.slice(1)) < to));

  const expectAll = (outcomes: ReadonlyMap<string, string>, allowed: readonly string[]): void =>
    expect([...outcomes].filter(([, is]) => !allowed.includes(is))).toEqual([]);

  it("spreads the shards of a node alone over its workers, and answers", async () => {
    const a = await start("a");
    expect(a.cluster.isWhole()).toBe(true);
    const outcomes = send(a, 0, 500);
    await until(() => outcomes.size === 500);
    expectAll(outcomes, ["applied"]);
    await until(() => a.workers.every((worker) => worker.status().shards.length === SHARDS / 2));
  });

  it("loses nothing and answers everything when a worker dies in the middle", async () => {
    const a = await start("a");
    const outcomes = send(a, 0, 2000);
    // No frame: the worker that reads it ends with an error.
    a.workers[0]?.pass(new ArrayBuffer(8));
    await until(() => outcomes.size === 2000);
    expectAll(outcomes, ["applied", "duplicate"]);
    expect(a.notes.join("\n")).toContain("worker 0 has died");
    const again = send(a, 0, 2000);
    await until(() => again.size === 2000);
    expectAll(again, ["duplicate"]);
  });

  it("shares shards with a node that joins, by links, and takes them over when it dies", {
    timeout: 60_000,
  }, async () => {
    const a = await start("a");
    const before = send(a, 0, 500);
    const b = await start("b");
    await until(() => a.cluster.isWhole() && b.cluster.isWhole());
    await until(() => a.cluster.status().shards.some(({ owner }) => owner === b.node));
    const own = (): number => a.cluster.status().shards.filter(({ owner }) => owner === a.node).length;
    await until(() => a.cluster.isWhole() && b.cluster.isWhole() && own() < SHARDS);
    expectAll(before, ["applied", "duplicate"]);
    // What one node has applied, the other knows.
    const fromB = send(b, 0, 1000);
    await until(() => fromB.size === 1000);
    expectAll(part(fromB, 0, 500), ["duplicate"]);
    expectAll(part(fromB, 500, 1000), ["applied"]);

    const underWay = send(a, 1000, 1500);
    const sinceMs = clock.monotonicMs();
    b.kill();
    nodes.splice(nodes.indexOf(b), 1);
    await until(() => underWay.size === 500);
    expectAll(underWay, ["applied", "duplicate"]);
    const late = send(a, 1000, 2500);
    await until(() => late.size === 1500);
    expectAll(part(late, 1000, 1500), ["duplicate"]);
    expectAll(late, ["applied", "duplicate"]);
    await until(() => a.cluster.isWhole() && own() === SHARDS);
    expect(clock.monotonicMs() - sinceMs).toBeGreaterThan(leaseStillMs - leaseRenewMs);
    const again = send(a, 0, 2500);
    await until(() => again.size === 2500);
    expectAll(again, ["duplicate"]);
  });
});
