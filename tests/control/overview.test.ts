/**
 * The overview page and the commands that look into a running engine, as their user meets them: the link that the engine
 * prints, a real browser, real events.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { ROOT } from "../source-tree.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { postReceipts, receipt } from "../support/till-client.ts";

let folder = "";
let engine: EngineProcess;

beforeAll(async () => {
  folder = createTestFolder("overview");
  engine = await createEngineProcess({ rules: join(ROOT, "rules"), folder });
  await engine.start();
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

async function send(call: string, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${engine.port}/v1/${call}`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}` },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.text()).toBe(200);
}

function vif(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: join(ROOT, "rules") };
    execFile(process.execPath, [join(ROOT, "dist/engine/cli/main.js"), ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

/** Three looks at shoes and who it was: enough to enter a segment and to be shown shoes. */
async function lookAtShoes(userId: string): Promise<void> {
  for (let i = 0; i < 3; i++)
    await send("track", { userId, event: "Product Viewed", properties: { category: "shoes" } });
  await send("identify", { userId, traits: { email: `${userId}@shop.example`, city: "Paris" } });
}

describe("the commands that look into a running engine", () => {
  beforeAll(() => lookAtShoes("cli-1"));

  it("show one person by any identifier", async () => {
    await expect.poll(async () => (await vif("profile", "cli-1@shop.example")).code, { timeout: 20_000 }).toBe(0);
    const { out } = await vif("profile", "cli-1@shop.example", "--json");
    const profile = JSON.parse(out) as Record<string, unknown>;
    expect(profile).toMatchObject({
      attributes: [
        { name: "city", value: "Paris" },
        { name: "email", value: "cli-1@shop.example" },
      ],
      segments: [{ name: "shoe-lover", inside: true, entries: 1 }],
      consents: [],
      rememberedIds: 4,
    });
    expect((await vif("profile", String(profile["profile"]))).out).toContain("hero-shoes");
    expect((await vif("profile", "user:cli-1", "--at", "2100-01-01")).out).toMatch(/shoe-lover +out/);
  });

  it("print the link to somebody's own page of preferences, and to nobody's", async () => {
    const { code, out } = await vif("preferences", "cli-1@shop.example");
    expect(code).toBe(0);
    const page = await fetch(out.trim());
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<form");
    expect(await vif("preferences", "nobody@shop.example")).toMatchObject({ code: 1, out: "" });
  });

  it("compare those held out with those who are not", async () => {
    const { code, out } = await vif("uplift", "--within", "7", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ event: "order_completed", withinMs: 7 * 86_400_000, holdouts: [] });
  });

  it("explain a rule with the events behind it, now and in time to come", async () => {
    const now = await vif("why", "cli-1", "shoe-lover", "--json");
    const [root] = (JSON.parse(now.out) as { tree: readonly { values: readonly { events: readonly object[] }[] }[] })
      .tree;
    expect(root).toMatchObject({ holds: true, values: [{ value: "3" }] });
    expect(root?.values[0]?.events).toHaveLength(3);
    const later = await vif("why", "cli-1", "shoe-lover", "--at", "2100-01-01T00:00Z");
    expect(later.out).toContain("not in the segment shoe-lover");
    expect(later.out).toContain("in the future");
  });

  it("explain what a trigger reads of the event that sets it off by the latest one, from history", async () => {
    await send("identify", { userId: "cli-3", traits: { email: "cli-3@shop.example" } });
    expect((await vif("why", "cli-3", "order-thanks")).out).toContain("event.properties.channel: unknown");
    await send("track", { userId: "cli-3", event: "Order Completed", properties: { total: 12, channel: "web" } });
    const { out } = await vif("why", "cli-3", "order-thanks");
    expect(out).toMatch(/yes event\.properties\.channel in \["app", "web"\]\n +event\.properties\.channel: "web"/);
    expect(out).toContain("of the latest order_completed, of ");
  });

  it("tell the past from history: what has left the profile, and what was said since", async () => {
    const day = 86_400_000;
    const at = Date.now() - 800 * day;
    const iso = (instant: number): string => new Date(instant).toISOString();
    const userId = "past-1";
    // Long before the seven days within which events are taken: by receipts, which are.
    for (const n of [0, 1, 2]) {
      const lines = [{ sku: "a", quantity: 1, unitPrice: 600 }];
      const old = { customer: { userId }, timestamp: iso(at - n * day), offline: true, lines, total: 600 };
      expect((await postReceipts(engine.port, receipt(old))).status).toBe(200);
    }
    await send("identify", { userId, traits: { city: "Lyon" } });
    const askedAt = async (when: number) =>
      JSON.parse((await vif("why", userId, "vip", "--at", iso(when), "--json")).out) as Record<string, unknown>;
    expect(await askedAt(at + day)).toMatchObject({ from: "history", holds: true });
    expect(await askedAt(at - day)).toMatchObject({ from: "history", holds: true });
    expect(await askedAt(at - 2 * day - 1)).toMatchObject({ from: "history", holds: false });
    const then = JSON.parse((await vif("profile", userId, "--at", iso(at), "--json")).out) as Record<string, unknown>;
    expect(then).toMatchObject({ from: "history", attributes: [], ledger: { balance: 1_800, entries: 3 } });
    expect(then["caveats"]).toHaveLength(2);
    expect((await vif("why", userId, "vip", "--at", iso(at))).out).toContain("Told from history by the rules of today");
  });

  it("show points, and the latest receipts", async () => {
    const customer = { userId: "ledger-1" };
    const sold = receipt({ customer });
    await postReceipts(engine.port, sold);
    const back = { customer, kind: "return", refersTo: { receiptId: sold["receiptId"] }, total: 10 };
    const lines = [{ sku: "shoe-1", quantity: 1, unitPrice: 10 }];
    await postReceipts(engine.port, receipt({ ...back, lines }));
    const { ledger } = JSON.parse((await vif("profile", "user:ledger-1", "--json")).out) as { ledger: object };
    expect(ledger).toMatchObject({
      balance: 16,
      entries: 2,
      receipts: [
        { kind: "return", store: "lyon-1", reversed: 9, balance: 16 },
        { kind: "sale", receiptId: sold["receiptId"], earned: 25, reversed: 9, balance: 25 },
      ],
    });
    const { out } = await vif("profile", "user:ledger-1");
    expect(out).toContain("Loyalty: 16 points from 2 receipts");
  });

  it("say what is missing of a name that says only of which kind it is, or only that", async () => {
    expect((await vif("profile", ":x")).err).toContain("Nothing stands before the colon.");
    expect((await vif("profile", "user:")).err).toContain("Nothing stands behind the colon.");
  });

  it("say who or what is not there, with the nearest name", async () => {
    expect(await vif("profile", "nobody@shop.example")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Nobody"),
    });
    expect(await vif("why", "cli-1", "shoe-lovr")).toMatchObject({
      code: 1,
      err: expect.stringContaining('"shoe-lover"'),
    });
    expect(await vif("profile", "cli-1", "--at", "yesterday")).toMatchObject({
      code: 1,
      err: expect.stringContaining("`at`"),
    });
  });

  it("find people as one types, for the control plane and for tills", async () => {
    await engine.drain();
    const search = async (typed: string, key: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${engine.port}/v1/customers?q=${encodeURIComponent(typed)}`, {
        headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` },
      });
    const found = (await (await search("cli-1 shop", SERVER_KEY)).json()) as { customers: readonly object[] };
    expect(found).toMatchObject({ customers: [{ emails: ["cli-1@shop.example"], segments: ["shoe-lover"] }] });
    expect(await (await search("cli-1@shop.example", SERVER_KEY)).json()).toMatchObject({ customers: [{}] });
    expect(await (await search("nobody at all", SERVER_KEY)).json()).toMatchObject({ customers: [] });
    expect((await vif("people", "cli-1", "shop")).out).toContain("cli-1@shop.example");
    expect(await vif("people", "nobody", "at", "all")).toMatchObject({ code: 1, out: "" });
    expect((await search("cli-1", "example-write-key")).status).toBe(401);
    expect((await search("", SERVER_KEY)).status).toBe(400);
  });

  it("follow what happens", async () => {
    const following = vif("events", "--follow", "--name", "search_performed", "--count", "2", "--json");
    const sending = setInterval(
      () => void send("track", { userId: "cli-2", event: "Search Performed", properties: { query: "boots" } }),
      200,
    );
    const { code, out } = await following;
    clearInterval(sending);
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { name: "search_performed", who: "user:cli-2", fields: '{"query":"boots"}' },
      { name: "search_performed" },
    ]);
  });

  it("have the firings of each trigger counted in the metrics", async () => {
    const metrics = async () => (await fetch(`http://127.0.0.1:${engine.port}/metrics`)).text();
    const counted = async () =>
      Number(/vif_trigger_firings_total\{trigger="order-thanks"\} (\d+)/.exec(await metrics())?.[1] ?? 0);
    const before = await counted();
    await send("identify", { userId: "thanked", traits: { email: "thanked@shop.example" } });
    await send("track", { userId: "thanked", event: "Order Completed", properties: { total: 120, channel: "web" } });
    await expect.poll(counted, { timeout: 10_000 }).toBe(before + 1);
    expect(await metrics()).toContain("# TYPE vif_trigger_firings_total counter");
  });

  it("find nothing ill", async () => {
    const { code, out } = await vif("doctor", "--json");
    const { findings, overview } = JSON.parse(out) as {
      findings: readonly { name: string; is: string }[];
      overview: string;
    };
    expect(findings.filter(({ is }) => is === "ill")).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "machine",
        "engine",
        "shards",
        "history",
        "data folder",
        "keys",
        "rules",
        "store",
        "clocks",
      ]),
    );
    expect(overview).toContain("#ticket=");
    expect(code).toBe(0);
  });
});

