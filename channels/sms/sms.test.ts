import { expect, it } from "vitest";
import { describeChannel, messageTo } from "../contract.ts";
import { type HttpProvider } from "../http/http-provider-fixtures.ts";
import {
  accountSid,
  authToken,
  deliver,
  refuse,
  service,
  startTwilio,
  twilioMissing,
  lastForm,
} from "../twilio/twilio-fixtures.ts";
import { createSmsAdapter } from "./adapter.ts";

const parts = { is: "sms", text: "Saule & Fils : votre essayage est demain à 14:30 😀", segments: 1 } as const;
const to = "+33612345678";
const links = { callback: "https://v.example/v1/callbacks/sms/p1.m.s" };
const open = (api: string, from = service) =>
  createSmsAdapter({ accountSid, authToken, from, api, now: () => Date.now() });

describeChannel<HttpProvider>({
  name: "sms",
  missing: twilioMissing,
  start: startTwilio,
  open: (provider) => open(provider.url),
  openNowhere: () => open("http://127.0.0.1:9"),
  message: () => messageTo(to, parts, { links }),
  badAddresses: [
    "",
    "0612345678",
    "+0612345678",
    "whatsapp:+33612345678",
    "+336123456789012345",
    "+33612345678\r\n",
    "marie",
  ],
  more(given) {
    it("asks what Twilio's own contract allows, with the words and the address for what comes later", async () => {
      const { adapter, provider } = given();
      expect(await deliver(adapter, messageTo(to, parts, { links }))).toMatchObject({
        is: "accepted",
        providerId: expect.stringMatching(/^(SM|MM)/) as string,
      });
      expect(provider.handedOn()).toEqual({ status: 201, violations: undefined });
      expect(provider.asked.at(-1)?.path).toBe(`/2010-04-01/Accounts/${accountSid}/Messages.json`);
      expect(lastForm(provider)).toMatchObject({
        To: to,
        Body: parts.text,
        MessagingServiceSid: service,
        StatusCallback: links.callback,
      });
    });

    it("is refused by the contract where it is wrong, which is told as such", async () => {
      const { provider } = given();
      const wrong = createSmsAdapter({ accountSid: "AC1", authToken, from: service, api: provider.url, now: () => 0 });
      expect((await deliver(wrong, messageTo(to, parts))).is).not.toBe("accepted");
      expect(provider.handedOn().status).not.toBe(201);
    });

    it("sends from a number of ours where there is no Messaging Service", async () => {
      const { provider } = given();
      const adapter = open(provider.url, "+33756000000");
      expect(await deliver(adapter, messageTo(to, parts))).toMatchObject({ is: "accepted" });
      expect(lastForm(provider)).toMatchObject({ From: "+33756000000" });
      await adapter.close();
    });

    it.each([
      [21211, 400, { is: "rejected", reason: "bad_address", code: "21211" }],
      [21610, 400, { is: "rejected", reason: "unsubscribed", code: "21610" }],
      [21614, 400, { is: "rejected", reason: "bad_address", code: "21614" }],
      [21408, 400, { is: "rejected", reason: "blocked" }],
      [21617, 400, { is: "rejected", reason: "content" }],
      [63016, 400, { is: "rejected", reason: "outside_window", code: "63016" }],
      [21606, 400, { is: "failed", reason: "credentials" }],
      [20003, 401, { is: "failed", reason: "credentials" }],
      [21611, 429, { is: "throttled" }],
      [99999, 400, { is: "rejected", reason: "content", code: "99999" }],
    ] as const)("error %i of Twilio is told as what it means", async (code, status, outcome) => {
      const { adapter, provider } = given();
      refuse(provider, code, status);
      expect(await deliver(adapter, messageTo(to, parts))).toMatchObject(outcome);
    });

    it.each([
      [429, "", { "retry-after": "7" }, { is: "throttled", waitMs: 7000 }],
      [500, "", {}, { is: "unknown", reason: "unclear_answer", code: "500" }],
      [502, "<html>Bad gateway</html>", {}, { is: "unknown", reason: "unclear_answer" }],
      [503, "", {}, { is: "failed", reason: "unavailable" }],
      [503, "", { "retry-after": "2" }, { is: "throttled", waitMs: 2000 }],
      [201, "not JSON", {}, { is: "unknown", reason: "unclear_answer" }],
      [201, "{}", {}, { is: "unknown", reason: "unclear_answer" }],
      [302, "", { location: "http://127.0.0.1:9/" }, { is: "rejected" }],
    ] as const)("an answer %i %j is told as what it is", async (status, body, headers, outcome) => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.answer = [status, body, headers];
      expect(await deliver(adapter, messageTo(to, parts))).toMatchObject(outcome);
    });
  },
});
