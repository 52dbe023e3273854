import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReturnedMail } from "./receipt.ts";

const REFERENCE = "p1.0123456789abcdef0123456789abcdef.c2lnbmF0dXJl";

function bounce(
  status: string,
  { action = "failed", original = `Message-ID: <${REFERENCE}.2@saule.example>` } = {},
): string {
  return `From: MAILER-DAEMON@mx.example
To: bounces@saule.example
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status;
 boundary="b=_1"
MIME-Version: 1.0

This is a MIME-encapsulated message.

--b=_1
Content-Type: text/plain

I'm sorry to have to inform you. Status: 2.0.0 Action: delivered

--b=_1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Marie@example.fr
Action: ${action}
Status: ${status}
Diagnostic-Code: smtp; 550 5.1.1 <marie@example.fr>: unknown

--b=_1
Content-Type: text/rfc822-headers

From: "Saule & Fils" <bonjour@saule.example>
${original}
Subject: Bonjour

--b=_1--
`.replaceAll("\n", "\r\n");
}

const read = (mail: string) => readReturnedMail(Buffer.from(mail));

describe("a mail that comes back", () => {
  it.each([
    ["5.1.1", { is: "bounced", kind: "hard", code: "5.1.1" }],
    ["5.1.2 (bad host)", { is: "bounced", kind: "hard", code: "5.1.2" }],
    ["5.2.1", { is: "bounced", kind: "hard", code: "5.2.1" }],
    ["5.2.2", { is: "bounced", kind: "soft", code: "5.2.2" }],
    ["5.7.1", { is: "bounced", kind: "soft", code: "5.7.1" }],
    ["4.4.7", { is: "bounced", kind: "soft", code: "4.4.7" }],
    ["nonsense", { is: "bounced", kind: "soft", code: undefined }],
  ])("with status %s names the message, the address and how bad it is", (status, outcome) => {
    expect(read(bounce(status))).toEqual({
      is: "reports",
      reports: [{ reference: REFERENCE, providerId: undefined, address: "marie@example.fr", outcome }],
    });
  });

  it("that says only that it takes longer is no outcome, and one that says it arrived is", () => {
    expect(read(bounce("4.4.1", { action: "delayed" }))).toEqual({ is: "reports", reports: [] });
    expect(read(bounce("2.0.0", { action: "delivered" }))).toMatchObject({
      reports: [{ outcome: { is: "delivered" } }],
    });
  });

  it("of a message that is not ours names none", () => {
    expect(read(bounce("5.1.1", { original: "Message-ID: <someone.else@example.fr>" }))).toMatchObject({
      reports: [{ reference: undefined }],
    });
    expect(read(bounce("5.1.1", { original: "X-Nothing: 1" }))).toMatchObject({ reports: [{ reference: undefined }] });
  });

  it("with a complaint says that somebody has called it spam", () => {
    const complaint = bounce("5.0.0")
      .replace("report-type=delivery-status", "report-type=feedback-report")
      .replace(
        /Content-Type: message\/delivery-status\r\n\r\n[^]*?(?=\r\n--)/,
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <marie@example.fr>\r\n",
      );
    expect(read(complaint)).toEqual({
      is: "reports",
      reports: [
        { reference: REFERENCE, providerId: undefined, address: "marie@example.fr", outcome: { is: "complained" } },
      ],
    });
  });

  it("from a holiday, or of no form, is no report", () => {
    expect(read("From: a@b.example\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.")).toEqual({
      is: "reports",
      reports: [],
    });
    expect(read("Content-Type: multipart/report; boundary=x\r\n\r\nnothing")).toEqual({ is: "malformed" });
    expect(readReturnedMail(Buffer.alloc(2 * 1024 * 1024))).toEqual({ is: "malformed" });
  });

  it("never breaks the reader, whatever it holds", () => {
    const whole = bounce("5.1.1");
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length), fc.string({ unit: "binary" }), (from, length, put) => {
        const { is } = read(whole.slice(0, from) + put + whole.slice(from + length));
        expect(["reports", "malformed"]).toContain(is);
      }),
    );
  });
});
