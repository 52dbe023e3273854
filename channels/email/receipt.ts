/**
 * What comes back by mail, to the address for bounces: delivery reports (RFC 3464) and complaints (RFC 5965). Each holds the
 * headers of the message that it is about, and its Message-ID names it. What is neither, such as an answer from a holiday, is
 * no report. The text of it is anybody's, so nothing of it is believed but codes and the signed reference. Pure.
 */
import { callbackBytesMax } from "../../engine/model/message-limits.ts";
import { parseIdentifier } from "../../engine/model/identifier-rules.ts";
import type { ReadCallback, ReportedOutcome } from "../../engine/model/message.ts";

/** @param mail as it came, with its headers */
export function readReturnedMail(mail: Uint8Array): ReadCallback {
  if (mail.length > callbackBytesMax) return { is: "malformed" };
  const { headers, body } = splitPart(Buffer.from(mail).toString("latin1").replaceAll("\r\n", "\n"));
  const type = headers.get("content-type") ?? "";
  if (!/^multipart\/report\b/i.test(type)) return { is: "reports", reports: [] };
  const boundary = parameterOf(type, "boundary");
  if (boundary === undefined) return { is: "malformed" };
  const parts = `\n${body}`
    .split(`\n--${boundary}`)
    .slice(1, 20)
    .map((part) => splitPart(part.replace(/^[^\n]*\n/, "")));
  const of = (pattern: RegExp): Part | undefined =>
    parts.find(({ headers: own }) => pattern.test(own.get("content-type") ?? ""));
  const original = of(/^(?:text\/rfc822-headers|message\/rfc822)\b/i);
  const about = original === undefined ? undefined : splitPart(original.body).headers;
  const reference = referenceOf(about?.get("message-id"));
  const feedback = of(/^message\/feedback-report\b/i);
  const status = of(/^message\/(?:global-)?delivery-status\b/i);
  if (feedback === undefined && status === undefined) return { is: "malformed" };
  const fields = fieldsOf((feedback ?? status)?.body ?? "");
  const recipient = fields.get("final-recipient") ?? fields.get("original-recipient") ?? fields.get("original-rcpt-to");
  const outcome = feedback === undefined ? outcomeOfStatus(fields) : outcomeOfFeedback(fields);
  const address = addressOf(recipient);
  return {
    is: "reports",
    reports: outcome === undefined ? [] : [{ reference, providerId: undefined, address, outcome }],
  };
}

interface Part {
  /** In small letters; folded lines are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function splitPart(text: string): Part {
  const end = text.startsWith("\n") ? 0 : text.indexOf("\n\n");
  const head = end < 0 ? text : text.slice(0, end);
  return { headers: fieldsOf(head), body: end < 0 ? "" : text.slice(end === 0 ? 1 : end + 2) };
}

/** The first of each name: what a later one says of itself is not ours. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.replace(/\n[ \t]+/g, " ").split("\n")) {
    const [, name = "", value = ""] = /^([A-Za-z][\w-]{0,60}):[ \t]*(.*)$/.exec(line) ?? [];
    if (name !== "" && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value.trim());
  }
  return fields;
}

function parameterOf(header: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]{1,70})"|([^\\s;"]{1,70}))`, "i").exec(header) ?? [];
  return quoted ?? plain;
}

function referenceOf(messageId: string | undefined): string | undefined {
  return /^<([\w.-]{1,200})\.\d{1,4}@[^>\s]+>$/.exec(messageId ?? "")?.[1];
}

/** `rfc822; marie@example.fr`. */
function addressOf(recipient: string | undefined): string | undefined {
  const text = /^(?:(?:rfc822|utf-8)\s*;\s*)?<?([^<>;\s]+)>?$/i.exec(recipient ?? "")?.[1] ?? "";
  const parsed = parseIdentifier("email", text);
  return "value" in parsed ? parsed.value : undefined;
}

function outcomeOfStatus(fields: ReadonlyMap<string, string>): ReportedOutcome | undefined {
  const action = fields.get("action")?.toLowerCase();
  const code = /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(fields.get("status") ?? "")?.[1];
  if (action === "delivered" || action === "relayed" || action === "expanded") return { is: "delivered" };
  // `delayed` is no outcome yet.
  if (action !== "failed") return undefined;
  // No such mailbox, host or account; all else is about this message, or about now.
  const isHard = code !== undefined && /^5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)$/.test(code);
  return { is: "bounced", kind: isHard ? "hard" : "soft", code };
}

function outcomeOfFeedback(fields: ReadonlyMap<string, string>): ReportedOutcome | undefined {
  const type = fields.get("feedback-type")?.toLowerCase();
  if (type === "abuse" || type === "fraud") return { is: "complained" };
  return type === "opt-out" || type === "opt-out-list" ? { is: "unsubscribed" } : undefined;
}
