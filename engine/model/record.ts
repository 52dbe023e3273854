/**
 * What a journal holds. A record carries all that its fold needs, so that a shard's state is the fold of its records and
 * nothing else; records of a journal are never changed once written, and an unknown kind stops the shard that meets it. The binary
 * form is in record-codec.ts.
 */
import type { LedgerPart } from "./earning.ts";
import type { Event } from "./event.ts";
import type { CellKey, Identifier } from "./identifier.ts";
import type { Epoch, Instant, PlanDigest, Position, ProfileId, ShardId } from "./ids.ts";
import type { BackfilledStream, Lacking, LackingSince } from "./lacking.ts";
import type { CallOutcome, Channel, Outcome, UncalledOutcome } from "./message.ts";
import type { Orders } from "./orders.ts";
import type { ReceiptFacts, ReceiptMark } from "./receipt.ts";
import type { Cause, MessageId, SendIntent } from "./trigger.ts";

export type JournalRecord =
  | EventRecord
  | TransitionRecord
  | SentRecord
  | ReceivedRecord
  | AnsweredRecord
  | PlanRecord
  | LedgerRecord
  | BackfilledRecord
  | WarmedRecord
  | ReceiptRecord
  | DecidedRecord
  | AttemptRecord
  | OutcomeRecord
  | ExposedRecord
  | ControlRecord
  | RepairedRecord;

export interface EventRecord {
  readonly kind: "event";
  readonly profile: ProfileId;
  /** The profile begins with this event: the cell of `event.identifiers[0]`, which lies in this shard, is bound to it. */
  readonly creates: boolean;
  readonly event: Event;
}

/** A segment entered or left; `epoch` counts the profile's entries of that segment. */
export interface TransitionRecord {
  readonly kind: "transition";
  readonly profile: ProfileId;
  readonly segment: string;
  readonly entered: boolean;
  readonly epoch: number;
}

/**
 * A message to another shard (or this one); kept until the receiver has drained it. `n` = epoch x 2^22 + counter, so that
 * numbers only grow per (from, to) and never come again, not even when a store went back in time.
 */
export interface SentRecord {
  readonly kind: "sent";
  readonly to: ShardId;
  readonly n: number;
  readonly body: PeerBody;
}

export interface ReceivedRecord {
  readonly kind: "received";
  readonly from: ShardId;
  readonly fromEpoch: Epoch;
  readonly n: number;
  readonly body: PeerBody;
  readonly result: PeerResult;
}

/** The sender has the result of its `n`; its fold acts on it. */
export interface AnsweredRecord {
  readonly kind: "answered";
  readonly to: ShardId;
  readonly n: number;
  readonly body: PeerBody;
  readonly result: PeerResult;
}

/** From here on the shard decides with this plan. */
export interface PlanRecord {
  readonly kind: "plan";
  readonly digest: PlanDigest;
  /** What it reads and the plan before it did not; absent: nothing. It is lacking from here on, until it is gathered. */
  readonly lacking?: Lacking;
}

/** What a plan lacked of one person, gathered from history. */
export interface BackfilledRecord {
  readonly kind: "backfilled";
  readonly profile: ProfileId;
  /** A profile's row, in base64; streams and attributes count. */
  readonly row: string;
  readonly streams: readonly BackfilledStream[];
}

/** All of this has been gathered of everybody: what waited for it decides from here on. */
export interface WarmedRecord {
  readonly kind: "warmed";
  readonly backfilled: LackingSince;
}

/**
 * One a receipt with a customer, right behind its event: what it did to the points, and what the till was told. The
 * balance of a profile is the sum of `points` of its own records and of those of the profiles that it has absorbed.
 */
export interface LedgerRecord {
  readonly kind: "ledger";
  readonly profile: ProfileId;
  readonly facts: ReceiptFacts;
  /** `earned - reversed`. */
  readonly points: number;
  /** After it. */
  readonly balance: number;
  readonly earned: number;
  readonly reversed: number;
  /** The amount that earned, or that came back, in 1/10,000; without excluded categories. */
  readonly eligible: number;
  /** By which rule, of which lines; absent where all lines have earned alike, by one rule. */
  readonly parts?: readonly LedgerPart[];
  /** Members of the answer, as JSON. */
  readonly answer: string;
}

/**
 * A trigger has fired: what is to be sent, to whom and because of what. Whether it is sent, and what comes of it, other
 * records tell.
 */
export interface DecidedRecord {
  readonly kind: "decided";
  /** The constituent profile for which it was decided. */
  readonly profile: ProfileId;
  readonly trigger: string;
  readonly message: MessageId;
  readonly cause: Cause;
  /** When it was due, however late it was worked off. */
  readonly at: Instant;
  readonly intent: SendIntent;
  /** By which it was decided. */
  readonly plan: PlanDigest;
}

/**
 * A message goes out: recorded before its provider is called. While no outcome follows, nobody knows whether it was sent.
 */
export interface AttemptRecord {
  readonly kind: "attempt";
  /** Whose owner makes it: the constituent profile that it was decided for, or one that has absorbed that. */
  readonly profile: ProfileId;
  readonly message: MessageId;
  readonly trigger: string;
  readonly channel: Channel;
  /** Counted from 1. */
  readonly attempt: number;
  /** hashText of the address, so that one that turns out to be no good is known again. */
  readonly to: number;
}

