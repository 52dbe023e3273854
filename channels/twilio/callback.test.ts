import fc from "fast-check";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { readTwilioCallback, signTwilio } from "./callback.ts";

const token = "an auth token";
const url = "https://v.example/v1/callbacks/sms/p1.m.s";

function read(
  fields: Readonly<Record<string, string>>,
  { to = url, signature }: { to?: string; signature?: string } = {},
) {
  const form = new URLSearchParams(fields);
  const signed = signature ?? signTwilio(to, form, token);
  return readTwilioCallback({ url: to, signature: signed, body: Buffer.from(form.toString()) }, [
    "a newer token",
    token,
  ]);
}

const about = { MessageSid: "SM1", To: "+33612345678", From: "+33756000000", AccountSid: "AC1" };

describe("a callback of Twilio", () => {
  it("is signed as Twilio's own library signs", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: "grapheme" })), (fields) => {
        const plain = Object.fromEntries(Object.entries(fields));
        const ours = signTwilio(url, new URLSearchParams(plain), token);
        expect(twilio.validateRequest(token, ours, url, plain)).toBe(true);
      }),
    );
  });

  it.each([
    [{ MessageStatus: "delivered" }, { is: "delivered" }],
    [{ MessageStatus: "read" }, { is: "opened" }],
    [
      { MessageStatus: "undelivered", ErrorCode: "30003" },
      { is: "bounced", kind: "soft", code: "30003" },
    ],
    [
      { MessageStatus: "undelivered", ErrorCode: "30005" },
      { is: "bounced", kind: "hard", code: "30005" },
    ],
    [{ MessageStatus: "failed", ErrorCode: "21610" }, { is: "unsubscribed" }],
    [
      { MessageStatus: "failed", ErrorCode: "63016" },
      { is: "bounced", kind: "soft", code: "63016" },
    ],
    [{ MessageStatus: "failed" }, { is: "bounced", kind: "soft", code: undefined }],
  ])("with %j names the message and its outcome", (fields, outcome) => {
    expect(read({ ...about, ...fields })).toEqual({
      is: "reports",
      reports: [{ reference: "p1.m.s", providerId: "SM1", address: "+33612345678", outcome }],
    });
  });

  it("that says nothing new is no report", () => {
    for (const status of ["queued", "sending", "sent", "accepted", "scheduled"])
      expect(read({ ...about, MessageStatus: status })).toEqual({ is: "reports", reports: [] });
  });

  it.each([
    ["STOP", undefined, ["replied", "unsubscribed"]],
    [" stop. ", undefined, ["replied", "unsubscribed"]],
    ["ARRET", undefined, ["replied", "unsubscribed"]],
    ["Start", undefined, ["replied", "resubscribed"]],
    ["Please do not stop", undefined, ["replied"]],
    ["Non merci", "STOP", ["replied", "unsubscribed"]],
    ["STOP", "HELP", ["replied"]],
  ])("tells what a customer has written: %j, judged %j", (Body, OptOutType, outcomes) => {
    const fields = {
      MessageSid: "SM2",
      SmsStatus: "received",
      From: "whatsapp:+33612345678",
      To: "whatsapp:+33756000000",
      Body,
    };
    const told = read(OptOutType === undefined ? fields : { ...fields, OptOutType });
    if (told.is !== "reports") throw new Error(told.is);
    expect(told.reports.map(({ outcome }) => outcome.is)).toEqual(outcomes);
    for (const { address, reference } of told.reports)
      expect({ address, reference }).toEqual({ address: "+33612345678", reference: undefined });
  });

  it("that nobody has signed, or for another address or other words, is forged", () => {
    const fields = { ...about, MessageStatus: "delivered" };
    const right = signTwilio(url, new URLSearchParams(fields), token);
    expect(read(fields, { signature: right }).is).toBe("reports");
    expect(read(fields, { signature: "" }).is).toBe("forged");
    expect(read({ ...fields, MessageSid: "SM9" }, { signature: right }).is).toBe("forged");
    expect(read(fields, { signature: right, to: url.replace("p1", "p2") }).is).toBe("forged");
    const body = Buffer.from(new URLSearchParams(fields).toString());
    expect(readTwilioCallback({ url, signature: undefined, body }, [token])).toEqual({ is: "forged" });
  });

  it("of no form is told as such", () => {
    expect(read({ Hello: "world" })).toEqual({ is: "malformed" });
    expect(readTwilioCallback({ url, signature: "x", body: Buffer.alloc(2 * 1024 * 1024) }, [token])).toEqual({
      is: "malformed",
    });
  });
});
