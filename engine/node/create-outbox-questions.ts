/** What has come to nothing of all that was to be sent, told from history, and what an operator says of it, told to its owner. */
import type { ChannelsReport, OutboxAsked, OutboxReport } from "../control/outbox-port.ts";
import { refusal, type Refusal } from "../control/refusal.ts";
import type { ChannelStatus } from "../deliver/port.ts";
import type { Router } from "../gateway/router-contract.ts";
import type { History, RecordPlace } from "../history/port.ts";
import { outboxLookedMax, outboxReadMax, outboxShown } from "../limits-of-delivery.ts";
import { shardOfProfile } from "../model/ids.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { Orders } from "../model/orders.ts";
import type { OutcomeRecord } from "../model/record.ts";
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
  outbox(asked?: OutboxAsked): Promise<OutboxReport>;
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

  /** All that have come to nothing, the latest first, each with its place. */
  async function* deadLetters(): AsyncGenerator<{ readonly letter: Dead; readonly place: RecordPlace }> {
    const seen = new Set<MessageId>();
    let behind: RecordPlace | undefined;
    for (let looked = 0; looked < outboxLookedMax; looked += outboxReadMax) {
      const latest = await history.latestOf(["outcome"], outboxReadMax, behind);
      for (const place of latest) {
        const record = decodeRecord(place.record);
        // The newest word on a message counts.
        if (record.kind !== "outcome" || seen.has(record.message)) continue;
        seen.add(record.message);
        const letter = deadOf(record, place.instant);
        if (letter !== undefined) yield { letter, place };
      }
      behind = latest.at(-1);
      if (latest.length < outboxReadMax) return;
    }
  }

  async function report({ after, limit = outboxShown, message = "" }: OutboxAsked = {}): Promise<OutboxReport> {
    const dead: Dead[] = [];
    const from = after === undefined ? undefined : placeOf(after);
    let last: RecordPlace | undefined;
    let next: string | undefined;
    for await (const { letter, place } of deadLetters()) {
      if (from !== undefined && !isBehind(place, from)) continue;
      if (!letter.message.startsWith(message)) continue;
      if (dead.length === limit) {
        next = last && cursorOf(last);
        break;
      }
      dead.push(letter);
      last = place;
    }
    return { dead, ...(next !== undefined && { next }), channels: (await standing()).channels };
  }

  return {
    channels: standing,
    async outbox(asked) {
      await flush();
      return report(asked);
    },
    async sendAgain(named, word) {
      await flush();
      const found = (await report({ message: named, limit: 2 })).dead;
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

type Dead = OutboxReport["dead"][number];

/** undefined: it went out, is tried again, or was let go. */
function deadOf(record: OutcomeRecord, at: Instant): Dead | undefined {
  const { message, profile, trigger, channel, attempt: attempts, outcome, again } = record;
  if (outcome.is !== "failed" && outcome.is !== "throttled" && outcome.is !== "unknown") return undefined;
  if (again !== undefined) return undefined;
  const became = outcome.is === "throttled" ? outcome.is : `${outcome.is} ${outcome.reason}`;
  const { code } = outcome;
  return {
    message,
    profile,
    trigger,
    ...(channel !== undefined && { channel }),
    attempts,
    became,
    ...(code !== undefined && { code }),
    at,
  };
}

function cursorOf({ instant, shard, position }: RecordPlace): string {
  return `${instant}-${shard}-${position}`;
}

/** @param cursor of the form that the control plane lets pass */
function placeOf(cursor: string): RecordPlace {
  const [instant = 0, shard = 0, position = 0] = cursor.split("-").map(Number);
  return { instant, shard, position };
}

function isBehind(place: RecordPlace, other: RecordPlace): boolean {
  if (place.instant !== other.instant) return place.instant < other.instant;
  return place.shard > other.shard || (place.shard === other.shard && place.position < other.position);
}
