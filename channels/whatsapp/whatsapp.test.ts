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
import { createWhatsappAdapter } from "./adapter.ts";

const parts = {
  is: "whatsapp",
  approved: { twilioSid: `HX${"0123456789abcdef".repeat(2)}`, cloudName: undefined },
  variables: ["Zoë", "12,50 €"],
  text: "Bonjour Zoë, 12,50 €",
} as const;
const free = { ...parts, approved: { twilioSid: undefined, cloudName: undefined } };
const to = "+33612345678";
const open = (api: string, from = service) =>
  createWhatsappAdapter({ accountSid, authToken, from, api, now: () => Date.now() });

describeChannel<HttpProvider>({
  name: "whatsapp",
  missing: twilioMissing,
  start: startTwilio,
  open: (provider) => open(provider.url),
  openNowhere: () => open("http://127.0.0.1:9"),
  message: () => messageTo(to, parts),
  badAddresses: ["", "0612345678", "whatsapp:+33612345678", "marie@example.fr"],
  more(given) {
    it("asks for an approved template with its variables, as Twilio's contract allows", async () => {
      const { adapter, provider } = given();
      expect(await deliver(adapter, messageTo(to, parts))).toMatchObject({ is: "accepted" });
      expect(provider.handedOn()).toEqual({ status: 201, violations: undefined });
      const form = lastForm(provider);
      expect(form).toMatchObject({
        To: `whatsapp:${to}`,
        ContentSid: parts.approved.twilioSid,
        MessagingServiceSid: service,
      });
      expect(JSON.parse(form["ContentVariables"] ?? "")).toEqual({ 1: "Zoë", 2: "12,50 €" });
      expect(form).not.toHaveProperty("Body");
    });

    it("says free words where no template is approved, which Twilio refuses outside the 24 hours", async () => {
      const { provider } = given();
      const adapter = open(provider.url, "+33756000000");
      expect(await deliver(adapter, messageTo(to, free))).toMatchObject({ is: "accepted" });
      expect(lastForm(provider)).toMatchObject({ From: "whatsapp:+33756000000", Body: parts.text });
      refuse(provider, 63016);
      expect(await deliver(adapter, messageTo(to, free))).toEqual({
        is: "rejected",
        reason: "outside_window",
        code: "63016",
      });
      await adapter.close();
    });

    it.each([
      ["a variable is empty", [""]],
      ["a variable has several lines", ["a\nb"]],
    ])("asks nothing where %s", async (_, variables) => {
      const { adapter, provider } = given();
      const before = provider.taken;
      expect(await deliver(adapter, messageTo(to, { ...parts, variables }))).toEqual({
        is: "rejected",
        reason: "content",
      });
      expect(provider.taken).toBe(before);
    });
  },
});
