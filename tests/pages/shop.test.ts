/** The example shop as `npm start` serves it, clicked through in a real browser. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../source-tree.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

let folder = "";
let engine: EngineProcess;
let url = "";

beforeAll(async () => {
  folder = createTestFolder("shop");
  engine = await createEngineProcess({ rules: "rules", folder: join(folder, "data") });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

const serverHeaders = {
  "content-type": "application/json",
  authorization: `Basic ${Buffer.from("example-server-key:").toString("base64")}`,
};

async function tell(path: string, body: object): Promise<void> {
  const response = await fetch(url + path, { method: "POST", headers: serverHeaders, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
}

const track = (anonymousId: string, order: object): Promise<void> =>
  tell("/v1/track", { anonymousId, event: "Order Completed", properties: { order_id: anonymousId, ...order } });
const changeProducts = (...changes: readonly object[]): Promise<void> => tell("/v1/products", { changes });

/** Every page that links lead to from one, with its text. */
async function crawl(from: string): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  const waiting = [from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const response = await fetch(url + path);
    const text = await response.text();
    expect(response.status, path).toBe(200);
    pages.set(path, text);
    const links = response.headers.get("content-type")?.startsWith("text/html") === true;
    if (links) for (const [, to = ""] of text.matchAll(/(?:href|src)="(\/[^"]*)"/g)) waiting.push(to);
  }
  return pages;
}

describe("the example shop", () => {
  it("has more than thirty products in each language, and no link that leads nowhere", async () => {
    const pages = await crawl("/shop/en/");
    for (const language of ["en", "fr"]) {
      const products = [...pages.keys()].filter((path) => path.startsWith(`/shop/${language}/p/`));
      expect(products.length).toBeGreaterThan(30);
    }
    const secrets = [...pages].filter(([, text]) => /example-(?:server|till)-key/.test(text));
    expect(secrets.map(([path]) => path)).toEqual([]);
  });

  it("is in the language of who comes", async () => {
    const at = async (language: string): Promise<string> =>
      (await fetch(`${url}/shop/`, { headers: { "accept-language": language } })).url.slice(url.length);
    expect([await at("fr-BE,fr;q=0.9"), await at("de,en;q=0.5")]).toEqual(["/shop/fr/", "/shop/en/"]);
  });

  it("tells a person who is lost so, in their language, and a program as everywhere", async () => {
    const at = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}${path}`, { headers });
      return [response.status, response.headers.get("content-type"), await response.text()] as const;
    };
    const person = { accept: "text/html", "accept-language": "fr" };
    for (const [path, title] of [
      ["/shop/en/nothing/", "This page is not here"],
      ["/shop/nothing", "Cette page n'existe pas"],
    ] as const)
      expect(await at(path, person)).toEqual([404, "text/html; charset=utf-8", expect.stringContaining(title)]);
    expect((await at("/shop/en/nothing.svg", {}))[1]).toBe("application/json");
    expect((await fetch(url, { headers: { "accept-language": "fr" } })).url).toBe(`${url}/shop/fr/`);
  });

  it("answers its own pages only", async () => {
    const ask = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}/shop/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const elsewhere = await ask("login", { customer: "customer-1001" }, { origin: "https://else.example" });
    expect(elsewhere.status).toBe(403);
    expect((await ask("login", { customer: "nobody" })).status).toBe(400);
    expect((await ask("till", { lines: [{ product: "no-such", quantity: 1 }] })).status).toBe(400);
    expect((await ask("panel", { visitorToken: "v1.made.up" })).status).toBe(400);
  });

  it("is not served beside keys of one's own", async () => {
    const config = join(folder, "vif.yaml");
    writeFileSync(config, "keys: [{ name: own, key: a-key-of-our-own-1234, kind: browser }]\n");
    const settings = (): Record<string, string> => ({ VIF_CONFIG: config });
    const own = await createEngineProcess({ rules: "rules", folder: join(folder, "own"), settings });
    await own.start();
    try {
      expect((await fetch(`http://127.0.0.1:${own.port}/shop/en/`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${own.port}/vif.js`)).status).toBe(200);
      expect(own.output()).not.toMatch(/^ +Shop /m);
      expect(engine.output()).toContain(`${url}/shop/`);
    } finally {
      await own.stop();
    }
  });
});

