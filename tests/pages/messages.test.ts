/** A trigger's message on pages in a real browser: in its place on each that is open, said once to have been shown, and gone with the page. */
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { CONTROL_TOKEN, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { say } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { startHostPage } from "./host-page.ts";
import type { HostPage } from "./host-page.ts";

const missing = browserMissing;

/** The SDK with an engine that says what a test has it say: `push`, and `hello` to the visitor after a reset. */
const SCRIPTED = `
window.told = [];
const io = () => {
  const on = {};
  window.push = (...decisions) => on.decisions({ decisions });
  window.hello = (more) => on.hello({ ok: true, anonymousId: "a", visitorToken: "t" + told.length, ...more });
  return {
    on: (name, listener) => void (on[name] = listener),
    emit: (type, { event, properties }) => void told.push(event === "Message Shown" ? properties.message : type),
    disconnect: () => undefined,
  };
};
window.content = (html) => ({ content: "banner", show: "plain", choice: 0, html });
window.message = (id, html) => ({ content: "banner", show: "news", choice: 0, message: id, html });
window.see = (state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
};
window.vif = createVif({ key: "example-write-key", url: ENGINE, pages: false, io });
`;

describe.skipIf(missing !== undefined)(`a message on a page (${missing ?? "Chromium"})`, () => {
  let folder = "";
  let engine: EngineProcess;
  let url = "";
  let browser: Browser;
  let host: HostPage;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = createTestFolder("page-messages");
    engine = await createEngineProcess({ rules: "rules", folder: join(folder, "data") });
    await engine.start();
    url = `http://127.0.0.1:${engine.port}`;
    browser = await launchBrowser();
    const head = `<title>x</title><script src="${url}/vif.js" data-key="example-write-key"></script>`;
    const slots = '<div id="hero" data-vif-slot="home-hero"></div><div id="banner" data-vif-slot="banner"></div>';
    const html = `<!doctype html><html lang="en"><head>${head}</head><body>${slots}</body></html>`;
    const scripted = `<script src="${url}/vif.js"></script><script src="/scripted.js"></script>`;
    host = await startHostPage({
      engineUrl: url,
      pages: { "/": html, "/scripted": `<!doctype html><html lang="en"><body>${slots}${scripted}</body></html>` },
      scripts: { "/scripted.js": SCRIPTED.replace("ENGINE", JSON.stringify(url)) },
    });
  }, 60_000);

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await engine?.kill();
    removeTestFolder(folder);
  });

  async function visitor(): Promise<BrowserContext> {
    const context = await browser.newContext();
    contexts.push(context);
    context.on("page", (page) => page.on("pageerror", (error) => complaints.push(error.message)));
    return context;
  }

  async function open(context: BrowserContext, address: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  /** However slow the machine is: time decides nothing here. */
  const until = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 60_000 });
  const shownIn = (slot: string) => (page: Page) =>
    page.locator(`[data-vif-slot="${slot}"]`).getAttribute("data-vif-show");
  const [heroOf, bannerOf] = [shownIn("home-hero"), shownIn("banner")];

  async function nowOf(who: string): Promise<unknown> {
    const address = `http://127.0.0.1:${engine.controlPort}/v1/why?who=${encodeURIComponent(who)}&rule=refund-booked`;
    const response = await fetch(address, { headers: { authorization: `Bearer ${CONTROL_TOKEN}` } });
    return ((await response.json()) as WhyReport).fired?.[0]?.now;
  }

  it("stands in its place until the page is left, in every tab, and counts once", async () => {
    const context = await visitor();
    const [page, other] = [await open(context, host.url), await open(context, host.url)];
    for (const each of [page, other]) await until(() => bannerOf(each)).toBe("banner-free-delivery");
    const anonymousId = String(await page.evaluate("vif.anonymousId"));
    const properties = { order_id: "W-9", reason: "colour" };
    await say(engine, "/v1/track", { anonymousId, event: "Order Refunded", properties });
    for (const each of [page, other]) await until(() => bannerOf(each)).toBe("refund-booked");
    await until(() => nowOf(`anonymous:${anonymousId}`)).toMatchObject({
      became: "accepted",
      channel: "web",
      attempts: 1,
    });
    // What is decided else meanwhile does not take it away.
    await page.evaluate(`Promise.all([1, 2, 3].map(() => vif.track("Product Viewed", { category: "shoes" })))`);
    await until(() => heroOf(page)).toBe("hero-shoes");
    expect(await bannerOf(page)).toBe("refund-booked");
    await page.evaluate("history.pushState({}, '', '/elsewhere')");
    await until(() => bannerOf(page)).toBe("banner-free-delivery");
    expect(await bannerOf(other)).toBe("refund-booked");
    await other.reload();
    await until(() => bannerOf(other)).toBe("banner-free-delivery");
  });

  it("waits for the page that has a place for it", async () => {
    const context = await visitor();
    const page = await open(context, host.url);
    await until(() => bannerOf(page)).toBe("banner-free-delivery");
    const anonymousId = String(await page.evaluate("vif.anonymousId"));
    await page.evaluate("document.getElementById('banner').remove()");
    await say(engine, "/v1/track", { anonymousId, event: "Order Refunded", properties: { order_id: "W-10" } });
    await until(() => nowOf(`anonymous:${anonymousId}`)).toMatchObject({ state: "under way", attempts: 1 });
    await page.reload();
    await until(() => bannerOf(page)).toBe("refund-booked");
    await until(() => nowOf(`anonymous:${anonymousId}`)).toMatchObject({ became: "accepted", attempts: 1 });
  });

  it("is said to be shown where it looks as its place did, and not where its page was left before anybody saw it", async () => {
    const page = await open(await visitor(), `${host.url}/scripted`);
    await until(() => page.evaluate("vif.permission === 'granted' && 'push' in window")).toBe(true);
    const markOf = (): Promise<string | null> => page.locator("#banner").getAttribute("data-vif-message");
    await page.evaluate(
      'hello(); vif.page(); push(content("<p>A</p>")); push(content("<p>A</p>"), message("m1", "<p>A</p>"))',
    );
    expect([await markOf(), await page.evaluate("told")]).toEqual(["m1", ["page", "m1"]]);
    await page.evaluate('see("hidden"); vif.page(); push(content("<p>A</p>"), message("m2", "<p>B</p>"))');
    expect([await markOf(), await page.evaluate("told")]).toEqual(["m2", ["page", "m1", "page"]]);
    await page.evaluate('vif.page(); see("visible")');
    expect([await markOf(), await page.evaluate("told")]).toEqual([null, ["page", "m1", "page", "page"]]);
    await page.evaluate('push(content("<p>A</p>"), message("m2", "<p>B</p>"))');
    expect([await markOf(), await page.evaluate("told")]).toEqual(["m2", ["page", "m1", "page", "page", "m2"]]);
  });

  it("is told to who asks for decisions late, and to nobody who comes after a reset", async () => {
    const page = await open(await visitor(), `${host.url}/scripted`);
    await until(() => page.evaluate("vif.permission === 'granted' && 'push' in window")).toBe(true);
    await page.evaluate("document.getElementById('banner').remove()");
    await page.evaluate('hello(); push(content("<p>A</p>"), message("m1", "<p>B</p>"))');
    const asked =
      "(() => { let all = []; vif.on('decisions', (said) => (all = said))(); return all.map(({ show }) => show); })()";
    expect(await page.evaluate(asked)).toEqual(["plain", "news"]);
    await page.evaluate("vif.reset(); hello()");
    expect(await page.evaluate(asked)).toEqual([]);
  });

  it("tells a customer of the example shop that a return is booked, on the page that they have open, and on no other", async () => {
    const context = await visitor();
    const account = await open(context, `${url}/shop/en/account/`);
    await account.locator("[data-customer=customer-1003]").click();
    await account.locator("#sign-out").waitFor();
    await account.close();
    const page = await open(context, `${url}/shop/en/`);
    const banner = (): Promise<string | null> => page.locator('[data-vif-slot="banner"]').textContent();
    await until(banner).not.toBe("");
    const before = await banner();
    const properties = { order_id: "W-77", reason: "colour" };
    await say(engine, "/v1/track", { userId: "customer-1003", event: "Order Refunded", properties });
    await until(banner).toBe("Your return is booked: the money is on its way back to you");
    await until(() => nowOf("user:customer-1003")).toMatchObject({ became: "accepted", attempts: 1 });
    await page.goto(`${url}/shop/en/shoes/`);
    await until(banner).toBe(before);
  });
});
