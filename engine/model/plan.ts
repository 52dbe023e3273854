/**
 * The plan as the rest of the engine sees it: a checked, compiled, versioned set of all rules. Made by the language
 * room; read by the profile room (which streams to keep) and by a worker's turn (what to evaluate). Everything here is a
 * pure function of (profile, event, instant).
 *
 * A stream is what a profile keeps of past events for rules: the (timestamp, value) of every event of one name that
 * passes one `where`, by one property. An aggregate is a function and a window over a stream. Streams are known by the
 * hash of their own definition, so an edit of one rule voids nothing that other rules have gathered.
 */
import type { Bonus } from "./earning.ts";
import type { Event, EventName, JsonObject } from "./event.ts";
import type { Exposure } from "./holdout.ts";
import type { Instant, PlanDigest } from "./ids.ts";
import type { LackingSince } from "./lacking.ts";
import type { ChooseProducts, RecommendationSet, RecommendedProduct } from "./recommendation.ts";
import type { Loyalty } from "./loyalty.ts";
import type { Sending } from "./sending.ts";
import type { UnrenderableReason } from "./message.ts";
import type { PutTillIntoWords, PutTillMessageIntoWords } from "./till-words.ts";
import type { MessageId, SendIntent, ShownProperties, TriggerSet } from "./trigger.ts";
import type { Window } from "./window.ts";

export type FieldType =
  | "text"
  | "number"
  | "percentage"
  | "money"
  | "duration"
  | "boolean"
  | "instant"
  | "date"
  | "time"
  | "place"
  | "list";

/**
 * Text; number; percentage, 20 for 20 %; money as an integer of 1/10,000; duration in ms; boolean; instant in ms since 1970;
 * date as its midnight in UTC; time in ms since midnight; place as one number (place.ts); list of texts.
 */
export type FieldValue = string | number | boolean | readonly string[];

export interface AttributeDefinition {
  readonly name: string;
  readonly type: FieldType;
}

export interface StreamDefinition {
  /** hashText(key); distinct within a plan. */
  readonly id: number;
  /** Canonical text of the definition, e.g. `order_completed.total` or `product_viewed where category = "shoes"`. */
  readonly key: string;
  readonly event: EventName;
  /**
   * The value this event contributes, undefined when it does not belong: `where` is false or the property is missing or
   * of another type. Numbers, percentages and money as integers of 1/10,000 (so sums are exact); lengths and dates in ms;
   * a boolean as 0 or 1; 1 for streams that only count. Of a text a hash is kept, and where `keepsTexts` the text too.
   */
  contribution(fields: JsonObject): number | string | undefined;
  /** Outermost names of what it reads of an event's fields. Absent from a plan that is made by hand: it may read any. */
  readonly reads?: readonly string[];
  /** Type of the property; undefined for streams that only count. */
  readonly valueType?: FieldType;
  readonly keepsTexts?: true;
}

/**
 * What an aggregate makes of its contributions. `first` and `last` are instants, `first-value` and `last-value` what was
 * contributed then; `distinct` is how many different values there are, `days` on how many local days.
 */
export type Reduce =
  | "count"
  | "sum"
  | "average"
  | "smallest"
  | "largest"
  | "distinct"
  | "days"
  | "first"
  | "last"
  | "first-value"
  | "last-value"
  | "sequence";

/** One step of a sequence; of the first `withinMs` means nothing. */
export interface SequenceStep {
  /** Index into `Plan.streams`; where steps are correlated, its value is what they have in common. */
  readonly stream: number;
  /** At most so long after the step before. */
  readonly withinMs: number;
  /** The last step only: it is not to come; the sequence completes when its time is over. */
  readonly absent: boolean;
}

export interface AggregateDefinition {
  /** Index into `Plan.streams`. */
  readonly stream: number;
  readonly reduce: Reduce;
  readonly window: Window;
  /** Of a sequence, whose value is the instant of its latest completion; `stream` is that of the first. */
  readonly steps?: readonly SequenceStep[];
  /** Only contributions of one value make a sequence. */
  readonly correlated?: boolean;
}

/** Whose clocks rules read: see local-time.ts. */
export interface PlanZone {
  /** IANA name of the brand's zone. */
  readonly brand: string;
  /** The attribute that holds the IANA name of a customer's own; undefined: everybody lives by the brand's. */
  readonly attribute: number | undefined;
  /** On which day weeks begin: 0, Monday, to 6, Sunday. */
  readonly weekBegins: number;
}

