/**
 * What the SDK costs a page, on the example shop in a real browser: bytes, script, and that nothing moves under the
 * visitor's eyes when the engine's content comes. Script is counted in the thread's own processor time, so that a busy
 * machine changes nothing; no task can be long (50 ms, as the Long Tasks standard has it) while all of it together is not.
 */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { browserMissing } from "../support/browser.ts";
import { setUpShop } from "../support/shop-in-browser.ts";

const scriptMsMax = 50;
const transferredBytesMax = 6 * 1024;
/** Of a visitor with a past, the first content is that of everybody: it must not push what is below it. */
const PATHS = ["en/", "fr/shoes/", "en/p/coat-night/"];

describe.skipIf(browserMissing !== undefined)(`the SDK's cost (${browserMissing ?? "Chromium"})`, () => {
  const shop = setUpShop("sdk-cost");

  async function open(path: string, viewport = { width: 1280, height: 900 }): Promise<Page> {
    const context = await shop.browser().newContext({ viewport });
    const page = await context.newPage();
    await page.addInitScript(`
      window.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifted += entry.value;
      }).observe({ type: "layout-shift", buffered: true });`);
    await page.goto(shop.address(path));
    await page.locator('[data-vif-slot="banner"][data-vif-show]').waitFor({ state: "attached" });
    return page;
  }

  it("is at most 6 KB over the wire", async () => {
    const page = await open("en/");
    const bytes = await page.evaluate<number>(
      "performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/vif.js')).encodedBodySize",
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(transferredBytesMax);
    await page.context().close();
  });

  it(`is less than ${scriptMsMax} ms of script, until the engine's content stands`, async () => {
    const context = await shop.browser().newContext();
    const page = await context.newPage();
    const tools = await context.newCDPSession(page);
    await tools.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(shop.address("en/"));
    await page.locator('[data-vif-slot="banner"][data-vif-show]').waitFor({ state: "attached" });
    const { metrics } = await tools.send("Performance.getMetrics");
    const script = metrics.find(({ name }) => name === "ScriptDuration")?.value ?? Number.NaN;
    expect(script * 1000).toBeGreaterThan(0);
    expect(script * 1000).toBeLessThan(scriptMsMax);
    await context.close();
  });

  it.each([
    ["wide", { width: 1280, height: 900 }],
    ["narrow", { width: 390, height: 800 }],
  ])("moves nothing when content comes (%s)", async (_, viewport) => {
    for (const path of PATHS) {
      const page = await open(path, viewport);
      // Two frames, in which a shift would have been seen.
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      // A part of a pixel, as letters are drawn anew, is nothing that anybody sees: good is 0.1.
      expect(await page.evaluate("window.shifted"), path).toBeLessThan(0.0001);
      await page.context().close();
    }
  });
});
