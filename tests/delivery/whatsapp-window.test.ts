/**
 * WhatsApp's 24 hours on a running engine: free words are kept back, with the reason, until the customer has written to us, as
 * the provider's own signed callback tells.
 */
import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import { CONTROL_TOKEN, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { say } from "../support/server-client.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const PUBLIC = "https://vif.shop.example";
const PHONE = "+33612345678";
const FILES = {
  "rules/events/asked.yaml": "event: asked\n",
  "rules/triggers/answer.yaml":
    "trigger: answer\non: asked\nsend: {template: answer, by: whatsapp}\ncategory: transactional\n",
  "templates/whatsapp/answer.hbs": "---\nen: {text: We are looking into it.}\n---\n",
};

let folder = "";
let engine: EngineProcess;

beforeAll(async () => {
  folder = createTestFolder("whatsapp-window");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  engine = await createEngineProcess({
    rules: join(folder, "rules"),
    folder: join(folder, "engine"),
    // Callbacks are Twilio's; what goes out by WhatsApp is recorded, as no sender is named for it.
    settings: () => ({
      VIF_PUBLIC_URL: PUBLIC,
      VIF_TWILIO_ACCOUNT: `AC${TOKEN}`,
      VIF_TWILIO_TOKEN: TOKEN,
      VIF_SMS_FROM: "+33700000000",
    }),
  });
  await engine.start();
}, 60_000);

afterAll(async () => {
  await engine?.kill();
  removeTestFolder(folder);
});

async function became(): Promise<readonly (string | undefined)[]> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/why?who=user%3Amarie&rule=answer`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (((await response.json()) as WhyReport).fired ?? []).map(({ now }) => now?.became).toSorted();
}

/** As Twilio calls when a customer has written. */
async function write(fields: Readonly<Record<string, string>>): Promise<number> {
  const path = "/v1/callbacks/whatsapp";
  const names = Object.keys(fields).toSorted();
  const text = `${PUBLIC}${path}${names.map((name) => `${name}${fields[name]}`).join("")}`;
  const signature = createHmac("sha1", TOKEN).update(text).digest("base64");
  const response = await fetch(`http://127.0.0.1:${engine.port}${path}`, {
    method: "POST",
    headers: { "x-twilio-signature": signature },
    body: new URLSearchParams(fields),
  });
  return response.status;
}

it("opens them when the customer writes, and keeps free words back before that", async () => {
  await say(engine, "/v1/identify", { userId: "marie", traits: { phone: PHONE } });
  await say(engine, "/v1/track", { userId: "marie", event: "Asked", messageId: "asked-1" });
  await expect.poll(became).toEqual(["skipped out_of_window"]);
  expect(await recordedMessages(engine)).toEqual([]);
  const from = { From: `whatsapp:${PHONE}`, To: "whatsapp:+33700000000" };
  expect(await write({ ...from, Body: "Where is my parcel?", MessageSid: "SM1" })).toBe(204);
  await say(engine, "/v1/track", { userId: "marie", event: "Asked", messageId: "asked-2" });
  await expect.poll(became).toEqual(["accepted", "skipped out_of_window"]);
  expect(await recordedMessages(engine)).toMatchObject([
    { channel: "whatsapp", address: PHONE, parts: { is: "whatsapp", text: "We are looking into it." } },
  ]);
});
