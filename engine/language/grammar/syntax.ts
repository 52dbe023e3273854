/**
 * The syntax tree of a condition: what the marketer wrote, with places, before any name is looked up. Nodes are small and
 * frozen. The checker turns them into the tree of `checked.ts`, which is what a plan keeps; some kinds exist only here
 * (`none`, `never`), being other words for something that the checked tree has.
 */
import type { Reduce } from "../../model/plan.ts";
import type { Span } from "../source/source.ts";

export interface Name {
  readonly name: string;
  readonly span: Span;
}

export type ConditionSyntax =
  | GroupSyntax<"all">
  | GroupSyntax<"any">
  | GroupSyntax<"none">
  | AtLeastSyntax
  | { readonly kind: "not"; readonly part: ConditionSyntax; readonly span: Span }
  /** A boolean standing alone: `newsletter`. */
  | { readonly kind: "truth"; readonly left: OperandSyntax; readonly span: Span }
  | ComparisonSyntax
  | OneOfSyntax
  | BetweenSyntax
  | TextMatchSyntax
  | KnownSyntax
  | RecencySyntax
  | NearDaySyntax
  | WithinSyntax
  | HasSyntax
  | NearPlaceSyntax
  | SampleSyntax
  | { readonly kind: "in-list"; readonly list: Name; readonly span: Span }
  /** The clocks that the part reads are the brand's. */
  | { readonly kind: "brand-time"; readonly part: ConditionSyntax; readonly span: Span }
  | { readonly kind: "in-segment"; readonly segment: Name; readonly span: Span }
  | TurnedSyntax
  | NeverSyntax
  | OnDaysSyntax
  | SequenceSyntax;

/** `entered segment vip in last 7 days` */
export interface TurnedSyntax {
  readonly kind: "turned";
  readonly segment: Name;
  readonly entered: boolean;
  readonly length: DurationSyntax;
  readonly span: Span;
}

export interface StepSyntax {
  readonly of: OperandSyntax;
  readonly where: ConditionSyntax | undefined;
  /** `then no ...` */
  readonly absent: boolean;
  /** Undefined for the first. */
  readonly within: DurationSyntax | undefined;
  /** `with same cart_id` */
  readonly same: readonly Name[];
  readonly span: Span;
}

/** `A then B within 1 hour` */
export interface SequenceSyntax {
  readonly kind: "sequence";
  readonly steps: readonly StepSyntax[];
  readonly window: WindowSyntax | undefined;
  readonly span: Span;
}

/** `E where ... on 3 different days in last 30 days` */
export interface OnDaysSyntax {
  readonly kind: "on-days";
  readonly left: OperandSyntax;
  readonly where: ConditionSyntax | undefined;
  readonly times: { readonly value: number; readonly span: Span };
  readonly window: WindowSyntax | undefined;
  readonly span: Span;
}

export interface NeverSyntax {
  readonly kind: "never";
  readonly event: Name;
  readonly where: ConditionSyntax | undefined;
  readonly window: WindowSyntax | undefined;
  readonly span: Span;
}

export interface GroupSyntax<Kind extends string> {
  readonly kind: Kind;
  readonly parts: readonly ConditionSyntax[];
  readonly span: Span;
}

export interface AtLeastSyntax extends GroupSyntax<"at-least"> {
  readonly count: number;
  /** How many parts are written, those that could not be read included. */
  readonly of: number;
}

export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=";

export interface ComparisonSyntax {
  readonly kind: "compare";
  readonly left: OperandSyntax;
  readonly operator: ComparisonOperator;
  readonly operatorSpan: Span;
  readonly right: OperandSyntax;
  readonly span: Span;
}

export interface OneOfSyntax {
  readonly kind: "one-of";
  readonly left: OperandSyntax;
  readonly negated: boolean;
  readonly values: readonly (OperandSyntax | RangeSyntax)[];
  readonly span: Span;
}

/** `mon..fri` */
export interface RangeSyntax {
  readonly kind: "range";
  readonly from: OperandSyntax;
  readonly to: OperandSyntax;
  readonly span: Span;
}

export interface BetweenSyntax {
  readonly kind: "between";
  readonly left: OperandSyntax;
  readonly low: OperandSyntax;
  readonly high: OperandSyntax;
  readonly span: Span;
}

export interface TextMatchSyntax {
  readonly kind: "text-match";
  readonly left: OperandSyntax;
  readonly how: "contains" | "starts with" | "ends with" | "matches";
  readonly operatorSpan: Span;
  readonly right: OperandSyntax;
  readonly span: Span;
}

export interface KnownSyntax {
  readonly kind: "known";
  readonly left: OperandSyntax;
  readonly unknown: boolean;
  readonly span: Span;
}

export interface RecencySyntax {
  readonly kind: "recency";
  readonly left: OperandSyntax;
  readonly how: "more" | "less";
  readonly ago: DurationSyntax;
  readonly span: Span;
}

export type WindowSyntax =
  | { readonly kind: "ever"; readonly span: Span }
  | { readonly kind: "last"; readonly length: DurationSyntax; readonly span: Span }
  | LocalWindowSyntax;

