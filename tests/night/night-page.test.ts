/** The last nights on the control plane's page, as an operator sees them, in a real browser. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NightReport } from "../../engine/control/nights-port.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { ONCE } from "../support/engine-process.ts";
import { liveALittle, type NightBrand, startNightBrand } from "../support/night-brand.ts";
import { until } from "../support/waiting.ts";

const PEOPLE = 8;
const DAY_MS = 86_400_000;
/** More than the page draws. */
const MANY = 44;
const STEPS = ["retain", "rfm", "recommend"];

function lastNight(brand: NightBrand): NightReport | undefined {
  const { out } = brand.vif("nights", "--limit", "1", "--json");
  return (JSON.parse(out) as { readonly nights: readonly NightReport[] }).nights[0];
}

describe.skipIf(browserMissing !== undefined)(`the page of nights ${browserMissing ?? ""}`, () => {
  let brand: NightBrand;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    brand = await startNightBrand("night-page", "embedded");
    await liveALittle(brand.engine, PEOPLE);
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "en-GB", viewport: { width: 1200, height: 1400 } });
    await logIn();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await brand?.close();
  });

  /** Links that have been followed: each logs in once. */
  const used: string[] = [];

  /** To an engine that was started, or started anew: it is ready a moment before it says where things are. */
  async function logIn(): Promise<void> {
    let link: string | undefined;
    const isNew = (): boolean => {
      link = brand.engine
        .output()
        .match(/http:\S+#ticket=\S+/g)
        ?.at(-1);
      return link !== undefined && !used.includes(link);
    };
    await until("the engine says where its page is", isNew);
    used.push(link ?? "");
    // The page finds its session gone and loads itself anew, whenever that is.
    await until("the page is left", () =>
      page.goto("about:blank").then(
        () => true,
        () => false,
      ),
    );
    await page.goto(link ?? "");
  }

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
    await logIn();
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
    const metrics = await (await fetch(`http://127.0.0.1:${brand.engine.port}/metrics`, { headers: ONCE })).text();
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

  it("tells what a night has done besides, each step with its time and what has changed", async () => {
    brand.settings["VIF_NIGHT"] = "* * * * *";
    // Those of a moment ago were begun by hand, and have only compared.
    await brand.engine.stop();
    await brand.engine.start();
    const steps = () => lastNight(brand)?.steps ?? [];
    await expect.poll(() => steps().map(({ step }) => step), { timeout: 90_000, interval: 1_000 }).toEqual(STEPS);
    expect(steps().find(({ step }) => step === "rfm")?.changed).toEqual({ scores: PEOPLE / 2 });
    for (const { startedAt, endedAt, problem } of steps())
      expect([endedAt >= startedAt, problem]).toEqual([true, undefined]);
    const told = brand.vif("nights").out;
    expect(told).toMatch(
      /nothing differed .*\n {2}what was too old: nothing changed .*\n {2}who buys how often: 4 customers/,
    );

    await logIn();
    const place = page.locator("#night-steps");
    await expect.poll(() => place.locator("tbody tr").count(), { timeout: 20_000 }).toBe(STEPS.length);
    for (const [language, line] of [
      ["en", /^How lately and how often customers buy.*customers with other scores: 4$/],
      ["fr", /^Récence et fréquence des achats des clients.*clients aux scores nouveaux : 4$/],
    ] as const) {
      await page.selectOption("#language", language);
      expect(await place.locator("tbody tr").nth(1).textContent()).toMatch(line);
      for (const width of [1_280, 360]) {
        await page.setViewportSize({ width, height: 1_400 });
        const wide = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth);
        expect({ language, width, wide }).toEqual({ language, width, wide: width });
      }
    }
  }, 180_000);

  it("draws the last thirty of many, those that left something in another colour, on a wide screen and a narrow one", async () => {
    brand.settings["VIF_NIGHT"] = "off";
    const last = lastNight(brand);
    if (last === undefined) throw new Error("there was a night before");
    const today = Date.now();
    await brand.rewriteHistory(async (history) => {
      for (const name of await history.documents("night", 100)) await history.putDocument(name, undefined);
      for (let n = 1; n <= MANY; n++) {
        const startedAt = today - (MANY - n) * DAY_MS;
        const drifts = n % 7 === 0 ? n : 0;
        const repaired = n % 14 === 0 ? n - 10 : drifts;
        const byCause = drifts === 0 ? [] : [{ cause: "edited_store", found: drifts, repaired }];
        const night = {
          ...last,
          startedAt,
          endedAt: startedAt + 30_000 + n * 500,
          drifts,
          repaired,
          byCause,
          told: [],
        };
        const key = new Date(startedAt).toISOString();
        await history.putDocument({ kind: "night", key }, new TextEncoder().encode(JSON.stringify(night)));
      }
    });
    await logIn();
    await page.selectOption("#language", "en");
    const charts = page.locator("#nights-charts svg");
    await expect
      .poll(() => charts.first().getAttribute("aria-label"), { timeout: 20_000 })
      .toBe("Differences of 30 nights: at most 42, last 0");
    for (let chart = 0; chart < 3; chart++) expect(await charts.nth(chart).locator(".place").count()).toBe(30);
    // 21, 28, 35 and 42 of 44 are within the last thirty; of 28 and 42 ten are left.
    expect(await charts.first().locator(".bar.bad").count()).toBe(2);
    expect(await charts.first().locator(".bar.settled").count()).toBe(4);
    expect(await page.locator("#nights tbody tr").count()).toBe(10);
    const section = page.locator("section", { has: page.locator("#nights-title") });
    for (const width of [1_280, 360]) {
      await page.setViewportSize({ width, height: 1_400 });
      expect(await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth)).toBe(width);
      await section.screenshot({ path: `${brand.data}/nights-${width}.png` });
    }
    const told = brand.vif("nights", "--limit", "30").out.split("\n");
    expect(told.filter((line) => /of 8 profiles|nothing differed|differ/.test(line)).length).toBeGreaterThanOrEqual(30);
  }, 120_000);
});
