/**
 * The checked tree: what a plan keeps of the rules once every name is found and every type fits. It is plain JSON, with no
 * places, no titles and no comments, so that its canonical bytes change only when the meaning does. Attributes,
 * aggregates and segments are referred to by index; values stand in the representation in which they are compared
 * (money as an integer of 1/10,000; instants in ms).
 */
import type { Need } from "../messages/needs.ts";
import type { Bonus } from "../../model/earning.ts";
import type { Holdout } from "../../model/holdout.ts";
import type { Loyalty } from "../../model/loyalty.ts";
import type { FieldType, Reduce, SequenceStep } from "../../model/plan.ts";
import type { Window } from "../../model/window.ts";
import type { ConsentSource, PressureSource, TriggerSource } from "./checked-trigger.ts";
import type { RecommendationsSource } from "../recommendations/checked-recommendation.ts";
import type { CallName } from "../calls/call-name.ts";
import type { ComparisonOperator } from "../grammar/syntax.ts";

/** How a literal is to be printed again. */
export type LiteralType = Exclude<FieldType, "list" | "place">;

export interface Literal {
  readonly kind: "literal";
  readonly as: LiteralType;
  readonly value: string | number | boolean;
}

export type Operand =
  | { readonly kind: "attribute"; readonly attribute: number }
  /** Only within the `where` of a stream. */
  | { readonly kind: "property"; readonly path: readonly string[]; readonly type: FieldType }
  /** Of the event at hand; only in triggers and contents, and unknown where no event is at hand or another one is. */
  | { readonly kind: "event-property"; readonly path: readonly string[]; readonly type: FieldType }
  | { readonly kind: "aggregate"; readonly aggregate: number }
  /** The profile's own id; the values of the identifiers that are proved to be the person's. */
  | { readonly kind: "person"; readonly reads: "id" | "identifiers" }
  | Literal
  /**
   * What is kept in ten-thousandths, a sum or a value of numbers, as a number. The division is correctly rounded, so
   * comparing with a literal of up to 4 decimals is exact within `summableMax`.
   */
  | { readonly kind: "units"; readonly of: Operand }
  | Call;

/** A value worked out of others; what each does is in calls/. */
export interface Call {
  readonly kind: "call";
  readonly call: CallName;
  readonly of: readonly Operand[];
  readonly type: FieldType;
  /** Of what reads a clock: the operand that names the customer's zone, null for the brand's. */
  readonly zone?: Operand | null;
}

export type Condition =
  | { readonly kind: "all"; readonly parts: readonly Condition[] }
  | { readonly kind: "any"; readonly parts: readonly Condition[] }
  | { readonly kind: "at-least"; readonly count: number; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "truth"; readonly left: Operand }
  | { readonly kind: "compare"; readonly operator: ComparisonOperator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "one-of"; readonly left: Operand; readonly negated: boolean; readonly values: readonly Literal[] }
  | {
      readonly kind: "between";
      readonly left: Operand;
      readonly low: Operand;
      readonly high: Operand;
      /** Of times of day, which go round: where `high` is the earlier, over midnight. */
      readonly round?: true;
    }
  | { readonly kind: "text-match"; readonly how: TextMatch; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "known"; readonly left: Operand; readonly unknown: boolean }
  | { readonly kind: "recency"; readonly how: RecencyHow; readonly left: Operand; readonly agoMs: number }
  /** A number of days, on or back to a date, that lies from `from` to `to`: calls of calls/dates.ts. */
  | {
      readonly kind: "near-day";
      readonly negated: boolean;
      readonly days: Call;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: "has"; readonly how: HasHow; readonly left: Operand; readonly values: readonly Literal[] }
  /** The share that a salt gives the profile is below so many percent. */
  | { readonly kind: "sample"; readonly percent: number; readonly share: Call }
  | { readonly kind: "in-list"; readonly list: number; readonly of: OperandOf<"person"> }
  | {
      readonly kind: "near-place";
      readonly left: Operand;
      readonly metres: number;
      /** As model/place.ts packs them; near any of them. */
      readonly places: readonly number[];
      /** What the rule calls them: all of the group where there is no name. */
      readonly named: { readonly group: string; readonly name: string | null } | null;
    }
  /** A sequence has completed. */
  | { readonly kind: "happened"; readonly left: Operand }
  | { readonly kind: "in-segment"; readonly segment: number }
  /** Has entered, or left, a segment less than so long ago; it may have turned back since. */
  | { readonly kind: "turned"; readonly segment: number; readonly entered: boolean; readonly withinMs: number };

