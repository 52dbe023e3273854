/**
 * What the owner of a shard and the delivery thread say to each other. Credit comes before work: an owner offers that a
 * message of a channel is ready, the desk grants it a place when it has a free one, and only then the owner looks at the
 * gates, records the attempt and hands the message over; what came of the call goes back to the owner. An offer or
 * a grant that is lost costs a moment, never a message: nothing is known of it but by whom it concerns.
 */
import type { Instant, ProfileId, ShardId } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import type { BreakerBounds } from "./breaker.ts";
import type { AttemptOutcome, Letter } from "./letter.ts";

export type ToDesk =
  | {
      readonly is: "offer";
      readonly shard: ShardId;
      readonly profile: ProfileId;
      readonly message: MessageId;
      readonly channel: Channel;
      /** The highest first, then the one that has been due for longest. */
      readonly priority: number;
      readonly due: Instant;
    }
  /** An offer, or a grant, is not wanted any more. */
  | { readonly is: "withdraw"; readonly message: MessageId; readonly channel: Channel }
  | {
      readonly is: "call";
      readonly shard: ShardId;
      readonly profile: ProfileId;
      readonly letter: Letter;
      /** On the monotonic clock of this node: later it is not called. */
      readonly callUntilMs: number;
    }
  /** The shard is not ours any more: nothing is granted to it. */
  | { readonly is: "lost"; readonly shard: ShardId };

export type FromDesk =
  | {
      readonly is: "grant";
      readonly shard: ShardId;
      readonly profile: ProfileId;
      readonly message: MessageId;
      readonly channel: Channel;
    }
  | {
      readonly is: "called";
      readonly shard: ShardId;
      readonly profile: ProfileId;
      readonly message: MessageId;
      readonly channel: Channel;
      readonly attempt: number;
      readonly outcome: AttemptOutcome;
    };

/** How a channel's provider is used; each bound is the provider's or the operator's. */
export interface ChannelBounds {
  /** Calls at a time. */
  readonly concurrency: number;
  /** undefined: as many as can be. */
  readonly perSecond: number | undefined;
  /** Longest that one call may take. */
  readonly callMsMax: number;
  /** As is usual when absent. */
  readonly breaker?: BreakerBounds;
}

export interface ChannelStatus {
  readonly channel: Channel;
  readonly adapter: string;
  /** Offers that wait for a place. */
  readonly waiting: number;
  /** Places taken, by a grant or by a call. */
  readonly taken: number;
  /** Of the circuit breaker: `open` while nothing is granted, `trying` while one call shows whether the provider is back. */
  readonly breaker: "closed" | "open" | "trying";
  /** Calls since the start by what came of them. */
  readonly outcomes: Readonly<Record<string, number>>;
}
