/**
 * Two engines on one Redis have one catalogue and one model: what is said to one holds at the other within a second, a model
 * that one has learned is served by both, and one that starts later, or comes back, begins with what is current.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { pairMissing, startNodePair } from "../support/node-pair.ts";
import type { NodePair } from "../support/node-pair.ts";
import { post } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { until } from "../support/waiting.ts";

const RULES: Readonly<Record<string, string>> = {
  "rules/events/product_viewed.yaml": "event: product_viewed\nproperties: {product_id: text}\n",
  "rules/events/order_completed.yaml": "event: order_completed\nproperties: {order_id: text}\n",
  "rules/recommendations/newest.yaml": "recommendation: newest\nbased on: new\nnumber: 4\nonly: product.price <= 56\n",
  "rules/content/strip.yaml": "content: strip\nfirst of: [{recommendation: newest, show: x}]\notherwise: y\n",
  "rules/recommendations/bought.yaml":
    "recommendation: bought\nbased on: bought together\nseed: last viewed\nnumber: 3\n",
  "rules/content/beside.yaml": "content: beside\nfirst of: [{recommendation: bought, show: x}]\notherwise: y\n",
};

const PRODUCTS = ["hat", "scarf", "coat", "belt"].map((id, at) => ({
  id,
  title: `The ${id}`,
  price: 50 + at,
  stock: 3,
  added: `2026-01-0${at + 1}`,
}));

type Products = readonly { readonly id: string; readonly reason: string }[];

describe.skipIf(pairMissing !== undefined)(`two nodes on one store ${pairMissing ?? ""}`, () => {
  const folder = createTestFolder("shared-products");
  let pair: NodePair;
  let first: EngineProcess;
  let second: EngineProcess;

  beforeAll(async () => {
    for (const [path, text] of Object.entries(RULES)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    pair = await startNodePair("shared_products", join(folder, "rules"));
    [first, second] = pair.nodes;
  });
  afterAll(async () => {
    await pair?.close();
    removeTestFolder(folder);
  });

  async function posted(node: EngineProcess, path: string, body: unknown): Promise<Record<string, unknown>> {
    return (await (await post(node, path, body)).json()) as Record<string, unknown>;
  }

  async function shown(node: EngineProcess, content: string, anonymousId: string): Promise<Products> {
    const { decisions } = await posted(node, "/v1/decide", { anonymousId });
    type Decision = { readonly content: string; readonly products?: Products };
    return (decisions as readonly Decision[]).find((each) => each.content === content)?.products ?? [];
  }

  /** Ids that visitors of every shard are shown, whichever node they come by; several when they differ. */
  async function everywhere(): Promise<readonly string[]> {
    const strips = new Set<string>();
    for (const node of [first, second])
      for (let visitor = 0; visitor < 16; visitor += 1)
        strips.add((await shown(node, "strip", `visitor-${visitor}`)).map(({ id }) => id).join(" "));
    return [...strips];
  }

  async function untilEverywhere(wanted: string): Promise<void> {
    let seen = "";
    await until(
      () => `every shard of both nodes shows [${wanted}], and not [${seen}]`,
      async () => (seen = (await everywhere()).join(" | ")) === wanted,
    );
  }

  async function vif(node: EngineProcess, args: readonly string[]): Promise<unknown> {
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "dist/engine/cli/main.js"), ...args], {
      env: { ...process.env, VIF_DATA_DIR: node.folder, VIF_CONFIG: "" },
    });
    return JSON.parse(stdout) as unknown;
  }

  it("know the products that were told to either of them", async () => {
    expect(await posted(first, "/v1/products", { products: PRODUCTS.slice(0, 2) })).toMatchObject({ changed: 2 });
    expect(await posted(second, "/v1/products", { products: PRODUCTS.slice(2) })).toMatchObject({ changed: 2 });
    await untilEverywhere("belt coat scarf hat");
  });

  it("take a file of products that was imported at one", async () => {
    const file = join(folder, "more.json");
    writeFileSync(
      file,
      JSON.stringify([{ id: "glove", title: "The glove", price: 55, stock: 1, added: "2026-02-01" }]),
    );
    expect(await vif(second, ["recommend", "products", file, "--json"])).toMatchObject({ taken: 1, rejected: [] });
    await untilEverywhere("glove belt coat scarf");
    await posted(first, "/v1/products", { changes: [{ id: "glove", removed: true }] });
    await untilEverywhere("belt coat scarf hat");
  });

  it("no longer show what is sold out or hidden at the other, and know at once what the other was told", async () => {
    await posted(first, "/v1/products", { changes: [{ id: "belt", stock: 0 }] });
    // Whether the other has looked meanwhile or not: it does before it judges.
    const answer = await posted(second, "/v1/products", {
      changes: [
        { id: "coat", hidden: true },
        { id: "glove", stock: 1 },
      ],
    });
    expect(answer).toMatchObject({ changed: 1, rejected: [{ field: "/changes/1", reason: "unknown product" }] });
    await untilEverywhere("scarf hat");
  });

  it("serve the model that one of them has learned", async () => {
    for (let customer = 0; customer < 30; customer += 1) {
      const products = [{ product_id: "scarf" }, { product_id: "hat" }];
      const properties = { order_id: `o-${customer}`, products };
      await posted(first, "/v1/track", { userId: `c-${customer}`, event: "Order Completed", properties });
    }
    await Promise.all([first.drain(), second.drain()]);
    expect(await vif(second, ["recommend", "train", "--json"])).toMatchObject({ purchases: 60 });
    for (const node of [first, second])
      for (let visitor = 0; visitor < 8; visitor += 1) {
        const name = `buyer-${visitor}`;
        await posted(node, "/v1/track", {
          anonymousId: name,
          event: "Product Viewed",
          properties: { product_id: "scarf" },
        });
        await until(`${name} is shown what was learned`, async () => {
          const [found] = await shown(node, "beside", name);
          return found?.id === "hat" && found.reason === "bought with The scarf by 30 customers";
        });
      }
    const models = [first, second].map((node) => readFileSync(join(node.folder, "recommend/model.bin")));
    expect(models[0]?.equals(models[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it("begin with what is current, whether they were away or have nothing", async () => {
    await first.kill();
    await until("the other answers for all", async () => {
      const answer = await post(second, "/v1/products", { changes: [{ id: "belt", stock: 5 }] });
      return answer.status === 200;
    });
    await first.start();
    await untilEverywhere("belt scarf hat");
    await first.kill();
    rmSync(join(first.folder, "recommend"), { recursive: true });
    await first.start();
    await untilEverywhere("belt scarf hat");
    expect(readFileSync(join(first.folder, "recommend/model.bin")).length).toBeGreaterThan(0);
  });

  it("tell the store what it has lost", async () => {
    const { redis } = pair;
    await redis.ask("del", "vif:{all}:product-line", "vif:{all}:product-changes", "vif:{all}:product-line-name");
    await until("the store has the products again", async () => {
      const known = await redis.ask("hlen", "vif:{all}:product-changes");
      return Number(known) >= 4;
    });
    await posted(first, "/v1/products", { changes: [{ id: "hat", stock: 0 }] });
    await untilEverywhere("belt scarf");
  });
});
