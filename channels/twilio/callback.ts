/**
 * Twilio's callbacks: what became of a message, and what a customer has written back. Signed with the account's auth token
 * over the very address that was called and all parameters (https://www.twilio.com/docs/usage/security). Pure.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { callbackBytesMax } from "../../engine/model/message-limits.ts";
import type { ReadCallback, Report, ReportedOutcome } from "../../engine/model/message.ts";
import { outcomeOfFailure } from "./errors.ts";

export interface TwilioCallback {
  /** As Twilio has called it, with its query: behind a proxy, the public one. */
  readonly url: string;
  /** X-Twilio-Signature; undefined where there is none. */
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

/** @param authTokens that of the account, and the former one while it is being replaced */
export function readTwilioCallback(
  { url, signature, body }: TwilioCallback,
  authTokens: readonly string[],
): ReadCallback {
  if (body.length > callbackBytesMax) return { is: "malformed" };
  const fields = new URLSearchParams(Buffer.from(body).toString("utf8"));
  if (signature === undefined || !authTokens.some((token) => isSame(signTwilio(url, fields, token), signature)))
    return { is: "forged" };
  const providerId = fields.get("MessageSid") ?? fields.get("SmsSid") ?? undefined;
  // The address of a message's own callbacks ends in its reference.
  const reference = /\/callbacks\/[a-z-]+\/([\w.-]{1,200})$/.exec(new URL(url).pathname)?.[1];
  const status = fields.get("MessageStatus") ?? fields.get("SmsStatus");
  // A message from a customer has words; one to a customer has a status that is none of "received".
  if (fields.has("Body") || status === "received") return { is: "reports", reports: reportsOfWords(fields) };
  if (providerId === undefined || status === null) return { is: "malformed" };
  const outcome = outcomeOfStatus(status, fields.get("ErrorCode"));
  const address = addressOf(fields.get("To"));
  return { is: "reports", reports: outcome === undefined ? [] : [{ reference, providerId, address, outcome }] };
}

/** HMAC-SHA1 in base64, over the address and every parameter's name and value in the order of names. */
export function signTwilio(url: string, fields: URLSearchParams, authToken: string): string {
  const names = [...new Set(fields.keys())].sort();
  // Of a name that comes twice each value counts once, as Twilio's own libraries have it.
  const text = names
    .map((name) =>
      [...new Set(fields.getAll(name))]
        .sort()
        .map((value) => name + value)
        .join(""),
    )
    .join("");
  return createHmac("sha1", authToken)
    .update(url + text, "utf8")
    .digest("base64");
}

function isSame(wanted: string, given: string): boolean {
  const [a, b] = [Buffer.from(wanted), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function outcomeOfStatus(status: string, code: string | null): ReportedOutcome | undefined {
  switch (status) {
    case "delivered":
      return { is: "delivered" };
    case "read":
      return { is: "opened" };
    case "undelivered":
    case "failed":
      return outcomeOfFailure(code !== null && /^\d{5}$/.test(code) ? Number(code) : undefined);
    default:
      // accepted, queued, sending, sent: nothing that was not known.
      return undefined;
  }
}

const STOP = /^(?:STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|ARRET|ARRÊT)$/i;
const START = /^(?:START|UNSTOP|YES|OUI)$/i;

/** OptOutType is Twilio's own judgement, where Advanced Opt-Out is on; else the words are judged as networks do. */
function reportsOfWords(fields: URLSearchParams): readonly Report[] {
  const address = addressOf(fields.get("From"));
  if (address === undefined) return [];
  const judged = fields.get("OptOutType");
  const said = (fields.get("Body") ?? "").trim().replace(/[.!]+$/, "");
  const about = { reference: undefined, providerId: undefined, address };
  const reports: Report[] = [{ ...about, outcome: { is: "replied" } }];
  if (judged === "STOP" || (judged === null && STOP.test(said)))
    reports.push({ ...about, outcome: { is: "unsubscribed" } });
  if (judged === "START" || (judged === null && START.test(said)))
    reports.push({ ...about, outcome: { is: "resubscribed" } });
  return reports;
}

/** `whatsapp:+33...` and `+33...` in E.164; undefined for short codes and whatever else. */
function addressOf(text: string | null): string | undefined {
  return /^(?:whatsapp:)?(\+[1-9]\d{6,14})$/.exec(text ?? "")?.[1];
}
