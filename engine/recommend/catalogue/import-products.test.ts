import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.ts";
import { importProducts } from "./import-products.ts";
import { isInStock, parseProduct, productJson, textIn } from "./product.ts";
import type { Product } from "./product.ts";

const shopify = join(process.env["VIF_TEST_DATA"] ?? "../shared/data", "contracts/shopify/products.json");

const products = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9-]{1,12}$/),
    title: fc.oneof(fc.constant({ "": "Hat" }), fc.constant({ en: "Hat", fr: "Chapeau" })),
    price: fc.option(fc.nat(10_000_000), { nil: undefined }),
    stock: fc.oneof(fc.constant(undefined), fc.nat(9), fc.constant({ "lyon-1": 0, "paris-2": 3 })),
    hidden: fc.boolean(),
  })
  .map(
    (drawn): Product => ({
      ...drawn,
      was: undefined,
      currency: "EUR",
      categories: ["hats"],
      brand: undefined,
      image: "/p.svg",
      link: { "": "/p" },
      added: 1_700_000_000_000,
      margin: 40,
      attributes: { colour: "stone" },
    }),
  );

describe("a product", () => {
  it("that is written as JSON is read as the same product", () => {
    fc.assert(
      fc.property(products, (product) => {
        expect(parseProduct(productJson(product))).toEqual({ is: "product", product });
      }),
    );
  });

  it("is rejected with all that is wrong with it", () => {
    const wrong = { id: "x", price: -1, image: "javascript:alert(1)", stock: "many", colour: "red", hidden: 3 };
    expect(parseProduct(wrong)).toMatchInlineSnapshot(`
      {
        "is": "rejected",
        "reasons": [
          "\`colour\` is no part of a product; allowed are id, title, price, was, currency, category, categories, brand, image, link, stock, hidden, added, margin, attributes",
          "\`title\` is missing",
          "\`price\` is a number from 0 to 1000000000, and not \`-1\`",
          "\`image\` begins with \`/\` or \`https://\` and has no spaces or quotes",
          "\`stock\` is a number of pieces, or one for each store: {lyon-1: 3}",
          "\`hidden\` is true or false, and not \`3\`",
        ],
      }
    `);
  });

  it("has its texts in a language, else in the language without its country, else in any", () => {
    expect(textIn({ en: "Hat", fr: "Chapeau" }, "fr-BE")).toBe("Chapeau");
    expect(textIn({ "": "Hut", fr: "Chapeau" }, "nl")).toBe("Hut");
    expect(textIn({ en: "Hat" }, "de")).toBe("Hat");
  });

  it("is in stock by store", () => {
    expect(isInStock({ stock: { a: 0, b: 2 } }, "a")).toBe(false);
    expect(isInStock({ stock: { a: 0, b: 2 } })).toBe(true);
    expect(isInStock({ stock: undefined }, "a")).toBe(true);
    expect(isInStock({ stock: 0 })).toBe(false);
  });
});

