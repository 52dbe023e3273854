/** A rule that is saved into a running engine and reads what nobody kept: it waits for its past, and then decides by it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { sendBatch } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { until } from "../support/waiting.ts";

const HOUR_MS = 3_600_000;
const CONTROL = { authorization: "Bearer control-token-of-fault-runs" };
let folder = "";
let engine: EngineProcess;

const RULES = {
  "fields.yaml": "fields: {city: text}\n",
  "events/product_viewed.yaml": "event: product_viewed\nproperties: {category: text, price: money}\n",
  "segments/looker.yaml": "segment: looker\nwhen: count of product_viewed in last 1 day >= 1\n",
  "content/hero.yaml": "content: hero\nfirst of:\n  - {when: in segment looker, show: seen}\notherwise: plain\n",
};

function save(path: string, text: string): void {
  const file = join(folder, "rules", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

let sent = 0;
async function send(...events: readonly object[]): Promise<void> {
  const batch = events.map((event) => ({ messageId: `m${++sent}`, ...event }));
  await sendBatch(engine, batch);
}

function view(anonymousId: string, category: string, hoursAgo: number, price = 10) {
  const timestamp = new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
  return { type: "track", event: "Product Viewed", anonymousId, timestamp, properties: { category, price } };
}

interface Profile {
  readonly segments: readonly { readonly name: string; readonly inside: boolean; readonly entries: number }[];
  readonly attributes: readonly { readonly name: string; readonly value?: unknown }[];
  readonly decisions: readonly { readonly content: string; readonly show: string }[];
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}${path}`, { headers: CONTROL });
  return (await response.json()) as T;
}

const profileOf = (who: string) => ask<Profile>(`/v1/profile?who=anonymous:${who}`);

async function segmentsOf(who: string): Promise<readonly string[]> {
  const { segments } = await profileOf(who);
  return segments.filter(({ inside }) => inside).map(({ name }) => name);
}

/** The rules that are saved decide, with all that they read of the past. */
function untilWarm(rules: string): Promise<void> {
  return engine.untilSaid(`${rules}: the past of`);
}

beforeEach(async () => {
  folder = createTestFolder("backfill");
  for (const [path, text] of Object.entries(RULES)) save(path, text);
  engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "data") });
  await engine.start();
}, 60_000);

afterEach(async () => {
  await engine.kill();
  removeTestFolder(folder);
});

describe("a rule with a past that nobody kept", () => {
  it("decides by it, for those who never come again too, and goes on counting from there", async () => {
    await send(
      ...[100, 60, 30].map((hours) => view("shoes", "shoes", hours)),
      ...[100, 60].map((hours) => view("two", "shoes", hours)),
      ...[100, 60, 30].map((hours) => view("hats", "hats", hours)),
    );
    await engine.drain();
    save(
      "segments/lover.yaml",
      "segment: lover\nwhen: count of product_viewed where category = shoes in last 5 days >= 3\n",
    );
    save("segments/other.yaml", "segment: other\nwhen: in segment looker and not in segment lover\n");
    await untilWarm("lover, other");
    expect(await segmentsOf("shoes")).toEqual(["lover"]);
    expect(await segmentsOf("two")).toEqual([]);
    expect(await segmentsOf("hats")).toEqual([]);
    await send(view("two", "shoes", 0), view("hats", "shoes", 0));
    expect(await segmentsOf("two")).toEqual(["looker", "lover"]);
    expect(await segmentsOf("hats")).toEqual(["looker", "other"]);
  }, 60_000);

  it("counts each event once, of those whom an identifier has made one as well, and of before and after the rule", async () => {
    const identify = (anonymousId: string) => ({
      type: "identify",
      anonymousId,
      userId: "u1",
      traits: { city: "Paris" },
    });
    await send(view("phone", "shoes", 50, 20), view("laptop", "shoes", 40, 30), identify("phone"));
    await send(identify("laptop"));
    await engine.drain();
    save("segments/spender.yaml", "segment: spender\nwhen: sum of product_viewed.price in last 5 days >= 100\n");
    save("segments/close.yaml", "segment: close\nwhen: sum of product_viewed.price in last 5 days >= 90\n");
    await untilWarm("close, spender");
    await send(view("phone", "shoes", 0, 40));
    expect(await segmentsOf("laptop")).toEqual(["close", "looker"].sort());
    await send(view("laptop", "shoes", 0, 10));
    expect(await segmentsOf("phone")).toEqual(["close", "looker", "spender"].sort());
  }, 60_000);

  it("knows fields that were said before anybody wanted them", async () => {
    await send({ type: "identify", anonymousId: "a", traits: { city: "Paris", shoe: 42 } });
    await engine.drain();
    save("fields.yaml", "fields: {city: text, shoe: number}\n");
    save("segments/large.yaml", "segment: large\nwhen: shoe >= 42\n");
    await untilWarm("large");
    expect(await segmentsOf("a")).toEqual(["large"]);
    expect((await profileOf("a")).attributes).toContainEqual(expect.objectContaining({ name: "shoe", value: 42 }));
  }, 60_000);

  it("counts each event once where the rule was gone meanwhile, and people rested in the store", async () => {
    const rule = "segment: spender\nwhen: sum of product_viewed.price >= 50\n";
    save("segments/spender.yaml", rule);
    await until("spender decides", async () => (await engine.status()).backfill === undefined);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await send(view("a", "shoes", 40, 20), view("a", "shoes", 30, 20));
    const anew = async (): Promise<void> => {
      await engine.drain();
      await engine.stop();
      await engine.start();
    };
    await anew();
    rmSync(join(folder, "rules/segments/spender.yaml"));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await anew();
    save("segments/spender.yaml", rule);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await until("nothing is lacking", async () => (await engine.status()).backfill === undefined);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await segmentsOf("a")).toEqual([]);
    await send(view("a", "shoes", 0, 10));
    expect(await segmentsOf("a")).toEqual(["looker", "spender"]);
  }, 90_000);

  it("survives that the engine is killed at any moment of it", async () => {
    const people = Array.from({ length: 400 }, (_, n) => `p${n}`);
    await send(...people.map((who, n) => view(who, "shoes", 40 + (n % 7), 1 + (n % 5))));
    await send(...people.map((who, n) => view(who, "shoes", 30 + (n % 7), 1 + (n % 5))));
    await engine.drain();
    save("segments/spender.yaml", "segment: spender\nwhen: sum of product_viewed.price in last 5 days >= 6\n");
    for (const ms of [900, 1_200, 1_500]) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      await engine.kill();
      await engine.start();
    }
    await until("every spender is found", async () => {
      const found = await Promise.all(people.slice(0, 20).map(segmentsOf));
      return found.every((names, n) => names.includes("spender") === n % 5 >= 2);
    });
    await until("nothing is lacking", async () => (await engine.status()).backfill === undefined);
    for (const [n, who] of people.entries()) expect(await segmentsOf(who), who).toEqual(n % 5 >= 2 ? ["spender"] : []);
  }, 90_000);
});
