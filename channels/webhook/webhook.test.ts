import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { describeChannel, messageTo } from "../contract.ts";
import { callHttp } from "../http/call.ts";
import { startHttpProvider, type HttpProvider } from "../http/http-provider-fixtures.ts";
import { isPrivateAddress, publicLookup } from "../http/private-address.ts";
import { createWebhookAdapter } from "./adapter.ts";
import { webhookOutcome } from "./receipt.ts";
import { webhookRequest } from "./request.ts";

const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
const parts = { is: "webhook", type: "com.b.hello", fields: { first_name: "Zoë", points: 12 } } as const;
const signingFor = (url: string) => ({ url, secret, source: "https://b.example", allowsPrivate: true });
const who = "customer-1001";
const message = messageTo(who, parts);
const now = (): number => Date.now();

describeChannel<HttpProvider>({
  name: "webhook",
  start: () => startHttpProvider({ answer: [202, ""], busy: [429, ""] }),
  open: (provider) => createWebhookAdapter({ ...signingFor(`${provider.url}/hook`), now }),
  openNowhere: () => createWebhookAdapter({ ...signingFor("http://127.0.0.1:9/"), now }),
  message: () => message,
  badAddresses: [],
  more(given) {
    it("sends a CloudEvent that a library of Standard Webhooks takes for genuine, under the same id at every attempt", async () => {
      const { adapter, provider } = given();
      const before = provider.asked.length;
      for (const attempt of [1, 2]) {
        await adapter.deliver({ ...message, attempt }, AbortSignal.timeout(30_000));
      }
      const [first, second] = provider.asked.slice(before);
      const headers = first?.headers as Record<string, string>;
      expect(new Webhook(secret).verify(first?.body ?? "", headers)).toMatchObject({
        specversion: "1.0",
        id: "0123456789abcdef0123456789abcdef",
        source: "https://b.example",
        type: "com.b.hello",
        subject: who,
        data: { fields: { first_name: "Zoë", points: 12 }, category: "marketing", language: "fr" },
      });
      expect(headers["content-type"]).toMatch(/^application\/cloudevents\+json/);
      expect(second?.headers["webhook-id"]).toBe(headers["webhook-id"]);
      expect(() => new Webhook(secret).verify(`${first?.body} `, headers)).toThrow();
    });

    it("follows no redirect", async () => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.answer = [302, "", { location: `${provider.url}/elsewhere` }];
      const before = provider.taken;
      expect(await adapter.deliver(message, AbortSignal.timeout(30_000))).toMatchObject({
        is: "rejected",
        reason: "forbidden_address",
      });
      expect(provider.taken - before).toBe(1);
    });

    it("calls nothing of this computer or of its network, also by a name, unless it is allowed to", async () => {
      const { provider } = given();
      const before = provider.taken;
      const { port } = new URL(provider.url);
      for (const address of [
        provider.url,
        `https://127.0.0.1:${port}/`,
        `https://[::1]:${port}/`,
        `https://[::ffff:127.0.0.1]:${port}/`,
        `https://2130706433:${port}/`,
        `https://0x7f.1:${port}/`,
        `https://localhost:${port}/`,
        `https://localhost.:${port}/`,
        "https://169.254.169.254/latest/meta-data/",
        "https://user:password@b.example/",
        "https://intranet/",
        "ftp://b.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "hello",
      ]) {
        const strict = createWebhookAdapter({ ...signingFor(address), allowsPrivate: false, now });
        expect((await strict.deliver(message, AbortSignal.timeout(30_000))).is, address).not.toBe("accepted");
        await strict.close();
      }
      expect(provider.taken).toBe(before);
    });

    it("judges a name by what it resolves to when it is called", async () => {
      const { provider } = given();
      const before = provider.taken;
      const lookup = publicLookup((_host, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]));
      const url = new URL(provider.url.replace("127.0.0.1", "rebound.example"));
      const answer = await callHttp(
        { url, method: "POST", headers: {}, body: "", lookup },
        AbortSignal.timeout(30_000),
      );
      expect(answer).toEqual({ is: "rejected", reason: "forbidden_address" });
      expect(provider.taken).toBe(before);
    });
  },
});

describe("addresses", () => {
  it.each([
    ["127.0.0.1", true],
    ["10.1.2.3", true],
    ["172.31.255.255", true],
    ["172.32.0.1", false],
    ["192.168.0.1", true],
    ["100.64.0.1", true],
    ["169.254.169.254", true],
    ["0.0.0.0", true],
    ["224.0.0.1", true],
    ["255.255.255.255", true],
    ["8.8.8.8", false],
    ["::1", true],
    ["::", true],
    ["fe80::1", true],
    ["fc00::1", true],
    ["::ffff:10.0.0.1", true],
    ["::ffff:8.8.8.8", true],
    ["64:ff9b::a00:1", true],
    ["2002:a00:1::", true],
    ["2001:4860:4860::8888", false],
    ["hello", true],
  ])("%s is private: %s", (address, isPrivate) => {
    expect(isPrivateAddress(address)).toBe(isPrivate);
  });
});

describe("an answer to a webhook", () => {
  it.each([
    [200, { is: "accepted" }],
    [204, { is: "accepted" }],
    [301, { is: "rejected", reason: "forbidden_address" }],
    [400, { is: "rejected", reason: "content" }],
    [401, { is: "failed", reason: "credentials" }],
    [404, { is: "rejected", reason: "bad_address" }],
    [408, { is: "failed", reason: "unavailable" }],
    [410, { is: "rejected", reason: "unsubscribed" }],
    [429, { is: "throttled", waitMs: 90_000 }],
    [500, { is: "failed", reason: "unavailable" }],
    [503, { is: "throttled", waitMs: 90_000 }],
  ])("%i", (status, outcome) => {
    const headers = { "retry-after": new Date(1_000_000_090_000).toUTCString() };
    expect(webhookOutcome({ is: "answer", status, headers, body: "" }, 1_000_000_000_000)).toMatchObject(outcome);
  });

  it("whose message holds nothing secret is signed for its own second", () => {
    const one = webhookRequest(message, signingFor("https://b.example/"), 1_000);
    const other = webhookRequest(message, signingFor("https://b.example/"), 2_000);
    if (one.is !== "request" || other.is !== "request") throw new Error("rejected");
    expect(one.headers["webhook-signature"]).not.toBe(other.headers["webhook-signature"]);
    expect(JSON.stringify(one)).not.toContain(secret);
  });
});
