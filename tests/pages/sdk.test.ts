/** The SDK as it is served, in a real browser on a page of another origin, under the strictest policy there is. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, ConsoleMessage, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { readRecordedEvents } from "../support/recorded-events.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { REST, startHostPage } from "./host-page.ts";
import type { HostPage } from "./host-page.ts";

const KEY = "example-write-key";
/** However slow the machine is: time decides nothing here. */
const until = <T>(read: () => Promise<T> | T) => expect.poll(read, { timeout: 60_000 });

const missing = browserMissing;

/**
 * A poll of Socket.IO that crosses the end of its session, as when another tab has become somebody: the server has let go of
 * it by then.
 */
function isCrossing(message: ConsoleMessage): boolean {
  const { pathname, searchParams } = new URL(message.location().url, "http://host");
  const isPoll = pathname === "/socket.io/" && searchParams.get("transport") === "polling" && searchParams.has("sid");
  return isPoll && /status of 400/.test(message.text());
}

describe.skipIf(missing !== undefined)(
  `a page with the SDK${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let folder = "";
    let engine: EngineProcess;
    let url = "";
    let browser: Browser;
    let host: HostPage;
    const contexts: BrowserContext[] = [];
    /** What each page complained of: the policy's violations are errors on the console. */
    const complaints: string[] = [];
    /** Of a visitor with two tabs, who become one. */
    let mayCross = false;

    const slot = '<div id="hero" data-vif-slot="home-hero"><p>What the page itself has</p></div>';
    const html = (head: string, body = slot): string =>
      `<!doctype html><html lang="en"><head><title>A page</title>${head}</head><body>${body}</body></html>`;

    beforeAll(async () => {
      folder = createTestFolder("sdk");
      engine = await createEngineProcess({ rules: "rules", folder: join(folder, "data") });
      await engine.start();
      url = `http://127.0.0.1:${engine.port}`;
      browser = await launchBrowser();
      const script = (src: string, more = ""): string => `<script src="${src}" data-key="${KEY}" ${more}></script>`;
      host = await startHostPage({
        engineUrl: url,
        pages: {
          "/": html(script(`${url}/vif.js`)),
          // However slow the machine is.
          "/patient": html(script(`${url}/vif.js`, 'data-patience="600000"')),
          "/fr": html(script(`${url}/vif.js`, 'data-language="fr-BE"')),
          "/own": html(script("/own/vif.js", `data-url="${url}"`)),
          "/io": html(`<script src="/own/socket.io.js"></script>${script(`${url}/vif.js`, "data-socket-io")}`),
          "/module": html('<script type="module" src="/page.mjs"></script>', '<p id="hero">-</p>'),
          "/early": html(`<script src="/early.js"></script>${script(`${url}/vif.js`)}`),
          "/slow": html(script(`${url}/vif.js`), slot.replace("<p>", `${REST}<p>`)),
          "/later": html(script(`${url}/vif.js`), "<main></main>"),
        },
        scripts: {
          "/early.js": 'window.vif = [["track", "Product Viewed", { category: "shoes" }]];',
          "/page.mjs": `import { createVif } from "${url}/vif.mjs";
const vif = createVif({ key: "${KEY}", url: "${url}", language: "fr" });
vif.on("decisions", () => { document.getElementById("hero").textContent = vif.decision("home-hero").show; });
window.vif = vif;`,
        },
      });
    });

    afterEach(async () => {
      for (const context of contexts.splice(0)) await context.close();
      mayCross = false;
      expect(complaints.splice(0)).toEqual([]);
    });

    afterAll(async () => {
      await browser?.close();
      await host?.close();
      await engine?.stop();
      removeTestFolder(folder);
    });

    async function visitor(script?: string): Promise<BrowserContext> {
      const context = await browser.newContext();
      contexts.push(context);
      if (script !== undefined) await context.addInitScript(script);
      return context;
    }

    async function open(context: BrowserContext, path: string): Promise<Page> {
      const page = await context.newPage();
      page.on("console", (message) => {
        // What the network could not do while the engine is away is no fault of the page.
        if (message.type() !== "error" || /ERR_CONNECTION|response code: 503/.test(message.text())) return;
        if (mayCross && isCrossing(message)) return;
        complaints.push(`${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(host.url + path);
      return page;
    }

    const heroOf = (page: Page): Promise<string | null> => page.locator("#hero").getAttribute("data-vif-show");
    const view = (page: Page, times = 1): Promise<unknown> =>
      page.evaluate(`Promise.all(Array.from({ length: ${times} }, () =>
      vif.track("Product Viewed", { category: "shoes", price: 99 })))`);

    it.each([
      ["/", "Ten percent off your first pair"],
      ["/fr", "Dix pour cent sur votre première paire"],
      ["/io", "Ten percent off your first pair"],
    ])("fills its slot with what the engine has rendered, in the page's language (%s)", async (path, title) => {
      const page = await open(await visitor(), path);
      await until(() => page.locator("#hero h2").textContent()).toBe(title);
      expect(await heroOf(page)).toBe("hero-first-visit");
    });

    it.each(["/", "/io"])(
      "changes its slot at once when the visitor has done something, in another tab too (%s)",
      async (path) => {
        mayCross = true;
        const context = await visitor();
        const [page, other] = [await open(context, path), await open(context, path)];
        await until(() => heroOf(page)).toBe("hero-first-visit");
        await view(page, 2);
        expect(await heroOf(page)).toBe("hero-first-visit");
        await view(page);
        expect(await heroOf(page)).toBe("hero-shoes");
        await until(() => heroOf(other)).toBe("hero-shoes");
      },
    );

    it("gives a framework decisions without markup of its own making, from a module", async () => {
      const page = await open(await visitor(), "/module");
      await until(() => page.locator("#hero").textContent()).toBe("hero-first-visit");
      await view(page, 3);
      await until(() => page.locator("#hero").textContent()).toBe("hero-shoes");
      expect(await page.evaluate("vif.decision('home-hero').html")).toContain("Vers les chaussures");
    });

    it("works off what was called before it came, and fills slots that come later", async () => {
      const early = await open(await visitor(), "/early");
      await view(early, 2);
      await until(() => heroOf(early)).toBe("hero-shoes");
      const later = await open(await visitor(), "/later");
      await until(() => later.evaluate("vif.decision('home-hero') !== undefined")).toBe(true);
      await later.evaluate(`document.querySelector("main").append(Object.assign(document.createElement("div"), { id: "hero" }));
      document.getElementById("hero").setAttribute("data-vif-slot", "home-hero")`);
      await later.evaluate('document.querySelector("main").append(document.createElement("p"))');
      await until(() => heroOf(later)).toBe("hero-first-visit");
    });

    it("never shows one content and then another while a page loads, nor on the next page", async () => {
      // What a visitor sees of the slot, frame by frame.
      const watch = `window.seen = [];
      const look = () => {
        const slot = document.getElementById("hero");
        if (slot && slot.checkVisibility({ visibilityProperty: true })) {
          const text = slot.textContent.trim();
          if (window.seen.at(-1) !== text) window.seen.push(text);
        }
        requestAnimationFrame(look);
      };
      look();`;
      const context = await visitor(watch);
      const page = await open(context, "/patient");
      await until(() => heroOf(page)).toBe("hero-first-visit");
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      expect(await page.evaluate("seen")).toEqual([expect.stringContaining("Ten percent off your first pair")]);
      await view(page, 3);
      await page.reload();
      await until(() => page.evaluate("vif.decision('home-hero') !== undefined && seen.length > 0")).toBe(true);
      expect(await page.evaluate("seen")).toEqual([expect.stringContaining("You seem to like shoes")]);
    });

    it("never shows a slot's content beside what the page itself has there, though the page comes in parts", async () => {
      const context = await visitor();
      const known = await open(context, "/");
      await until(() => heroOf(known)).toBe("hero-first-visit");
      const page = await context.newPage();
      await page.goto(`${host.url}/slow`, { waitUntil: "commit" });
      await until(() => page.locator("#hero").count()).toBe(1);
      // The engine is heard of before the rest of the page.
      await until(() => page.evaluate("vif.decision('home-hero') !== undefined")).toBe(true);
      host.release();
      await until(() => heroOf(page)).toBe("hero-first-visit");
      await page.waitForLoadState();
      expect(await page.locator("#hero").textContent()).not.toContain("What the page itself has");
    });

    it("shows what the page itself has when the engine cannot be reached", async () => {
      const context = await visitor();
      await context.route(`${url}/v1/**`, (route) => route.abort());
      const page = await open(context, "/");
      await until(() => page.locator("#hero p").isVisible()).toBe(true);
      expect(await page.locator("#hero").textContent()).toBe("What the page itself has");
      complaints.length = 0;
    });

    it("puts values into the page as text, whatever they are, and runs nothing that was stored", async () => {
      const context = await visitor("window.ran = false");
      const page = await open(context, "/");
      const name = '<img src=x onerror="ran=true"><b>Zoë</b>';
      await page.evaluate(
        `vif.identify("ignored", { traits: { first_name: ${JSON.stringify(name)}, card_tier: "gold" } })`,
      );
      await until(() => heroOf(page)).toBe("hero-vip");
      expect(await page.locator("#hero h2").textContent()).toBe(`Good day, ${name}`);
      const stored = JSON.stringify({
        language: "en",
        html: {
          "home-hero": [
            "planted",
            '<a href="javascript:ran=true">x</a><img src="/x" onerror="ran=true"><script>ran=true</script>',
          ],
        },
      });
      const trap = await visitor(`window.ran = false; localStorage.setItem("vif.slots", ${JSON.stringify(stored)})`);
      await trap.route("**/v1/**", (route) => route.abort());
      const planted = await trap.newPage();
      await planted.goto(host.url);
      expect(await planted.locator("#hero").innerHTML()).toBe('<a>x</a><img src="/x">');
      expect(await planted.evaluate("ran")).toBe(false);
    });

    it("is somebody else after a reset", async () => {
      const page = await open(await visitor(), "/");
      await view(page, 3);
      await until(() => heroOf(page)).toBe("hero-shoes");
      const before = await page.evaluate("vif.anonymousId");
      await page.evaluate("vif.reset()");
      await until(() => page.evaluate("vif.anonymousId !== undefined")).toBe(true);
      expect(await page.evaluate("vif.anonymousId")).not.toBe(before);
      await page.evaluate("vif.page()");
      await until(() => heroOf(page)).toBe("hero-first-visit");
    });

    it("sends nothing and keeps nothing where the browser asks not to be tracked", async () => {
      const context = await visitor("Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })");
      const sockets: string[] = [];
      const page = await open(context, "/");
      page.on("websocket", (socket) => sockets.push(socket.url()));
      await until(() => page.evaluate("vif.permission === 'refused'")).toBe(true);
      expect(await page.evaluate('vif.track("Product Viewed")')).toMatchObject({ ok: false });
      expect(await page.locator("#hero p").isVisible()).toBe(true);
      expect(await page.evaluate("Object.keys(localStorage)")).toEqual([]);
      expect(sockets).toEqual([]);
      // Who agrees to this brand has said more than the browser's setting for all.
      await page.evaluate("vif.consent(true)");
      await until(() => heroOf(page)).toBe("hero-default");
      await page.evaluate("vif.consent(false)");
      expect(await page.evaluate("Object.keys(localStorage)")).toEqual(["vif.consent"]);
    });

    it("refuses an event that cannot be sent, and the others go on, before the engine is heard of as well", async () => {
      const context = await visitor();
      const page = await open(context, "/own");
      const codes = await page.evaluate(`(() => {
        const circle = {};
        circle.self = circle;
        return Promise.all([
          vif.track("Circle", circle),
          vif.track("Huge", { text: "x".repeat(1_200_000) }),
          vif.track("Product Viewed", { category: "shoes" }),
        ]).then((replies) => replies.map(({ ok, problem }) => problem?.code ?? ok));
      })()`);
      expect(codes).toEqual(["too_large", "too_large", true]);
    });

    it("keeps what happened while the engine was away, over a reload, and delivers each once", async () => {
      const context = await visitor();
      const page = await open(context, "/own");
      await until(() => heroOf(page)).toBe("hero-first-visit");
      await engine.kill();
      await page.evaluate(
        `for (const n of [1, 2]) void vif.track("Product Viewed", { category: "shoes", mark: "away", n })`,
      );
      const kept = (): Promise<unknown> =>
        page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('vif.event.')).length");
      expect(await kept()).toBe(2);
      await page.reload();
      // What was shown last is shown, though nobody answers.
      expect(await heroOf(page)).toBe("hero-first-visit");
      await page.evaluate(`void vif.track("Product Viewed", { category: "shoes", mark: "away", n: 3 })`);
      // A page that never heard of the engine keeps as well what happens on it.
      await page.reload();
      await engine.start();
      await until(() => heroOf(page)).toBe("hero-shoes");
      await until(kept).toBe(0);
      await engine.drain();
      expect(await engine.stop(), engine.output()).toBe(0);
      const events = await readRecordedEvents(join(folder, "data", "history.duckdb"));
      const away = events.filter(({ fields }) => fields["mark"] === "away").map(({ fields }) => fields["n"]);
      expect(away.sort()).toEqual([1, 2, 3]);
    });
  },
);

describe.skipIf(missing !== undefined)("a page of a brand that wants consent", () => {
  it("sends nothing and keeps nothing until there is some, and then what was held", async () => {
    const folder = createTestFolder("sdk-consent");
    const settings = (): Record<string, string> => ({ VIF_CONSENT: "required", VIF_DO_NOT_TRACK: "ignore" });
    const engine = await createEngineProcess({ rules: "rules", folder, settings });
    await engine.start();
    const url = `http://127.0.0.1:${engine.port}`;
    const head = `<title>x</title><script src="${url}/vif.js" data-key="${KEY}"></script>`;
    const body = '<div id="hero" data-vif-slot="home-hero"><p>What the page itself has</p></div>';
    const host = await startHostPage({ engineUrl: url, pages: { "/": `<html lang="fr">${head}${body}` } });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const sockets: string[] = [];
      page.on("websocket", (socket) => sockets.push(socket.url()));
      await page.goto(host.url);
      await until(() => page.evaluate("vif.permission === 'asked'")).toBe(true);
      await page.evaluate(`for (let i = 0; i < 3; i++) void vif.track("Product Viewed", { category: "shoes" })`);
      expect(await page.locator("#hero p").isVisible()).toBe(true);
      expect([sockets, await page.evaluate("Object.keys(localStorage)")]).toEqual([[], []]);
      await page.evaluate("vif.consent(true)");
      await until(() => page.locator("#hero").getAttribute("data-vif-show")).toBe("hero-shoes");
      expect(sockets).toHaveLength(1);
      await page.reload();
      await until(() => page.evaluate("vif.permission === 'granted'")).toBe(true);
      await page.evaluate("vif.consent(false)");
      expect(await page.evaluate("Object.keys(localStorage)")).toEqual(["vif.consent"]);
      await page.reload();
      expect(await page.evaluate('vif.track("Product Viewed")')).toMatchObject({ ok: false });
    } finally {
      await browser.close();
      await host.close();
      await engine.stop();
      removeTestFolder(folder);
    }
  });
});

describe.skipIf(missing !== undefined)("a template that is saved", () => {
  it("is seen at once by whoever looks at it", async () => {
    const folder = createTestFolder("sdk-templates");
    const write = (path: string, text: string): void => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write("rules/fields.yaml", "fields:\n  first_name: text\n");
    write("rules/content/home-hero.yaml", "content: home-hero\notherwise: greeting\n");
    const template = (text: string): string => `---\nen: {text: "${text}"}\n---\n<p>{{t.text}}</p>\n`;
    write("templates/web/greeting.hbs", template("Hello {{first_name}}"));
    const engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "data") });
    await engine.start();
    const url = `http://127.0.0.1:${engine.port}`;
    const ask = async (question: object): Promise<unknown> => {
      const authorization = `Basic ${Buffer.from(`${SERVER_KEY}:`).toString("base64")}`;
      const options = { method: "POST", headers: { authorization }, body: JSON.stringify(question) };
      return (await fetch(`${url}/v1/decide`, options)).json();
    };
    const head = `<title>x</title><script src="${url}/vif.js" data-key="${KEY}"></script>`;
    const host = await startHostPage({
      engineUrl: url,
      pages: { "/": `<html lang="en">${head}<div id="hero" data-vif-slot="home-hero"></div>` },
    });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(host.url);
      await until(() => page.locator("#hero").textContent()).toBe("Hello ");
      await page.evaluate('vif.identify("ignored", { traits: { first_name: "Zoë" } })');
      await until(() => page.locator("#hero").textContent()).toBe("Hello Zoë");
      write("templates/web/greeting.hbs", template("Good evening, {{first_name}}"));
      await until(() => page.locator("#hero").textContent()).toBe("Good evening, Zoë");
      expect(await ask({ anonymousId: await page.evaluate("vif.anonymousId"), language: "en" })).toMatchObject({
        decisions: [{ show: "greeting", values: { first_name: "Zoë" }, html: "<p>Good evening, Zoë</p>" }],
      });
      // A mistake is told and changes nothing.
      write("templates/web/greeting.hbs", template("Good evening, {{firstname}}"));
      await until(() => engine.output()).toContain("there is no field `firstname`");
      expect(await page.locator("#hero").textContent()).toBe("Good evening, Zoë");
    } finally {
      await browser.close();
      await host.close();
      await engine.stop();
      removeTestFolder(folder);
    }
  });
});
