import { describe, expect, it } from "vitest";
import { contractMissing, startContractServer } from "../../tests/support/contract-server.ts";
import { describeChannel, messageTo } from "../contract.ts";
import { type HttpProvider, startHttpProvider } from "../http/http-provider-fixtures.ts";
import { createTelegramAdapter } from "./adapter.ts";
import { readTelegramCallback } from "./receipt.ts";
import { METHOD, telegramAsOpenApi, TOKEN } from "./telegram-fixtures.ts";

const CONTRACT = "telegram/api.json.gz";
const parts = { is: "telegram", text: "Bonjour Zoë, votre panier <vous> attend & *reste* 😀" } as const;
const to = "123456789";
const open = (api: string, token = TOKEN) => createTelegramAdapter({ token, api, now: () => Date.now() });
const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const refusal = (code: number, description: string, parameters?: object): string =>
  JSON.stringify({ ok: false, error_code: code, description, ...(parameters !== undefined && { parameters }) });

describeChannel<HttpProvider>({
  name: "telegram",
  missing: contractMissing(CONTRACT),
  async start() {
    const contract = await startContractServer(CONTRACT, [METHOD], telegramAsOpenApi);
    return startHttpProvider({
      to: contract.url,
      closing: () => contract.close(),
      busy: [429, refusal(429, "Too Many Requests: retry after 7", { retry_after: 7 })],
    });
  },
  open: (provider) => open(provider.url),
  openNowhere: () => open("http://127.0.0.1:9"),
  message: () => messageTo(to, parts),
  badAddresses: ["", "0", "-1001234567890", "@marie", "+33612345678", "1234567890123456", "12\r\n"],
  more(given) {
    it("asks what Telegram's own contract allows, with the words as they are", async () => {
      const { adapter, provider } = given();
      expect(await adapter.deliver(messageTo(to, parts), soon())).toEqual({ is: "accepted", providerId: "1" });
      expect(provider.handedOn()).toEqual({ status: 200, violations: undefined });
      expect(provider.asked.at(-1)).toMatchObject({ path: `/bot${TOKEN}/sendMessage` });
      expect(JSON.parse(provider.asked.at(-1)?.body ?? "")).toEqual({
        chat_id: 123456789,
        text: parts.text,
        link_preview_options: { is_disabled: true },
      });
    });

    it("is refused by the contract where it is wrong", async () => {
      const { provider } = given();
      for (const body of [{ text: "x" }, { chat_id: 1, text: 2 }, { chat_id: 1, text: "x", txt: "y" }]) {
        const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
        await fetch(`${provider.url}/bot${TOKEN}/sendMessage`, init);
        expect(provider.handedOn().status).not.toBe(200);
      }
    });

    it.each([
      ["", 0],
      ["x".repeat(4096), 1],
      ["x".repeat(4097), 0],
    ])("sends words that are as long as it takes, and asks nobody about others (%#)", async (text, requests) => {
      const { adapter, provider } = given();
      const before = provider.taken;
      const outcome = await adapter.deliver(messageTo(to, { is: "telegram", text }), soon());
      expect(outcome).toMatchObject(requests === 1 ? { is: "accepted" } : { is: "rejected", reason: "content" });
      expect(provider.taken - before).toBe(requests);
    });

    it.each([
      [429, "Too Many Requests: retry after 35", { retry_after: 35 }, { is: "throttled", waitMs: 35_000 }],
      [403, "Forbidden: bot was blocked by the user", undefined, { is: "rejected", reason: "unsubscribed" }],
      [403, "Forbidden: user is deactivated", undefined, { is: "rejected", reason: "bad_address" }],
      [403, "Forbidden: bot can't initiate conversation with a user", undefined, { is: "rejected", reason: "blocked" }],
      [400, "Bad Request: chat not found", undefined, { is: "rejected", reason: "bad_address" }],
      [400, "Bad Request: message is too long", undefined, { is: "rejected", reason: "content" }],
      [401, "Unauthorized", undefined, { is: "failed", reason: "credentials" }],
      [404, "Not Found", undefined, { is: "failed", reason: "credentials" }],
      [503, "Service Unavailable", undefined, { is: "failed", reason: "unavailable" }],
      [500, "Internal Server Error", undefined, { is: "unknown", reason: "unclear_answer" }],
      [502, "Bad Gateway", undefined, { is: "unknown", reason: "unclear_answer" }],
    ] as const)("an answer %i %j is told as what it means", async (status, description, parameters, outcome) => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.answer = [status, refusal(status, description, parameters)];
      expect(await adapter.deliver(messageTo(to, parts), soon())).toEqual({ ...outcome, code: String(status) });
    });

    it.each([
      [429, "<html>", { "retry-after": "3" }, { is: "throttled", waitMs: 3_000 }],
      [200, "{}", {}, { is: "unknown", reason: "unclear_answer" }],
      [200, "not JSON", {}, { is: "unknown", reason: "unclear_answer" }],
      [302, "", { location: "http://127.0.0.1:9/" }, { is: "rejected", reason: "content" }],
    ] as const)("an answer %i %j is told as what it is", async (status, body, headers, outcome) => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.answer = [status, body, headers];
      expect(await adapter.deliver(messageTo(to, parts), soon())).toMatchObject(outcome);
    });
  },
});

