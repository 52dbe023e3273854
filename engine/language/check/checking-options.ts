/** What the checker is given for one rule. */
import type { PlanDraft } from "./plan-draft.ts";
import type { Report } from "../source/problem.ts";
import type { Uses } from "./data-use.ts";
import type { EventAtHand } from "./event-at-hand.ts";
import type { EventEntry, Vocabulary } from "./vocabulary.ts";

export interface CheckingOptions {
  readonly vocabulary: Vocabulary;
  readonly draft: PlanDraft;
  readonly report: Report;
  /** The file's text, to quote from. */
  readonly text: string;
  /** Set within `where`: names are properties of this event. */
  readonly event: EventEntry | undefined;
  /** What a trigger or a content may read of the event at hand; undefined in segments, which have none. */
  readonly atHand: EventAtHand | undefined;
  /** Of a trigger that a sequence sets off: the events of its steps, none of which is at hand. */
  readonly steps?: readonly EventEntry[] | undefined;
  /** Told of what conditions read of the profile. */
  readonly uses: Uses | undefined;
  /** Index of each field, in the order of names. */
  readonly fieldIndex: ReadonlyMap<string, number>;
  /** Clocks are the brand's, whoever the customer is: `... in brand time`. */
  readonly brandTime?: boolean;
}