/** What has come of a message: of an attempt, or of none. */
export interface OutcomeRecord {
  readonly kind: "outcome";
  readonly profile: ProfileId;
  readonly message: MessageId;
  readonly trigger: string;
  /** Absent where no channel was chosen. */
  readonly channel?: Channel;
  /** Of which attempt; 0: of none. */
  readonly attempt: number;
  readonly outcome: Outcome;
  /** Not before then is it tried again; absent: this is the end of it, but for what a provider reports later. */
  readonly again?: Instant;
}

/** A person has come to a holdout, for the first time in this group: see model/holdout.ts. */
export interface ExposedRecord {
  readonly kind: "exposed";
  readonly profile: ProfileId;
  readonly holdout: string;
  readonly percent: number;
  readonly heldOut: boolean;
  /** What they came to: `trigger NAME` or `content NAME`. */
  readonly by: string;
  readonly at: Instant;
}

/** From here on the shard heeds what operators have ordered. */
export interface ControlRecord {
  readonly kind: "control";
  readonly orders: Orders;
}

/**
 * What the reconciliation has put right, of one profile or of one cell; or what a shard has begun anew with, as there are
 * more. It stands for all records before it: whatever these said of that, this is what holds from here on.
 */
export interface RepairedRecord {
  readonly kind: "repaired";
  readonly repair: StateRepair;
}

export type StateRepair =
  /**
   * `row`: all of the profile, as it is stored, in base64. `emptied`: nothing is left of somebody anonymous, and what was
   * recorded of them before may go from history.
   */
  | { readonly of: "profile"; readonly profile: ProfileId; readonly row: string; readonly emptied?: true }
  | { readonly of: "cell"; readonly cell: CellKey; readonly to: ProfileId }
  /**
   * The number of shards has grown: of messages between them only those stand that were numbered from `since` on, and no shard
   * has heard of another yet. What was open before was asked anew by records before this one.
   */
  | { readonly of: "messages"; readonly since: number };

/** A receipt's own cell takes its mark: it was seen for the first time, or nobody's has found its customer. */
export interface ReceiptRecord {
  readonly kind: "receipt";
  readonly cell: CellKey;
  readonly mark: ReceiptMark;
  /** Of nobody's receipt, which is recorded here and in no profile. */
  readonly unclaimed: UnclaimedReceipt | undefined;
}

export interface UnclaimedReceipt {
  readonly facts: ReceiptFacts;
  readonly event: Pick<Event, "name" | "timestamp" | "messageId" | "source" | "body">;
  /** Members of the answer, as JSON. */
  readonly answer: string;
}

/** What shards ask of each other; see protocol, "Between shards". */
export type PeerBody =
  /** Bind the cell of `identifier` to `profile`, or say who has it. `again`: how often it was asked before, see merge. */
  | { readonly ask: "claim"; readonly identifier: Identifier; readonly profile: ProfileId; readonly again?: number }
  /**
   * `profile`, which lives at the receiver, and `with`, which asks, are one person. The younger is sealed: `profile` by the
   * receiver (result done; its absorb is on the way), `with` by the asker (result agreed).
   */
  | {
      readonly ask: "merge";
      readonly profile: ProfileId;
      readonly with: ProfileId;
      /** The identifier over which they met; pending at `with`. */
      readonly identifier: Identifier;
      /** The asker's userId: two profiles of two users are never merged. */
      readonly user: string | undefined;
      /**
       * The asker was sent on to `profile` by one that was sealed into it. If refused there, it claims the identifier
       * again: the sealed one may have been refused too, and be itself again.
       */
      readonly sentOn?: boolean;
      readonly again?: number;
    }
  /**
   * `state` is the sealed loser's row in base64; absorbed once by `mergeId`. `user` and `identifier` as in merge: the
   * winner may have become another user's since it was asked. `sentOn` and `again` as in merge, too.
   */
  | {
      readonly ask: "absorb";
      readonly mergeId: string;
      readonly identifier: Identifier;
      readonly user: string | undefined;
      readonly loser: ProfileId;
      readonly winner: ProfileId;
      readonly state: string;
      readonly sentOn?: boolean;
      readonly again?: number;
    }
  /**
   * An attempt that `loser` had made before `profile` absorbed it has come to this: the message moved, its outcome follows.
   * Refused where the message is unknown: the absorption was, and `loser` is itself again.
   */
  | {
      readonly ask: "settle";
      readonly profile: ProfileId;
      readonly loser: ProfileId;
      readonly message: MessageId;
      /** Absent in what was sent before it was told. */
      readonly channel?: Channel;
      readonly attempt: number;
      readonly outcome: CallOutcome | UncalledOutcome;
    }
  /** Point the cell at `to` if it points at one of `from`. */
  | { readonly ask: "rebind"; readonly cell: CellKey; readonly from: readonly ProfileId[]; readonly to: ProfileId };

export type PeerResult =
  | { readonly is: "done" }
  /**
   * Any: a number that was applied before, with whose result nobody knows any more, as one of the two stores went back in
   * time. All asks can be asked twice, so the asker asks again under a new number.
   */
  | { readonly is: "unknown" }
  /** claim: the cell is another profile's. */
  | { readonly is: "taken"; readonly by: ProfileId }
  /** merge: the receiver's profile is the older one; seal yours. */
  | { readonly is: "agreed" }
  /** merge, absorb: not allowed, both stay, or become again, as they were. */
  | { readonly is: "refused" }
  /** merge, absorb: the profile is sealed already, into `into`: ask that one. */
  | { readonly is: "sealed"; readonly into: ProfileId };

/** One append: records numbered from `firstPosition`, all of one instant. */
export interface Batch {
  readonly firstPosition: Position;
  readonly instant: Instant;
  readonly records: readonly JournalRecord[];
}
