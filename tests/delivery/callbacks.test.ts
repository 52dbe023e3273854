/** What providers report to a running engine: who may say it, what becomes of it, and that it may be said twice. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLinkMaker } from "../../engine/gateway/links-port.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { naughtyStringsMissing, readNaughtyStrings } from "../naughty-strings.ts";
import { CONTROL_TOKEN, SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const SECRET = "a-secret-of-the-test";
const TWILIO = "0123456789abcdef0123456789abcdef";
const META = "fedcba9876543210fedcba9876543210";
const VERIFY = "verify-token-of-tests";
const PUBLIC = "https://vif.shop.example/engine";
const MESSAGE = "0123456789abcdef0123456789abcdef" as MessageId;
let folder = "";
let engine: EngineProcess;
let url = "";

beforeAll(async () => {
  folder = createTestFolder("callbacks");
  const settings = (): Record<string, string> => ({
    VIF_SECRET: SECRET,
    VIF_PUBLIC_URL: PUBLIC,
    VIF_TWILIO_ACCOUNT: `AC${TWILIO}`,
    VIF_TWILIO_TOKEN: TWILIO,
    VIF_SMS_FROM: "+33700000000",
    VIF_WHATSAPP_CLOUD_TOKEN: "a-token-of-a-system-user",
    VIF_WHATSAPP_CLOUD_NUMBER: "1234567",
    VIF_WHATSAPP_CLOUD_SECRET: META,
    VIF_WHATSAPP_CLOUD_VERIFY: VERIFY,
  });
  engine = await createEngineProcess({ rules: "rules", folder, settings });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

interface Told {
  readonly profile: ProfileId;
  readonly rememberedIds: number;
  readonly consents: readonly { purpose: string; channel: string; answer: string; source: string }[];
}

async function profileOf(who: string): Promise<Told | undefined> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/profile?who=${encodeURIComponent(who)}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return response.ok ? ((await response.json()) as Told) : undefined;
}

async function consentsOf(who: string): Promise<Readonly<Record<string, string>>> {
  const consents = (await profileOf(who))?.consents ?? [];
  return Object.fromEntries(consents.map(({ purpose, channel, answer }) => [`${purpose}.${channel}`, answer]));
}

async function customer(userId: string, phone: string, consent: Record<string, string>): Promise<ProfileId> {
  const body = JSON.stringify({ userId, traits: { phone, consent } });
  const headers = { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}` };
  expect((await fetch(`${url}/v1/identify`, { method: "POST", headers, body })).status).toBe(200);
  // The number leads to them once its own shard has agreed.
  await expect.poll(async () => (await profileOf(`phone:${phone}`))?.profile).toBeDefined();
  return (await profileOf(`user:${userId}`))?.profile as ProfileId;
}

function referenceOf(profile: ProfileId, channel: "sms" | "email" | "whatsapp"): string {
  const message = { profile, message: MESSAGE, channel, category: "marketing", trigger: "cart-reminder" };
  return createLinkMaker({ secret: SECRET, url: PUBLIC }).linksOf(message, Date.now()).reference;
}

/** As Twilio's documents say: the public address, then each parameter's name and value in the order of names. */
function signed(path: string, fields: Readonly<Record<string, string>>): string {
  const text = Object.keys(fields)
    .sort()
    .map((name) => `${name}${fields[name]}`)
    .join("");
  return createHmac("sha1", TWILIO).update(`${PUBLIC}${path}${text}`).digest("base64");
}

async function byTwilio(path: string, fields: Readonly<Record<string, string>>, signature = signed(path, fields)) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "x-twilio-signature": signature },
    body: new URLSearchParams(fields),
  });
  return response.status;
}

async function byMeta(value: object, secret = META) {
  const body = JSON.stringify({ object: "whatsapp_business_account", entry: [{ changes: [{ value }] }] });
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const response = await fetch(`${url}/v1/callbacks/whatsapp-cloud`, {
    method: "POST",
    headers: { "x-hub-signature-256": signature },
    body,
  });
  return response.status;
}

