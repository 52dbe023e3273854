/** An engine learns by itself at night, from its own history, and serves what it has learned; nobody has to say so. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { post } from "../support/server-client.ts";
import { createTestFolder } from "../support/test-folder.ts";
import { FAULT_RUN_MS_MAX, until } from "../support/waiting.ts";

const RULES: Readonly<Record<string, string>> = {
  "events/product_viewed.yaml": "event: product_viewed\nproperties: {product_id: text}\n",
  "events/order_completed.yaml": "event: order_completed\nproperties: {order_id: text}\n",
  "recommendations/beside.yaml": "recommendation: beside\nbased on: bought together\nseed: last viewed\nnumber: 1\n",
  "content/strip.yaml": "content: strip\nfirst of: [{recommendation: beside, show: x}]\notherwise: y\n",
};

it("learns in the night's run, without a word from anybody", async () => {
  const folder = createTestFolder("nightly-training");
  for (const [path, text] of Object.entries(RULES)) {
    mkdirSync(join(folder, "rules", path, ".."), { recursive: true });
    writeFileSync(join(folder, "rules", path), text);
  }
  const started = async (night: string): Promise<EngineProcess> => {
    const settings = () => ({ VIF_NIGHT: night });
    const engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "data"), settings });
    await engine.start();
    return engine;
  };
  const posted = async (engine: EngineProcess, path: string, body: unknown): Promise<unknown> =>
    (await post(engine, path, body)).json();

  const byDay = await started("off");
  try {
    const products = ["hat", "scarf", "coat"].map((id) => ({ id, title: `The ${id}`, price: 50, stock: 3 }));
    await posted(byDay, "/v1/products", { products });
    for (let customer = 0; customer < 12; customer += 1)
      await posted(byDay, "/v1/track", {
        userId: `c-${customer}`,
        event: "Order Completed",
        properties: { order_id: `o-${customer}`, products: [{ product_id: "hat" }, { product_id: "scarf" }] },
      });
    await byDay.drain();
  } finally {
    await byDay.stop();
  }

  // Every minute begins a night: there is no setting for less.
  const byNight = await started("* * * * *");
  try {
    await posted(byNight, "/v1/track", {
      anonymousId: "newcomer",
      event: "Product Viewed",
      properties: { product_id: "hat" },
    });
    const isRecommended = async (): Promise<boolean> => {
      const { decisions } = (await posted(byNight, "/v1/decide", { anonymousId: "newcomer" })) as {
        readonly decisions: readonly { readonly content: string; readonly products?: readonly { reason: string }[] }[];
      };
      const [shown] = decisions.find(({ content }) => content === "strip")?.products ?? [];
      return shown?.reason === "bought with The hat by 12 customers";
    };
    await until("what was bought by day is recommended by its number", isRecommended, FAULT_RUN_MS_MAX);
  } finally {
    await byNight.stop();
  }
}, 240_000);
