/**
 * What holdouts are worth on the control plane's page, in a real browser. An engine that has just started knows of nobody who
 * came to a holdout a month ago: what is told of many is the answer of a history made for it, put in place of the engine's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedHistoryOf } from "../../engine/backtest/backtest-fixtures.ts";
import { UPLIFT, upliftOf } from "../../engine/backtest/uplift.ts";
import type { UpliftReport } from "../../engine/control/uplift-port.ts";
import { upliftReport } from "../../engine/control/uplift-report.ts";
import { isHeldOut } from "../../engine/model/holdout.ts";
import { createProfileId, type Slot } from "../../engine/model/ids.ts";
import type { JournalRecord } from "../../engine/model/record.ts";
import { createEvent, DAY_MS, NOW } from "../../engine/profile/profile-fixtures.ts";
import { ROOT } from "../source-tree.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

/** Of 600 by e-mail the treated order more often; of 300 at the till they do not. */
async function longKnown(): Promise<UpliftReport> {
  const records: JournalRecord[] = [];
  for (let n = 0; n < 900; n += 1) {
    const profile = createProfileId(7 as Slot, NOW - 60 * DAY_MS, n);
    const heldOut = isHeldOut(profile, { salt: "spring", percent: 40 });
    const by = n < 600 ? "trigger back-in-town" : "content spring-ticket";
    const at = NOW - 60 * DAY_MS;
    records.push({ kind: "exposed", profile, holdout: "spring", percent: 40, heldOut, by, at });
    if (n % 10 >= (n < 600 && !heldOut ? 5 : 1)) continue;
    const event = createEvent(`o${n}`, at + DAY_MS, { name: "order_completed", fields: { total: 40 + (n % 7) } });
    records.push({ kind: "event", profile, creates: false, event });
  }
  const history = await embeddedHistoryOf([records]);
  const channels = { "trigger back-in-town": "email or sms", "content spring-ticket": "till" };
  const report = upliftReport(await upliftOf(history, { ...UPLIFT, since: undefined, at: NOW, channels }));
  await history.close();
  return report;
}

describe.skipIf(browserMissing !== undefined)(`the page of holdouts ${browserMissing ?? ""}`, () => {
  let folder = "";
  let engine: EngineProcess;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = createTestFolder("uplift-page");
    engine = await createEngineProcess({ rules: join(ROOT, "rules"), folder });
    await engine.start();
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "en-GB", viewport: { width: 1200, height: 1400 }, bypassCSP: true });
    await page.goto(/http:\S+#ticket=\S+/.exec(engine.output())?.[0] ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
    removeTestFolder(folder);
  });

  const text = async (selector: string): Promise<string> =>
    (await page.locator(selector).allTextContents()).join(" | ").replaceAll(/[\u00a0\u202f]/g, " ");

  it("asks the engine only when told to, and says so where nobody has come to one", async () => {
    expect(await text("#uplift")).toBe("");
    await page.click("#uplift-ask");
    await expect.poll(() => text("#uplift"), { timeout: 20_000 }).toMatch(/^Nobody has come to a holdout\./);
    expect(await text("#uplift-as-of")).toMatch(/^order_completed less order_refunded within 30 days, as of /);
  });

  it("tells each holdout as a whole, by channel and by rule, with intervals, in English and in French", async () => {
    const report = await longKnown();
    await page.route("**/v1/uplift", (route) => route.fulfill({ json: report }));
    await page.click("#uplift-ask");
    await expect.poll(() => text("#uplift h3"), { timeout: 20_000 }).toBe("spring: 40 % held out");
    expect(await text("#uplift tbody th")).toBe(
      "All of it | By e-mail or SMS | By the till | trigger back-in-town | content spring-ticket",
    );
    const line = (n: number) => text(`#uplift tbody tr:nth-child(${n})`);
    const [whole] = report.holdouts;
    const mail = whole?.channels?.[0];
    expect(await line(2)).toContain(mail?.treated.people.toLocaleString("en"));
    expect(await line(2)).toMatch(/\+\d+\.\d\d \(\+\d+\.\d\d to \+\d+\.\d\d\) more than without it/);
    expect(await line(3)).toContain("no difference is shown");
    expect(await page.locator("#uplift svg.interval").count()).toBe(5);
    const section = page.locator("section", { has: page.locator("#uplift-title") });
    expect((await section.screenshot({ path: join(folder, "uplift.png") })).length).toBeGreaterThan(5_000);
    await page.selectOption("#language", "fr");
    expect(await text("#uplift tbody th")).toBe(
      "En tout | Par e-mail ou SMS | Par la caisse | trigger back-in-town | content spring-ticket",
    );
    expect(await line(2)).toMatch(/\+\d+,\d\d \(\+\d+,\d\d à \+\d+,\d\d\) plus que sans/);
  });

  it("is found to be accessible", async () => {
    await page.evaluate(readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate<{ readonly violations: readonly { readonly id: string }[] }>(
      "axe.run('#overview', { resultTypes: ['violations'] })",
    );
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});
