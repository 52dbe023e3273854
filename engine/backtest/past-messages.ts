/** What the thread that reads the past is started with, and what it says. */
import type { MessagePort } from "node:worker_threads";
import type { Instant } from "../model/ids.ts";
import type { RfmTrait } from "../model/rfm.ts";
import type { BackfilledPerson } from "./gather-past.ts";
import type { RfmChange, RfmTotals } from "./rfm.ts";
import type { SegmentSizes } from "./segments-as-of.ts";
import type { BackfillPass } from "./shard-lacks.ts";
import type { TriedRule, TryProgress, TryReport, TrySpan } from "./try-rule.ts";
import type { Uplift, UpliftQuestion } from "./uplift.ts";

/** A tried rule whose plan is still bytes. */
export interface RuleToTry extends Omit<TriedRule, "plan"> {
  readonly plan: Uint8Array;
}

export type PastQuestion =
  | { readonly ask: "sizes"; readonly plan: Uint8Array; readonly at: Instant }
  | { readonly ask: "try"; readonly rule: RuleToTry; readonly span: TrySpan }
  | { readonly ask: "uplift"; readonly of: UpliftQuestion }
  | { readonly ask: "rfm"; readonly traits: readonly RfmTrait[] }
  | { readonly ask: "gather"; readonly plan: Uint8Array; readonly pass: BackfillPass; readonly shards: number };

export interface PastThreadData {
  readonly history: MessagePort;
  readonly question: PastQuestion;
}

export type FromPast =
  /** More of these may come before the answer. */
  | { readonly is: "progress"; readonly progress: TryProgress }
  /** The next come when these have been asked for with `"more"`. */
  | { readonly is: "people"; readonly people: readonly BackfilledPerson[]; readonly events: number }
  /** The same. */
  | { readonly is: "scored"; readonly changes: readonly RfmChange[] }
  | { readonly is: "gathered" }
  | { readonly is: "rfm"; readonly totals: RfmTotals }
  | { readonly is: "sizes"; readonly sizes: SegmentSizes }
  | { readonly is: "uplift"; readonly uplift: Uplift }
  | { readonly is: "tried"; readonly report: TryReport }
  /** The history is away. */
  | { readonly is: "away"; readonly message: string };
