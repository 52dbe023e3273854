/** The contract suite's part on journals: appends and their five outcomes, reading, trimming. */
import { describe, expect, test } from "vitest";
import type { WithStore } from "./contract.ts";
import { batch, nodeB, own, seen, shard } from "./contract-fixtures.ts";

const s = shard(3);
const plenty = 1e6;

export function describeJournal(withStore: WithStore): void {
  describe("append", () => {
    test(
      "stores batches one after the other",
      withStore(async (store) => {
        const epoch = await own(store, s);
        expect(await store.journal.last(s)).toBe(0);
        expect(await store.journal.append([batch(s, epoch, 1, "one", 3)])).toEqual([{ is: "ok" }]);
        expect(await store.journal.append([batch(s, epoch, 4, "two")])).toEqual([{ is: "ok" }]);
        expect(await store.journal.last(s)).toBe(4);
        expect(seen(await store.journal.read(s, 0, plenty))).toEqual([
          { firstPosition: 1, count: 3, epoch, content: "one" },
          { firstPosition: 4, count: 1, epoch, content: "two" },
        ]);
      }),
    );

    test(
      "of nothing answers nothing",
      withStore(async (store) => expect(await store.journal.append([])).toEqual([])),
    );

    test(
      "repeated after a lost answer says already, even when later batches stand behind it",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const first = batch(s, epoch, 1, "one", 2);
        const second = batch(s, epoch, 3, "two", 2);
        await store.journal.append([first]);
        expect(await store.journal.append([first])).toEqual([{ is: "already" }]);
        await store.journal.append([second]);
        expect(await store.journal.append([first])).toEqual([{ is: "already" }]);
        expect(await store.journal.append([second])).toEqual([{ is: "already" }]);
        expect(await store.journal.last(s)).toBe(4);
        expect(await store.journal.read(s, 0, plenty)).toHaveLength(2);
      }),
    );

    test(
      "is fenced by another epoch, and before the shard was ever owned",
      withStore(async (store) => {
        expect(await store.journal.append([batch(s, 0, 1, "zero")])).toEqual([{ is: "fenced", epoch: 0 }]);
        const old = await own(store, s);
        const epoch = await own(store, s, nodeB);
        expect(await store.journal.append([batch(s, old, 1, "late")])).toEqual([{ is: "fenced", epoch }]);
        expect(await store.journal.append([batch(s, epoch + 1, 1, "early")])).toEqual([{ is: "fenced", epoch }]);
        expect(await store.journal.last(s)).toBe(0);
      }),
    );

    test(
      "a repetition by a former owner is fenced, not already",
      withStore(async (store) => {
        const old = await own(store, s);
        await store.journal.append([batch(s, old, 1, "one")]);
        const epoch = await own(store, s, nodeB);
        expect(await store.journal.append([batch(s, old, 1, "one")])).toEqual([{ is: "fenced", epoch }]);
      }),
    );

    test(
      "beyond the end says where the journal ends",
      withStore(async (store) => {
        const epoch = await own(store, s);
        expect(await store.journal.append([batch(s, epoch, 2, "two")])).toEqual([{ is: "gap", last: 0 }]);
        await store.journal.append([batch(s, epoch, 1, "one", 5)]);
        expect(await store.journal.append([batch(s, epoch, 7, "seven")])).toEqual([{ is: "gap", last: 5 }]);
        expect(await store.journal.last(s)).toBe(5);
      }),
    );

    test(
      "never overwrites: another batch at a taken position is a conflict",
      withStore(async (store) => {
        const epoch = await own(store, s);
        await store.journal.append([batch(s, epoch, 1, "one", 3)]);
        const conflict = { is: "conflict", last: 3 };
        expect(await store.journal.append([batch(s, epoch, 1, "other", 3)])).toEqual([conflict]);
        expect(await store.journal.append([batch(s, epoch, 1, "one", 2)])).toEqual([conflict]);
        expect(await store.journal.append([batch(s, epoch, 2, "one", 2)])).toEqual([conflict]);
        expect(await store.journal.append([batch(s, epoch, 3, "tail")])).toEqual([conflict]);
        expect(await store.journal.append([batch(s, epoch, 2, "over the end", 9)])).toEqual([conflict]);
        expect(seen(await store.journal.read(s, 0, plenty))).toEqual([
          { firstPosition: 1, count: 3, epoch, content: "one" },
        ]);
      }),
    );

    test(
      "for several shards answers each in the order of the requests; a fenced one harms no other",
      withStore(async (store) => {
        const shards = [0, 1, 2, 3, 4, 5, 6, 7].map(shard);
        const epochs = await Promise.all(shards.map((of) => own(store, of)));
        const taken = await own(store, shard(4), nodeB);
        const requests = shards.map((of, i) => batch(of, epochs[i] ?? 0, of === 2 ? 9 : 1, `of ${of}`, 2)).reverse();
        const outcomes = await store.journal.append(requests);
        expect(outcomes.map(({ is }) => is)).toEqual(["ok", "ok", "ok", "fenced", "ok", "gap", "ok", "ok"]);
        expect(outcomes[3]).toEqual({ is: "fenced", epoch: taken });
        expect(await Promise.all(shards.map((of) => store.journal.last(of)))).toEqual([2, 2, 0, 2, 0, 2, 2, 2]);
      }),
    );

    test(
      "keeps every byte, the empty batch and a large one too",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const every = Uint8Array.from({ length: 256 }, (_, i) => i);
        const large = Uint8Array.from({ length: 1_500_000 }, (_, i) => (i * 31) & 0xff);
        const contents = [every, new Uint8Array(0), large];
        for (const [i, content] of contents.entries()) {
          const request = { ...batch(s, epoch, i + 1, ""), bytes: content };
          expect(await store.journal.append([request])).toEqual([{ is: "ok" }]);
        }
        for (const [after, content] of contents.entries()) {
          const [stored] = await store.journal.read(s, after, 1);
          expect(stored !== undefined && Buffer.from(stored.bytes).equals(content)).toBe(true);
        }
      }),
    );

    test(
      "works at positions beyond 2^32 and 2^47",
      withStore(async (store) => {
        const epoch = await own(store, s);
        let last = 0;
        for (const count of [2 ** 32 - 2, 3, 2 ** 32 - 1]) {
          expect(await store.journal.append([batch(s, epoch, last + 1, "many", count)])).toEqual([{ is: "ok" }]);
          last += count;
          expect(await store.journal.last(s)).toBe(last);
        }
        expect((await store.journal.read(s, 2 ** 32 - 2, plenty)).map(({ firstPosition }) => firstPosition)).toEqual([
          2 ** 32 - 1,
          2 ** 32 + 2,
        ]);
      }),
    );
  });

  describe("read", () => {
    test(
      "starts with the batch that holds the position after the given one",
      withStore(async (store) => {
        const epoch = await own(store, s);
        await store.journal.append([batch(s, epoch, 1, "one", 3), batch(s, epoch, 4, "two", 3)]);
        const firstsAfter = async (after: number) =>
          (await store.journal.read(s, after, plenty)).map(({ firstPosition }) => firstPosition);
        expect(await firstsAfter(0)).toEqual([1, 4]);
        expect(await firstsAfter(2)).toEqual([1, 4]);
        expect(await firstsAfter(3)).toEqual([4]);
        expect(await firstsAfter(5)).toEqual([4]);
        expect(await firstsAfter(6)).toEqual([]);
        expect(await firstsAfter(99)).toEqual([]);
      }),
    );

    test(
      "pages by bytes, always giving at least one batch until the end",
      withStore(async (store) => {
        const epoch = await own(store, s);
        for (let i = 0; i < 20; i++) {
          await store.journal.append([batch(s, epoch, 2 * i + 1, String(i).padStart(100, "."), 2)]);
        }
        const firsts: number[] = [];
        let pages = 0;
        for (let after = 0; ; pages++) {
          const page = await store.journal.read(s, after, 350);
          const end = page.at(-1);
          if (end === undefined) break;
          expect(page.length).toBeLessThanOrEqual(8);
          firsts.push(...page.map(({ firstPosition }) => firstPosition));
          after = end.firstPosition + end.count - 1;
        }
        expect(firsts).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 1));
        expect(pages).toBeGreaterThan(1);
        expect(await store.journal.read(s, 0, 1)).toHaveLength(1);
      }),
    );

    test(
      "sees what another client was answered",
      withStore(async (store, whole) => {
        const other = await whole.connect();
        const epoch = await own(store, s);
        for (let i = 1; i <= 50; i++) {
          await store.journal.append([batch(s, epoch, i, `number ${i}`)]);
          expect(await other.journal.last(s)).toBe(i);
          expect(await other.journal.read(s, i - 1, plenty)).toHaveLength(1);
        }
      }),
    );
  });

  describe("trim", () => {
    test(
      "drops whole batches at or before the position and keeps the end",
      withStore(async (store) => {
        const epoch = await own(store, s);
        await store.journal.append([1, 3, 5].map((first) => batch(s, epoch, first, `at ${first}`, 2)));
        const firsts = async () => (await store.journal.read(s, 0, plenty)).map(({ firstPosition }) => firstPosition);
        await store.journal.trim(s, 3);
        expect(await firsts()).toEqual([3, 5]);
        await store.journal.trim(s, 4);
        expect(await firsts()).toEqual([5]);
        await store.journal.trim(s, 2);
        expect(await firsts()).toEqual([5]);
        await store.journal.trim(s, 100);
        expect(await firsts()).toEqual([]);
        expect(await store.journal.last(s)).toBe(6);
        expect(await store.journal.append([batch(s, epoch, 8, "beyond")])).toEqual([{ is: "gap", last: 6 }]);
        expect(await store.journal.append([batch(s, epoch, 7, "next")])).toEqual([{ is: "ok" }]);
        expect(await firsts()).toEqual([7]);
      }),
    );

    test(
      "of many batches leaves other shards alone",
      withStore(async (store) => {
        const epoch = await own(store, s);
        const beside = shard(s + 1);
        const besideEpoch = await own(store, beside);
        for (let i = 0; i < 10; i++) {
          const positions = Array.from({ length: 100 }, (_, j) => 100 * i + j + 1);
          await store.journal.append(positions.map((position) => batch(s, epoch, position, "x")));
          await store.journal.append(positions.map((position) => batch(beside, besideEpoch, position, "y")));
        }
        await store.journal.trim(s, 999);
        expect((await store.journal.read(s, 0, plenty)).map(({ firstPosition }) => firstPosition)).toEqual([1000]);
        expect(await store.journal.read(beside, 0, plenty)).toHaveLength(1000);
      }),
    );
  });
}
