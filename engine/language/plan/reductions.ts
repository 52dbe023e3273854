/** What the checker and whoever words its findings know of each reduction: what it is about, and how it is said. */
import type { FieldType, Reduce } from "../../model/plan.ts";

export interface Reduction {
  /** Types of properties that it is about; undefined: it is about the event itself. */
  readonly of: readonly FieldType[] | undefined;
  /** Without events it is 0, and not unknown. */
  readonly alwaysKnown: boolean;
  /** `the average of`, before a property or an event. */
  readonly said: string;
  /** What else cannot be done: `only numbers and money can be summed`. */
  readonly otherwise: string;
}

const AMOUNTS: readonly FieldType[] = ["number", "money", "duration"];
const SIZES: readonly FieldType[] = [...AMOUNTS, "percentage"];
const ORDERED: readonly FieldType[] = [...SIZES, "instant", "date", "time"];
const KEPT: readonly FieldType[] = [...ORDERED, "text", "boolean"];

const NO_ORDER = "its values have no order";

export const REDUCTIONS: Readonly<Record<Reduce, Reduction>> = {
  count: { of: undefined, alwaysKnown: true, said: "the number of", otherwise: "`count of` counts events" },
  sum: { of: AMOUNTS, alwaysKnown: true, said: "the sum of", otherwise: "only amounts can be summed" },
  average: { of: SIZES, alwaysKnown: false, said: "the average of", otherwise: "only amounts have an average" },
  smallest: { of: ORDERED, alwaysKnown: false, said: "the smallest of", otherwise: NO_ORDER },
  largest: { of: ORDERED, alwaysKnown: false, said: "the largest of", otherwise: NO_ORDER },
  distinct: {
    of: KEPT,
    alwaysKnown: true,
    said: "the number of different values of",
    otherwise: "its values are not told apart",
  },
  days: { of: undefined, alwaysKnown: true, said: "the number of days with", otherwise: "`days of` is about an event" },
  sequence: { of: undefined, alwaysKnown: false, said: "the sequence", otherwise: "a sequence is of events" },
  "first-value": { of: KEPT, alwaysKnown: false, said: "the first of", otherwise: "its values are not kept" },
  "last-value": { of: KEPT, alwaysKnown: false, said: "the last of", otherwise: "its values are not kept" },
  first: { of: undefined, alwaysKnown: false, said: "the first", otherwise: "`first` is about an event" },
  last: { of: undefined, alwaysKnown: false, said: "the last", otherwise: "`last` is about an event" },
};

export function maybeUnknown(reduce: Reduce): boolean {
  return !REDUCTIONS[reduce].alwaysKnown;
}

/** Whole and never negative, and without events they only fall. */
export function counts(reduce: Reduce): boolean {
  return reduce === "count" || reduce === "distinct" || reduce === "days";
}

/** As rules write it before `of`. */
export function reduceWord(reduce: Reduce): string {
  return reduce.replace("-value", "");
}

/** Types of values that streams keep in ten-thousandths. */
export const SCALED: readonly FieldType[] = ["number", "percentage"];
