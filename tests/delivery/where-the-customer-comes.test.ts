/**
 * Triggers by `web` and `loyalty` on a running engine: a page that is open is pushed the message, one that is opened later has
 * it, whatever was lost and whoever was killed meanwhile, and it counts once; a till tells it with the next receipt.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { OpenPage, type ShownDecision } from "../support/open-page.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { post, say } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";
import { postReceipts, receipt } from "../support/till-client.ts";

const OWED = "category: transactional\n";
const page = (text: string): string => `---\nen: {text: "${text}"}\nfr: {text: "FR ${text}"}\n---\n<p>{{t.text}}</p>\n`;
const FILES = {
  "rules/brand.yaml": "brand: shop\nlanguages: [en, fr]\n",
  "rules/fields.yaml": "fields: {first_name: text, language: text}\n",
  "rules/consent.yaml": "purposes:\n  marketing: {channels: [web]}\n",
  "rules/content/banner.yaml":
    "content: banner\nfirst of:\n  - {when: first_name = nobody, show: other}\notherwise: plain\n",
  ...Object.fromEntries(
    ["refunded", "hurried", "offered", "told", "greeted", "order_completed", "page_viewed"].map((name) => [
      `rules/events/${name}.yaml`,
      `event: ${name}\nproperties: {order_id: text, channel: text}\n`,
    ]),
  ),
  "rules/triggers/refund.yaml": `trigger: refund\non: refunded\nsend: {template: refund, by: web, slot: banner}\n${OWED}expires: 2 days\n`,
  "rules/triggers/hurry.yaml": `trigger: hurry\non: hurried\nsend: {template: hurry, by: web}\n${OWED}expires: 2 seconds\n`,
  "rules/triggers/offer.yaml": `trigger: offer\non: offered\nsend:\n  template: offer\n  by: best of [web, email]\n${OWED}`,
  "rules/triggers/news.yaml":
    "trigger: news\non: told\nsend: {template: news, by: web}\ncategory: marketing\ncompetes for: 1 second\n",
  "rules/triggers/greet.yaml": `trigger: greet\non: greeted\nsend: {template: greet, by: loyalty}\n${OWED}expires: 1 day\n`,
  "rules/triggers/bought.yaml": `trigger: bought\non: order_completed where channel = store\nsend: {template: bought, by: loyalty}\n${OWED}`,
  "templates/web/refund.hbs": page("Refunded: {{event.order_id}}"),
  "templates/web/hurry.hbs": page("Hurry"),
  "templates/web/offer.hbs": page("An offer"),
  "templates/web/news.hbs": page("News for {{first_name}}"),
  "templates/web/plain.hbs": page("Plain"),
  "templates/web/other.hbs": page("Other"),
  "templates/email/offer.hbs":
    "---\nen: {subject: An offer, preheader: For you, text: Here}\nfr: {subject: Une offre, preheader: Pour vous, text: Ici}\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>{{t.text}}</mj-text></mj-column></mj-section></mj-body></mjml>\n",
  "templates/loyalty/greet.hbs":
    '---\nen: {print: "Hello {{first_name}}", text: Greet them}\nfr: {print: "Bonjour {{first_name}}", text: Saluez}\n---\n<p>{{t.text}}</p>\n',
  "templates/loyalty/bought.hbs":
    '---\nen: {print: "That was {{event.order_id}}"}\nfr: {print: "C\'était {{event.order_id}}"}\n---\n',
};

let folder = "";
let engine: EngineProcess;

beforeAll(async () => {
  folder = createTestFolder("where-the-customer-comes");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  engine = await createEngineProcess({ rules: join(folder, "rules"), folder: join(folder, "engine") });
  await engine.start();
}, 60_000);

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

let said = 0;
const nextId = (): string => `m${++said}`;
const openPage = (visitorToken?: string): Promise<OpenPage> => OpenPage.open(engine.port, visitorToken);

async function happens(anonymousId: string, event: string, properties: object = {}): Promise<void> {
  await say(engine, "/v1/track", { anonymousId, event, properties, messageId: nextId() });
}

type Now = NonNullable<NonNullable<WhyReport["fired"]>[number]["now"]>;

/** What has become of all that a trigger has set off for somebody. */
async function nowOf(who: string, rule: string): Promise<readonly (Now | undefined)[]> {
  const response = await fetch(
    `http://127.0.0.1:${engine.controlPort}/v1/why?who=${encodeURIComponent(who)}&rule=${rule}`,
    { headers: { authorization: `Bearer ${CONTROL_TOKEN}` } },
  );
  return (((await response.json()) as WhyReport).fired ?? []).map(({ now }) => now);
}