describe("an import", () => {
  it("reads CSV, by the columns' names, and rejects what is wrong with its line", () => {
    const { products, rejected, repeated } = importProducts(
      [
        "id,title,title.fr,price,categories,stock.lyon-1,attributes.colour,hidden",
        'hat-1,"Hat, felt",Chapeau,79,accessories|hats,3,stone,no',
        "hat-2,Hat,,free,accessories,,,",
        ",Nameless,,1,,,,",
        "hat-1,Felt hat,Chapeau,69.5,accessories,0,,yes",
        "hat-3,Too few",
      ].join("\n"),
    );
    expect(products).toMatchObject([
      { id: "hat-1", title: { "": "Felt hat", fr: "Chapeau" }, price: 695_000, stock: { "lyon-1": 0 }, hidden: true },
    ]);
    expect(repeated).toEqual(["hat-1"]);
    expect(rejected.map(({ line, reason }) => `${line}: ${reason}`)).toMatchInlineSnapshot(`
      [
        "3: \`price\` is a number from 0 to 1000000000, and not \`free\`",
        "4: \`id\` is missing",
        "6: 2 cells, and the header has 8",
      ]
    `);
  });

  it("refuses a CSV of other columns as a whole and once, with all of them", () => {
    const { products, rejected } = importProducts("id,titel,prise,attributes.colour,\na,A,1,red,\nb,B,2,\n");
    expect(products).toEqual([]);
    expect(rejected).toEqual([{ line: 1, reason: expect.stringContaining("no column `title`") as string }]);
    expect(rejected[0]?.reason).toContain("no part of a product: `titel`, `prise`; columns are id, title, price");
    expect(importProducts("title;id;\nA;a;\n").products.map(({ id }) => id)).toEqual(["a"]);
  });

  it("reads JSON as a list, as lines and in a wrapper, and tells the line of what is wrong", () => {
    const [good, bad] = ['{"id": "a", "title": "A"}', '{"id": "b"}'];
    for (const text of [`[\n${good},\n${bad}\n]`, `\n${good}\n${bad}`, `{"products": [\n${good},\n${bad}]}`]) {
      const { products, rejected } = importProducts(text);
      expect(products.map(({ id }) => id)).toEqual(["a"]);
      expect(rejected).toEqual([{ line: 3, reason: "`title` is missing" }]);
    }
    expect(importProducts('{"id": "a", "title": "A}\n{"id": "b", "title": "B"}').rejected).toHaveLength(1);
    expect(importProducts("[]")).toEqual({ products: [], rejected: [], repeated: [] });
    expect(importProducts("")).toEqual({
      products: [],
      rejected: [{ line: 1, reason: "the file is empty" }],
      repeated: [],
    });
  });

  it("never throws and takes each product once, whatever the text", () => {
    const pieces = fc.array(fc.constantFrom("{", "}", "[", "]", '"', ",", "\n", '"id":', '"a"', "id,title", ";", "é"));
    fc.assert(
      fc.property(pieces, (parts) => {
        const { products } = importProducts(parts.join(""));
        expect(new Set(products.map(({ id }) => id)).size).toBe(products.length);
      }),
    );
  });

  it.skipIf(!existsSync(shopify))("reads Shopify's products, with price, picture and stock of their variants", () => {
    const { products, rejected } = importProducts(readFileSync(shopify, "utf8"));
    expect(rejected).toEqual([]);
    expect(products.length).toBeGreaterThan(0);
    expect(products[0]).toMatchObject({
      id: "1",
      title: { "": "IPod Nano - 8GB" },
      price: 1_990_000,
      stock: undefined,
    });
  });

  it("counts the pieces of Shopify's CSV where no column says who counts them", () => {
    const { products } = importProducts(
      "Handle,Title,Variant Price,Variant Inventory Qty\nhat,Hat,79,0\nhat,,69,0\ncoat,Coat,389,\n",
    );
    expect(products.map(({ id, stock }) => [id, stock])).toEqual([
      ["hat", 0],
      ["coat", undefined],
    ]);
  });

  it("reads Shopify's CSV, a product of several rows", () => {
    const { products } = importProducts(
      [
        "Handle,Title,Vendor,Type,Published,Variant Price,Variant Inventory Qty,Variant Inventory Tracker,Variant Inventory Policy,Image Src,Status",
        "hat,Felt hat,Vif,Hats,true,79.00,0,shopify,deny,https://cdn.example/hat.jpg,active",
        "hat,,,,,69.00,2,shopify,deny,,",
        "coat,Coat,Vif,Coats,true,389,0,shopify,deny,,draft",
      ].join("\n"),
    );
    expect(products).toMatchObject([
      { id: "hat", price: 690_000, stock: 2, hidden: false, categories: ["Hats"] },
      { id: "coat", stock: 0, hidden: true },
    ]);
  });
});

describe("a catalogue", () => {
  it("shows what is there, not hidden and in stock, for everybody who shares it at once", () => {
    const shown = new Uint8Array(new SharedArrayBuffer(8));
    const catalogue = new Catalogue(shown);
    const [product] = fc.sample(products, 1) as [Product];
    const number = catalogue.numberFor(product.id) as number;
    expect(catalogue.isShown(number)).toBe(false);
    catalogue.apply({ is: "put", product: { ...product, hidden: false, stock: 1 } });
    expect(shown[number]).toBe(1);
    catalogue.apply({ is: "stock", id: product.id, stock: 0 });
    expect(shown[number]).toBe(0);
    catalogue.apply({ is: "stock", id: product.id, stock: { lyon: 2 } });
    catalogue.apply({ is: "hidden", id: product.id, hidden: true });
    expect(shown[number]).toBe(0);
    catalogue.apply({ is: "hidden", id: product.id, hidden: false });
    expect(catalogue.product(number)).toMatchObject({ stock: { lyon: 2 } });
    expect(shown[number]).toBe(1);
    catalogue.apply({ is: "removed", id: product.id });
    expect(shown[number]).toBe(0);
    expect(catalogue.numberFor(product.id)).toBe(number);
    expect(catalogue.apply({ is: "stock", id: "stranger", stock: 1 })).toBe("unknown product");
  });

  it("that is full says so", () => {
    const catalogue = new Catalogue(new Uint8Array(1));
    expect(catalogue.numberFor("a")).toBe(0);
    expect(catalogue.numberFor("b")).toBeUndefined();
  });
});
