/**
 * What the router is given and what it offers to the node that has made it, beside what the sockets of this room see of it
 * (router-port.ts). Nothing in this file has behaviour.
 */
import type { Clock, Timers } from "../model/clock.ts";
import type { Identifier } from "../model/identifier.ts";
import type { ProfileId, ShardId } from "../model/ids.ts";
import type { FromShard, PeerMessage, ToShard } from "../shard/port.ts";
import type { Settle, ToldMessage } from "./routed.ts";
import type { EventRouter } from "./router-port.ts";

export interface RouterLimits {
  readonly requestsMax: number;
  readonly shardRequestsMax: number;
  readonly answerMsMax: number;
}

export interface RouterOptions {
  /** A power of two, as the store has it. */
  readonly shards: number;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Puts a message on the link to the shard's owner; false when it has none that can be reached, or the link is full. */
  readonly send: (shard: ShardId, message: ToShard) => boolean;
  /** The identifier by which an event is routed, read off its bytes; may be wrong, must not throw. */
  readonly hint: (body: Uint8Array) => Identifier | undefined;
  /** The identifier by which it is routed after a switch: the first that is not anonymous. */
  readonly switchHint: (body: Uint8Array) => Identifier | undefined;
  readonly limits?: Partial<RouterLimits>;
}

export interface RouterCounts {
  readonly inFlight: number;
  readonly watches: number;
  /** Since the start: redirects followed, sendings repeated, requests answered busy by the router itself. */
  readonly redirected: number;
  readonly repeated: number;
  readonly refused: number;
  /** Shards that have no owner that can be reached. */
  readonly shardsAway: number;
}

export interface Router extends EventRouter {
  /** What came by a link. */
  receive(message: FromShard): void;
  /** The shard has another owner, or the link to it broke: everything unanswered is repeated, oldest first. */
  ownerChanged(shard: ShardId): void;
  /** The link to the shard's owner takes messages again and has lost none. */
  resume(shard: ShardId): void;
  /** Sends what the engine itself has for a shard, or for a profile wherever it lives by now. */
  tell(
    to: { readonly shard: ShardId; readonly profile: ProfileId | undefined },
    message: ToldMessage,
    settle: Settle,
  ): void;
  /** A message from a shard of this node to any shard. Dropped when it cannot be kept: its sender repeats it. */
  relay(message: PeerMessage): void;
  counts(): RouterCounts;
  /** Answers everything `busy`. */
  close(): void;
}