describe.skipIf(browserMissing !== undefined)("the overview page", () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "en-GB" });
    page.on(
      "console",
      (message) => void (["error", "warning"].includes(message.type()) && complaints.push(message.text())),
    );
    page.on("pageerror", (error) => void complaints.push(String(error)));
  });
  afterAll(() => browser?.close());

  it("logs in by the link that the engine printed, and takes the ticket out of the address", async () => {
    const link = /http:\S+#ticket=\S+/.exec(engine.output())?.[0] ?? "";
    await page.goto(link);
    await page.getByText("live", { exact: true }).waitFor();
    expect(page.url()).not.toContain("ticket");
    const stranger = await browser.newPage();
    await stranger.goto(link);
    await stranger.getByText("the link was used already").waitFor();
    await stranger.close();
  });

  it("shows what happens as it happens, with the reason", async () => {
    await lookAtShoes("page-1");
    const said = { consent: { "marketing.email": "granted" }, consent_source: "account", consent_wording: "2026-03" };
    await send("identify", { userId: "page-1", traits: said });
    const decided = page.locator("#decided li", { hasText: "shoe-lover" }).first();
    await decided.waitFor();
    expect(await decided.textContent()).toContain('because count of product_viewed where category = "shoes"');
    await page.locator("#events li", { hasText: "identified" }).first().waitFor();
    await expect
      .poll(() => page.locator("#segments tr", { hasText: "shoe-lover" }).textContent(), { timeout: 20_000 })
      .toMatch(/[1-9]/);
    await expect.poll(() => page.locator("#figure-latency").textContent()).toMatch(/ms|–/);
  });

  it("tells once, with how often, what is decided of somebody again and again", async () => {
    for (let i = 0; i < 4; i++) await send("decide", { userId: "page-1", slots: ["home-hero"] });
    const shown = page.locator("#decided li[data-same]");
    await expect
      .poll(() => shown.locator(".count").allTextContents())
      .toContainEqual(expect.stringMatching(/^[4-9] times$/));
    const what = await shown.evaluateAll((lines) => lines.map((line) => line.getAttribute("data-same")));
    expect(new Set(what).size).toBe(what.length);
  });

  it("tells how many segments have nobody, and which", async () => {
    const rest = page.locator("#segments-empty");
    expect(await rest.locator("summary").textContent()).toMatch(/^\d+ of \d+ segments have nobody$/);
    expect(await rest.locator("p").textContent()).toContain("cart-left-behind");
    expect(await page.locator("#segments tr", { hasText: "cart-left-behind" }).count()).toBe(0);
  });

  it("shows one person, and why", async () => {
    await page.fill("#who", "page-1@shop.example");
    await page.press("#who", "Enter");
    await page.locator("#person", { hasText: "hero-shoes" }).waitFor();
    const consent = page.locator("#consents tr", { hasText: "marketing by email" });
    expect(await consent.textContent()).toMatch(/granted.*account, wording 2026-03/);
    await page.getByRole("button", { name: "why? home-hero" }).click();
    await page.locator("#why", { hasText: "count of product_viewed" }).waitFor();
    await page.fill("#who", "nobody@shop.example");
    await page.press("#who", "Enter");
    await page.locator("#person", { hasText: "Nobody is known by that" }).waitFor();
  });

  it("is as wide as a phone, in either language, and breaks no word for a column", async () => {
    await page.fill("#who", "page-1@shop.example");
    await page.press("#who", "Enter");
    await page.locator("#person", { hasText: "hero-shoes" }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const language of ["fr", "en"]) {
      await page.selectOption("#language", language);
      await page
        .locator("#person")
        .getByText(language === "fr" ? "Connue par" : "Known by")
        .waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      const heights = await page
        .locator("#person button, #sending th[scope=row]")
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
      expect(heights.length).toBeGreaterThan(10);
      expect(Math.max(...heights)).toBeLessThan(30);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("speaks French, goes dark, and remembers both", async () => {
    await page.selectOption("#language", "fr");
    await page.selectOption("#appearance", "dark");
    await page.reload();
    await page.getByText("Événements par seconde").waitFor();
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(17, 21, 18)");
  });

  it("keeps to its policy, and has a name for everything that is used by hand", async () => {
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    const nameless = await page.evaluate(`[...document.querySelectorAll("button, input, select, meter, canvas")]
      .filter((each) => !each.getAttribute("aria-label") && each.textContent.trim() === "" && !(each.labels?.length > 0))
      .map(({ id }) => id)`);
    expect(nameless).toEqual([]);
  });

  it("says that the engine is gone, and goes on when it is back", async () => {
    await engine.stop();
    await page.locator('#state[data-state="broken"]').waitFor();
    await engine.start();
    // A restart logs everybody out: the page asks again.
    await page.locator("#login").waitFor({ timeout: 30_000 });
  });
});
