/** The contract suite's part on leases and nodes: claims and their races, renewal, hand-over. */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../model/ids.ts";
import type { WithStore } from "./contract.ts";
import { batch, contractShards, leaseOf, nodeA, nodeB, own, shard } from "./contract-fixtures.ts";

const s = shard(1);

export function describeLeases(withStore: WithStore): void {
  describe("leases", () => {
    test(
      "of shards never owned are listed too",
      withStore(async ({ leases }) => {
        expect(await leases.readLeases()).toEqual(
          Array.from({ length: contractShards }, (_, of) => ({ shard: of, owner: undefined, epoch: 0, counter: 0 })),
        );
      }),
    );

    test(
      "are claimed as seen, at an epoch above the old one and the floor",
      withStore(async (store) => {
        const first = await own(store, s, nodeA);
        expect(first).toBeGreaterThan(0);
        expect(await leaseOf(store, s)).toMatchObject({ shard: s, owner: nodeA, epoch: first });
        const second = await own(store, s, nodeB, 40);
        expect(second).toBeGreaterThan(40);
        const third = await own(store, s, nodeA, 7);
        expect(third).toBeGreaterThan(second);
        expect(await leaseOf(store, s)).toMatchObject({ owner: nodeA, epoch: third });
      }),
    );

    test(
      "that have moved since they were seen are not claimed",
      withStore(async (store) => {
        const free = await leaseOf(store, s);
        const epoch = await own(store, s, nodeA);
        expect(await store.leases.claim(free, nodeB, 0)).toBeUndefined();
        const seen = await leaseOf(store, s);
        expect(await store.leases.renew(nodeA, [{ shard: s, epoch }])).toEqual([true]);
        expect(await store.leases.claim(seen, nodeB, 0)).toBeUndefined();
        expect(await leaseOf(store, s)).toMatchObject({ owner: nodeA, epoch });
      }),
    );

    test(
      "raced for by many are won by exactly one",
      withStore(async (store, whole) => {
        const others = [store, await whole.connect(), await whole.connect()];
        for (let round = 0; round < 10; round++) {
          const seen = await leaseOf(store, s);
          const claims = Array.from({ length: 9 }, (_, i) => {
            const through = others[i % others.length] ?? store;
            return through.leases.claim(seen, `node-${i}` as NodeId, 0);
          });
          const epochs = await Promise.all(claims);
          const winner = epochs.findIndex((epoch) => epoch !== undefined);
          expect(epochs.filter((epoch) => epoch !== undefined)).toHaveLength(1);
          const now = await leaseOf(store, s);
          expect(now).toMatchObject({ owner: `node-${winner}`, epoch: epochs[winner] });
          expect(now.epoch).toBeGreaterThan(seen.epoch);
        }
      }),
    );

    test(
      "are renewed by their holder only, each shard for itself",
      withStore(async (store) => {
        const [t, u] = [shard(2), shard(3)];
        const held = [
          { shard: s, epoch: await own(store, s, nodeA) },
          { shard: t, epoch: await own(store, t, nodeA) },
          { shard: u, epoch: await own(store, u, nodeA) },
        ];
        await own(store, t, nodeB);
        const before = await store.leases.readLeases();
        expect(await store.leases.renew(nodeA, held)).toEqual([true, false, true]);
        expect(await store.leases.renew(nodeB, held)).toEqual([false, false, false]);
        expect(await store.leases.renew(nodeA, [])).toEqual([]);
        const after = await store.leases.readLeases();
        const grown = after.map(({ counter }, i) => counter - (before[i]?.counter ?? 0));
        expect(grown).toEqual([0, 1, 0, 1, 0, 0, 0, 0]);
        expect(after.map(({ epoch, owner }) => [epoch, owner])).toEqual(
          before.map(({ epoch, owner }) => [epoch, owner]),
        );
      }),
    );

    test(
      "released by the holder belong to nobody and keep their epoch",
      withStore(async (store) => {
        const epoch = await own(store, s, nodeA);
        await store.leases.release(nodeB, s, epoch);
        await store.leases.release(nodeA, s, epoch + 1);
        expect(await leaseOf(store, s)).toMatchObject({ owner: nodeA, epoch });
        await store.leases.release(nodeA, s, epoch);
        expect(await leaseOf(store, s)).toMatchObject({ owner: undefined, epoch });
        expect(await store.leases.renew(nodeA, [{ shard: s, epoch }])).toEqual([false]);
        expect(await own(store, s, nodeB)).toBeGreaterThan(epoch);
        await store.leases.release(nodeA, s, epoch);
        expect(await leaseOf(store, s)).toMatchObject({ owner: nodeB });
      }),
    );

    test(
      "once claimed fence the former owner from the very next write",
      withStore(async (store, whole) => {
        const other = await whole.connect();
        for (let position = 1; position <= 10; position++) {
          const epoch = await own(store, s, nodeA);
          const [claimed, [outcome]] = await Promise.all([
            own(other, s, nodeB),
            store.journal.append([batch(s, epoch, position, "racing")]),
          ]);
          const late = await store.journal.append([batch(s, epoch, position + 1, "late")]);
          expect(late).toEqual([{ is: "fenced", epoch: claimed }]);
          if (outcome?.is === "ok") continue;
          expect(outcome).toEqual({ is: "fenced", epoch: claimed });
          expect(await other.journal.append([batch(s, claimed, position, "in its place")])).toEqual([{ is: "ok" }]);
        }
      }),
    );
  });

  describe("nodes", () => {
    test(
      "announce themselves again and again, and leave",
      withStore(async ({ leases }) => {
        expect(await leases.readNodes()).toEqual([]);
        await leases.announce(nodeA, "ws://a:1");
        await leases.announce(nodeB, "ws://b:1");
        await leases.announce(nodeA, "ws://a:2");
        const sorted = async () => [...(await leases.readNodes())].sort((x, y) => (x.node < y.node ? -1 : 1));
        expect(await sorted()).toEqual([
          { node: nodeA, address: "ws://a:2", counter: 2 },
          { node: nodeB, address: "ws://b:1", counter: 1 },
        ]);
        await leases.leave(nodeA);
        await leases.leave("nobody" as NodeId);
        expect(await sorted()).toEqual([{ node: nodeB, address: "ws://b:1", counter: 1 }]);
      }),
    );
  });

  test(
    "the store's time is a wall clock",
    withStore(async ({ leases }) => {
      const [first, second] = [await leases.storeTime(), await leases.storeTime()];
      expect(Number.isFinite(first)).toBe(true);
      expect(second).toBeGreaterThanOrEqual(first);
    }),
  );
}