/** Of days by a clock. */
export type LocalDaysSyntax = { readonly span: Span } & (
  | { readonly kind: "calendar"; readonly period: Name }
  | { readonly kind: "since"; readonly from: Name }
  | { readonly kind: "between"; readonly from: Name; readonly to: Name }
);

/** By the customer's clock, or with `in brand time` by the brand's. */
export type LocalWindowSyntax = LocalDaysSyntax & { readonly byBrand: boolean };

/** `x is today` */
export interface NearDaySyntax {
  readonly kind: "near-day";
  readonly left: OperandSyntax;
  readonly day: "today" | "tomorrow" | "yesterday";
  readonly negated: boolean;
  readonly span: Span;
}

/** `x within next 7 days`, `x within last 3 hours` */
export interface WithinSyntax {
  readonly kind: "within";
  readonly left: OperandSyntax;
  readonly side: "next" | "last";
  readonly length: DurationSyntax;
  readonly span: Span;
}

/** `20% of profiles by "spring-test"` */
export interface SampleSyntax {
  readonly kind: "sample";
  readonly percent: number;
  readonly percentSpan: Span;
  readonly salt: string;
  readonly span: Span;
}

/** `location within 10 km of store lyon-1` */
export interface NearPlaceSyntax {
  readonly kind: "near-place";
  readonly left: OperandSyntax;
  readonly count: number;
  readonly unit: Name;
  readonly target: PlaceSyntax;
  readonly span: Span;
}

export type PlaceSyntax =
  | { readonly kind: "point"; readonly latitude: number; readonly longitude: number; readonly span: Span }
  | NamedPlaceSyntax;

/** `any store` where there is no name. */
export interface NamedPlaceSyntax {
  readonly kind: "named";
  readonly group: Name;
  readonly name: Name | undefined;
  readonly span: Span;
}

/** `interests has any of [shoes, bags]` */
export interface HasSyntax {
  readonly kind: "has";
  readonly left: OperandSyntax;
  readonly how: "any" | "all" | "none";
  readonly operatorSpan: Span;
  readonly values: readonly OperandSyntax[];
  readonly span: Span;
}

export interface DurationSyntax {
  readonly count: number;
  readonly unit: Name;
  readonly span: Span;
}

export type OperandSyntax =
  /** An unquoted word: a field, a property, or a text where one is expected. `ticked` in backticks: never a text. */
  | { readonly kind: "word"; readonly name: string; readonly ticked: boolean; readonly span: Span }
  | { readonly kind: "text"; readonly value: string; readonly span: Span }
  | { readonly kind: "number"; readonly value: number; readonly span: Span }
  | { readonly kind: "boolean"; readonly value: boolean; readonly span: Span }
  /** A date `2026-01-01` or a time `2026-01-01T10:00+01:00`, as written. */
  | { readonly kind: "instant"; readonly written: string; readonly span: Span }
  /** `20%` */
  | { readonly kind: "percentage"; readonly value: number; readonly span: Span }
  | (DurationSyntax & { readonly kind: "duration" })
  /** `09:30`, as written. */
  | { readonly kind: "time"; readonly written: string; readonly span: Span }
  /** What clocks show: `today`, `local time`, `brand time`, `weekday`. */
  | {
      readonly kind: "clock";
      readonly shows: "today" | "time" | "weekday";
      readonly brand: boolean;
      readonly span: Span;
    }
  /** Only where days are asked for: `anniversary of signup_date is today`. */
  | { readonly kind: "anniversary"; readonly of: OperandSyntax; readonly span: Span }
  | ArithmeticSyntax
  | FunctionSyntax
  | AggregateSyntax;

export interface ArithmeticSyntax {
  readonly kind: "arithmetic";
  readonly operator: "+" | "-" | "*" | "/";
  readonly operatorSpan: Span;
  readonly left: OperandSyntax;
  readonly right: OperandSyntax;
  readonly span: Span;
}

export type CalendarUnit = "days" | "weeks" | "months" | "years";

/** `round(x)`, `size of x`, `days between a and b`; `years since x` is between x and today, `days until x` the other way. */
export interface FunctionSyntax {
  readonly kind: "function";
  readonly name: "lowercase" | "uppercase" | "round" | "size" | CalendarUnit;
  readonly of: readonly OperandSyntax[];
  readonly span: Span;
}

export interface AggregateSyntax {
  readonly kind: "aggregate";
  readonly reduce: Reduce;
  /** The event, and after a dot its property. */
  readonly of: Name;
  readonly where: ConditionSyntax | undefined;
  /** None written: ever. */
  readonly window: WindowSyntax | undefined;
  readonly span: Span;
}

/** An event of a name that passes a condition. */
export interface EventSyntax {
  readonly kind: "event";
  readonly event: Name;
  readonly where: ConditionSyntax | undefined;
  /** There is no place for one, which is said where it is written. */
  readonly window: WindowSyntax | undefined;
  readonly span: Span;
}

export function freeze<const Node extends object>(node: Node): Node {
  return Object.freeze(node);
}
