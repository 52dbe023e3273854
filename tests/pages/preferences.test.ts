/** The pages that links in messages lead to, of a running engine: by plain HTTP, as mail programs and scanners do, and in a browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLinkMaker } from "../../engine/gateway/links-port.ts";
import type { LinkedMessage, LinkMaker } from "../../engine/gateway/links-port.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { naughtyStringsMissing, readNaughtyStrings } from "../naughty-strings.ts";
import { ROOT } from "../source-tree.ts";
import { browserMissing, launchBrowser } from "../support/browser.ts";
import { CONTROL_TOKEN, SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const SECRET = "a-secret-of-the-test";
const MESSAGE = "0123456789abcdef0123456789abcdef" as MessageId;
let folder = "";
let engine: EngineProcess;
let url = "";
let maker: LinkMaker;

beforeAll(async () => {
  folder = createTestFolder("preferences");
  const settings = (): Record<string, string> => ({ VIF_SECRET: SECRET });
  engine = await createEngineProcess({ rules: "rules", folder, settings });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
  maker = createLinkMaker({ secret: SECRET, url });
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

interface Stated {
  readonly purpose: string;
  readonly channel: string;
  readonly answer: string;
  readonly source: string;
  readonly wording?: string;
}

interface Told {
  readonly profile: ProfileId;
  readonly consents: readonly Stated[];
  readonly rememberedIds: number;
  readonly lastChange: number;
}

async function profileOf(userId: string): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/profile?who=user:${userId}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (await response.json()) as Told;
}

/** A customer who has said so much, by their id. */
async function customer(userId: string, consent: Record<string, string> = {}): Promise<ProfileId> {
  const response = await fetch(`${url}/v1/identify`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}` },
    body: JSON.stringify({ userId, traits: { email: `${userId}@shop.example`, consent } }),
  });
  expect(response.status).toBe(200);
  return (await profileOf(userId)).profile;
}

async function consentsOf(userId: string): Promise<Readonly<Record<string, string>>> {
  const { consents } = await profileOf(userId);
  return Object.fromEntries(consents.map(({ purpose, channel, answer }) => [`${purpose}.${channel}`, answer]));
}

function mailTo(profile: ProfileId): LinkedMessage {
  return { profile, message: MESSAGE, channel: "email", category: "marketing", trigger: "cart-reminder" };
}

async function ask(to: string, init: RequestInit = {}) {
  const response = await fetch(to, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
});

/** The hidden part of the page's form. */
function wordingIn(html: string): string {
  return /name="wording" value="([^"]+)"/.exec(html)?.[1] ?? "";
}

describe("the page of preferences", () => {
  it("shows what holds, in the language of who looks, and changes nothing by that", async () => {
    const link = maker.preferences(await customer("looks", { "marketing.email": "granted" }), Date.now());
    const before = await profileOf("looks");
    const english = await ask(link, { headers: { "accept-language": "de, en;q=0.7, fr;q=0.3" } });
    expect(english.status).toBe(200);
    expect(english.text).toContain('<html lang="en">');
    expect(english.text).toContain("News and offers");
    expect(english.text).toMatch(/name="marketing.email" value="granted" checked/);
    expect(english.text).not.toMatch(/name="marketing.sms" value="\w+" checked/);
    const french = await ask(link, { headers: { "accept-language": "fr-BE" } });
    expect(french.text).toContain("Nouveautés et offres");
    expect((await ask(`${link}?lang=fr`)).text).toContain('<html lang="fr">');
    expect((await ask(link, { method: "HEAD" })).status).toBe(200);
    expect(await profileOf("looks")).toEqual({ ...before, at: expect.any(Number) });
  });

  it("is kept by nobody, and tells nobody where it is", async () => {
    const { headers, text } = await ask(maker.preferences(await customer("private"), Date.now()));
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(text).not.toContain("private@shop.example");
    expect(text).not.toMatch(/<script|src=/);
  });

  it("records what is chosen, with its proof, and only that", async () => {
    const profile = await customer("chooses", { "marketing.email": "granted", "club.sms": "granted" });
    const link = `${maker.preferences(profile, Date.now())}?lang=fr`;
    const wording = wordingIn((await ask(link)).text);
    const sent = {
      wording,
      lang: "fr",
      "marketing.email": "refused",
      "marketing.sms": "granted",
      "club.sms": "granted",
    };
    const saved = await ask(link, post(new URLSearchParams({ ...sent, "no-such.email": "granted" }).toString()));
    expect(saved.status).toBe(303);
    const location = saved.headers.get("location") ?? "";
    expect(location).toBe("?lang=fr&saved=1");
    expect((await ask(new URL(location, link).href)).text).toContain('role="status"');
    const { consents } = await profileOf("chooses");
    expect(consents).toHaveLength(3);
    const proof = { source: "preference page", wording: expect.stringMatching(/^fr-[0-9a-f]{12}$/) };
    expect(consents.filter(({ source }) => source === "preference page")).toMatchObject([
      { purpose: "marketing", channel: "email", answer: "refused", ...proof },
      { purpose: "marketing", channel: "sms", answer: "granted", ...proof },
    ]);
    const { rememberedIds } = await profileOf("chooses");
    expect((await ask(link, post(new URLSearchParams(sent).toString()))).status).toBe(303);
    expect((await profileOf("chooses")).rememberedIds).toBe(rememberedIds);
  });

  it("stops everything at one press", async () => {
    const link = maker.preferences(await customer("leaves", { "club.email": "granted" }), Date.now());
    const wording = wordingIn((await ask(link)).text);
    await ask(link, post(`all=refused&lang=en&wording=${wording}`));
    const page = (await ask(link)).text;
    expect(page.match(/value="refused" checked/g)?.length).toBe(page.match(/<fieldset>/g)?.length);
    expect(await consentsOf("leaves")).toEqual({ "*.*": "refused" });
  });

  it("takes no answer to other words than it shows", async () => {
    const link = maker.preferences(await customer("stale"), Date.now());
    const answer = await ask(link, post("marketing.email=granted&lang=en&wording=en-000000000000"));
    expect([answer.status, answer.text.includes('role="alert"')]).toEqual([200, true]);
    expect(await consentsOf("stale")).toEqual({});
  });

  it("is shown to nobody who has changed a letter of the link, or whose link is old", async () => {
    const profile = await customer("exact");
    const link = maker.preferences(profile, Date.now());
    const other = await customer("other");
    const path = link.slice(url.length);
    const forged = [
      path.replace(profile, other),
      path.slice(0, -1),
      path.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
      path.replace(/\.(\w+)\.([\w-]{22})$/, ".zzzz.$2"),
      path.replace("/p/p.", "/p/u."),
      `/p/p.${profile}..${"A".repeat(22)}`,
      createLinkMaker({ secret: "another-secret-of-16", url: "" }).preferences(profile, Date.now()),
      maker.linksOf(mailTo(profile), Date.now()).links.unsubscribe?.slice(url.length).replace("/u/", "/p/") ?? "",
      `/p/${"A".repeat(5_000)}`,
      "/p/%E0%A4%A",
    ];
    for (const each of forged) {
      expect((await ask(url + each)).status, each).toBe(404);
      expect((await ask(url + each, post("all=refused"))).status, each).toBe(404);
    }
    const old = await ask(maker.preferences(profile, Date.now() - 402 * 86_400_000));
    expect([old.status, old.text.includes("too old")]).toEqual([410, true]);
    expect((await ask(maker.preferences("0010199000000000000000aa" as ProfileId, Date.now()))).status).toBe(404);
    expect(await consentsOf("exact")).toEqual({});
  });

  it.skipIf(naughtyStringsMissing !== undefined)(
    `holds against hostile texts (${naughtyStringsMissing ?? "all of them"})`,
    async () => {
      const link = maker.preferences(await customer("hostile"), Date.now());
      const wording = wordingIn((await ask(link)).text);
      for (const text of readNaughtyStrings()) {
        const sent = new URLSearchParams({
          wording,
          lang: text,
          "marketing.email": text,
          [text]: "granted",
          all: text,
        });
        expect([200, 303], text).toContain((await ask(link, post(sent.toString()))).status);
        expect((await ask(`${url}/p/${encodeURIComponent(text)}`)).status, text).toBe(404);
        const page = await ask(`${link}?lang=${encodeURIComponent(text)}&saved=${encodeURIComponent(text)}`);
        expect(page.status, text).toBe(200);
      }
      await ask(link, post("x=".padEnd(100_000, "y")));
      expect(await consentsOf("hostile")).toEqual({});
    },
  );
});

describe("unsubscribing", () => {
  const linkOf = async (userId: string): Promise<string> =>
    maker.linksOf(mailTo(await customer(userId, { marketing: "granted" })), Date.now()).links.unsubscribe ?? "";

  it("is asked for, not done, by whoever follows the link, as scanners do", async () => {
    const link = await linkOf("scanned");
    for (const method of ["GET", "HEAD"]) expect((await ask(link, { method })).status).toBe(200);
    const { text } = await ask(`${link}?lang=fr`);
    expect(text).toContain("Nouveautés et offres");
    expect(text).toContain("par courriel");
    expect(await consentsOf("scanned")).toEqual({ "marketing.*": "granted" });
  });

  it("is done at one click of a mail program, without a page or a redirect, once", async () => {
    const link = await linkOf("one-click");
    const first = await ask(link, post("List-Unsubscribe=One-Click"));
    expect(first.status).toBe(200);
    const { consents, lastChange } = await profileOf("one-click");
    const [refused] = consents.filter(({ answer }) => answer === "refused");
    expect(refused).toMatchObject({ purpose: "marketing", channel: "email", source: "one-click unsubscribe" });
    expect(refused).not.toHaveProperty("wording");
    const form = new FormData();
    form.append("List-Unsubscribe", "One-Click");
    expect((await ask(link, { method: "POST", body: form })).status).toBe(200);
    expect((await profileOf("one-click")).lastChange).toBe(lastChange);
  });

  it("works again where the person has come back since", async () => {
    const link = await linkOf("returns");
    await ask(link, post("List-Unsubscribe=One-Click"));
    await customer("returns", { "marketing.email": "granted" });
    expect((await consentsOf("returns"))["marketing.email"]).toBe("granted");
    await ask(link, post("List-Unsubscribe=One-Click"));
    expect((await consentsOf("returns"))["marketing.email"]).toBe("refused");
  });

  it("from the page has the wording as proof, and may be of everything", async () => {
    const link = await linkOf("by-page");
    const done = await ask(link, post("lang=fr"));
    expect([done.status, done.text.includes("par courriel")]).toEqual([200, true]);
    expect((await profileOf("by-page")).consents.find(({ answer }) => answer === "refused")).toMatchObject({
      channel: "email",
      source: "unsubscribe page",
      wording: expect.stringMatching(/^fr-/),
    });
    const more = /href="(\.\.\/p\/[^"?]+)\?lang=fr"/.exec(done.text)?.[1] ?? "";
    expect((await ask(new URL(more, link).href)).status).toBe(200);
    await ask(link, post("lang=en&all=refused"));
    expect((await consentsOf("by-page"))["*.*"]).toBe("refused");
  });

  it("has no link in a message that is owed", async () => {
    const owed = { ...mailTo(await customer("owed")), category: "transactional" };
    expect(maker.linksOf(owed, Date.now()).links).toEqual({
      callback: expect.stringContaining(`${url}/v1/callbacks/email/`),
    });
  });
});

describe.skipIf(browserMissing !== undefined)(`the pages in a browser (${browserMissing ?? "Chromium"})`, () => {
  const axe = readFileSync(join(ROOT, "node_modules/axe-core/axe.min.js"), "utf8");
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Rules of WCAG 2.2 A and AA and of good practice that the page breaks. */
  async function violations(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe);
    const found = await page.evaluate<{ readonly violations: readonly { readonly id: string }[] }>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    return found.violations.map(({ id }) => id);
  }

  it("break no rule of accessibility, wide and narrow, light and dark, in both languages", async () => {
    const profile = await customer("axe", { "marketing.email": "granted", "club.email": "refused" });
    const pages = [
      maker.preferences(profile, Date.now()),
      `${maker.preferences(profile, Date.now())}?saved=1`,
      maker.linksOf(mailTo(profile), Date.now()).links.unsubscribe ?? "",
      `${url}/p/lost`,
    ];
    for (const colorScheme of ["light", "dark"] as const)
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 320, height: 700 },
      ]) {
        const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
        const page = await context.newPage();
        for (const at of pages)
          for (const language of ["en", "fr"]) {
            const where = `${at}${at.includes("?") ? "&" : "?"}lang=${language}`;
            await page.goto(where);
            expect(await violations(page), `${colorScheme} ${viewport.width} ${where}`).toEqual([]);
            expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
              viewport.width,
            );
          }
        await context.close();
      }
  });

  it("need no JavaScript: a person looks, answers by keyboard, saves, and sees it", async () => {
    const link = maker.preferences(await customer("by-keys"), Date.now());
    const context = await browser.newContext({ javaScriptEnabled: false, locale: "fr-FR" });
    const complaints: string[] = [];
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(link);
    expect(await page.title()).toContain("Ce que vous recevez de nous");
    await page.getByRole("group", { name: "Nouveautés et offres: Courriel" }).getByLabel("Oui").focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Enregistrer" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    expect(await page.locator('[name="marketing.email"][value="granted"]').isChecked()).toBe(true);
    await page.getByRole("link", { name: "English" }).click();
    await page.getByRole("button", { name: "No to everything" }).click();
    await page.getByRole("status").waitFor();
    expect(await consentsOf("by-keys")).toEqual({ "*.*": "refused" });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
