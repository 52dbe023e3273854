/**
 * Test switches that break one promise each, so that the simulator can show that it would notice. All are off unless a
 * simulation turns one on; no setting and no message reaches them.
 */
export interface PlantedBugs {
  /** Answers go out before their records are durable. */
  readonly answersBeforeAppend?: boolean;
  /** Ids applied are not remembered across a recovery or an eviction. */
  readonly forgetsDuplicate?: boolean;
  /** A fenced append is taken for a success. */
  readonly ignoresFencing?: boolean;
  /** Checkpoints hold what is not durable yet. */
  readonly checkpointsAboveDurable?: boolean;
  /** A takeover forgets what was sent to another shard and not answered. */
  readonly losesUnansweredSent?: boolean;
  /** An owner goes on reading and pushing after its lease has lapsed. */
  readonly zombieReads?: boolean;
  /** Each side of a merge makes itself the winner. */
  readonly crossingMerges?: boolean;
  /** Batches take the wall clock as it is, even when it runs backwards. */
  readonly clockRunsBackwards?: boolean;
  /** A takeover looks again at dates and schedules that were worked off, and forgets that they have fired. */
  readonly firesAgain?: boolean;
  /** A sequence that an event completes is looked for when time passes only. */
  readonly missesCompletions?: boolean;
  /** Messages are handed to their channel before their attempt is durable. */
  readonly callsBeforeAppend?: boolean;
  /** A message of which nobody knows whether it was sent is sent again, whatever its rule says. */
  readonly sendsUnknownAgain?: boolean;
  /** Caps are not asked. */
  readonly passesCaps?: boolean;
  /** A takeover forgets what is due for those whose records it has folded. */
  readonly losesWakeUps?: boolean;
}
