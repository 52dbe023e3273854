/** What has become of a message, in one line. Pure. */
import type { MessageTold } from "../control/profile-port.ts";
import { isChannel, isVisited } from "../model/message.ts";
import { localTime } from "./engine-client.ts";

/** By these words something has reached its provider; `failed`, `rejected`, `throttled` and `unknown` say that it may not have. */
const SENT = /^(?:accepted|delivered|opened|clicked|bounced|unsubscribed|complained)\b/;

/** @example "accepted 2026-11-28 10:18:58, by email, sent 2026-11-28 10:18:57, tried once" */
export function messageText({ state, due, because, channel, attempts, tried, became, told }: MessageTold): string {
  const by = channel === undefined ? "" : `, by ${channel}`;
  const times = attempts === 0 ? "" : attempts === 1 ? ", tried once" : `, tried ${attempts} times`;
  const since = tried === undefined ? "" : ` since ${localTime(tried)}`;
  switch (state) {
    case "waiting":
      return `waits for ${because ?? "its time"}${due === undefined ? "" : `, looked at ${localTime(due)}`}${by}${times}`;
    case "under way":
      return `${isVisitedBy(channel) ? "on show" : "under way"}${since}${because === undefined ? "" : `, waits for ${because}`}${by}${times}`;
    case "ended": {
      const end = `${became ?? "ended"}${told === undefined ? "" : ` ${localTime(told)}`}${by}`;
      if (tried === undefined) return `${end}${times}`;
      if (isVisitedBy(channel)) return `${end}, on show${since}`;
      return SENT.test(became ?? "")
        ? `${end}, sent ${localTime(tried)}${times}`
        : `${end}${times}, ${attempts === 1 ? "at" : "last at"} ${localTime(tried)}`;
    }
  }
}

/** Nobody is called for it: the customer comes, and sees it. */
function isVisitedBy(channel: string | undefined): boolean {
  return channel !== undefined && isChannel(channel) && isVisited(channel);
}
