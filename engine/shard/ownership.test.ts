import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leaseStillMs } from "../limits.ts";
import type { NodeId, ShardId } from "../model/ids.ts";
import type { Lease, NodeRecord } from "../store/port.ts";
import type { Ownership, OwnershipCommand } from "./ownership.ts";
import { createOwnership, preferredNode } from "./ownership.ts";

const SHARDS = 8;
const [A, B, C] = ["a", "b", "c"] as [NodeId, NodeId, NodeId];

/** A store with nodes that renew, claim and release as they are told, one reading a second each. */
class World {
  nowMs = 100_000;
  readonly leases: Lease[] = Array.from({ length: SHARDS }, (_, shard) => ({
    shard: shard as ShardId,
    owner: undefined,
    epoch: 0,
    counter: 0,
  }));
  readonly #records = new Map<NodeId, NodeRecord>();
  readonly #minds = new Map<NodeId, Ownership>();
  readonly held = new Map<NodeId, Set<ShardId>>();
  readonly skewMs = new Map<NodeId, number>();
  readonly claims: string[] = [];

  start(node: NodeId): void {
    this.#minds.set(node, createOwnership({ node }));
    this.held.set(node, new Set());
  }

  /** As by kill -9: its record and its leases stay. */
  kill(node: NodeId): void {
    this.#minds.delete(node);
    this.held.delete(node);
  }

  second(node: NodeId, storeAnswers = true): readonly OwnershipCommand[] {
    const mind = this.#minds.get(node);
    const held = this.held.get(node);
    if (mind === undefined || held === undefined) return [];
    if (!storeAnswers) {
      mind.storeAway();
      return [];
    }
    this.#records.set(node, { node, address: `ws://${node}`, counter: (this.#records.get(node)?.counter ?? 0) + 1 });
    for (const shard of held) this.#change(shard, ({ counter }) => ({ counter: counter + 1 }));
    const commands = mind.observe({
      leases: [...this.leases],
      nodes: [...this.#records.values()],
      askedMs: this.nowMs,
      readMs: this.nowMs + 3,
      skewMs: this.skewMs.get(node) ?? 0,
      held,
    });
    for (const command of commands) {
      if (command.do === "release") {
        held.delete(command.shard);
        this.#change(command.shard, () => ({ owner: undefined }));
      } else if (this.leases[command.seen.shard] === command.seen) {
        this.claims.push(`${node} ${command.why}`);
        held.add(command.seen.shard);
        this.#change(command.seen.shard, ({ epoch }) => ({ owner: node, epoch: epoch + 1 }));
      }
    }
    return commands;
  }

  run(seconds: number, nodes: readonly NodeId[], storeAnswers = true): void {
    for (let i = 0; i < seconds; i++) {
      for (const node of nodes) this.second(node, storeAnswers);
      this.nowMs += 1000;
    }
  }

  ownedBy(node: NodeId): number {
    return this.leases.filter(({ owner }) => owner === node).length;
  }

  /** Each shard stands with whom it falls to. */
  expectSettled(nodes: readonly NodeId[]): void {
    for (const { shard, owner } of this.leases) expect([shard, owner]).toEqual([shard, preferredNode(shard, nodes)]);
  }

  #change(shard: ShardId, change: (lease: Lease) => Partial<Lease>): void {
    const lease = this.leases[shard];
    if (lease !== undefined) this.leases[shard] = { ...lease, ...change(lease) };
  }
}