describe.skipIf(browserMissing !== undefined)(`the example shop in a browser (${browserMissing ?? "Chromium"})`, () => {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
  });

  async function visitor(options: Parameters<Browser["newContext"]>[0] = {}): Promise<BrowserContext> {
    const context = await browser.newContext(options);
    contexts.push(context);
    context.on("page", (page) => {
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // Of an address that is none the browser says so itself.
        const isLost = message.location().url.endsWith("/nothing/");
        if (message.type() === "error" && !isLost) complaints.push(message.text());
      });
    });
    return context;
  }

  async function open(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${url}/shop/${path}`);
    return page;
  }

  /** However slow the machine is: time decides nothing here. */
  const until = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000 });
  const heroOf = (page: Page): Promise<string | null> =>
    page.locator('[data-vif-slot="home-hero"]').getAttribute("data-vif-show");
  const layoutOf = (page: Page): Promise<string | null> => page.locator("html").getAttribute("data-layout");

  async function lookAt(page: Page, category: string, count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await page.locator(`[aria-labelledby=${category}] .look`).nth(index).click();
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
    }
  }

  async function logIn(context: BrowserContext, customer: string): Promise<void> {
    const page = await open(context, "en/account/");
    await page.locator(`[data-customer=${customer}]`).click();
    await page.locator("#sign-out").waitFor();
    await page.close();
  }

  it("changes its hero at once when three shoes were looked at", async () => {
    const context = await visitor();
    const page = await open(context, "fr/");
    await until(() => heroOf(page)).toBe("hero-first-visit");
    await lookAt(page, "shoes", 2);
    await open(context, "fr/p/boot-stone/");
    await until(() => heroOf(page)).toBe("hero-shoes");
    expect(await page.locator('[data-vif-slot="home-hero"] h2').textContent()).toContain("Tout le mur de chaussures");
  });

  it("greets a best customer with another layout, and is itself again after the log out", async () => {
    const context = await visitor();
    const page = await open(context, "en/");
    await until(() => layoutOf(page)).toBe("layout-classic");
    await logIn(context, "customer-1001");
    await until(() => layoutOf(page)).toBe("layout-salon");
    await until(() => page.locator('[data-vif-slot="home-hero"] h2').textContent()).toBe("Good day, Marie");
    expect(await page.locator(".hero-tiles li").count()).toBe(3);
    const account = await open(context, "en/account/");
    await account.locator("#sign-out").click();
    await until(() => layoutOf(page)).toBe("layout-classic");
  });

  it("changes the page that a customer has open when the till rings up their basket, and shows the till's answer", async () => {
    const context = await visitor();
    await logIn(context, "customer-1002");
    const page = await open(context, "en/");
    await until(() => heroOf(page)).not.toBe(null);
    expect(await heroOf(page)).not.toBe("hero-thanks");
    const till = await open(await visitor(), "en/till/");
    await till.locator(".keys button").nth(4).click();
    await till.locator(".keys button").nth(10).click();
    await till.locator("#card").selectOption("2980001002");
    expect(await till.locator("#sum").textContent()).toBe("€608.00");
    await till.locator("#ring-up button[type=submit]").click();
    await until(() => heroOf(page)).toBe("hero-thanks");
    expect(await page.locator('[data-vif-slot="home-hero"] h2').textContent()).toBe("Thank you, Hugo");
    const paper = (await till.locator(".paper").textContent()) ?? "";
    expect(paper).toMatch(/Points earned\+\d+.*Balance\d+.*Printed under the receipt/);
    // Nobody's basket is taken too.
    await till.locator(".keys button").nth(0).click();
    await till.locator("#card").selectOption("");
    await till.locator("#ring-up button[type=submit]").click();
    await until(() => till.locator(".paper").textContent()).toContain("€119.00");
  });

  it("sells: from the product to the cart to the thanks", async () => {
    const context = await visitor();
    const page = await open(context, "en/p/coat-night/");
    await page.locator("#buy button").click();
    expect(await page.locator("#cart-count").textContent()).toBe("1");
    await page.goto(`${url}/shop/en/cart/`);
    await page.locator("#cart select").selectOption("2");
    expect(await page.locator(".sum strong").textContent()).toBe("€778.00");
    await page.locator("#order").click();
    await page.waitForURL("**/order/");
    expect(await page.locator("#order-number").textContent()).toMatch(/^W-/);
    await page.goto(`${url}/shop/en/`);
    await until(() => heroOf(page)).toBe("hero-thanks");
  });

  describe("recommends", () => {
    /** Others of this file's tests have bought things too: what these are beside is not said. */
    const BOTH = ["belt-cognac", "saddle-cognac"];
    const strip = (page: Page, slot: string) => page.locator(`[data-vif-slot=${slot}][data-vif-show] .card`);
    const productsOf = (page: Page, slot: string): Promise<readonly (string | null)[]> =>
      strip(page, slot).evaluateAll((cards) => cards.map((card) => card.getAttribute("data-product")));

    beforeAll(async () => {
      for (const other of ["belt-cognac", "saddle-cognac", "hat-bordeaux"])
        for (const order of ["first", "second", "third"])
          await track(`${order} of ${other}`, { products: [{ product_id: "chelsea-cognac" }, { product_id: other }] });
      await changeProducts({ id: "hat-bordeaux", stock: 0 });
    });
    afterAll(() => changeProducts({ id: "hat-bordeaux", stock: 9 }));

    it("beside a product what others have bought with it, in stock and not in the cart, with the reason", async () => {
      const context = await visitor();
      const page = await open(context, "fr/p/chelsea-cognac/");
      const beside = () => productsOf(page, "product-strip");
      await until(beside).toEqual(expect.arrayContaining(BOTH));
      expect(await beside()).toHaveLength(5);
      expect(await beside()).not.toContain("hat-bordeaux");
      expect(await page.locator("[data-vif-slot=product-strip] h2").textContent()).toBe("Va bien avec");
      await page.locator(".panel-opener").click();
      await until(() => page.locator("#panel [data-content=product-strip]").textContent()).toContain(
        "acheté avec Bottines Chelsea, cognac",
      );
      // What goes with the products of other pages is theirs: this one keeps its own.
      const other = await open(context, "fr/p/saddle-cognac/");
      await until(async () => (await productsOf(other, "product-strip"))[0]).toBe("chelsea-cognac");
      await until(() => page.locator("#panel [data-content=product-strip]").textContent()).toContain(
        "acheté avec Sac selle, cognac",
      );
      expect(await beside()).toEqual(expect.arrayContaining(BOTH));
      await other.locator("#buy button").click();
      await page.reload();
      await until(beside).toContain("belt-cognac");
      expect(await beside()).not.toContain("saddle-cognac");
    });

    it("beside the cart what completes it, as it is filled and emptied", async () => {
      const context = await visitor();
      const product = await open(context, "en/p/chelsea-cognac/");
      await product.locator("#buy button").click();
      await product.locator("[data-vif-slot=product-strip][data-vif-show]").waitFor();
      const page = await open(context, "en/cart/");
      const beside = () => productsOf(page, "basket-strip");
      await until(beside).toEqual(expect.arrayContaining(BOTH));
      expect(await beside()).not.toContain("chelsea-cognac");
      await page.locator(".row .plain").click();
      await until(async () => (await beside()).filter((product) => BOTH.includes(String(product)))).toHaveLength(0);
      expect(await beside()).toHaveLength(5);
    });
  });

  it("shows behind the scenes what is known, decided and why, as it happens", async () => {
    const page = await open(await visitor(), "en/");
    await page.locator(".panel-opener").click();
    const hero = page.locator('#panel [data-content="home-hero"]');
    await until(() => hero.textContent()).toContain("hero-first-visit");
    await lookAt(page, "shoes", 3);
    await until(() => hero.textContent()).toContain('count of product_viewed where category = "shoes"');
    const panel = (): Promise<string | null> => page.locator("#panel").textContent();
    await until(panel).toContain("shoe-lover");
    expect(await panel()).toMatch(/Product Viewed\D*|[\d.]+ ms/);
  });

  it("adapts to nobody who does not want it", async () => {
    const page = await open(await visitor(), "en/");
    await until(() => heroOf(page)).toBe("hero-first-visit");
    await page.locator("#privacy button").click();
    expect(await page.locator("#privacy").textContent()).toContain("nothing is sent or kept");
    const kept = await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('vif.'))");
    expect(kept).toEqual(["vif.consent"]);
  });

  it("is used by keyboard: the skip link, a quick look and back to where one was", async () => {
    const page = await open(await visitor(), "en/shoes/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const name = await page.evaluate("document.activeElement.getAttribute('aria-label')");
    expect(name).toBe("Quick look at Court trainers, snow");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe(name);
  });

  describe("is accessible", () => {
    const axe = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
    const SIZES = [
      { width: 1280, height: 900 },
      { width: 390, height: 800 },
    ];
    const PATHS = ["", "shoes/", "p/knit-rose/", "cart/", "order/", "account/", "till/", "nothing/"];

    interface Found {
      readonly violations: readonly {
        readonly id: string;
        readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
      }[];
    }

    /** Rules of WCAG 2.2 A and AA and of good practice that the page breaks. */
    async function violations(page: Page): Promise<readonly string[]> {
      await page.evaluate(axe);
      const found = await page.evaluate<Found>("axe.run(document, { resultTypes: ['violations'] })");
      return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary ?? ""}`),
      );
    }

    it.each(["en", "fr"])("on every page, wide and narrow, in either layout (%s)", async (language) => {
      for (const viewport of SIZES) {
        const context = await visitor({ viewport, bypassCSP: true, reducedMotion: "reduce" });
        for (const customer of [undefined, "customer-1001"]) {
          if (customer !== undefined) await logIn(context, customer);
          // The other layout has other colours, and the same markup.
          for (const path of customer === undefined ? PATHS : ["", "p/knit-rose/"]) {
            const page = await open(context, `${language}/${path}`);
            if (path !== "till/") await page.waitForFunction("vif.decision('page-layout') !== undefined");
            if (path === "till/") await page.locator(".keys button").nth(3).click();
            const where = `${language}/${path} ${viewport.width} ${customer ?? "anybody"}`;
            expect(await violations(page), where).toEqual([]);
            const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
            expect(overflow, `${where}: wider than the window`).toBeLessThanOrEqual(0);
            await page.close();
          }
        }
      }
    });

    it("with a quick look and the panel open, and with a full cart", async () => {
      const context = await visitor({ bypassCSP: true, reducedMotion: "reduce" });
      const page = await open(context, "en/");
      await page.locator(".panel-opener").click();
      await page.locator('#panel [data-content="banner"]').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.locator(".look").first().click();
      await page.locator("dialog[open] .button").click();
      expect(await violations(page)).toEqual([]);
      await page.goto(`${url}/shop/en/cart/`);
      await page.locator("#order").waitFor();
      expect(await violations(page)).toEqual([]);
    });

    it("without motion for who wants none", async () => {
      const still = await open(await visitor({ reducedMotion: "reduce" }), "en/");
      await still.locator("[data-vif-show] > .hero").waitFor();
      expect(await still.evaluate("document.getAnimations().length")).toBe(0);
    });
  });
});
