/** Opens and clicks of messages, as mail programs bring them to a running engine: what is counted, and of whom nothing is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { createLinkMaker } from "../../engine/gateway/links-port.ts";
import type { LinkedMessage } from "../../engine/gateway/links-port.ts";
import type { ProfileId } from "../../engine/model/ids.ts";
import type { MessageId } from "../../engine/model/trigger.ts";
import { CONTROL_TOKEN, SERVER_KEY, createEngineProcess } from "../support/engine-process.ts";
import type { EngineProcess } from "../support/engine-process.ts";
import { readRecordedEvents } from "../support/recorded-events.ts";
import { createTestFolder, removeTestFolder } from "../support/test-folder.ts";

const SECRET = "a-secret-of-the-test";
const TO = "https://shop.example/shoes/?customer=42";
let folder = "";
let engine: EngineProcess;
let url = "";
let messages = 0;

beforeAll(async () => {
  folder = createTestFolder("tracking");
  engine = await createEngineProcess({ rules: "rules", folder, settings: () => ({ VIF_SECRET: SECRET }) });
  await engine.start();
  url = `http://127.0.0.1:${engine.port}`;
});

afterAll(async () => {
  await engine?.stop();
  removeTestFolder(folder);
});

async function profileOf(userId: string): Promise<{ readonly profile: ProfileId; readonly rememberedIds: number }> {
  const response = await fetch(`http://127.0.0.1:${engine.controlPort}/v1/profile?who=user:${userId}`, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
  });
  return (await response.json()) as { profile: ProfileId; rememberedIds: number };
}

async function messageTo(userId: string, measurement?: string): Promise<LinkedMessage> {
  const consent = measurement === undefined ? {} : { measurement };
  const headers = { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}` };
  const said = { userId, messageId: `${userId}-${measurement}`, traits: { consent } };
  await fetch(`${url}/v1/identify`, { method: "POST", headers, body: JSON.stringify(said) });
  const { profile } = await profileOf(userId);
  const message = (++messages).toString(16).padStart(32, "0") as MessageId;
  return { profile, message, channel: "email", category: "marketing", trigger: "cart-reminder" };
}

const maker = () => createLinkMaker({ secret: SECRET, url });
const get = (to: string, method = "GET"): Promise<Response> => fetch(to, { method, redirect: "manual" });

describe("a message that is opened and followed", () => {
  it("is counted once a link, of those who agree, and of nobody else", async () => {
    const agrees = await messageTo("agrees", "granted");
    const refuses = await messageTo("refuses", "refused");
    const silent = await messageTo("silent");
    for (const message of [agrees, refuses, silent]) {
      const pixel = await get(maker().open(message, Date.now()));
      expect([pixel.status, pixel.headers.get("content-type"), pixel.headers.get("cache-control")]).toEqual([
        200,
        "image/gif",
        "no-store",
      ]);
      expect((await pixel.arrayBuffer()).byteLength).toBe(42);
      for (const to of [TO, `${TO}#sizes`]) {
        const click = await get(maker().click(message, to, Date.now()) ?? "");
        expect([click.status, click.headers.get("location")]).toEqual([302, to]);
      }
      await get(maker().open(message, Date.now()));
      await get(maker().click(message, TO, Date.now()) ?? "");
    }
    const looked = await messageTo("agrees", "granted");
    expect((await get(maker().open(looked, Date.now()), "HEAD")).status).toBe(200);
    await get(maker().open(looked, Date.now() - 402 * 86_400_000));
    const withdrawn = await messageTo("agrees", "refused");
    expect((await get(maker().click(withdrawn, TO, Date.now()) ?? "")).status).toBe(302);
    // A picture is not kept waiting for its record: two answers of theirs, an open and two clicks.
    await expect.poll(async () => (await profileOf("agrees")).rememberedIds).toBe(5);
    await engine.drain();
    await engine.stop();
    const counted = (await readRecordedEvents(join(folder, "history.duckdb"))).filter(({ name }) =>
      name.startsWith("email_"),
    );
    const { message, profile } = agrees;
    expect(counted).toMatchObject([
      {
        name: "email_clicked",
        profile,
        fields: { campaign: "cart-reminder", message, link: "https://shop.example/shoes/" },
      },
      { name: "email_clicked", profile, fields: { link: "https://shop.example/shoes/" } },
      { name: "email_opened", profile, source: "message-links", fields: { campaign: "cart-reminder", message } },
    ]);
    await engine.start();
  });

  it("leads nowhere by a link that is not ours", async () => {
    const message = await messageTo("agrees", "granted");
    const click = maker().click(message, TO, Date.now()) ?? "";
    const evil = encodeURIComponent("https://evil.example/");
    const forged = [
      click.replace(/to=.*/, `to=${evil}`),
      click.replace(/\?to=.*/, ""),
      `${click}&to=${evil}`.replace(/to=[^&]*&/, ""),
      `${url}/c/c.${message.profile}.${message.message}.email.marketing.x.zz.${"A".repeat(22)}?to=${evil}`,
      `${url}/c/%2F%2Fevil.example?to=${evil}`,
      createLinkMaker({ secret: "another-secret-of-16", url }).click(message, "https://evil.example/", Date.now()) ??
        "",
      maker().open(message, Date.now()).replace("/o/", "/c/"),
      `${url}/o/o.x`,
    ];
    for (const each of forged) {
      const answer = await get(each);
      expect([answer.status, answer.headers.get("location")], each).toEqual([404, null]);
    }
    // Of two targets the first counts, which is the one that was signed.
    expect((await get(`${click}&to=${evil}`)).headers.get("location")).toBe(TO);
  });
});
