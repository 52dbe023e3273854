/**
 * Recommendations in a running engine: products by the API, a strip in a decision and as markup, and a product that is sold
 * out or hidden gone from the next answer. Killed in between, the engine knows what it has acknowledged.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { ROOT } from "../source-tree.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { post } from "../support/server-client.ts";
import { postReceipts, receipt } from "../support/till-client.ts";
import { until } from "../support/waiting.ts";
import { createTestFolder } from "../support/test-folder.ts";

interface Shown {
  readonly content: string;
  readonly show: string;
  readonly html?: string;
  readonly products?: readonly { readonly id: string; readonly reason: string }[];
}

const RULES: Readonly<Record<string, string>> = {
  "rules/fields.yaml": "fields:\n  city: text\n",
  "rules/events/product_viewed.yaml": "event: product_viewed\nproperties: {product_id: text}\n",
  "rules/events/order_completed.yaml": "event: order_completed\nproperties: {order_id: text}\n",
  "rules/recommendations/goes-with-it.yaml":
    "recommendation: goes-with-it\nbased on: viewed together\nnumber: 3\nonly: product.price <= 200\notherwise: [recently viewed, same category, new]\n",
  "rules/content/strip.yaml":
    "content: strip\nfirst of:\n  - {recommendation: goes-with-it, show: strip-products}\notherwise: strip-nothing\n",
  "rules/recommendations/bought.yaml":
    "recommendation: bought\nbased on: bought together\nseed: last viewed\nnumber: 3\notherwise: bought together\n",
  "rules/content/beside.yaml": "content: beside\nfirst of: [{recommendation: bought, show: x}]\notherwise: y\n",
  "rules/loyalty/points.yaml":
    "loyalty: points\ncurrency: EUR\npoints: 1 per 1 EUR\nbalance: may be negative\nunmatched returns: at the rate\nsale: {print: till, show: till-screen}\n",
  "rules/recommendations/with-purchase.yaml":
    "recommendation: with-purchase\nbased on: bought together\nseed: product at hand\nnumber: 2\notherwise: bought together\n",
  "rules/content/till.yaml":
    "content: till\nfirst of: [{recommendation: with-purchase, show: till-products}]\notherwise: till-thanks\n",
  "rules/content/till-screen.yaml":
    "content: till-screen\nfirst of: [{recommendation: with-purchase, show: till-products}]\notherwise: till-thanks\n",
  "templates/loyalty/till-products.hbs":
    '---\nen:\n  print: |-\n    Next time:\n    {{#each products}}{{title}}, {{money price "EUR"}}: {{reason}}\n    {{/each}}\n---\n<ul>{{#each products}}<li>{{title}} ({{reason}})</li>{{/each}}</ul>\n',
  "templates/loyalty/till-thanks.hbs": "---\nen: {print: Thank you.}\n---\n<p>Thank you.</p>\n",
  "rules/triggers/thanks.yaml":
    "trigger: thanks\non: order_completed where order_id starts with thanked\nsend: {template: thanks, by: email}\ncategory: transactional\n",
  "templates/email/thanks.hbs":
    '---\nrecommendation: bought\nen: {subject: Thanks, preheader: P}\n---\n<mj-section><mj-column>{{#each products}}<mj-text><a href="{{link}}">{{title}}</a>: {{reason}}</mj-text>{{/each}}</mj-column></mj-section>\n',
  "templates/web/strip-products.hbs":
    '---\nen: {title: For you}\nfr: {title: Pour vous}\n---\n<h2>{{t.title}}</h2>{{#each products}}<a href="{{link}}">{{title}} {{money price "EUR"}}</a>{{/each}}\n',
  "templates/web/strip-nothing.hbs": "---\nen: {}\nfr: {}\n---\n<p></p>\n",
};

const PRODUCTS = ["hat", "scarf", "coat", "belt"].map((id, at) => ({
  id,
  title: { en: `The ${id}`, fr: `Le ${id}` },
  price: id === "coat" ? 389 : 50 + at,
  categories: ["accessories"],
  link: `/shop/${id}`,
  stock: 3,
  added: `2026-01-0${at + 1}`,
}));

let engine: EngineProcess;
let rulesFolder: string;

beforeAll(async () => {
  const folder = createTestFolder("recommend");
  for (const [path, text] of Object.entries(RULES)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  rulesFolder = join(folder, "rules");
  engine = await createEngineProcess({ rules: rulesFolder, folder: join(folder, "data") });
  await engine.start();
});
afterAll(async () => {
  await engine.stop();
});

async function posted(path: string, body: unknown): Promise<Record<string, unknown>> {
  return (await (await post(engine, path, body)).json()) as Record<string, unknown>;
}

async function strip(anonymousId: string, language?: string): Promise<Shown> {
  const { decisions } = await posted("/v1/decide", { anonymousId, ...(language !== undefined && { language }) });
  const found = (decisions as Shown[]).find(({ content }) => content === "strip");
  if (found === undefined) throw new Error("no strip was decided");
  return found;
}

async function bought(anonymousId: string): Promise<Shown["products"]> {
  const { decisions } = await posted("/v1/decide", { anonymousId });
  return (decisions as Shown[]).find(({ content }) => content === "beside")?.products;
}

/** The command as an operator calls it, on the engine's data folder. */
async function vif(args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "dist/engine/cli/main.js"), ...args], {
    env: { ...process.env, VIF_DATA_DIR: engine.folder, VIF_CONFIG: "" },
  });
  return JSON.parse(stdout) as unknown;
}

