/**
 * What travels between a gateway and the workers that own shards, and between shards. The same messages go over a
 * MessagePort to a worker of this node and over a WebSocket to another node; link-codec.ts gives their binary form. A
 * link keeps order and either delivers or breaks as a whole.
 */
import type { Consents } from "../model/consent.ts";
import type { Event } from "../model/event.ts";
import type { Decision } from "../model/plan.ts";
import type { PeerBody, PeerResult } from "../model/record.ts";
import type { Epoch, Instant, PlanDigest, Position, ProfileId, ShardId, SourceId } from "../model/ids.ts";
import type { CellKey, Identifier } from "../model/identifier.ts";
import type { BackfilledStream, LackingSince } from "../model/lacking.ts";
import type { Channel, OperatorWord, ReportedOutcome } from "../model/message.ts";
import type { MessageId } from "../model/trigger.ts";
import type { Receipt } from "../model/receipt.ts";
import type { RecommendedProduct } from "../model/recommendation.ts";

/**
 * What a read brings: what is decided now; with it every segment; a short view of the profile; its whole row, for who looks
 * closely; the products of every recommendation.
 */
export type ReadWant = "decisions" | "segments" | "profile" | "row" | "strips";

/** Every segment of the plan, by name, and whether the person, or nobody known, is in it. */
export interface SegmentsRead {
  readonly inside: Readonly<Record<string, boolean>>;
  /** Names of segments and contents that wait for what is being gathered from history: they are neither. */
  readonly warming: readonly string[];
}

/** Names one request of one gateway; unique among its unanswered ones. */
export type RequestId = number;

/** What the gateway knows of a message without parsing it. */
export interface Origin {
  readonly source: SourceId;
  /** A server key: may read any decision; its claims are proved. A browser key: only its own visitor's. */
  readonly trusted: boolean;
  /** The visitor whose signed token the connection has shown, if any. */
  readonly visitor: string | undefined;
  /** Wall clock of the gateway when the bytes arrived, ms. */
  readonly receivedAt: number;
}

/** To the owner of `shard`. */
export type ToShard =
  /**
   * One wire event, unparsed. `profile`: where it belongs, as a shard has answered for this very event (`told`), or else as
   * the gateway guesses from what it could read off the bytes, which the shard must not take on trust. `route` 0: by the
   * first identifier; 1: by the second, after a `switch`.
   */
  | {
      readonly kind: "event";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly origin: Origin;
      readonly profile: ProfileId | undefined;
      readonly told: boolean;
      readonly route: number;
      readonly decide: boolean;
      readonly body: Uint8Array;
    }
  /** Pure read: what is decided for this person now, and what is known. Creates nothing. */
  | {
      readonly kind: "read";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly identifier: Identifier;
      readonly profile: ProfileId | undefined;
      readonly want: ReadWant;
    }
  /** What a new plan lacks of this person, gathered from history. */
  | {
      readonly kind: "backfill";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly profile: ProfileId;
      /** A profile's row, in base64. */
      readonly row: string;
      readonly streams: readonly BackfilledStream[];
    }
  /** What has become of a message of this person, as was said later. */
  | {
      readonly kind: "report";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly profile: ProfileId;
      readonly message: MessageId;
      readonly channel: Channel;
      readonly outcome: ReportedOutcome | OperatorWord;
    }
  /** All of this has been gathered of everybody. */
  | {
      readonly kind: "warm";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly backfilled: LackingSince;
    }
  /** What the reconciliation has found to be wrong, and how it is right. */
  | { readonly kind: "repair"; readonly shard: ShardId; readonly request: RequestId; readonly fix: ShardFix }
  /** Push new decisions of this person to the asking gateway, under `watch`, until unwatched. */
  | {
      readonly kind: "watch";
      readonly shard: ShardId;
      readonly request: RequestId;
      readonly identifier: Identifier;
      readonly profile: ProfileId | undefined;
      readonly watch: number;
    }
  | { readonly kind: "unwatch"; readonly shard: ShardId; readonly watch: number }
  | PeerMessage;

