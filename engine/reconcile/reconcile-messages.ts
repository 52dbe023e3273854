/** What the reconciling thread is started with, and what it and the main thread say to each other. */
import type { ShardId } from "../model/ids.ts";
import type { ShardFix } from "../shard/port.ts";
import type { AgedProfilesOptions, LetGo } from "./aged-profiles.ts";
import type { IdleOptions } from "./idle-people.ts";
import type { NightWays } from "./create-night-threads.ts";
import type { ReconcileProgress, ReconcileReport } from "./port.ts";

export interface NightKind {
  readonly dryRun: boolean;
  /** Reads all records, and no snapshot. */
  readonly whole: boolean;
}

export interface ReconcileThreadData extends NightWays {
  readonly node: string;
  readonly task: ReconcileTask;
  /** For what it does not keep in memory. */
  readonly scratch?: string | undefined;
  /** For the threads that it starts. */
  readonly beside: readonly NightWays[];
}

export type ReconcileTask =
  | ({ readonly is: "night" } & NightKind)
  /** Nothing is to be left of anonymous profiles whose last event was before. */
  | ({ readonly is: "idle" } & Pick<IdleOptions, "before" | "historyTells" | "dryRun">)
  /** What profiles keep for so long only goes where it is older. */
  | ({ readonly is: "aged" } & Pick<AgedProfilesOptions, "before" | "dryRun">);

export type FromReconciler =
  | { readonly is: "progress"; readonly progress: ReconcileProgress }
  /** To be answered with `ToReconciler`, one after the other. */
  | { readonly is: "repair"; readonly shard: ShardId; readonly fix: ShardFix }
  | { readonly is: "report"; readonly report: ReconcileReport }
  | { readonly is: "emptied"; readonly people: number }
  | { readonly is: "let_go"; readonly gone: LetGo }
  | { readonly is: "away"; readonly of: "history" | "store" | "thread"; readonly message: string };

/** Whether the shard's owner has taken it. */
export interface ToReconciler {
  readonly isTold: boolean;
}
