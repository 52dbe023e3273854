/** What the checker and whoever words its findings know of each reduction: what it is about, and how it is said. */
import type { FieldType, Reduce } from "../model/plan.ts";

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

const AMOUNTS: readonly FieldType[] = ["number", "money"];

export const REDUCTIONS: Readonly<Record<Reduce, Reduction>> = {
  count: { of: undefined, alwaysKnown: true, said: "the number of", otherwise: "`count of` counts events" },
  sum: { of: AMOUNTS, alwaysKnown: true, said: "the sum of", otherwise: "only numbers and money can be summed" },
  average: {
    of: AMOUNTS,
    alwaysKnown: false,
    said: "the average of",
    otherwise: "only numbers and money have an average",
  },
  smallest: {
    of: AMOUNTS,
    alwaysKnown: false,
    said: "the smallest of",
    otherwise: "only numbers and money have a smallest",
  },
  largest: {
    of: AMOUNTS,
    alwaysKnown: false,
    said: "the largest of",
    otherwise: "only numbers and money have a largest",
  },
  first: { of: undefined, alwaysKnown: false, said: "the first", otherwise: "`first` is about an event" },
  last: { of: undefined, alwaysKnown: false, said: "the last", otherwise: "`last` is about an event" },
};

export function maybeUnknown(reduce: Reduce): boolean {
  return !REDUCTIONS[reduce].alwaysKnown;
}