/** What of a profile is too old to be kept. */
export interface AgedBefore {
  /** By the names of fields: values that were said before. */
  readonly fields: Readonly<Record<string, Instant>>;
  /** Messages that had come to nothing before; absent: they are kept. */
  readonly letters?: Instant | undefined;
  /** By the names of events: what happened before. A message that shows something of it is not sent any more. */
  readonly events: Readonly<Record<string, Instant>>;
}

/** How something of a shard is to be put right. */
export type ShardFix =
  /**
   * `row`: all of the profile as its records up to `upTo` say, in base64; taken unless the profile has gone on since.
   * undefined: the owner's own state is right and the records are not, so that it is recorded as it is.
   */
  | {
      readonly of: "profile";
      readonly profile: ProfileId;
      readonly row: string | undefined;
      readonly upTo: Position;
    }
  /** `from`: whom the cell was found to lead to. */
  | { readonly of: "cell"; readonly cell: CellKey; readonly from: ProfileId | undefined; readonly to: ProfileId }
  /**
   * To whom nothing has happened for so long that nothing of them is kept: of those whom nobody is known by, unless a
   * record above `upTo` is about them. The rest of a profile that was emptied goes as well.
   */
  | { readonly of: "idle"; readonly people: readonly { readonly profile: ProfileId; readonly upTo: Position }[] }
  /** What is kept for so long only goes, of all these people. */
  | { readonly of: "aged"; readonly before: AgedBefore; readonly people: readonly ProfileId[] }
  /** Its wake-up was lost: what is due of it is looked at now, and when it is to be woken next is worked out anew. */
  | { readonly of: "wake_up"; readonly profile: ProfileId }
  /** All that has changed is to be stored now, so that there is something to look at. */
  | { readonly of: "checkpoint" }
  /** A message to another shard that was recorded, is not answered, and is not kept to be sent again. */
  | { readonly of: "message"; readonly to: ShardId; readonly n: number; readonly body: PeerBody };

/** Between the owners of two shards; relayed by gateways. */
export type PeerMessage =
  /** Accepted when `prev` <= last applied < `n`. All results up to `settled` are in the sender's journal. */
  | {
      readonly kind: "send";
      readonly shard: ShardId;
      readonly from: ShardId;
      readonly fromEpoch: Epoch;
      readonly prev: number;
      readonly n: number;
      readonly settled: number;
      readonly body: PeerBody;
    }
  | {
      readonly kind: "result";
      /** The last number that `from` has applied from `shard`. */
      readonly applied: number;
      readonly shard: ShardId;
      readonly from: ShardId;
      readonly n: number;
      readonly result: PeerResult;
    }
  /** On every claim to every neighbour, and when a `send` does not follow: the last n that `from` has applied from `shard`,
   *  which repeats all after it. `reply` asks for the same in return. */
  | {
      readonly kind: "greet";
      readonly shard: ShardId;
      readonly from: ShardId;
      readonly fromEpoch: Epoch;
      readonly applied: number;
      readonly reply: boolean;
    }
  /** `from` has everything of `shard` up to n in history: bodies up to n may go. */
  | { readonly kind: "drained"; readonly shard: ShardId; readonly from: ShardId; readonly n: number };

/** From the owner of a shard to the gateway that asked. */
export type FromShard =
  | { readonly kind: "answer"; readonly request: RequestId; readonly answer: Answer }
  | {
      readonly kind: "push";
      readonly watch: number;
      readonly shard: ShardId;
      readonly epoch: Epoch;
      readonly position: Position;
      readonly profile: ProfileId;
      readonly decisions: readonly Decision[];
    }
  /** The watched person lives elsewhere now (merged), or the shard was given up: watch again by the identifier. */
  | { readonly kind: "unwatched"; readonly watch: number };