export type TextMatch = "contains" | "starts with" | "ends with" | "matches";
/** `ahead`: within the next so and so long. */
export type RecencyHow = "more" | "less" | "ahead";
export type HasHow = "any" | "all" | "none";
export type ConditionOf<Kind extends Condition["kind"]> = Extract<Condition, { readonly kind: Kind }>;
export type OperandOf<Kind extends Operand["kind"]> = Extract<Operand, { readonly kind: Kind }>;

export interface StreamSource {
  readonly event: string;
  /** Whose values are kept; null for a stream that counts. */
  readonly property: { readonly path: readonly string[]; readonly type: FieldType } | null;
  readonly where: Condition | null;
  /** Present where the texts themselves are kept, and not only what tells them apart. */
  readonly texts?: true;
}

export interface AggregateSource {
  /** Index into `streams`. */
  readonly stream: number;
  readonly reduce: Reduce;
  readonly window: Window;
  /** Of a sequence. */
  readonly steps?: readonly SequenceStep[];
  readonly correlated?: boolean;
}

export interface SegmentSource {
  readonly name: string;
  readonly when: Condition;
}

export interface ContentSource {
  readonly name: string;
  /** `recommendation`: the name of the one whose products are shown. */
  readonly choices: readonly { readonly when: Condition; readonly show: string; readonly recommendation?: string }[];
  readonly otherwise: string;
  /** Who is shown `otherwise` whatever holds; absent: nobody. */
  readonly holdouts?: readonly Holdout[];
}

/** `PlanZone` as bytes have it. */
export interface ZoneSource {
  readonly brand: string;
  readonly attribute: number | null;
  readonly weekBegins: number;
}

/** A sound set of rules. Attributes and contents in the order of their names; segments in order of dependency, then name. */
export interface PlanSource {
  readonly format: typeof planFormat;
  readonly attributes: readonly { readonly name: string; readonly type: FieldType }[];
  readonly zone: ZoneSource;
  readonly streams: readonly StreamSource[];
  readonly aggregates: readonly AggregateSource[];
  readonly segments: readonly SegmentSource[];
  readonly contents: readonly ContentSource[];
  /** Those that rules may name, with digests of their members; absent where there are none. */
  readonly lists?: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** In the order of their names; these three are absent where there are none. */
  readonly triggers?: readonly TriggerSource[];
  readonly pressure?: PressureSource;
  readonly consent?: ConsentSource;
  /** Fields that a template shows, by its name; absent where no template shows any. */
  readonly shows?: Readonly<Record<string, readonly string[]>>;
  /** Fields that messages of a template show, by its name; absent where none shows any. */
  readonly messages?: Readonly<Record<string, readonly string[]>>;
  /** What messages on a page need, by the template that a trigger sends there; absent where none does. */
  readonly pageNeeds?: Readonly<Record<string, readonly Need[]>>;
  /** The recommendation whose products messages of a template show, by its name; absent where none shows any. */
  readonly messageRecommendations?: Readonly<Record<string, string>>;
  /** Templates whose words a channel takes only so long after the customer has written, as their aggregate tells; absent: none. */
  readonly windows?: readonly { readonly channel: string; readonly template: string; readonly aggregate: number }[];
  /** Absent where there are none. */
  readonly recommendations?: RecommendationsSource;
  /** Absent where there is no loyalty rule. */
  readonly loyalty?: LoyaltySource;
  /** Absent where the till has no words. */
  readonly till?: TillSource;
  /** How long history keeps events, in ms, by their names; absent where all are kept for ever. */
  readonly kept?: Readonly<Record<string, number>>;
  /** How long values of fields are kept after they were last said, in ms, by their names; absent where all are kept for ever. */
  readonly fieldsKept?: Readonly<Record<string, number>>;
}

export interface LoyaltySource extends Loyalty {
  readonly bonuses?: readonly BonusSource[];
}

/** `when`: null where it holds for everybody. */
export interface BonusSource extends Bonus {
  readonly when: Condition | null;
}

export function conditionsOfLoyalty(loyalty: LoyaltySource | undefined): readonly Condition[] {
  return loyalty?.bonuses?.flatMap(({ when }) => when ?? []) ?? [];
}

/** Words of the till, as files: compiled where a plan is loaded, so that what a receipt is told is of the plan that decides. */
export interface TillSource {
  /** In the order of their paths. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** The brand's own first. */
  readonly languages: readonly string[];
  readonly site: string | null;
}

/** Version of this form and of its meaning. A plan of another version is not loaded but checked again from its files. */
export const planFormat = 8;

/** One unit of a field is this many in the integers of money and of sums. */
export const tenThousand = 10_000;
