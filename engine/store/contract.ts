/**
 * What every hot store promises, as one suite: each adapter, and the simulator's faulty store when it is not faulty, runs
 * it with a function that opens an empty store. Promises that need a fault to be seen (lost answers, full disks, killed
 * processes) are tested beside the adapters.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes, contractShards, nodeA, own, planDigest, row, shard, text } from "./contract-fixtures.ts";
import { batch, cell, checkpoint, profile, seen } from "./contract-fixtures.ts";
import type { OpenStoreUnderTest, StoreUnderTest } from "./contract-fixtures.ts";
import { describeJournal } from "./contract-journal.ts";
import { describeLeases } from "./contract-leases.ts";
import { describeProducts } from "./contract-products.ts";
import { describeRandomSequences } from "./contract-random.ts";
import { describeState } from "./contract-state.ts";
import type { HotStore } from "./port.ts";

export type { OpenStoreUnderTest, StoreUnderTest } from "./contract-fixtures.ts";

/** Gives a test its own empty store. */
export type WithStore = (body: (store: HotStore, whole: StoreUnderTest) => Promise<void>) => () => Promise<void>;

export function describeHotStore(name: string, open: OpenStoreUnderTest): void {
  describe(name, () => {
    let whole: StoreUnderTest;
    let store: HotStore;

    beforeEach(async () => {
      whole = await open(contractShards);
      store = await whole.connect();
    });
    afterEach(async () => {
      await whole.close();
    });
    const withStore: WithStore = (body) => () => body(store, whole);

    describeJournal(withStore);
    describeState(withStore);
    describeLeases(withStore);
    describePlans(withStore);
    describeProducts(withStore);
    describeReopening(withStore);
  });
  describe(`${name}, random sequences`, () => describeRandomSequences(open));
}

function describePlans(withStore: WithStore): void {
  describe("plans", () => {
    test(
      "keep the bytes under their digest, and which one is current",
      withStore(async ({ plans }) => {
        expect(await plans.current()).toBeUndefined();
        expect(await plans.get(planDigest("aa"))).toBeUndefined();
        await plans.put(planDigest("aa"), bytes("source of aa"));
        await plans.put(planDigest("bb"), bytes("source of bb"));
        await plans.setCurrent(planDigest("aa"));
        await plans.setCurrent(planDigest("bb"));
        expect(text(await plans.get(planDigest("aa")))).toBe("source of aa");
        expect(await plans.current()).toBe("bb");
      }),
    );

    test(
      "are steered by a text that only those change who have seen it",
      withStore(async ({ plans }) => {
        expect(await plans.steering()).toBeUndefined();
        expect(await plans.setSteering("one", "nothing")).toBe(false);
        expect(await plans.setSteering("one", undefined)).toBe(true);
        expect(await plans.setSteering("two", undefined)).toBe(false);
        const both = await Promise.all(["two", "three"].map((text) => plans.setSteering(text, "one")));
        expect([...both].sort()).toEqual([false, true]);
        expect(await plans.steering()).toBe(both[0] === true ? "two" : "three");
      }),
    );
  });
}

function describeReopening(withStore: WithStore): void {
  describe("opened again", () => {
    test(
      "everything is there, and the first number of shards stays",
      withStore(async (store, whole) => {
        const s = shard(5);
        const epoch = await own(store, s);
        await store.journal.append([batch(s, epoch, 1, "one", 2), batch(s, epoch, 3, "two")]);
        await store.journal.trim(s, 2);
        const id = profile(s, 1);
        await store.state.checkpoint(
          checkpoint(s, epoch, {
            watermark: 3,
            meta: bytes("kept"),
            profiles: [row(id, "row", 1000)],
            cells: [[cell("user:u"), id]],
          }),
        );
        await store.leases.announce(nodeA, "ws://a:1");
        await store.plans.put(planDigest("aa"), bytes("plan"));
        await store.plans.setCurrent(planDigest("aa"));
        await store.plans.setSteering("steered", undefined);
        const leases = await store.leases.readLeases();

        const again = await whole.reopen();
        expect(again.shards).toBe(contractShards);
        expect(await again.leases.readLeases()).toEqual(leases);
        expect(await again.leases.readNodes()).toEqual([{ node: nodeA, address: "ws://a:1", counter: 1 }]);
        expect(await again.journal.last(s)).toBe(3);
        expect(seen(await again.journal.read(s, 0, 1e6))).toEqual([
          { firstPosition: 3, count: 1, epoch, content: "two" },
        ]);
        expect(await again.journal.append([batch(s, epoch, 3, "two")])).toEqual([{ is: "already" }]);
        expect(await again.journal.append([batch(s, epoch, 4, "three")])).toEqual([{ is: "ok" }]);
        const meta = await again.state.loadMeta(s);
        expect([meta?.watermark, text(meta?.meta)]).toEqual([3, "kept"]);
        expect((await again.state.loadProfiles(s, [id])).map(text)).toEqual(["row"]);
        expect(await again.state.loadCells(s, [cell("user:u")])).toEqual([id]);
        expect(await again.state.due(s, 1000, 10)).toEqual([{ id, at: 1000 }]);
        expect(await again.plans.current()).toBe("aa");
        expect(text(await again.plans.get(planDigest("aa")))).toBe("plan");
        expect(await again.plans.steering()).toBe("steered");
      }),
    );

    test(
      "a journal trimmed to nothing goes on after its last position",
      withStore(async (store, whole) => {
        const s = shard(2);
        const epoch = await own(store, s);
        await store.journal.append([batch(s, epoch, 1, "one", 4)]);
        await store.journal.trim(s, 4);
        const again = await whole.reopen();
        expect(await again.journal.last(s)).toBe(4);
        expect(await again.journal.append([batch(s, epoch, 5, "two")])).toEqual([{ is: "ok" }]);
      }),
    );
  });
}
