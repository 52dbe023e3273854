/**
 * Clients that nobody here wrote, as they are shipped, against a running engine: each is told an address and a key and
 * nothing else. What each has sent is in history once, under its own message id, and in the profile once.
 */
import { join } from "node:path";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import type { Browser } from "playwright-core";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readControlFile } from "../../engine/control/control-file.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { readRecordedEvents } from "../support/recorded-events.ts";
import type { RecordedEvent } from "../support/recorded-events.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { startShopPage } from "./shop-page.ts";
import type { ShopPage } from "./shop-page.ts";

const BROWSER_KEY = "example-write-key";
/** What each client has sent, for the last test: event names, in any order, by a mark in every event. */
const sent = new Map<string, readonly string[]>();
let folder = "";
let engine: EngineProcess;
let url = "";

beforeAll(async () => {
  folder = createTestFolder("clients");
  engine = await createEngineProcess({ rules: "rules", folder });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

/** What is decided for somebody, by content: the sum of what the profile has. */
async function shown(person: object): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(`${url}/v1/decide`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
    body: JSON.stringify(person),
  });
  const { decisions } = (await response.json()) as { decisions: readonly { content: string; show: string }[] };
  return Object.fromEntries(decisions.map(({ content, show }) => [content, show]));
}

/** How many events the profile has applied, by the ids that it remembers. */
async function applied(who: string): Promise<number> {
  const control = readControlFile(folder);
  const response = await fetch(`${control?.url}/v1/profile?who=${encodeURIComponent(who)}`, {
    headers: { authorization: `Bearer ${control?.token}` },
  });
  return ((await response.json()) as { rememberedIds: number }).rememberedIds;
}

describe("a client that nobody here wrote", () => {
  it("@segment/analytics-node delivers all six calls", async () => {
    const client = new Analytics({ writeKey: SERVER_KEY, host: url, flushAt: 4, flushInterval: 50, maxRetries: 0 });
    const failures: unknown[] = [];
    client.on("error", (failure) => failures.push(failure));
    const who = { userId: "segment-node-1" };
    client.identify({ ...who, traits: { city: "Lyon", mark: "segment-node" } });
    for (let i = 0; i < 3; i++)
      client.track({ ...who, event: "Product Viewed", properties: { category: "shoes", mark: "segment-node" } });
    client.page({ ...who, name: "Home", properties: { mark: "segment-node" } });
    client.screen({ ...who, name: "Start", properties: { mark: "segment-node" } });
    client.group({ ...who, groupId: "company-1", traits: { mark: "segment-node" } });
    client.alias({ ...who, previousId: "segment-node-0" });
    client.track({
      anonymousId: "segment-node-a",
      event: "Order Completed",
      properties: { total: 9.5, mark: "segment-node" },
    });
    await client.closeAndFlush();
    expect(failures).toEqual([]);
    sent.set("segment-node", [
      "group_joined",
      "identified",
      "order_completed",
      "page_viewed",
      "product_viewed",
      "product_viewed",
      "product_viewed",
      "screen_viewed",
    ]);
    expect(await shown(who)).toMatchObject({ "home-hero": "hero-shoes" });
  });

  it("@rudderstack/rudder-sdk-node delivers, packed with gzip", async () => {
    const client = new RudderAnalytics(SERVER_KEY, {
      dataPlaneUrl: url,
      flushAt: 20,
      retryCount: 0,
      logLevel: "error",
    });
    const failures: unknown[] = [];
    const flushed = (): Promise<void> =>
      new Promise((resolve) => {
        void client.flush((error) => {
          note(error);
          resolve();
        });
      });
    const note = (error?: unknown): void => {
      if (error != null) failures.push(error);
    };
    const who = { userId: "rudder-1" };
    client.identify({ ...who, traits: { email: "rudder@shop.example", mark: "rudder" } }, note);
    for (let i = 0; i < 3; i++)
      client.track({ ...who, event: "Product Viewed", properties: { category: "shoes", mark: "rudder" } }, note);
    client.page({ ...who, name: "Home", properties: { mark: "rudder" } }, note);
    client.screen({ ...who, name: "Start", properties: { mark: "rudder" } }, note);
    client.group({ ...who, groupId: "company-1", traits: { mark: "rudder" } }, note);
    await flushed();
    await flushed();
    expect(failures).toEqual([]);
    sent.set("rudder", [
      "group_joined",
      "identified",
      "page_viewed",
      "product_viewed",
      "product_viewed",
      "product_viewed",
      "screen_viewed",
    ]);
    expect(await shown({ email: "rudder@shop.example" })).toMatchObject({ "home-hero": "hero-shoes" });
    expect(await applied("user:rudder-1")).toBe(7);
  });

  it("socket.io-client delivers with acknowledgements, and hears of new content", async () => {
    const socket = io(url, { auth: { writeKey: SERVER_KEY } });
    try {
      const who = { userId: "socket-1" };
      const views = Array.from({ length: 3 }, (_, i) =>
        socket.emitWithAck("track", {
          ...who,
          messageId: `socket-${i}`,
          event: "Product Viewed",
          properties: { category: "shoes", mark: "socket" },
        }),
      );
      for (const reply of await Promise.all(views)) expect(reply).toMatchObject({ ok: true });
      expect(await socket.emitWithAck("identify", { ...who, traits: { city: "Paris", mark: "socket" } })).toMatchObject(
        {
          ok: true,
        },
      );
      sent.set("socket", ["identified", "product_viewed", "product_viewed", "product_viewed"]);
      expect(await shown(who)).toMatchObject({ "home-hero": "hero-shoes" });
      expect(await applied("user:socket-1")).toBe(4);
    } finally {
      socket.disconnect();
    }
  });

  describe.skipIf(browserMissing !== undefined)("in a browser", () => {
    let browser: Browser;
    let page: ShopPage;
    beforeAll(async () => {
      [browser, page] = await Promise.all([launchBrowser(), startShopPage()]);
    });
    afterAll(async () => {
      await browser?.close();
      await page?.close();
    });

    it.each(["one by one", "in batches"])("@segment/analytics-next delivers %s", async (how) => {
      const tab = await browser.newPage();
      const complaints: string[] = [];
      tab.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
      tab.on("requestfailed", (request) => void complaints.push(`${request.method()} ${request.url()}`));
      await tab.goto(page.url);
      const mark = how === "in batches" ? "next-batch" : "next";
      const anonymousId = await tab.evaluate(
        async ({ writeKey, cdnURL, mark: marked }) => {
          interface Library {
            readonly AnalyticsBrowser: {
              load(
                settings: object,
                options: object,
              ): Promise<readonly [Record<string, (...args: unknown[]) => Promise<unknown>>, unknown]>;
            };
          }
          const { AnalyticsBrowser } = (globalThis as unknown as { AnalyticsNext: Library }).AnalyticsNext;
          const delivery = { strategy: "batching", config: { size: 20, timeout: 100 } };
          const options =
            marked === "next-batch" ? { integrations: { "Segment.io": { deliveryStrategy: delivery } } } : {};
          const [analytics] = await AnalyticsBrowser.load({ writeKey, cdnURL }, options);
          for (let i = 0; i < 3; i++) await analytics["track"]?.("Product Viewed", { category: "shoes", mark: marked });
          await analytics["page"]?.("Catalogue", "Home", { mark: marked });
          await analytics["identify"]?.(`${marked}-1`, { city: "Lille", mark: marked });
          await analytics["group"]?.("company-1", { mark: marked });
          const user = analytics["user"]?.() as unknown as { anonymousId(): string };
          return user.anonymousId();
        },
        { writeKey: BROWSER_KEY, cdnURL: url, mark },
      );
      // A batch goes out a moment after its last event.
      await expect.poll(() => shown({ anonymousId }), { timeout: 10_000 }).toMatchObject({ "home-hero": "hero-shoes" });
      expect(complaints).toEqual([]);
      await expect.poll(() => applied(`anonymous:${anonymousId}`), { timeout: 10_000 }).toBe(6);
      await tab.close();
      sent.set(mark, [
        "group_joined",
        "identified",
        "page_viewed",
        "product_viewed",
        "product_viewed",
        "product_viewed",
      ]);
    });
  });
});