/** What rules may read of a profile. */
export interface ProfileView {
  /** The profile's own: what a merge keeps of the two. */
  readonly id: string;
  /** Values of the identifiers that are proved to be the person's, of whatever kind. */
  identifierValues(): readonly string[];
  attribute(index: number): FieldValue | undefined;
  /** Values as contributed. Without contributions counts and sums are 0 and all others NaN. */
  aggregate(index: number, at: Instant): number;
  /** Of an aggregate whose value is a text; undefined without contributions, or where the text is not kept any more. */
  aggregateText(index: number, at: Instant): string | undefined;
  /** Of such an aggregate: the texts within its window, the latest first, at most so many; those that are still kept. */
  recentTexts(index: number, at: Instant, most: number): readonly { readonly text: string; readonly at: Instant }[];
  /**
   * The earliest instant after `at` at which `aggregate(index)` changes with no event; Infinity when never. Of a sequence:
   * at which there is one, or there is none any more.
   */
  aggregateValidUntil(index: number, at: Instant): Instant;
  /** Of a sequence: when it completed in (after, upTo], ascending. */
  completions(index: number, after: Instant, upTo: Instant): readonly Instant[];
  /**
   * Of a sequence: those completions in (after, upTo] that it would not have without an event that has been applied,
   * ascending.
   */
  completionsBy(
    index: number,
    event: AppliedEvent,
    span: { readonly after: Instant; readonly upTo: Instant },
  ): readonly Instant[];
  /** Of a sequence: the earliest completion after `at` that comes with no event; Infinity when none does. */
  nextCompletion(index: number, at: Instant): Instant;
  inSegment(index: number): boolean;
  /** When it last entered, or last left, a segment; NaN: never, as far as is known. */
  transitionAt(segment: number, entered: boolean): Instant;
  /**
   * The plan's own note of which conditions held at its last evaluation, a bit each, so that an event is only looked at for
   * what it can have changed. Made and read by `evaluate`; good until the profile's wake-up. Whoever changes a profile by
   * anything but an event it then evaluates sets it to undefined, and so may anybody at any time.
   */
  memo?: number[] | undefined;
}

/** What an applied record changed; `everything` after a wake-up, a merge, or a new plan. */
export type Change =
  | { readonly kind: "event"; readonly event: EventName; readonly attributes: readonly number[] }
  | { readonly kind: "everything" };

/** The event that is just being decided about; properties that conditions read of it are unknown where there is none. */
export type EventAtHand = Pick<Event, "name" | "fields">;

/** One that a profile has applied, as its streams know it. */
export type AppliedEvent = Pick<Event, "name" | "timestamp" | "digest">;

export interface Decision {
  /** Name of the content rule; of a message, of the place that it stands in, before what the content of that name shows. */
  readonly content: string;
  /** Name of the template to show. */
  readonly show: string;
  /** Why: the choice that held, counted from 1, or 0 for `otherwise`. */
  readonly choice: number;
  /** The holdout that keeps this person from a choice that held; `choice` is 0. Not told to who is shown it. */
  readonly heldOut?: string;
  /** Fields of the profile that the template shows, those that are known; undefined where it shows none. */
  readonly values?: Readonly<Record<string, FieldValue>>;
  /** Name of the recommendation whose products it shows. */
  readonly recommendation?: string;
  /** These products, best first. */
  readonly products?: readonly RecommendedProduct[];
  /**
   * Id of the product that they were found by, or would have been where there are none; null where there is no such product;
   * undefined where no recommendation was asked.
   */
  readonly seed?: string | null;
  /** The message of a trigger that is shown here; whoever shows it says so, by the event `Message Shown`. */
  readonly message?: MessageId;
  /** What it shows of the event that set it off. */
  readonly event?: ShownProperties;
}

/** What a message shows on a page to this person, or why there is nothing to show: a value that it needs. */
export type PageMessage =
  | {
      readonly is: "sayable";
      readonly values?: Readonly<Record<string, FieldValue>>;
      readonly event?: ShownProperties;
    }
  | { readonly is: "unrenderable"; readonly field: string; readonly because: UnrenderableReason };

