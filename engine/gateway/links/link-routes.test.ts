import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LINK_SECRET, SERVER_KEY, basic, startGateway, track } from "../../../tests/gateway/running-gateway.ts";
import type { RunningGateway } from "../../../tests/gateway/running-gateway.ts";
import { bodyBytesMax } from "../../limits.ts";
import type { ProfileId } from "../../model/ids.ts";
import type { MessageId } from "../../model/trigger.ts";
import { markup } from "./markup.ts";
import { renderPage } from "./page-frame.ts";
import { preferencePage } from "./preference-page.ts";
import { createLinkMaker } from "./message-links.ts";

let gateway: RunningGateway;
let profile: ProfileId;
beforeAll(async () => {
  gateway = await startGateway();
  const headers = { authorization: basic(SERVER_KEY) };
  const body = JSON.stringify(track({ anonymousId: "reader" }));
  await fetch(`${gateway.url}/v1/track`, { method: "POST", headers, body });
  profile = await new Promise<ProfileId>((resolve) => {
    gateway.router.read({ kind: "anonymous", value: "reader" }, "decisions", (answer) =>
      resolve((answer.is === "read" ? answer.profile : undefined) as ProfileId),
    );
  });
});
afterAll(() => gateway.close());

const maker = () => createLinkMaker({ secret: LINK_SECRET, url: gateway.url });
const unsubscribe = (): string =>
  maker().linksOf(
    { profile, message: "0".repeat(32) as MessageId, channel: "email", category: "news", trigger: "t" },
    Date.now(),
  ).links.unsubscribe ?? "";
const oneClick = { method: "POST", body: "List-Unsubscribe=One-Click" } as const;

describe("the pages of links", () => {
  it("say in words that the engine is busy, and when to come again, and change nothing then", async () => {
    const before = gateway.router.applied.length;
    gateway.ready = false;
    for (const [at, init] of [
      [maker().preferences(profile, Date.now()), {}],
      [unsubscribe(), oneClick],
    ] as const) {
      const response = await fetch(at, init);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await response.text()).toContain("Please try again in a moment");
    }
    gateway.ready = true;
    expect(gateway.router.applied.length).toBe(before);
  });

  it("never say that something was saved which was not", async () => {
    gateway.router.busyNext = 1;
    expect((await fetch(unsubscribe(), oneClick)).status).toBe(503);
    expect((await fetch(unsubscribe(), oneClick)).status).toBe(200);
    expect(gateway.router.applied.at(-1)).toMatchObject({
      name: "consent_changed",
      proved: true,
      fields: { consent: { "news.email": "refused" }, consent_source: "one-click unsubscribe" },
    });
  });

  it("take no body beyond the bound of all bodies, and no form beyond its own", async () => {
    const link = maker().preferences(profile, Date.now());
    const before = gateway.router.applied.length;
    expect((await fetch(link, { method: "POST", body: "x".repeat(bodyBytesMax + 1) })).status).toBe(413);
    const long = await fetch(link, { method: "POST", body: `all=refused&wording=${"x".repeat(40_000)}` });
    expect([long.status, (await long.text()).includes('role="alert"')]).toEqual([200, true]);
    expect(gateway.router.applied.length).toBe(before);
  });

  it("escape whatever they show", () => {
    const hostile = `"><script>alert('1')</script>&amp;`;
    const { text } = markup`<a title="${hostile}">${hostile}</a>${[markup`<b>${hostile}</b>`]}`;
    expect(text).not.toContain("<script>");
    const shown = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;";
    expect(text).toBe(`<a title="${shown}">${shown}</a><b>${shown}</b>`);
    const title = { "": hostile };
    const form = {
      brand: hostile,
      tracking: undefined,
      purposes: [{ name: "a", title, channels: [hostile], unasked: "refused" }],
    } as const;
    const page = renderPage(preferencePage({ consents: [], form, language: "en", after: undefined }));
    expect(page).not.toContain("<script>");
    expect(page).toContain(`<h2 id="purpose-a">${shown}</h2>`);
  });

  it("end no connection for a fault", () => {
    expect(gateway.faults).toEqual([]);
  });
});
