import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { contractMissing, startContractServer } from "../../tests/support/contract-server.ts";
import { describeChannel, messageTo } from "../contract.ts";
import { type HttpProvider, startHttpProvider } from "../http/http-provider-fixtures.ts";
import { createWhatsappCloudAdapter } from "./adapter.ts";
import { readCloudCallback } from "./receipt.ts";

const CONTRACT = "whatsapp/business-messaging-api_v23.0.yaml.gz";
const parts = {
  is: "whatsapp",
  approved: { twilioSid: undefined, cloudName: "cart_abandoned" },
  variables: ["Zoë"],
  text: "Bonjour Zoë",
} as const;
const to = "+33612345678";
const open = (api: string) =>
  createWhatsappCloudAdapter({ token: "a token", phoneNumberId: "102290129340398", api, now: () => Date.now() });
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

describeChannel<HttpProvider>({
  name: "whatsapp-cloud",
  missing: contractMissing(CONTRACT),
  async start() {
    const contract = await startContractServer(CONTRACT, ["/{Version}/{Phone-Number-ID}/messages"]);
    return startHttpProvider({
      to: contract.url,
      closing: () => contract.close(),
      busy: [400, JSON.stringify({ error: { code: 130429, message: "Rate limit hit", type: "OAuthException" } })],
    });
  },
  open: (provider) => open(provider.url),
  openNowhere: () => open("http://127.0.0.1:9"),
  message: () => messageTo(to, parts),
  badAddresses: ["", "33612345678", "+0", "marie@example.fr"],
  more(given) {
    it("asks what Meta's own contract allows, and names the message for what comes later", async () => {
      const { adapter, provider } = given();
      expect(await adapter.deliver(messageTo(to, parts, { language: "pt-BR" }), soon())).toMatchObject({
        is: "accepted",
      });
      expect(provider.handedOn()).toEqual({ status: 200, violations: undefined });
      expect(provider.asked.at(-1)).toMatchObject({ path: "/v23.0/102290129340398/messages" });
      expect(JSON.parse(provider.asked.at(-1)?.body ?? "")).toEqual({
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: "33612345678",
        biz_opaque_callback_data: "p1.0123456789abcdef0123456789abcdef.c2lnbmF0dXJl",
        type: "template",
        template: {
          name: "cart_abandoned",
          language: { policy: "deterministic", code: "pt_BR" },
          components: [{ type: "body", parameters: [{ type: "text", text: "Zoë" }] }],
        },
      });
    });

    it.each([
      [131026, 400, { is: "rejected", reason: "bad_address" }],
      [131047, 400, { is: "rejected", reason: "outside_window" }],
      [131049, 400, { is: "rejected", reason: "blocked" }],
      [131050, 400, { is: "rejected", reason: "unsubscribed" }],
      [132001, 404, { is: "rejected", reason: "content" }],
      [190, 401, { is: "failed", reason: "credentials" }],
      [131016, 500, { is: "failed", reason: "unavailable" }],
      [131056, 400, { is: "throttled" }],
      [131000, 500, { is: "unknown", reason: "unclear_answer" }],
    ] as const)("error %i of Meta is told as what it means", async (code, status, outcome) => {
      const { adapter, provider } = given();
      provider.become("saying");
      provider.answer = [status, JSON.stringify({ error: { code, message: "refused" } })];
      expect(await adapter.deliver(messageTo(to, parts), soon())).toMatchObject({ ...outcome, code: String(code) });
    });
  },
});

describe("a callback of Meta", () => {
  const secret = "an app secret";
  const told = (value: unknown): string =>
    JSON.stringify({
      object: "whatsapp_business_account",
      entry: [{ id: "1", changes: [{ field: "messages", value }] }],
    });
  const read = (text: string, signature = createHmac("sha256", secret).update(text).digest("hex")) =>
    readCloudCallback({ signature: `sha256=${signature}`, body: Buffer.from(text) }, secret);

  it("names the message that was read, delivered, or did not arrive", () => {
    const about = { id: "wamid.1", recipient_id: "33612345678", biz_opaque_callback_data: "p1.m.s" };
    const statuses = [
      { ...about, status: "sent" },
      { ...about, status: "delivered" },
      { ...about, status: "read" },
      { ...about, status: "failed", errors: [{ code: 131026 }] },
      { ...about, status: "failed", errors: [{ code: 131049 }] },
    ];
    const one = { reference: "p1.m.s", providerId: "wamid.1", address: "+33612345678" };
    expect(read(told({ statuses }))).toEqual({
      is: "reports",
      reports: [
        { ...one, outcome: { is: "delivered" } },
        { ...one, outcome: { is: "opened" } },
        { ...one, outcome: { is: "bounced", kind: "hard", code: "131026" } },
        { ...one, outcome: { is: "bounced", kind: "soft", code: "131049" } },
      ],
    });
  });

  it("tells what customers write: STOP, START, and anything else", () => {
    const messages = ["Stop.", "START", "Bonjour"].map((body) => ({
      from: "33612345678",
      type: "text",
      text: { body },
    }));
    const reports = read(told({ messages, user_preferences: [{ wa_id: "33698765432", value: "stop" }] }));
    expect(reports.is === "reports" && reports.reports.map(({ address, outcome }) => [address, outcome.is])).toEqual([
      ["+33612345678", "replied"],
      ["+33612345678", "unsubscribed"],
      ["+33612345678", "replied"],
      ["+33612345678", "resubscribed"],
      ["+33612345678", "replied"],
      ["+33698765432", "unsubscribed"],
    ]);
  });

  it("that is forged or of no form is told as such", () => {
    expect(read(told({}), "0".repeat(64))).toEqual({ is: "forged" });
    expect(readCloudCallback({ signature: undefined, body: Buffer.from("{}") }, secret)).toEqual({ is: "forged" });
    expect(read("{}")).toEqual({ is: "malformed" });
    expect(read("not JSON")).toEqual({ is: "malformed" });
  });
});