export interface Plan {
  readonly digest: PlanDigest;
  /** Names of rules that wait for what is being gathered from history; undefined: nothing is being gathered. */
  readonly warming?: readonly string[] | undefined;
  readonly attributes: readonly AttributeDefinition[];
  readonly streams: readonly StreamDefinition[];
  /** Indexes of the streams that an event of this name may contribute to; empty when none. */
  streamsOf(event: EventName): readonly number[];
  readonly aggregates: readonly AggregateDefinition[];
  /** Whether a rule asks when somebody entered or left a segment, so that their past is to be lived through to be told. */
  readonly readsTransitions?: boolean;
  /** Segment names by index, in order of dependency. */
  readonly segments: readonly string[];
  readonly contents: readonly string[];
  readonly zone: PlanZone;
  /** What receipts earn; undefined where there is no such rule. */
  readonly loyalty?: Loyalty | undefined;
  /** Its bonuses whose conditions hold, with the event of a sale at hand. Absent where it has none. */
  bonuses?(view: ProfileView, at: Instant, sale: EventAtHand): readonly Bonus[];
  /** Which products are shown on what basis; undefined where there are no such rules. */
  readonly recommendations?: RecommendationSet | undefined;
  /** What sets messages off; undefined where nothing does. */
  readonly triggers?: TriggerSet | undefined;
  /** By which what they set off is sent; undefined where nothing does. */
  readonly sending?: Sending | undefined;
  /**
   * Fields of the profile that messages of a template show, those that are known: what a renderer needs of it. Nothing where
   * the template shows none, or is not there. Absent from a plan that is made by hand.
   */
  messageValues?(template: string, view: ProfileView): Readonly<Record<string, FieldValue>>;
  /** The same of a message on a page, cleaned, with moments by the customer's clock. Absent from a plan that is made by hand. */
  pageMessage?(intent: Pick<SendIntent, "template" | "event">, view: ProfileView): PageMessage;
  /**
   * Products that messages of a template show, found at this very instant; undefined where the template shows none.
   * @param choose finds the products; without it there are none
   */
  messageProducts?(
    template: string,
    moment: { readonly view: ProfileView; readonly at: Instant },
    choose?: ChooseProducts,
  ): readonly RecommendedProduct[] | undefined;
  /**
   * The products of every recommendation, by its name, with no event at hand: what this person would be shown now.
   * @param choose finds the products; without it there are none
   */
  strips?(
    moment: { readonly view: ProfileView; readonly at: Instant },
    choose?: ChooseProducts,
  ): Readonly<Record<string, readonly RecommendedProduct[]>>;
  /** What the till prints and shows, by names of its templates; undefined where it has none. */
  readonly tillWords?: PutTillIntoWords | undefined;
  /** What a trigger sends to a till; undefined where none does. */
  readonly tillMessage?: PutTillMessageIntoWords | undefined;
  /** The attribute that holds the customer's language, as a code such as `fr`; undefined: none is declared. */
  readonly language?: number | undefined;
  /**
   * Evaluates the segments that `change` can have flipped, in order of dependency, and calls `flip` for each whose value
   * differs from `view.inSegment`. `flip` must have updated the view when it returns, and must not evaluate this plan.
   */
  evaluate(view: ProfileView, change: Change, at: Instant, flip: (segment: number, entered: boolean) => void): void;
  /**
   * One decision a content rule, in the order of `contents`.
   * @param choose finds the products of recommendations; without it a decision names its recommendation only
   */
  decide(view: ProfileView, at: Instant, event?: EventAtHand, choose?: ChooseProducts): readonly Decision[];
  /**
   * To which holdouts this person comes now, being shown something or kept from it. Absent where no content has a holdout.
   */
  exposures?(view: ProfileView, at: Instant, event?: EventAtHand): readonly Exposure[];
  /**
   * A lower bound, after `at`, of the instant at which what `change` has changed can flip a segment, or a date or a schedule
   * of a trigger fall due, with no event. Flips by
   * what it has not changed stand as they stood, so a caller keeps the lower of this and the wake-up it had; one that is
   * due already (at or before `at`) calls for `everything`. No contribution may lie after `at`.
   */
  nextFlip(view: ProfileView, change: Change, at: Instant): Instant;
  /**
   * Runs all its code on somebody, step by step, for nothing but that the code is fast once it is wanted: V8 optimises what
   * has run a thousand times, and until then a large plan takes thirty times as long. Others may act between two steps.
   * Absent from a plan that is made by hand.
   */
  rehearse?(view: ProfileView, at: Instant): Iterable<void>;
}

/**
 * Makes a plan of the bytes that the store keeps under its digest; what rests on something that is lacking waits in it.
 * Throws on bytes that no checker has passed.
 */
export type PlanLoader = (source: Uint8Array, lacking?: LackingSince) => Plan;
