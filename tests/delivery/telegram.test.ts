/**
 * Telegram on a running engine: a trigger's message goes to the chat that the shop has told; `/stop` to the bot is heeded, as
 * consent, by whoever has that chat, and `/start` takes it back.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { say } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const SECRET = "a_secret_of_the_tests";
const CHAT = 123456789;
const FILES = {
  "rules/events/asked.yaml": "event: asked\nproperties: {about: text}\n",
  "rules/consent.yaml": "purposes:\n  news: {channels: [telegram, email], unasked: refused}\n",
  "rules/triggers/answer.yaml":
    "trigger: answer\non: asked\nsend:\n  template: answer\n  by: best of [telegram, email]\ncategory: news\ncompetes for: 0 seconds\n",
  "templates/telegram/answer.hbs": "---\nen: {text: 'About <{{event.about}}> & more. STOP ends this.'}\n---\n",
  "templates/email/answer.hbs":
    '---\nen: {subject: "About {{event.about}}", preheader: "x"}\n---\n<mjml><mj-body><mj-section><mj-column><mj-text><a href="{{link.unsubscribe}}">stop</a></mj-text></mj-column></mj-section></mj-body></mjml>\n',
};

let folder = "";
let recording: EngineProcess;
/** With a bot, which nobody of these tests is written to by. */
let called: EngineProcess;

beforeAll(async () => {
  folder = createTestFolder("telegram");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const rules = join(folder, "rules");
  recording = await createEngineProcess({ rules, folder: join(folder, "recording") });
  const settings = () => ({ VIF_TELEGRAM_TOKEN: `123456789:${"a".repeat(35)}`, VIF_TELEGRAM_SECRET: SECRET });
  called = await createEngineProcess({ rules, folder: join(folder, "called"), settings });
  await Promise.all([recording.start(), called.start()]);
}, 60_000);

afterAll(async () => {
  await recording?.kill();
  await called?.kill();
  removeTestFolder(folder);
});

async function asked<Report>(engine: EngineProcess, path: string): Promise<Report> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}${path}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (await response.json()) as Report;
}

async function became(engine: EngineProcess, userId: string): Promise<readonly (string | undefined)[]> {
  const { fired } = await asked<WhyReport>(engine, `/v1/why?who=user%3A${userId}&rule=answer`);
  return (fired ?? []).map(({ now }) => now?.became);
}

/** Of whoever has the chat. */
async function consents(chat: number): Promise<Readonly<Record<string, string>>> {
  type Told = { readonly consents?: readonly { purpose: string; channel: string; answer: string }[] };
  const told = await asked<Told>(called, `/v1/profile?who=telegram%3A${chat}`);
  return Object.fromEntries((told.consents ?? []).map((said) => [`${said.purpose}.${said.channel}`, said.answer]));
}

let updates = 0;

async function write(chat: number, text: string, secret = SECRET): Promise<number> {
  const message = { message_id: ++updates, date: 1, chat: { id: chat, type: "private" }, text };
  const response = await fetch(`http://127.0.0.1:${called.port}/v1/callbacks/telegram`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
    body: JSON.stringify({ update_id: updates, message }),
  });
  return response.status;
}

it("writes to the chat of who has one, in plain words, and by the next best to who has none", async () => {
  const consent = { news: "granted" };
  await say(recording, "/v1/identify", { userId: "with", traits: { telegram: CHAT, email: "a@example.fr", consent } });
  await say(recording, "/v1/identify", { userId: "without", traits: { telegram: -5, email: "b@example.fr", consent } });
  for (const userId of ["with", "without"])
    await say(recording, "/v1/track", { userId, event: "Asked", properties: { about: "shoes" } });
  await expect.poll(() => became(recording, "with")).toEqual(["accepted"]);
  await expect.poll(() => became(recording, "without")).toEqual(["accepted"]);
  const messages = await recordedMessages(recording);
  expect(messages.find(({ channel }) => channel === "telegram")).toMatchObject({
    address: String(CHAT),
    parts: { is: "telegram", text: "About <shoes> & more. STOP ends this." },
  });
  expect(messages.filter(({ channel }) => channel === "email").map(({ address }) => address)).toEqual(["b@example.fr"]);
});

it("heeds /stop of whoever has that chat, and /start after it, and nobody without the secret", async () => {
  const traits = { telegram: CHAT, consent: { "news.telegram": "granted" } };
  await say(called, "/v1/identify", { userId: "marie", traits });
  await expect.poll(() => consents(CHAT)).toEqual({ "news.telegram": "granted" });
  expect(await write(CHAT, "/stop", "another_secret_of_tests")).toBe(401);
  expect(await consents(CHAT)).toEqual({ "news.telegram": "granted" });
  expect(await write(CHAT, "/stop")).toBe(204);
  expect(await consents(CHAT)).toEqual({ "*.telegram": "refused", "news.telegram": "refused" });
  await say(called, "/v1/track", { userId: "marie", event: "Asked", properties: { about: "shoes" } });
  await expect.poll(() => became(called, "marie")).toEqual(["skipped no_consent"]);
  expect(await write(CHAT, "/start")).toBe(204);
  expect(await consents(CHAT)).toEqual({ "*.telegram": "refused", "news.telegram": "granted" });
});

it("keeps a /stop of a chat that nobody is known by, for who will be", async () => {
  expect(await write(987654321, "STOP")).toBe(204);
  expect(await consents(987654321)).toEqual({ "*.telegram": "refused" });
  const traits = { telegram: "987654321", consent: { "news.telegram": "granted" } };
  await say(called, "/v1/identify", { userId: "comes-later", traits });
  await expect.poll(() => consents(987654321)).toMatchObject({ "news.telegram": "refused" });
});
