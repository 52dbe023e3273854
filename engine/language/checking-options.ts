/** What the checker is given for one rule. */
import type { PlanDraft } from "./plan-draft.ts";
import type { Report } from "./problem.ts";
import type { EventEntry, Vocabulary } from "./vocabulary.ts";

export interface CheckingOptions {
  readonly vocabulary: Vocabulary;
  readonly draft: PlanDraft;
  readonly report: Report;
  /** The file's text, to quote from. */
  readonly text: string;
  /** Set within `where`: names are properties of this event. */
  readonly event: EventEntry | undefined;
  /** Index of each field, in the order of names. */
  readonly fieldIndex: ReadonlyMap<string, number>;
}
