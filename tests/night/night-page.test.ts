/** The last nights on the control plane's page, as an operator sees them, in a real browser. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { liveALittle, type NightBrand, startNightBrand } from "../support/night-brand.ts";

describe.skipIf(browserMissing !== undefined)(`the page of nights ${browserMissing ?? ""}`, () => {
  let brand: NightBrand;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    brand = await startNightBrand("night-page", "embedded");
    await liveALittle(brand.engine, 8);
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "en-GB", viewport: { width: 1200, height: 1400 } });
    await page.goto(/http:\S+#ticket=\S+/.exec(brand.engine.output())?.[0] ?? "");
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await brand?.close();
  });

  it("says that there was none, then what each has found, in bars that say it in words too", async () => {
    await expect.poll(() => page.locator("#nights-none").isVisible(), { timeout: 20_000 }).toBe(true);
    expect(await page.locator("#nights-charts svg").count()).toBe(0);
    const { profile } = await brand.profileOf("user:customer-0");
    expect(brand.reconcile().report.drifts).toBe(0);
    await brand.spoilLive(({ alter }) =>
      alter(profile, (altered) => {
        altered.points = { ...altered.points, balance: 999 };
      }),
    );
    expect(brand.reconcile().code).toBe(0);
    const links = brand.engine.output().match(/http:\S+#ticket=\S+/g) ?? [];
    // The page finds its session gone and loads itself anew, whenever that is.
    await expect.poll(() => page.goto("about:blank").then(Boolean, () => true), { timeout: 20_000 }).toBe(false);
    await page.goto(links.at(-1) ?? "");
    await expect.poll(() => page.locator("#nights tbody tr").count(), { timeout: 20_000 }).toBe(2);
    expect(await page.locator("#nights-verdict").textContent()).toBe(
      "Differences found last time: 1, all of them settled.",
    );
    expect(await page.locator("#nights tbody tr").first().textContent()).toContain("wrong balance 1");
    const labels = await page
      .locator("#nights-charts svg")
      .evaluateAll((all) => all.map((svg) => svg.getAttribute("aria-label")));
    expect(labels[0]).toBe("Differences of 2 nights: at most 1, last 1");
    expect(await page.locator("#nights-charts svg .bar").count()).toBeGreaterThan(2);
    await page.selectOption("#language", "fr");
    expect(await page.locator("#nights-verdict").textContent()).toBe(
      "Écarts trouvés la dernière fois : 1, tous réglés.",
    );
    expect(await page.locator("#nights tbody tr").first().textContent()).toContain("solde faux 1");
    const section = page.locator("section", { has: page.locator("#nights-title") });
    expect((await section.screenshot({ path: `${brand.data}/nights.png` })).length).toBeGreaterThan(5_000);
  }, 120_000);

  it("is in the metrics", async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${brand.engine.port}/metrics`)).text();
    expect(metrics).toMatch(/^vif_night_drifts 1$/m);
    expect(metrics).toMatch(/^vif_night_unsettled 0$/m);
    expect(metrics).toMatch(/^vif_night_profiles 8$/m);
  });

  it("keeps nobody's values", async () => {
    const kept = await page.evaluate(async () => (await fetch("/v1/nights")).text());
    expect(kept).toContain("wrong_balance");
    expect(kept).toContain('"name":"points"');
    expect(kept).not.toContain("999");
  });
});
