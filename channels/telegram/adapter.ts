/** Telegram by its Bot API, see limits.md. */
import type { ChannelAdapter } from "../../engine/model/message.ts";
import { callHttp } from "../http/call.ts";
import { telegramOutcome } from "./receipt.ts";
import { telegramRequest } from "./request.ts";

export interface TelegramOptions {
  /** Of the bot, as @BotFather gives it. */
  readonly token: string;
  /** In place of https://api.telegram.org; for tests. */
  readonly api?: string | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

export function createTelegramAdapter({ token, api, now }: TelegramOptions): ChannelAdapter {
  const closing = new AbortController();
  const url = new URL(`${api ?? "https://api.telegram.org"}/bot${token}/sendMessage`);
  const headers = { "content-type": "application/json", accept: "application/json" };
  return {
    name: "telegram",
    channel: "telegram",
    abilities: { idempotentForMs: 0, reports: ["unsubscribed", "resubscribed", "replied"] },
    async deliver(message, signal) {
      const request = telegramRequest(message);
      if (request.is !== "request") return request;
      const call = { url, method: "POST", headers, body: request.body };
      return telegramOutcome(await callHttp(call, AbortSignal.any([signal, closing.signal])), now());
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
