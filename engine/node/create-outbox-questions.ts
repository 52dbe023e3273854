/** What has come to nothing of all that was to be sent, told from history, and what an operator says of it, told to its owner. */
import type { ChannelsReport, OutboxAsked, OutboxReport } from "../control/outbox-port.ts";
import { refusal, type Refusal } from "../control/refusal.ts";
import type { ChannelStatus } from "../deliver/port.ts";
import type { Router } from "../gateway/router-contract.ts";
import type { History, RecordPlace } from "../history/port.ts";
import { outboxShown } from "../limits-of-delivery.ts";
import type { Timers } from "../model/clock.ts";
import { shardOfProfile } from "../model/ids.ts";
import type { Instant, ProfileId } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { Orders } from "../model/orders.ts";
import type { MessageId } from "../model/trigger.ts";
import { type Dead, DeadLetters, isBehind, LeftOff } from "./dead-letters.ts";

export interface OutboxParts {
  readonly history: Pick<History, "latestOf">;
  /** What came to nothing before is not kept. */
  readonly keptSince: () => Instant;
  /** Resolves when all that our shards hold is in history. */
  readonly flush: () => Promise<void>;
  readonly channels: () => readonly ChannelStatus[];
  readonly orders: () => Promise<Orders>;
  readonly tell: Router["tell"];
  readonly shards: number;
  readonly timers: Timers;
}

export interface OutboxQuestions {
  channels(): Promise<ChannelsReport>;
  outbox(asked?: OutboxAsked): Promise<OutboxReport>;
  sendAgain(message: string, word: "replay" | "drop"): Promise<OutboxReport | Refusal>;
}

export function createOutboxQuestions({
  history,
  keptSince,
  flush,
  channels,
  orders,
  tell,
  shards,
  timers,
}: OutboxParts): OutboxQuestions {
  const leftOff = new LeftOff(timers);

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

  /** From the latest on, or from behind a place: where that page has just ended, as far as it was read then. */
  async function report({ after, limit = outboxShown, message = "" }: OutboxAsked = {}): Promise<OutboxReport> {
    const dead: Dead[] = [];
    const from = after === undefined ? undefined : placeOf(after);
    const left = after === undefined ? undefined : leftOff.take(after);
    const letters = left ?? new DeadLetters({ history, since: keptSince() });
    await left?.catchUp();
    let last: RecordPlace | undefined;
    while (dead.length < limit) {
      const found = await letters.next();
      if (found === undefined) break;
      const { letter, place } = found;
      if (from !== undefined && !isBehind(place, from)) continue;
      if (!letter.message.startsWith(message)) continue;
      dead.push(letter);
      last = place;
    }
    const next = last !== undefined && (await letters.isMore()) ? cursorOf(last) : undefined;
    if (next !== undefined) leftOff.keep(next, letters);
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

function cursorOf({ instant, shard, position }: RecordPlace): string {
  return `${instant}-${shard}-${position}`;
}

/** @param cursor of the form that the control plane lets pass */
function placeOf(cursor: string): RecordPlace {
  const [instant = 0, shard = 0, position = 0] = cursor.split("-").map(Number);
  return { instant, shard, position };
}