const becameOf = async (who: string, rule: string) =>
  (await nowOf(who, rule)).map((now) => now?.became ?? now?.because);
const until = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000 });

describe("by web", () => {
  it("is pushed to every page that is open, in its place and before its content, and counts once", async () => {
    const first = await openPage();
    await first.view();
    const second = await openPage(first.token);
    await happens(first.anonymousId, "Refunded", { order_id: "W-<1>" });
    for (const each of [first, second]) {
      const { content, show, html } = await each.message();
      expect([content, show, html]).toEqual(["banner", "refund", "<p>Refunded: W-&lt;1&gt;</p>"]);
      expect(each.decisions.map((decision) => decision.show)).toEqual(["plain", "refund"]);
    }
    const { message } = await first.message();
    expect(await becameOf(first.who, "refund")).toEqual(["a page that says it has shown it"]);
    for (const each of [first, second, first]) await each.shown(message);
    expect(first.decisions.map(({ show }) => show)).toEqual(["plain"]);
    await second.withoutMessage();
    expect(await nowOf(first.who, "refund")).toMatchObject([
      { state: "ended", became: "accepted", channel: "web", attempts: 1 },
    ]);
    expect(await recordedMessages(engine)).toEqual([]);
    for (const each of [first, second]) await each.close();
  });

  it("waits for a visit, and is there again after a kill, until a page has said that it was shown", async () => {
    const before = await openPage();
    await before.view();
    await before.close();
    const { who } = before;
    await happens(before.anonymousId, "Refunded", { order_id: "W-2" });
    // As long as nobody has noticed that the page is gone, it is open.
    expect(["a visit", "a page that says it has shown it"]).toContain((await becameOf(who, "refund"))[0]);
    const visit = await openPage(before.token);
    const { message } = await visit.message();
    await engine.kill();
    await engine.start();
    const again = await openPage(before.token);
    expect((await again.message()).message).toBe(message);
    expect(await nowOf(who, "refund")).toMatchObject([{ state: "under way", attempts: 1 }]);
    await again.shown(message);
    expect(await becameOf(who, "refund")).toEqual(["accepted"]);
    await again.view();
    expect(again.decisions.map(({ show }) => show)).toEqual(["plain"]);
    await again.close();
  });

  it("has expired where nobody came, and is unknown where no page has said that it was shown", async () => {
    await say(engine, "/v1/identify", { userId: "absent", traits: { first_name: "Ana" }, messageId: nextId() });
    await say(engine, "/v1/track", { userId: "absent", event: "Hurried", messageId: nextId() });
    expect(await becameOf("user:absent", "hurry")).toEqual(["a visit"]);
    const here = await openPage();
    await here.view();
    await happens(here.anonymousId, "Hurried");
    expect((await here.message()).content).toBe("message");
    await until(() => becameOf("user:absent", "hurry")).toEqual(["skipped expired"]);
    await until(() => becameOf(here.who, "hurry")).toEqual(["unknown no_answer"]);
    await here.withoutMessage();
    await here.close();
  });

  it("is told with the answer to an event where a server makes the pages, and to questions from then on", async () => {
    const userId = "of-a-server";
    await say(engine, "/v1/track", { userId, event: "Refunded", properties: { order_id: "W-3" }, messageId: nextId() });
    const ask = async (path: string, body: object): Promise<readonly ShownDecision[]> =>
      ((await (await post(engine, path, body)).json()) as { readonly decisions: readonly ShownDecision[] }).decisions;
    const question = { userId, slots: ["banner"], language: "fr" };
    expect((await ask("/v1/decide", question)).map(({ show }) => show)).toEqual(["plain"]);
    const answered = await ask("/v1/page?decisions=1", { userId, messageId: nextId() });
    const { message } = answered.find(({ show }) => show === "refund") ?? {};
    expect(await ask("/v1/decide", question)).toMatchObject([
      { show: "plain" },
      { show: "refund", message, html: "<p>FR Refunded: W-3</p>" },
    ]);
    await say(engine, "/v1/track", { userId, event: "Message Shown", properties: { message }, messageId: nextId() });
    expect(await becameOf(`user:${userId}`, "refund")).toEqual(["accepted"]);
  });

  it("in a place that no content has, is asked for like others, also while nothing stands there", async () => {
    const userId = "asks-for-places";
    const ask = async (slots: readonly string[]) =>
      (await (await post(engine, "/v1/decide", { userId, slots, language: "en" })).json()) as object;
    expect(await ask(["banner", "message"])).toMatchObject({ success: true, decisions: [{ show: "plain" }] });
    expect(await ask(["banner", "corner"])).toMatchObject({ success: false, problem: { field: "/slots/1" } });
    await say(engine, "/v1/track", { userId, event: "Offered", messageId: nextId() });
    await post(engine, "/v1/page?decisions=1", { userId, messageId: nextId() });
    expect(await ask(["message", "banner"])).toMatchObject({ decisions: [{ show: "offer" }, { show: "plain" }] });
  });

  it("of best of goes to the page that is open, and else by the next way", async () => {
    const here = await openPage();
    await here.view();
    await happens(here.anonymousId, "Offered");
    expect((await here.message()).show).toBe("offer");
    await here.close();
    await say(engine, "/v1/identify", { userId: "away", traits: { email: "away@example.fr" }, messageId: nextId() });
    await say(engine, "/v1/track", { userId: "away", event: "Offered", messageId: nextId() });
    await until(() => becameOf("user:away", "offer")).toEqual(["accepted"]);
    const sent = (await recordedMessages(engine)).filter(({ template }) => template === "offer");
    expect(sent.map(({ channel, address }) => [channel, address])).toEqual([["email", "away@example.fr"]]);
    // Nobody has an address of theirs: it waits for a page.
    await say(engine, "/v1/track", { userId: "nowhere", event: "Offered", messageId: nextId() });
    expect(await becameOf("user:nowhere", "offer")).toEqual(["a visit"]);
  });

  it("asks consent and what it needs, and is taken from the page of who says no", async () => {
    const here = await openPage();
    await here.view();
    const { who, anonymousId } = here;
    await happens(anonymousId, "Told");
    await until(() => becameOf(who, "news")).toEqual(["skipped no_consent"]);
    await happens(anonymousId, "Consent Changed", { consent: { marketing: "granted" } });
    await happens(anonymousId, "Told");
    await until(() => becameOf(who, "news")).toContain("skipped unrenderable first_name: unknown");
    await say(engine, "/v1/identify", { anonymousId, traits: { first_name: "Zoë" }, messageId: nextId() });
    await happens(anonymousId, "Told");
    expect((await here.message()).html).toBe("<p>News for Zoë</p>");
    await happens(anonymousId, "Consent Changed", { consent: { marketing: "refused" } });
    await here.withoutMessage();
    expect((await becameOf(who, "news")).at(-1)).toBe("skipped no_consent");
    await here.close();
  });
});