describe("Twilio's callbacks", () => {
  const word = (from: string, Body: string) => ({
    From: from,
    To: "+33700000000",
    Body,
    MessageSid: `SM${Body}${from}`,
  });

  it("by STOP end every text message, once, and by START give back what there was", async () => {
    const phone = "+33612345001";
    await customer("stops", phone, { "marketing.sms": "granted", "marketing.email": "granted" });
    expect(await byTwilio("/v1/callbacks/sms", word(phone, "Stop"))).toBe(204);
    const stopped = { "*.sms": "refused", "marketing.sms": "refused", "marketing.email": "granted" };
    expect(await consentsOf("user:stops")).toEqual(stopped);
    expect((await profileOf("user:stops"))?.consents.find(({ channel }) => channel === "sms")).toMatchObject({
      source: "STOP",
    });
    const before = (await profileOf("user:stops"))?.rememberedIds;
    expect(await byTwilio("/v1/callbacks/sms", word(phone, "Stop"))).toBe(204);
    expect((await profileOf("user:stops"))?.rememberedIds).toBe(before);
    expect(await byTwilio("/v1/callbacks/sms", word(phone, "START"))).toBe(204);
    expect(await consentsOf("user:stops")).toEqual({ ...stopped, "marketing.sms": "granted" });
  });

  it("are about the channel they come by", async () => {
    const phone = "+33612345002";
    await customer("one-channel", phone, { "marketing.sms": "granted" });
    expect(await byTwilio("/v1/callbacks/whatsapp", word(`whatsapp:${phone}`, "ARRET"))).toBe(204);
    expect(await consentsOf("user:one-channel")).toEqual({ "*.whatsapp": "refused", "marketing.sms": "granted" });
  });

  it("of a number that nobody is known by are heeded when somebody is; a mere word makes nobody", async () => {
    expect(await byTwilio("/v1/callbacks/sms", word("+33612345003", "hello"))).toBe(204);
    expect(await profileOf("phone:+33612345003")).toBeUndefined();
    expect(await byTwilio("/v1/callbacks/sms", word("+33612345003", "STOP"))).toBe(204);
    expect(await consentsOf("phone:+33612345003")).toEqual({ "*.sms": "refused" });
    await customer("comes-later", "+33612345003", { "marketing.sms": "granted" });
    await expect.poll(() => consentsOf("user:comes-later")).toMatchObject({ "marketing.sms": "refused" });
  });

  it("are not taken unsigned, nor for another address or another word", async () => {
    const fields = word("+33612345004", "STOP");
    const path = "/v1/callbacks/sms";
    expect(await byTwilio(path, fields, "")).toBe(401);
    expect(await byTwilio(path, fields, signed(path, { ...fields, Body: "START" }))).toBe(401);
    expect(await byTwilio("/v1/callbacks/whatsapp", fields, signed(path, fields))).toBe(401);
    expect(await byTwilio(`${path}?r=x`, fields, signed(path, fields))).toBe(401);
    expect(await profileOf("phone:+33612345004")).toBeUndefined();
  });

  it("of a message are taken by the reference that we have signed", async () => {
    const profile = await customer("status", "+33612345005", {});
    const status = { MessageSid: "SM1", MessageStatus: "delivered", To: "+33612345005" };
    for (const reference of [referenceOf(profile, "sms"), "m.forged.x.sms.AAAA", "x"])
      expect(await byTwilio(`/v1/callbacks/sms/${reference}`, status)).toBe(204);
    const blocked = { ...status, MessageStatus: "failed", ErrorCode: "21610" };
    expect(await byTwilio(`/v1/callbacks/sms/${referenceOf(profile, "sms")}`, blocked)).toBe(204);
    expect(await consentsOf("user:status")).toEqual({ "*.sms": "refused" });
  });
});

