/** Nodes that follow one line of changes come to the same catalogue, from wherever each begins, and tell a store what it lost. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Products } from "../../store/port.ts";
import { createReferenceProducts } from "../../store/reference-products.ts";
import type { UpTo } from "../catalogue/catalogue-file.ts";
import { Catalogue } from "../catalogue/catalogue.ts";
import type { ProductChange } from "../catalogue/catalogue.ts";
import { parseProduct, productJson } from "../catalogue/product.ts";
import { createCatalogueFollower } from "./follow-catalogue.ts";

function put(id: string, price: number): ProductChange {
  const parsed = parseProduct({ id, title: id, price, stock: 1 });
  if (parsed.is !== "product") throw new TypeError("it is a product");
  return { is: "put", product: parsed.product };
}

function nodeOn(products: Pick<Products, "put" | "since">, catalogue = new Catalogue(new Uint8Array(8)), upTo?: UpTo) {
  const told: { upTo: UpTo | undefined } = { upTo };
  const notes: string[] = [];
  const follower = createCatalogueFollower({
    products,
    catalogue,
    upTo,
    onChanges: (_, followed) => (told.upTo = followed),
    onNote: (note) => notes.push(note),
  });
  const shown = () =>
    Object.fromEntries([...catalogue.all()].map((product) => [product.id, productJson(product)] as const).sort());
  return { ...follower, catalogue, shown, notes, upTo: () => told.upTo };
}

const id = fc.constantFrom("a", "b", "c");
const change: fc.Arbitrary<ProductChange> = fc.oneof(
  fc.tuple(id, fc.integer({ min: 1, max: 99 })).map(([which, price]) => put(which, price)),
  fc.tuple(id, fc.integer({ min: 0, max: 9 })).map(([which, stock]) => ({ is: "stock", id: which, stock }) as const),
  fc.tuple(id, fc.boolean()).map(([which, hidden]) => ({ is: "hidden", id: which, hidden }) as const),
  id.map((which) => ({ is: "removed", id: which }) as const),
);

it("whoever says what, all come to the same, and as if one had been told all in that order", async () => {
  const calls = fc.array(fc.tuple(fc.boolean(), fc.array(change, { minLength: 1, maxLength: 4 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(calls, async (all) => {
      const products = createReferenceProducts();
      const [first, second] = [nodeOn(products), nodeOn(products)];
      const alone = new Catalogue(new Uint8Array(8));
      for (const [isFirst, changes] of all) {
        const outcomes = await (isFirst ? first : second).apply(changes);
        expect(outcomes).toEqual(changes.map((each) => alone.apply(each)));
      }
      const late = nodeOn(products);
      for (const node of [first, second, late]) await node.look();
      const wanted = nodeOn(products, alone).shown();
      for (const node of [first, second, late]) expect(node.shown()).toEqual(wanted);
    }),
  );
});

it("a node that comes back reads on from its copy, and tells a store that was emptied what it had", async () => {
  const products = createReferenceProducts();
  const node = nodeOn(products);
  await node.apply([put("a", 1), put("b", 2), { is: "removed", id: "b" }]);
  await nodeOn(products).apply([{ is: "stock", id: "a", stock: 7 }]);
  const back = nodeOn(products, node.catalogue, node.upTo());
  await back.look();
  expect(back.shown()).toMatchObject({ a: { stock: 7 } });
  const emptied = createReferenceProducts();
  const again = nodeOn(emptied, back.catalogue, back.upTo());
  await again.look();
  expect(again.notes).toEqual(["recommendations: the store has lost changes of products, and is told of them again"]);
  const other = nodeOn(emptied);
  await other.look();
  expect(other.shown()).toEqual(back.shown());
});

it("a copy of before nodes shared is told to the store, which knows better what it knows", async () => {
  const products = createReferenceProducts();
  await nodeOn(products).apply([put("a", 5)]);
  const old = new Catalogue(new Uint8Array(8));
  for (const each of [put("a", 1), put("b", 2)]) old.apply(each);
  const node = nodeOn(products, old);
  await node.look();
  const other = nodeOn(products);
  await other.look();
  expect(other.shown()).toMatchObject({ a: { price: 5 }, b: { price: 2 } });
  expect(node.shown()).toEqual(other.shown());
});

it("what has no room is told, and nothing of it goes to the store", async () => {
  const products = createReferenceProducts();
  const node = nodeOn(products, new Catalogue(new Uint8Array(1)));
  expect(await node.apply([put("a", 1), put("b", 2), { is: "stock", id: "b", stock: 1 }])).toEqual([
    "changed",
    "catalogue is full",
    "unknown product",
  ]);
  expect((await products.since(0, 10)).changes.map(({ key }) => key)).toEqual(["p:a"]);
});