const view = (anonymousId: string, id: string) =>
  posted("/v1/track", { anonymousId, event: "Product Viewed", properties: { product_id: id } });

describe("a strip of products", () => {
  it("is passed over while there are no products", async () => {
    expect(await strip("visitor-0")).toMatchObject({ show: "strip-nothing" });
  });

  it("shows what the catalogue has, within the rule's limits, in the visitor's language", async () => {
    expect(await posted("/v1/products", { products: [...PRODUCTS, { id: "nameless" }] })).toEqual({
      success: true,
      changed: 4,
      rejected: [{ field: "/products/4", reason: "`title` is missing" }],
    });
    const shown = await strip("visitor-1", "fr");
    expect(shown.products?.map(({ id }) => id)).toEqual(["belt", "scarf", "hat"]);
    expect(shown.html).toBe(
      '<h2>Pour vous</h2><a href="/shop/belt">Le belt 53,00\u00a0€</a><a href="/shop/scarf">Le scarf 51,00\u00a0€</a><a href="/shop/hat">Le hat 50,00\u00a0€</a>',
    );
  });

  it("is without what is sold out or hidden in the very next answer, on every worker", async () => {
    const visitors = Array.from({ length: 12 }, (_, at) => `visitor-of-shard-${at}`);
    await posted("/v1/products", {
      changes: [
        { id: "belt", stock: 0 },
        { id: "scarf", hidden: true },
        { id: "gone", stock: 1 },
      ],
    });
    for (const visitor of visitors) expect((await strip(visitor)).products?.map(({ id }) => id)).toEqual(["hat"]);
    await posted("/v1/products", { changes: [{ id: "belt", stock: { "lyon-1": 2 } }] });
    expect((await strip("visitor-1")).products?.map(({ id }) => id)).toEqual(["belt", "hat"]);
  });

  it("is led by what others look at together, within seconds and without training", async () => {
    for (let visitor = 0; visitor < 6; visitor += 1) {
      await view(`pair-${visitor}`, "hat");
      await view(`pair-${visitor}`, "belt");
    }
    await view("newcomer", "hat");
    const { products } = await strip("newcomer");
    expect(products?.[0]).toMatchObject({ id: "belt", reason: "looked at with The hat" });
    expect(products?.map(({ id }) => id)).not.toContain("hat");
  });

  it("is led by what was bought together once the model is trained, by the command, beside events", async () => {
    for (let customer = 0; customer < 30; customer += 1) {
      const products = [{ product_id: "scarf" }, { product_id: customer % 3 === 0 ? "hat" : "belt" }];
      await posted("/v1/track", {
        userId: `c-${customer}`,
        event: "Order Completed",
        properties: { order_id: `o-${customer}`, products },
      });
    }
    await engine.drain();
    await posted("/v1/products", {
      changes: [
        { id: "scarf", hidden: false },
        { id: "belt", stock: 1 },
      ],
    });
    const trained = await vif(["recommend", "train", "--json"]);
    expect(trained).toMatchObject({ job: "train", customers: 37, products: 3, programs: 0, purchases: 60 });
    await until("the new model serves", async () => {
      await view("bought-visitor", "scarf");
      const products = await bought("bought-visitor");
      return products?.[0]?.reason === "bought with The scarf by 20 customers";
    });
    expect((await bought("bought-visitor"))?.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
      "belt: bought with The scarf by 20 customers",
      "hat: bought with The scarf by 10 customers",
    ]);
    const why = (await vif(["why", "anonymous:bought-visitor", "beside", "--json"])) as { tree: { text: string }[] };
    expect(why.tree.map(({ text }) => text)).toContain("belt, The belt: bought with The scarf by 20 customers");
    const out = join(engine.folder, "lists.parquet");
    expect(await vif(["recommend", "all", "--top", "2", "--out", out, "--json"])).toMatchObject({ job: "all", out });
    expect(readFileSync(out).subarray(0, 4).toString()).toBe("PAR1");
    const evaluated = await vif(["recommend", "evaluate", "--top", "2", "--json"]);
    expect(evaluated).toMatchObject({ job: "evaluate", top: 2 });
  });

  it("is on a receipt and on the till's screen, by what was just bought, and the same when the receipt comes again", async () => {
    const sale = (sku: string) =>
      receipt({ customer: { userId: `till-${sku}` }, lines: [{ sku, quantity: 1, unitPrice: 25.5, total: 25.5 }] });
    const sent = sale("scarf");
    const { answer } = await postReceipts(engine.port, sent);
    expect(answer.print.map((line) => line.replaceAll(/[\u00a0\u202f]/g, " "))).toEqual([
      "Next time:",
      "The belt, €53.00: bought with The scarf by",
      "20 customers",
      "The hat, €50.00: bought with The scarf by",
      "10 customers",
    ]);
    expect(answer.screen).toBe(
      "<ul><li>The belt (bought with The scarf by 20 customers)</li><li>The hat (bought with The scarf by 10 customers)</li></ul>",
    );
    await posted("/v1/products", { changes: [{ id: "belt", stock: 0 }] });
    const repeated = (await postReceipts(engine.port, sent)).answer;
    expect(repeated).toMatchObject({ print: answer.print, screen: answer.screen });
    expect((await postReceipts(engine.port, sale("scarf"))).answer.screen).not.toContain("The belt");
    expect((await postReceipts(engine.port, sale("unknown"))).answer.print).toEqual(["Thank you."]);
    await posted("/v1/products", { changes: [{ id: "belt", stock: 1 }] });
  });

  it("is in an e-mail as well, as the model and the stock are when it is sent", async () => {
    await posted("/v1/products", { changes: [{ id: "hat", stock: 0 }] });
    await posted("/v1/identify", { userId: "reader", traits: { email: "reader@example.fr" } });
    await posted("/v1/track", { userId: "reader", event: "Product Viewed", properties: { product_id: "scarf" } });
    const order = { order_id: "thanked-1", products: [] };
    await posted("/v1/track", { userId: "reader", event: "Order Completed", properties: order });
    await until("the message is recorded", async () => (await recordedMessages(engine)).length > 0);
    const [message] = await recordedMessages(engine);
    const text = message?.parts.is === "email" ? message.parts.text : undefined;
    expect(text?.trim()).toBe("The belt (/shop/belt): bought with The scarf by 20 customers");
    const rules = ["--rules", rulesFolder];
    const previewed = await vif(["preview", "thanks", "--as", "user:reader", "--channel", "email", ...rules, "--json"]);
    expect(previewed).toMatchObject({
      messages: [{ rendered: { parts: { text: expect.stringContaining("bought with The scarf by 20 customers") } } }],
    });
    await posted("/v1/products", { changes: [{ id: "hat", stock: 3 }] });
  });

  it("is refused to browsers, and what is acknowledged outlives a kill", async () => {
    const browser = await fetch(`http://127.0.0.1:${engine.port}/v1/products`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("example-write-key:")}` },
      body: JSON.stringify({ products: PRODUCTS }),
    });
    expect(browser.status).toBe(401);
    await posted("/v1/products", { changes: [{ id: "hat", removed: true }] });
    await engine.kill();
    await engine.start();
    expect((await strip("visitor-1")).products?.map(({ id }) => id)).toEqual(["belt", "scarf"]);
  });
});