export type Answer =
  | {
      readonly is: "applied" | "duplicate";
      readonly messageId: string;
      readonly profile: ProfileId;
      /** False while a claim of this profile waits for another shard. */
      readonly resolved: boolean;
      /** The profile began with this event, under its anonymousId: the gateway may sign a visitor token for that. */
      readonly created: boolean;
      /** That anonymousId as parsed, when `created` and the event names it as its own (an alias names another's). */
      readonly visitor: string | undefined;
      readonly decisions: readonly Decision[] | undefined;
      readonly plan: PlanDigest;
    }
  /**
   * Go there instead, with this profile (when known). `identifier` is what the shard looked for, as parsed: what a gateway
   * learns from the answer is true of this one, whatever it had read off the bytes itself.
   */
  | {
      readonly is: "moved";
      readonly shard: ShardId;
      readonly profile: ProfileId | undefined;
      readonly identifier: Identifier;
      readonly route: number;
      readonly reason: "home" | "switch" | "merged";
    }
  /**
   * A till's receipt, kept or kept already. `members`: what the till is told, as JSON members; the same in every
   * repetition. `profile`: undefined for nobody's.
   */
  | {
      readonly is: "receipt";
      readonly repeated: boolean;
      readonly messageId: string;
      readonly profile: ProfileId | undefined;
      readonly resolved: boolean;
      readonly members: string;
      readonly decisions: readonly Decision[] | undefined;
      readonly plan: PlanDigest;
    }
  /** `profile` no longer is this identifier's: ask the cell again. */
  | { readonly is: "stale" }
  /** Not the owner, or not any more. */
  | { readonly is: "not_owner"; readonly shard: ShardId }
  | { readonly is: "busy"; readonly retryAfterMs: number }
  | { readonly is: "refused"; readonly messageId: string | undefined; readonly problem: Problem }
  | {
      readonly is: "read";
      readonly profile: ProfileId | undefined;
      readonly decisions: readonly Decision[];
      readonly view: ProfileSummary | undefined;
      /** With `segments`. */
      readonly segments?: SegmentsRead;
      /** With `strips`: products by the names of recommendations. */
      readonly strips?: Readonly<Record<string, readonly RecommendedProduct[]>>;
      /** With `row`, of somebody known: the profile as it is stored, in base64. It stands for any plan. */
      readonly row?: string;
      /** With `row`: what the plan lacks of the past, so that rules wait; absent: nothing. */
      readonly lacking?: LackingSince;
      readonly plan: PlanDigest;
    }
  | { readonly is: "watching"; readonly profile: ProfileId | undefined }
  /** What was asked for is recorded. */
  | { readonly is: "done" };

/** What the gateway's parser makes of one wire event; called in the worker that owns the shard. */
export type ParsedEvent =
  | { readonly event: Event; readonly receipt?: Receipt }
  | { readonly problem: Problem; readonly messageId: string | undefined };

/** A refusal that a sender can act on; codes are in model/errors.ts. */
export interface Problem {
  readonly code: string;
  /** Where: `/properties/total`; undefined for the whole. */
  readonly field: string | undefined;
  readonly message: string;
}

/** What a reader of one profile is shown. */
export interface ProfileSummary {
  readonly profile: ProfileId;
  readonly identifiers: readonly Identifier[];
  /** One that is surely theirs: an event that names it reaches them; undefined while none is settled. */
  readonly reachedBy: Identifier | undefined;
  readonly consents: Consents;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly segments: readonly string[];
  readonly position: Position;
  readonly epoch: Epoch;
  /** Digests of the ids applied within the horizon, newest last: `hhhhhhhhllllllll` hex. */
  readonly applied: readonly string[];
  /** Messages that triggers have set off, as far as they are remembered, in the order of time. */
  readonly firings: readonly string[];
  /** The loyalty balance, and how many receipts made it. */
  readonly points: { readonly balance: number; readonly entries: number };
}
