/** What has come to nothing of all that was to be sent, told from history, and what an operator says of it, told to its owner. */
import type { ChannelsReport, OutboxReport } from "../control/outbox-port.ts";
import { refusal, type Refusal } from "../control/refusal.ts";
import type { ChannelStatus } from "../deliver/port.ts";
import type { Router } from "../gateway/router-contract.ts";
import type { History } from "../history/port.ts";
import { outboxLookedMax, outboxShownMax } from "../limits-of-delivery.ts";
import { shardOfProfile } from "../model/ids.ts";
import type { ProfileId } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { Orders } from "../model/orders.ts";
import { decodeRecord } from "../model/record-codec.ts";
import type { MessageId } from "../model/trigger.ts";

export interface OutboxParts {
  readonly history: Pick<History, "latestOf">;
  /** Resolves when all that our shards hold is in history. */
  readonly flush: () => Promise<void>;
  readonly channels: () => readonly ChannelStatus[];
  readonly orders: () => Promise<Orders>;
  readonly tell: Router["tell"];
  readonly shards: number;
}

export interface OutboxQuestions {
  channels(): Promise<ChannelsReport>;
  outbox(): Promise<OutboxReport>;
  sendAgain(message: string, word: "replay" | "drop"): Promise<OutboxReport | Refusal>;
}

export function createOutboxQuestions({
  history,
  flush,
  channels,
  orders,
  tell,
  shards,
}: OutboxParts): OutboxQuestions {
  async function standing(): Promise<ChannelsReport> {
    const { paused, pausedChannels, stopped } = await orders();
    return {
      channels: channels().map((each) => ({
        ...each,
        paused: pausedChannels.includes(each.channel),
        outcomes: { ...each.outcomes },
      })),
      paused: [...paused],
      stopped,
    };
  }

  async function report(): Promise<OutboxReport> {
    const latest = await history.latestOf(["outcome"], outboxLookedMax);
    const seen = new Set<MessageId>();
    const dead: OutboxReport["dead"] = [];
    for (const { instant: at, record: bytes } of latest) {
      const record = decodeRecord(bytes);
      // The newest word on a message counts.
      if (record.kind !== "outcome" || seen.has(record.message)) continue;
      seen.add(record.message);
      const { message, profile, trigger, channel, attempt: attempts, outcome, again } = record;
      const isDead = outcome.is === "failed" || outcome.is === "throttled" || outcome.is === "unknown";
      if (!isDead || again !== undefined || dead.length >= outboxShownMax) continue;
      const became = outcome.is === "throttled" ? outcome.is : `${outcome.is} ${outcome.reason}`;
      const { code } = outcome;
      dead.push({
        message,
        profile,
        trigger,
        ...(channel !== undefined && { channel }),
        attempts,
        became,
        ...(code !== undefined && { code }),
        at,
      });
    }
    return { dead, channels: (await standing()).channels };
  }

  return {
    channels: standing,
    async outbox() {
      await flush();
      return report();
    },
    async sendAgain(named, word) {
      await flush();
      const found = (await report()).dead.filter(({ message }) => message.startsWith(named));
      const [letter] = found;
      if (letter === undefined)
        return refusal("not_found", `No message ${named} has come to nothing; \`vif outbox\` lists those that have.`);
      if (found.length > 1) return refusal("invalid_field", `Several messages begin with ${named}: write more of it.`);
      const profile = letter.profile as ProfileId;
      const told = await new Promise<boolean>((resolve) =>
        tell(
          { shard: shardOfProfile(profile, shards), profile },
          {
            kind: "report",
            message: letter.message as MessageId,
            channel: (letter.channel ?? "email") as Channel,
            outcome: { is: word },
          },
          resolve,
        ),
      );
      if (!told) return refusal("busy");
      await flush();
      return report();
    },
  };
}
