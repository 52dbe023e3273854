/** What a store promises of the brand's products: one order for all, the last of each key, and models that are whole. */
import { describe, expect, test } from "vitest";
import { bytes, text } from "./contract-fixtures.ts";
import type { WithStore } from "./contract.ts";
import type { ChangeLine, KeyedChange } from "./port.ts";

const change = (key: string, content: string): KeyedChange => ({ key, bytes: bytes(content) });
const told = ({ changes }: ChangeLine): readonly string[] => changes.map((each) => `${each.key}=${text(each.bytes)}`);

export function describeProducts(withStore: WithStore): void {
  describe("products", () => {
    test(
      "are a line that begins with the first change",
      withStore(async ({ products }) => {
        expect(await products.since(0, 10)).toEqual({ line: undefined, last: 0, changes: [] });
        await products.put([change("hat", "1")]);
        const { line } = await products.since(0, 10);
        expect(line).toMatch(/./);
        await products.put([change("belt", "1")]);
        expect((await products.since(0, 10)).line).toBe(line);
      }),
    );

    test(
      "keep of each key the last change, at its place in the line",
      withStore(async ({ products }) => {
        await products.put([change("hat", "1"), change("belt", "1"), change("hat", "2")]);
        await products.put([change("coat", "1"), change("belt", "2")]);
        expect(told(await products.since(0, 10))).toEqual(["hat=2", "coat=1", "belt=2"]);
      }),
    );

    test(
      "are read on from any number, a bounded part at a time",
      withStore(async ({ products }) => {
        const first = await products.put(["a", "b", "c"].map((key) => change(key, "1")));
        const second = await products.put([change("d", "1")]);
        expect(second).toBeGreaterThan(first);
        const part = await products.since(0, 2);
        expect(told(part)).toEqual(["a=1", "b=1"]);
        expect(part.last).toBe(second);
        expect(told(await products.since(part.changes.at(-1)?.number ?? 0, 10))).toEqual(["c=1", "d=1"]);
        expect(told(await products.since(first, 10))).toEqual(["d=1"]);
        expect(await products.since(second, 10)).toMatchObject({ last: second, changes: [] });
      }),
    );

    test(
      "take keys of any length, and bytes that are no text",
      withStore(async ({ products }) => {
        const long = `\u00e9\u4e16${"k".repeat(2_000)}`;
        const binary = Uint8Array.from([0, 255, 10, 13]);
        await products.put([{ key: long, bytes: binary }]);
        const [found] = (await products.since(0, 1)).changes;
        expect([found?.key, [...(found?.bytes ?? [])]]).toEqual([long, [...binary]]);
      }),
    );

    test(
      "are in one order for all, however many put at once, and everybody sees them",
      withStore(async (store, whole) => {
        const other = await whole.connect();
        const numbers = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            (i % 2 === 0 ? store : other).products.put([change("shared", `${i}`), change(`own-${i}`, `${i}`)]),
          ),
        );
        expect(new Set(numbers).size).toBe(20);
        const mine = await store.products.since(0, 100);
        expect(await other.products.since(0, 100)).toEqual(mine);
        expect(mine.changes).toHaveLength(21);
        const lastPut = numbers.indexOf(Math.max(...numbers));
        expect(told(mine).slice(-2)).toEqual([`shared=${lastPut}`, `own-${lastPut}=${lastPut}`]);
      }),
    );

    test(
      "have a model once it is put in force, whose pieces stand until another is",
      withStore(async (store, whole) => {
        const { products } = store;
        expect(await products.model()).toBeUndefined();
        await products.putModelPiece("v1", 0, bytes("one "));
        await products.putModelPiece("v1", 1, bytes("two"));
        expect(await products.model()).toBeUndefined();
        await products.setModel({ version: "v1", pieces: 2, at: 1_000 });
        const other = (await whole.connect()).products;
        expect(await other.model()).toEqual({ version: "v1", pieces: 2, at: 1_000 });
        expect([text(await other.modelPiece("v1", 0)), text(await other.modelPiece("v1", 1))]).toEqual(["one ", "two"]);
        await other.putModelPiece("v2", 0, bytes("three"));
        expect(text(await products.modelPiece("v1", 0))).toBe("one ");
        await other.setModel({ version: "v2", pieces: 1, at: 2_000 });
        expect(await products.model()).toEqual({ version: "v2", pieces: 1, at: 2_000 });
        expect(await products.modelPiece("v1", 0)).toBeUndefined();
        expect(text(await products.modelPiece("v2", 0))).toBe("three");
        // Put in force again, as after an answer that was lost.
        await other.setModel({ version: "v2", pieces: 1, at: 2_000 });
        expect(text(await products.modelPiece("v2", 0))).toBe("three");
      }),
    );

    test(
      "are all there when the store is opened again",
      withStore(async (store, whole) => {
        const last = await store.products.put([change("hat", "1")]);
        await store.products.putModelPiece("v1", 0, bytes("one"));
        await store.products.setModel({ version: "v1", pieces: 1, at: 1_000 });
        const { line } = await store.products.since(0, 1);
        const { products } = await whole.reopen();
        expect(await products.since(0, 10)).toMatchObject({ line, last, changes: [{ key: "hat", number: last }] });
        expect(text(await products.modelPiece("v1", 0))).toBe("one");
        expect(await products.put([change("belt", "1")])).toBeGreaterThan(last);
      }),
    );
  });
}