describe("a browser's settings", () => {
  const ask = (key: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${url}/v1/projects/${key}/settings`, { headers });

  it("name this gateway as it was reached, through a proxy that ends TLS too", async () => {
    const { integrations } = (await (await ask(BROWSER_KEY)).json()) as { integrations: Record<string, unknown> };
    expect(integrations["Segment.io"]).toMatchObject({
      apiKey: BROWSER_KEY,
      apiHost: `${url.slice(7)}/v1`,
      protocol: "http",
    });
    const secure = await ask(BROWSER_KEY, { "x-forwarded-proto": "https" });
    expect(await secure.json()).toMatchObject({ integrations: { "Segment.io": { protocol: "https" } } });
  });

  it("are not given to a secret or unknown key, nor to a page that may not use the key", async () => {
    expect((await ask(SERVER_KEY)).status).toBe(401);
    expect((await ask("nobody-s-key-000000")).status).toBe(401);
    const foreign = await ask(BROWSER_KEY, { origin: "https://elsewhere.example" });
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("in the end", () => {
  it("history holds every event of every client once", async () => {
    await engine.drain();
    expect(await engine.stop(), engine.output()).toBe(0);
    const recorded = await readRecordedEvents(join(folder, "history.duckdb"));
    const ids = recorded.map(({ source, messageId }) => `${source} ${messageId}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [mark, names] of sent)
      expect(
        recorded.filter(of(mark)).map(({ name }) => name),
        mark,
      ).toEqual(names);
    // Segment's alias carries no properties to mark it by.
    expect(recorded.filter(({ name }) => name === "aliased")).toHaveLength(1);
    expect(recorded).toHaveLength([...sent.values()].flat().length + 1);
  });
});

function of(mark: string): (event: RecordedEvent) => boolean {
  return ({ fields }) => fields["mark"] === mark;
}
