/** What has become of a message, in one line. Pure. */
import type { MessageTold } from "../control/profile-port.ts";
import { isChannel, isVisited } from "../model/message.ts";
import { localTime } from "./engine-client.ts";

/** @example "accepted 2026-11-28 10:18:58, by email, tried once" */
export function messageText({ state, due, because, channel, attempts, tried, became, told }: MessageTold): string {
  const by = channel === undefined ? "" : `, by ${channel}`;
  const times = attempts === 0 ? "" : attempts === 1 ? ", tried once" : `, tried ${attempts} times`;
  switch (state) {
    case "waiting":
      return `waits for ${because ?? "its time"}${due === undefined ? "" : `, looked at ${localTime(due)}`}${by}${times}`;
    case "under way":
      return `under way${tried === undefined ? "" : ` since ${localTime(tried)}`}${because === undefined ? "" : `, waits for ${because}`}${by}${times}`;
    case "ended": {
      const sent = tried === undefined ? "" : `, ${isShown(channel) ? "shown" : "sent"} ${localTime(tried)}`;
      return `${became ?? "ended"}${told === undefined ? "" : ` ${localTime(told)}`}${by}${sent}${times}`;
    }
  }
}

function isShown(channel: string | undefined): boolean {
  return channel !== undefined && isChannel(channel) && isVisited(channel);
}
