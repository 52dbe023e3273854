/**
 * What another system is sent: a CloudEvents 1.0 body (structured mode, JSON) under a signature of Standard Webhooks. The id
 * is the message's own and the same at every attempt, so that the receiver can tell a repetition. Pure.
 */
import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";
import { isPrivateAddress } from "../http/private-address.ts";

export interface WebhookSigning {
  readonly url: string;
  /** As Standard Webhooks write it: `whsec_` and base64 of 24 to 64 bytes. */
  readonly secret: string;
  /** URI of the brand, as CloudEvents' `source`. */
  readonly source: string;
  /** Addresses of private networks and http: may be called. */
  readonly allowsPrivate: boolean;
}

export interface WebhookRequest {
  readonly is: "request";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Rejected = Extract<CallOutcome, { readonly is: "rejected" }>;

/** @param now ms since 1970, of this attempt */
export function webhookRequest(
  message: OutgoingMessage,
  signing: WebhookSigning,
  now: number,
): WebhookRequest | Rejected {
  const { id, address, parts, category, language, template } = message;
  if (parts.is !== "webhook") return { is: "rejected", reason: "unsupported" };
  const url = URL.canParse(signing.url) ? new URL(signing.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { is: "rejected", reason: "bad_address" };
  if (!signing.allowsPrivate && !isPublic(url)) return { is: "rejected", reason: "forbidden_address" };
  const body = JSON.stringify({
    specversion: "1.0",
    id,
    source: signing.source,
    type: parts.type,
    // Whom it is about, by an identifier that the brand's systems know.
    subject: address,
    time: new Date(now).toISOString(),
    datacontenttype: "application/json",
    data: { message: id, template, category, language, reference: message.reference, fields: parts.fields },
  });
  const timestamp = String(Math.floor(now / 1000));
  return {
    is: "request",
    url,
    body,
    headers: {
      "content-type": "application/cloudevents+json; charset=utf-8",
      "user-agent": "vif-webhook/1",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signWebhook(signing.secret, `${id}.${timestamp}.${body}`)}`,
    },
  };
}

/** HMAC-SHA256 in base64, of `id.timestamp.body`. */
export function signWebhook(secret: string, text: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(text).digest("base64");
}

/** What can be told before the name is resolved: a name is judged by its addresses when it is called. */
function isPublic({ protocol, hostname, username, password }: URL): boolean {
  if (protocol !== "https:" || username !== "" || password !== "") return false;
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? host.includes(".") : !isPrivateAddress(host);
}
