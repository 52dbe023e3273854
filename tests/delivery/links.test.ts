/** A message of a running engine, and the links in it: who is counted, and that what they do is told of the message. */
import { expect, it } from "vitest";
import type { WhyReport } from "../../engine/control/profile-port.ts";
import type { OutgoingMessage } from "../../engine/model/message.ts";
import { CONTROL_TOKEN, SERVER_KEY } from "../support/engine-process.ts";
import { createEngineOfFile } from "../support/engine-of-file.ts";
import { recordedMessages } from "../support/recorded-messages.ts";
import { say } from "../support/server-client.ts";
import { until } from "../support/waiting.ts";

const engine = await createEngineOfFile("message-links");
const url = (): string => `http://127.0.0.1:${engine.port}`;

/** The e-mail that thanks for an order of this customer, as it went out. */
async function thanks(userId: string, consent: object): Promise<OutgoingMessage> {
  const email = `${userId}@shop.example`;
  await say(engine, "/v1/identify", { userId, traits: { email, language: "en", consent } });
  const properties = { order_id: userId, channel: "web", total: 120, currency: "EUR" };
  await say(engine, "/v1/track", { userId, event: "Order Completed", properties });
  let found: OutgoingMessage | undefined;
  await until(
    () => "the message is sent",
    async () => {
      const messages = await recordedMessages(engine);
      found = messages.find(({ template, address }) => template === "order-thanks" && address === email);
      return found !== undefined;
    },
  );
  return found as OutgoingMessage;
}

async function became(userId: string): Promise<string | undefined> {
  return (await allBecame(userId))[0];
}

/** What became of each thanks to this customer. */
async function allBecame(userId: string): Promise<readonly (string | undefined)[]> {
  const at = `http://127.0.0.1:${engine.controlPort}/v1/why?who=user%3A${userId}&rule=order-thanks`;
  const response = await fetch(at, { headers: { authorization: `Bearer ${CONTROL_TOKEN}` } });
  const fired = ((await response.json()) as WhyReport).fired ?? [];
  return fired.map(({ now }) => (now?.state === "ended" ? now.became : undefined));
}

function linksIn({ parts }: OutgoingMessage, mark: string): readonly string[] {
  const html = parts.is === "email" ? parts.html : "";
  const all = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = ""]) => link.replaceAll("&amp;", "&"));
  return all.filter((link) => link.startsWith(`${url()}/${mark}/`));
}

it("is counted as opened and as followed, of who agrees, and told of the message", async () => {
  const message = await thanks("counted", { measurement: "granted" });
  const [pixel = ""] = linksIn(message, "o");
  const [click = ""] = linksIn(message, "c");
  await expect.poll(() => became("counted")).toBe("accepted");
  expect((await fetch(pixel)).status).toBe(200);
  await expect.poll(() => became("counted")).toBe("opened");
  const followed = await fetch(click, { redirect: "manual" });
  expect([followed.status, followed.headers.get("location")]).toEqual([302, new URL(click).searchParams.get("to")]);
  await expect.poll(() => became("counted")).toBe("clicked");
  // What comes late undoes nothing that is known.
  await fetch(pixel);
  await fetch(pixel);
  expect(await became("counted")).toBe("clicked");
});

it("has no such links for who has not agreed", async () => {
  const message = await thanks("uncounted", {});
  expect([...linksIn(message, "o"), ...linksIn(message, "c")]).toEqual([]);
  expect(message.parts.is === "email" && message.parts.html).toContain("<body");
  expect(message.links).toEqual({ callback: `${url()}/v1/callbacks/email/${message.reference}` });
  expect(message.reference).toMatch(/^m\.[0-9a-f]{24}\.[0-9a-f]{32}\.email\.[\w-]{22}$/);
});

it("comes back, and that it did is told of it, once", async () => {
  const { reference } = await thanks("bounces", {});
  await expect.poll(() => became("bounces")).toBe("accepted");
  const returned = (status: string): string => `From: mailer@isp.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; isp.example

Final-Recipient: rfc822; somebody-else@shop.example
Action: failed
Status: ${status}

--b
Content-Type: text/rfc822-headers

Message-ID: <${reference}.1@vif.shop.example>

--b--
`;
  const send = async (body: string): Promise<number> => {
    const headers = { authorization: `Basic ${btoa(`${SERVER_KEY}:`)}` };
    return (await fetch(`${url()}/v1/callbacks/email`, { method: "POST", headers, body })).status;
  };
  expect(await send(returned("5.1.1").replaceAll(reference, reference.replace(/.$/, "-")))).toBe(204);
  expect(await became("bounces")).toBe("accepted");
  expect(await send(returned("5.1.1"))).toBe(204);
  expect(await became("bounces")).toBe("bounced hard");
  expect(await send(returned("5.1.1"))).toBe(204);
  expect(await became("bounces")).toBe("bounced hard");
  // Nobody reads that mailbox: the next one is not written, and says why.
  const properties = { order_id: "bounces-2", channel: "web", total: 120, currency: "EUR" };
  await say(engine, "/v1/track", { userId: "bounces", event: "Order Completed", properties });
  await expect
    .poll(async () => (await allBecame("bounces")).toSorted())
    .toEqual(["bounced hard", "skipped unreachable"]);
});