describe("by loyalty", () => {
  it("is told with the next receipt, in the customer's language, and the same when that is sent again", async () => {
    const userId = "at-the-till";
    const traits = { first_name: "Marie", language: "fr" };
    await say(engine, "/v1/identify", { userId, traits, messageId: nextId() });
    await say(engine, "/v1/track", { userId, event: "Greeted", messageId: nextId() });
    expect(await becameOf(`user:${userId}`, "greet")).toEqual(["a receipt"]);
    const sale = receipt({ customer: { userId } });
    const { answer } = await postReceipts(engine.port, sale);
    const own = `C'était ${String(sale["receiptId"])}`;
    expect(answer).toMatchObject({ is: "accepted", show: ["Saluez"], screen: "<p>Saluez</p>" });
    expect(answer.print.toSorted()).toEqual(["Bonjour Marie", own]);
    expect(await nowOf(`user:${userId}`, "greet")).toMatchObject([
      { state: "ended", became: "accepted", channel: "loyalty", attempts: 1 },
    ]);
    await engine.kill();
    await engine.start();
    expect((await postReceipts(engine.port, sale)).answer).toMatchObject({ is: "repeated", print: answer.print });
    const next = receipt({ customer: { userId } });
    const { answer: other } = await postReceipts(engine.port, next);
    expect(other.print).toEqual([`C'était ${String(next["receiptId"])}`]);
  });

  it("leaves for the next receipt what has no room, and tells nobody's and a learner's receipt nothing", async () => {
    const userId = "greeted-often";
    const traits = { first_name: "Ana", language: "en" };
    await say(engine, "/v1/identify", { userId, traits, messageId: nextId() });
    for (let times = 0; times < 9; times++)
      await say(engine, "/v1/track", { userId, event: "Greeted", messageId: nextId() });
    const training = await postReceipts(engine.port, receipt({ customer: { userId }, training: true }));
    const nobodys = await postReceipts(engine.port, receipt());
    expect([training.answer.print, nobodys.answer.print]).toEqual([[], []]);
    const first = await postReceipts(engine.port, receipt({ customer: { userId } }));
    expect(first.answer.print).toEqual(Array.from({ length: 8 }, () => "Hello Ana"));
    const second = await postReceipts(engine.port, receipt({ customer: { userId } }));
    expect(second.answer.print.filter((line) => line === "Hello Ana")).toHaveLength(1);
    expect(second.answer.print.filter((line) => line.startsWith("That was"))).toHaveLength(2);
  });
});
