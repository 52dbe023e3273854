/**
 * The channel to any other system: one signed POST a message, to the address that the settings name. It refuses addresses of
 * private networks, also when a name leads there, and follows no redirect. See limits.md.
 */
import type { ChannelAdapter } from "../../engine/model/message.ts";
import { callHttp } from "../http/call.ts";
import { publicLookup } from "../http/private-address.ts";
import { webhookOutcome } from "./receipt.ts";
import { webhookRequest, type WebhookSigning } from "./request.ts";

export interface WebhookOptions extends WebhookSigning {
  /** ms since 1970. */
  readonly now: () => number;
}

/** Receivers of Standard Webhooks tell repetitions by their id; for how long is theirs to say, and a day is usual. */
const idempotentForMs = 24 * 3_600_000;

export function createWebhookAdapter(options: WebhookOptions): ChannelAdapter {
  const closing = new AbortController();
  const lookup = options.allowsPrivate ? undefined : publicLookup();
  return {
    name: "webhook",
    channel: "webhook",
    abilities: { idempotentForMs, reports: [] },
    async deliver(message, signal) {
      const request = webhookRequest(message, options, options.now());
      if (request.is !== "request") return request;
      const ends = AbortSignal.any([signal, closing.signal]);
      const answer = await callHttp({ ...request, method: "POST", lookup }, ends);
      return webhookOutcome(answer, options.now());
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
