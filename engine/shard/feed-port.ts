/**
 * What a worker tells of what happens in its shards while somebody watches: a sample for people's eyes, bounded a period,
 * never a source of truth (that is history). Nobody watching, nothing of this is made.
 */
import type { Identifier } from "../model/identifier.ts";
import type { Instant, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { Channel } from "../model/message.ts";
import type { Decision } from "../model/plan.ts";
import type { ReceiptFacts } from "../model/receipt.ts";
import type { MessageId } from "../model/trigger.ts";

export type FeedEntry =
  | {
      readonly is: "event";
      readonly shard: ShardId;
      readonly position: Position;
      /** Of its batch. */
      readonly instant: Instant;
      readonly profile: ProfileId;
      readonly name: string;
      readonly type: string;
      readonly source: string;
      readonly messageId: string;
      readonly timestamp: Instant;
      readonly identifiers: readonly Identifier[];
      /** JSON text of its properties or traits; left out where it is over `feedFieldsCharsMax`. */
      readonly fields: string | undefined;
    }
  | {
      readonly is: "transition";
      readonly shard: ShardId;
      readonly position: Position;
      readonly instant: Instant;
      readonly profile: ProfileId;
      readonly segment: string;
      readonly entered: boolean;
    }
  /** A trigger fired. */
  | {
      readonly is: "fired";
      readonly shard: ShardId;
      readonly position: Position;
      readonly instant: Instant;
      readonly profile: ProfileId;
      readonly trigger: string;
      readonly message: MessageId;
      readonly template: string;
    }
  /** A message has come to something. */
  | {
      readonly is: "message";
      readonly shard: ShardId;
      readonly position: Position;
      readonly instant: Instant;
      readonly profile: ProfileId;
      readonly trigger: string;
      readonly message: MessageId;
      readonly channel: Channel | undefined;
      /** As `accepted` or `skipped pressure`. */
      readonly became: string;
      /** When it is tried again; undefined: that is the end of it. */
      readonly again: Instant | undefined;
    }
  /** A till's receipt, behind its event where it has a customer. */
  | {
      readonly is: "receipt";
      readonly shard: ShardId;
      readonly position: Position;
      readonly instant: Instant;
      /** undefined: nobody's. */
      readonly profile: ProfileId | undefined;
      readonly facts: ReceiptFacts;
      /** What it did to the points, and the balance after it; 0 for nobody's. */
      readonly points: number;
      readonly balance: number;
    }
  /** Answered or pushed: what was decided, for whom. */
  | {
      readonly is: "decided";
      readonly instant: Instant;
      readonly profile: ProfileId | undefined;
      readonly decisions: readonly Decision[];
    };

export interface FeedSample {
  readonly entries: readonly FeedEntry[];
  /** Records and decisions of the same period that were left out. */
  readonly skipped: number;
}
