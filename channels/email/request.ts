/**
 * An e-mail as nodemailer takes it, or the reason why it takes none. No header is made of a text that could hold a line
 * break, and the one address is checked again: nobody can be added to it. A message that is not owed to the customer says in
 * its headers how to be stopped, by one click (RFC 2369, RFC 8058). Pure.
 */
import { parseIdentifier } from "../../engine/model/identifier-rules.ts";
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";

export interface EmailSender {
  /** What people see: `Saule & Fils`, and the address behind it. */
  readonly from: { readonly name: string; readonly address: string };
  /** Where answers go; the sender when absent. */
  readonly replyTo?: string | undefined;
  /** Where bounces go (the envelope's sender); the sender when absent. */
  readonly bounceTo?: string | undefined;
}

export interface Email {
  readonly from: EmailSender["from"];
  readonly to: { readonly name: string; readonly address: string };
  readonly replyTo?: string;
  readonly envelope: { readonly from: string; readonly to: string };
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly disableFileAccess: true;
  readonly disableUrlAccess: true;
}

type Rejected = Extract<CallOutcome, { readonly is: "rejected" }>;

export function emailRequest(message: OutgoingMessage, { from, replyTo, bounceTo }: EmailSender): Email | Rejected {
  const { parts, address, reference, attempt, links, category, language } = message;
  if (parts.is !== "email") return { is: "rejected", reason: "unsupported" };
  const parsed = parseIdentifier("email", address);
  if (!("value" in parsed) || parsed.value !== address) return { is: "rejected", reason: "bad_address" };
  const subject = oneLine(parts.subject);
  if (subject === "" || parts.html === "") return { is: "rejected", reason: "content" };
  const domain = from.address.slice(from.address.lastIndexOf("@") + 1);
  return {
    from,
    to: { name: "", address },
    ...(replyTo !== undefined && { replyTo }),
    envelope: { from: bounceTo ?? from.address, to: address },
    messageId: messageIdOf({ reference, attempt, domain }),
    subject,
    text: parts.text,
    html: parts.html,
    headers: {
      ...leavingHeaders(links.unsubscribe),
      ...(category !== "transactional" && BULK),
      "Content-Language": language,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** No out-of-office answers to what went to many (RFC 3834, 2). */
const BULK = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" };

/** `<REFERENCE.ATTEMPT@domain>`: what a bounce brings back names the message. */
export function messageIdOf({
  reference,
  attempt,
  domain,
}: {
  reference: string;
  attempt: number;
  domain: string;
}): string {
  return `<${reference}.${attempt}@${domain}>`;
}

/** Only an https address can be clicked for somebody by their mail program (RFC 8058, 3.1). */
function leavingHeaders(unsubscribe: string | undefined): Readonly<Record<string, string>> {
  if (unsubscribe === undefined || !URL.canParse(unsubscribe)) return {};
  const { href, protocol } = new URL(unsubscribe);
  if (protocol !== "https:") return { "List-Unsubscribe": `<${href}>` };
  return { "List-Unsubscribe": `<${href}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ").trim();
}