describe("Meta's callbacks", () => {
  it("are taken at an address that Meta has made sure of", async () => {
    const ask = async (token: string, challenge = "1158201444") => {
      const query = new URLSearchParams({
        "hub.mode": "subscribe",
        "hub.verify_token": token,
        "hub.challenge": challenge,
      });
      const response = await fetch(`${url}/v1/callbacks/whatsapp-cloud?${query}`);
      return [response.status, response.headers.get("content-type"), await response.text()] as const;
    };
    expect(await ask(VERIFY)).toEqual([200, "text/plain", "1158201444"]);
    expect((await ask("another-token"))[0]).toBe(401);
    expect((await ask(VERIFY, "<script>alert(1)</script>"))[0]).toBe(401);
  });

  it("end WhatsApp by its own button, and by words", async () => {
    await customer("button", "+33612345006", { "marketing.whatsapp": "granted" });
    expect(await byMeta({ user_preferences: [{ wa_id: "33612345006", value: "stop" }] })).toBe(204);
    expect(await consentsOf("user:button")).toMatchObject({ "marketing.whatsapp": "refused" });
    expect(await byMeta({ user_preferences: [{ wa_id: "33612345006", value: "resume" }] })).toBe(204);
    expect(await consentsOf("user:button")).toMatchObject({ "marketing.whatsapp": "granted" });
  });

  it("are not taken by another secret, nor in another form", async () => {
    expect(await byMeta({ messages: [{ from: "33612345007", text: { body: "STOP" } }] }, "another-secret")).toBe(401);
    const body = "{}";
    const signature = `sha256=${createHmac("sha256", META).update(body).digest("hex")}`;
    const headers = { "x-hub-signature-256": signature };
    expect((await fetch(`${url}/v1/callbacks/whatsapp-cloud`, { method: "POST", headers, body })).status).toBe(400);
  });
});

describe("returned mail", () => {
  const returned = (type: string, reference: string, kind: string) => `From: mailer@isp.example
Content-Type: multipart/report; report-type=${kind}; boundary="b"

--b
Content-Type: text/plain

A report.
--b
${type}
--b
Content-Type: text/rfc822-headers

Message-ID: <${reference}.1@vif.shop.example>
--b--
`;
  const complaint = (reference: string): string =>
    returned(
      "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <a@b.example>\n",
      reference,
      "feedback-report",
    );
  const send = async (body: string, key = SERVER_KEY): Promise<number> => {
    const headers = { authorization: `Basic ${btoa(`${key}:`)}` };
    return (await fetch(`${url}/v1/callbacks/email`, { method: "POST", headers, body })).status;
  };

  it("that complains ends all e-mail of whom the reference names, whatever address it says", async () => {
    const profile = await customer("complains", "+33612345008", { "marketing.email": "granted" });
    expect(await send(complaint("m.0010199000000000000000aa.x.email.AAAAAAAAAAAAAAAAAAAAAA"))).toBe(204);
    expect(await consentsOf("user:complains")).toEqual({ "marketing.email": "granted" });
    expect(await send(complaint(referenceOf(profile, "email")))).toBe(204);
    expect(await consentsOf("user:complains")).toEqual({ "*.email": "refused", "marketing.email": "refused" });
  });

  it("is taken from a secret key only", async () => {
    expect(await send("x", "example-write-key")).toBe(401);
    expect(await send("x", "no-such-key")).toBe(401);
    expect(await send("Content-Type: multipart/report\n\nx")).toBe(400);
  });
});

describe.skipIf(naughtyStringsMissing !== undefined)(`hostile texts (${naughtyStringsMissing ?? "all"})`, () => {
  it("are answered, and change nobody", async () => {
    for (const text of readNaughtyStrings()) {
      const fields = { From: text, Body: text, MessageSid: text, [text || "x"]: text };
      expect([204, 400], text).toContain(await byTwilio("/v1/callbacks/sms", fields));
      expect(await byMeta({ messages: [{ from: text, text: { body: text } }], statuses: [{ id: text }] })).toBe(204);
    }
  });
});