describe("ownership", () => {
  it("lets a node alone take every free shard at its first reading", () => {
    const world = new World();
    world.start(A);
    world.run(1, [A]);
    expect(world.ownedBy(A)).toBe(SHARDS);
  });

  it("hands a newcomer its share cleanly, and moves nothing else", () => {
    const world = new World();
    world.start(A);
    world.run(2, [A]);
    world.start(B);
    const before = new Map(world.leases.map(({ shard, epoch }) => [shard, epoch]));
    world.run(5, [A, B]);
    world.expectSettled([A, B]);
    expect(world.claims.every((claim) => claim.endsWith("free"))).toBe(true);
    for (const { shard, owner, epoch } of world.leases) if (owner === A) expect(epoch).toBe(before.get(shard));
  });

  it("takes a dead node's shards after its counter stood still for long enough, and not before", () => {
    const world = new World();
    for (const node of [A, B, C]) world.start(node);
    world.run(8, [A, B, C]);
    world.expectSettled([A, B, C]);
    world.kill(C);
    world.run(leaseStillMs / 1000, [A, B]);
    world.expectSettled([A, B, C]);
    world.run(2, [A, B]);
    world.expectSettled([A, B]);
    expect(world.claims.filter((claim) => claim.endsWith("dead")).length).toBeGreaterThan(0);
  });

  it("gives a node that comes back its former leases at once, and its share later", () => {
    const world = new World();
    for (const node of [A, B]) world.start(node);
    world.run(8, [A, B]);
    world.kill(A);
    world.start(A);
    const held = world.ownedBy(A);
    world.second(A);
    expect(world.claims.filter((claim) => claim === "a ours").length).toBe(held);
    world.kill(A);
    world.run(8, [B]);
    world.expectSettled([B]);
    world.start(A);
    world.run(5, [A, B]);
    world.expectSettled([A, B]);
  });

  it("makes no takeover after a pause of the store or of the process", () => {
    const world = new World();
    for (const node of [A, B]) world.start(node);
    world.run(8, [A, B]);
    const before = [...world.claims];
    // The store answers nobody, then A's reading comes first, before B could renew.
    world.run(20, [A, B], false);
    world.second(A);
    world.nowMs += 1000;
    world.run(3, [A, B]);
    // A sleeps for long while B renews, and B sleeps while A renews.
    world.nowMs += 60_000;
    world.second(A);
    world.run(2, [A, B]);
    expect(world.claims).toEqual(before);
    world.expectSettled([A, B]);
  });

  it("claims nothing while its clock is off, and is handed nothing again for a while", () => {
    const world = new World();
    world.start(A);
    world.run(2, [A]);
    world.start(B);
    world.skewMs.set(B, 2500);
    world.run(60, [A, B]);
    expect(world.ownedBy(A)).toBe(SHARDS);
    const epochs = world.leases.map(({ epoch }) => epoch);
    expect(Math.max(...epochs)).toBe(2);
    world.skewMs.set(B, 0);
    world.run(150, [A, B]);
    world.expectSettled([A, B]);
  });

  it("wants at most one living owner for a shard once views agree, whatever happened before", () => {
    const event = fc.record({
      do: fc.constantFrom("start" as const, "kill" as const, "run" as const, "pause" as const),
      node: fc.constantFrom(A, B, C),
      seconds: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20, size: "max" }), (events) => {
        const world = new World();
        const living = new Set<NodeId>([A]);
        world.start(A);
        for (const { do: what, node, seconds } of events) {
          if (what === "start" && !living.has(node)) {
            world.start(node);
            living.add(node);
          } else if (what === "kill") {
            world.kill(node);
            living.delete(node);
          } else world.run(seconds, [...living], what !== "pause");
          // A shard has one lease, and whoever holds it by right is its owner there or was fenced by the store.
          for (const { shard, owner } of world.leases) {
            for (const other of living) if (world.held.get(other)?.has(shard) === true) expect(other).toBe(owner);
          }
        }
        if (living.size === 0) return;
        world.run(200, [...living]);
        world.expectSettled([...living].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("moves only the shards of the node that came or went", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 6 }), (names) => {
        const nodes = names as NodeId[];
        const [gone, ...rest] = nodes as [NodeId, ...NodeId[]];
        for (let shard = 0; shard < 64; shard++) {
          const before = preferredNode(shard as ShardId, nodes);
          if (before !== gone) expect(preferredNode(shard as ShardId, rest)).toBe(before);
        }
      }),
    );
  });
});
