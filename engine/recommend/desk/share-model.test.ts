/** Which model is in force, of a node's file and a store's: the newer one, and never one time and again. */
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestFolder, removeTestFolder } from "../../../tests/support/test-folder.ts";
import { modelPieceBytesMax } from "../../limits-of-recommending.ts";
import { createReferenceProducts } from "../../store/reference-products.ts";
import { createModelShare } from "./share-model.ts";

describe("a model that nodes share", () => {
  let folder = "";
  beforeEach(() => {
    folder = createTestFolder("share-model");
  });
  afterEach(() => removeTestFolder(folder));

  function nodeOf(name: string) {
    const products = createReferenceProducts();
    const path = join(folder, name);
    return { path, products, on: (store = products) => createModelShare(path, store) };
  }

  function write(path: string, content: string, at: number): void {
    writeFileSync(path, content);
    utimesSync(path, at / 1_000, at / 1_000);
  }

  it("goes from who has learned it to the others, whole, however long it is", async () => {
    const [a, b] = [nodeOf("a"), nodeOf("b")];
    const long = "x".repeat(modelPieceBytesMax + 7);
    const [ofA, ofB] = [a.on(), b.on(a.products)];
    expect([await ofA.look(undefined), await ofB.look(undefined)]).toEqual([false, false]);
    write(a.path, long, 1_000_000);
    expect(await ofA.look("v1")).toBe(false);
    expect(await ofB.look(undefined)).toBe(true);
    expect(readFileSync(b.path, "utf8")).toBe(long);
    expect(await ofB.look("v1")).toBe(false);
    write(b.path, "next", 2_000_000);
    expect(await ofB.look("v2")).toBe(false);
    expect(await ofA.look("v1")).toBe(true);
    expect(readFileSync(a.path, "utf8")).toBe("next");
  });

  it("is the store's at a start, unless the file was learned later, while nothing ran", async () => {
    const { path, products, on } = nodeOf("a");
    await products.putModelPiece("shared", 0, Buffer.from("shared"));
    await products.setModel({ version: "shared", pieces: 1, at: 2_000_000 });
    write(path, "older", 1_000_000);
    expect(await on().look("older")).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("shared");
    write(path, "later", 3_000_000);
    expect(await on().look("later")).toBe(false);
    expect((await products.model())?.version).toBe("later");
  });

  it("is fetched once where this version of the program cannot read it, and told again to a store that has lost it", async () => {
    const { products, on } = nodeOf("a");
    await products.putModelPiece("future", 0, Buffer.from("?"));
    await products.setModel({ version: "future", pieces: 1, at: 1 });
    const share = on();
    expect(await share.look(undefined)).toBe(true);
    expect(await share.look(undefined)).toBe(false);
    const [known, emptied] = [nodeOf("b"), createReferenceProducts()];
    write(known.path, "mine", 1_000_000);
    let store = known.products;
    const forwarded = {
      putModelPiece: (...args: Parameters<typeof store.putModelPiece>) => store.putModelPiece(...args),
      modelPiece: (...args: Parameters<typeof store.modelPiece>) => store.modelPiece(...args),
      setModel: (...args: Parameters<typeof store.setModel>) => store.setModel(...args),
      model: () => store.model(),
    };
    const lasting = createModelShare(known.path, forwarded);
    await lasting.look("mine");
    store = emptied;
    await lasting.look("mine");
    expect((await emptied.model())?.version).toBe("mine");
  });
});