describe("an update of Telegram", () => {
  const secret = "a_secret_of_the_tests";
  const chat = { id: 123456789, type: "private" };
  const read = (update: unknown, signature: string | undefined = secret) =>
    readTelegramCallback(
      { signature, body: Buffer.from(typeof update === "string" ? update : JSON.stringify(update)) },
      secret,
    );
  const outcomes = (update: object): readonly string[] => {
    const told = read({ update_id: 1, ...update });
    if (told.is !== "reports") throw new Error(told.is);
    for (const { address, reference } of told.reports)
      expect({ address, reference }).toEqual({ address: "123456789", reference: undefined });
    return told.reports.map(({ outcome }) => outcome.is);
  };

  it.each([
    ["/stop", ["replied", "unsubscribed"]],
    ["STOP", ["replied", "unsubscribed"]],
    [" Stop. ", ["replied", "unsubscribed"]],
    ["/stop@saule_bot", ["replied", "unsubscribed"]],
    ["Stop, please", ["replied", "unsubscribed"]],
    ["ARRE\u0302T", ["replied", "unsubscribed"]],
    ["Unsubscribe!", ["replied", "unsubscribed"]],
    ["/start", ["replied", "resubscribed"]],
    ["/start from-the-shop", ["replied", "resubscribed"]],
    ["/start@saule_bot", ["replied", "resubscribed"]],
    ["Start with the blue ones, please", ["replied"]],
    ["stopover in Lyon", ["replied"]],
    ["Arrêt Bellecour?", ["replied"]],
    ["Please do not stop", ["replied"]],
    [undefined, ["replied"]],
  ])("tells what somebody has written: %j", (text, expected) => {
    expect(outcomes({ message: { message_id: 1, date: 1, chat, text } })).toEqual(expected);
  });

  it.each([
    ["member", "kicked", ["unsubscribed"]],
    ["kicked", "member", ["resubscribed"]],
    ["left", "member", []],
  ])("tells that the bot was blocked, or let in again: %s, then %s", (before, now, expected) => {
    const change = { chat, old_chat_member: { status: before }, new_chat_member: { status: now } };
    expect(outcomes({ my_chat_member: change })).toEqual(expected);
  });

  it("of a group, or of what does not concern us, is no report", () => {
    const group = { id: -1001234567890, type: "supergroup" };
    expect(outcomes({ message: { chat: group, text: "/stop" } })).toEqual([]);
    expect(outcomes({ poll: { id: "1" } })).toEqual([]);
  });

  it("without the secret is forged, and of no form told as such", () => {
    const update = { update_id: 1, message: { chat, text: "/stop" } };
    expect(read(update, "another_secret_of_tests")).toEqual({ is: "forged" });
    expect(read(update, "")).toEqual({ is: "forged" });
    expect(readTelegramCallback({ signature: undefined, body: Buffer.from("{}") }, secret)).toEqual({ is: "forged" });
    for (const odd of ["not JSON", "[]", "{}", '{"update_id":"1"}', "null"])
      expect(read(odd)).toEqual({ is: "malformed" });
    expect(read(" ".repeat(2 * 1024 * 1024))).toEqual({ is: "malformed" });
  });
});
