/** WhatsApp by Meta's own Cloud API, see limits.md. */
import type { ChannelAdapter } from "../../engine/model/message.ts";
import { callHttp } from "../http/call.ts";
import { cloudOutcome } from "./receipt.ts";
import { cloudRequest } from "./request.ts";

export interface CloudOptions {
  /** Of a system user, with whatsapp_business_messaging. */
  readonly token: string;
  readonly phoneNumberId: string;
  /** In place of https://graph.facebook.com; for tests. */
  readonly api?: string | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

const VERSION = "v23.0";

export function createWhatsappCloudAdapter({ token, phoneNumberId, api, now }: CloudOptions): ChannelAdapter {
  const closing = new AbortController();
  const url = new URL(`${api ?? "https://graph.facebook.com"}/${VERSION}/${phoneNumberId}/messages`);
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json",
    // Of a form that Meta's contract asks for.
    "user-agent": "vif/1.0.0",
  };
  return {
    name: "whatsapp-cloud",
    channel: "whatsapp",
    abilities: {
      idempotentForMs: 0,
      reports: ["delivered", "opened", "bounced", "unsubscribed", "resubscribed", "replied"],
    },
    async deliver(message, signal) {
      const request = cloudRequest(message);
      if (request.is !== "request") return request;
      const call = { url, method: "POST", headers, body: request.body };
      return cloudOutcome(await callHttp(call, AbortSignal.any([signal, closing.signal])), now());
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
