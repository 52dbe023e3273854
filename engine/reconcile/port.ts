/**
 * The face of the reconcile room: what a night has compared, what it found, why, and what came of it. Live profiles and
 * cells are compared with the fold of history, each at its own applied position.
 */
import type { Compacted } from "../history/port.ts";
import type { Forgotten } from "./shown-properties.ts";
import type { Instant, Position, ProfileId, ShardId } from "../model/ids.ts";

/** Why live and history differ, as far as it can be told. */
export type DriftCause =
  /** Live has a state of before records that its checkpoint vouches for. */
  | "lost_checkpoint"
  /** History knows somebody whom the live store does not have. */
  | "lost_profile"
  /** The live store has somebody of whom no record tells. */
  | "unknown_profile"
  /** What is kept of past events is not what the events give. */
  | "stale_aggregate"
  /** The points, or the receipts behind them. */
  | "wrong_balance"
  /** In or out of a segment against the records. */
  | "wrong_membership"
  /** Records and live agree, and the segment's own rule says otherwise. */
  | "contradicted_membership"
  /** Something of a profile is due before the store wakes it, if ever: a rule that time turns, a message. */
  | "lost_wake_up"
  /** Anything else that stands in the live store otherwise than the records say. */
  | "edited_store"
  /** An identifier leads to another profile than it was bound to. */
  | "wrong_cell"
  /** A message to another shard was recorded, and is neither answered nor kept to be sent again. */
  | "lost_message"
  /** One side has given a profile up, the other has never taken it. */
  | "half_merged"
  /** Positions that history lacks. */
  | "missing_rows"
  /** A position that stands in history twice. */
  | "repeated_rows"
  /** A row of history is not what was drained. */
  | "edited_history"
  /** History does not come as far as the live store: nothing of the shard can be said. */
  | "history_behind";

export interface DriftSection {
  /** `streams.product_viewed`, `points`, `segments.vip`: part of a profile, and in it what. */
  readonly name: string;
  /** JSON of both; shortened where it is long. undefined: nothing. */
  readonly live: string | undefined;
  readonly history: string | undefined;
}

export interface Drift {
  readonly shard: ShardId;
  readonly cause: DriftCause;
  /** What of: a profile, a cell (its kind, and a digest of its value), a message, positions of history. */
  readonly about: string;
  readonly profile: ProfileId | undefined;
  readonly sections: readonly DriftSection[];
  /** The last records behind it, the latest last. */
  readonly records: readonly { readonly position: Position; readonly kind: string }[];
  /** `repaired`: compared again afterwards, and equal. `kept`: nothing is to be done, live was right. */
  readonly outcome: "found" | "repaired" | "kept" | "not_repaired";
}

export interface ReconcileReport {
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly node: string;
  readonly dryRun: boolean;
  /** All records were read, and no snapshot. Absent in nights of before there were any. */
  readonly whole?: boolean;
  /** Of shards; `broken`: not what was written, and not used. Absent as above. */
  readonly snapshots?: { readonly read: number; readonly taken: number; readonly broken: number };
  readonly shards: number;
  readonly profiles: number;
  readonly cells: number;
  /** Records of history read. */
  readonly records: number;
  /** Of all causes. */
  readonly drifts: number;
  readonly repaired: number;
  readonly byCause: readonly { readonly cause: DriftCause; readonly found: number; readonly repaired: number }[];
  /** At most `driftsToldMax` of them. */
  readonly told: readonly Drift[];
  /** What was done behind the comparison, as far as it has come; absent: it only compared. */
  readonly steps?: readonly NightStep[];
}

/** What a night does behind its comparison, of one kind. */
export interface NightStep {
  /** What is too old goes; who buys how often is worked out; what products are recommended by is learned. */
  readonly step: "retain" | "rfm" | "recommend";
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  /** By what was counted; what there was none of is absent. */
  readonly changed: Readonly<Partial<Record<NightChange, number>>>;
  /** Why not all of it was done, in words; absent: it was. */
  readonly problem?: string;
  /** The same by code, for who says it in another language; absent: it has none. */
  readonly because?: readonly StepHindrance[];
}

export interface StepHindrance {
  /** Differences were found; rows that no snapshot stands for yet; the disk is too full; history was being read. */
  readonly is: "differences" | "unsnapped_rows" | "no_room" | "busy";
  readonly count?: number;
}

export type NightChange =
  /** Of history, that went. */
  | "rows"
  /** Of fields, that went from profiles. */
  | "values"
  /** Of nobody known, that went. */
  | "profiles"
  /** That had come to nothing, or showed something of an event that was too old, and were let go. */
  | "messages"
  /** Of messages, that hold none of the properties of such an event any more. */
  | "decisions"
  /** That the disk was given back. */
  | "bytes"
  /** Customers whose scores were recorded. */
  | "scores"
  /** That a new model was learned from. */
  | "customers";

/** What was too old to be kept, and has gone; with `dryRun` what would. */
export interface RetainReport {
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly node: string;
  readonly dryRun: boolean;
  /** Those that are not kept for ever. `before`: what happened before is too old. */
  readonly events: readonly {
    readonly name: string;
    readonly before: Instant;
    /** Of history. */
    readonly rows: number;
    /** Too old as well, and covered by no snapshot yet: they go with a later night. */
    readonly waiting: number;
  }[];
  /** Fields whose values are not kept for ever; absent: there are none. `before`: what was said before is too old. */
  readonly fields?: readonly {
    readonly name: string;
    readonly before: Instant;
    /** Whose value was cleared in the live store. */
    readonly people: number;
    /** Of history: all that said a value. */
    readonly rows: number;
    /** As above. */
    readonly waiting: number;
  }[];
  /** Messages that had come to nothing before, and cannot be tried once more; absent: they are kept for ever. */
  readonly letters?: { readonly before: Instant; readonly messages: number };
  /**
   * What messages show of events that are too old. `messages`: of the live store, that are not sent, seen or tried once more;
   * absent: there was none.
   */
  readonly shown?: Forgotten & { readonly messages: number };
  /** Profiles of nobody known, of which nothing is left; absent: they are kept for ever. `before`: when their last event was. */
  readonly anonymous?: { readonly before: Instant; readonly people: number };
  /** Those that were emptied a week ago or longer, with the rows of history that went, or with `dryRun` none yet; absent: nobody. */
  readonly emptied?: { readonly people: number; readonly rows: number };
  /** What the disk was given back; where it was not, a later run does it. Absent: there was nothing to be given back. */
  readonly compacted?: Compacted;
}

export interface ReconcileProgress {
  readonly shard: number;
  readonly shards: number;
  readonly records: number;
  /** About how many there are, of all shards. */
  readonly recordsAll: number;
  readonly profiles: number;
}
