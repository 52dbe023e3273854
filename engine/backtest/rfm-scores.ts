/**
 * The fifths of recency, frequency and monetary value, and the group that they make. A fifth is told by how many of all
 * customers have less: of equals all are in the lowest fifth that one of them reaches, so that no order of theirs decides,
 * and a value that most of them share is nobody's merit. Pure; the same customers give the same scores.
 */
import type { RfmGroup, RfmScores } from "../model/rfm.ts";

/** Customers by number: when they bought last (ms), how often, and for how much (1/10,000), less what they gave back. */
export interface Purchases {
  readonly lastAt: Float64Array;
  readonly count: Float64Array;
  readonly amount: Float64Array;
}

const FIFTHS = 5;

/** By recency, then by the mean of the two others, rounded up; each from 1 to 5. */
const GROUPS: readonly (readonly RfmGroup[])[] = [
  ["lost", "lost", "at risk", "cannot lose", "cannot lose"],
  ["hibernating", "hibernating", "at risk", "at risk", "cannot lose"],
  ["about to sleep", "needs attention", "needs attention", "loyal", "loyal"],
  ["promising", "potential", "loyal", "champions", "champions"],
  ["new", "potential", "loyal", "champions", "champions"],
];

/** @returns what a customer has, by number */
export function scoresOf({ lastAt, count, amount }: Purchases): (customer: number) => RfmScores {
  const [r, f, m] = [fifthsOf(lastAt), fifthsOf(count), fifthsOf(amount)];
  return (customer) => {
    const [recency, frequency, monetary] = [r[customer] as number, f[customer] as number, m[customer] as number];
    return { recency, frequency, monetary, group: groupOf(recency, frequency, monetary) };
  };
}

/** 1 to 5, of each value among all. */
export function fifthsOf(values: Float64Array): Uint8Array {
  const sorted = values.toSorted();
  return Uint8Array.from(values, (value) => 1 + Math.floor((FIFTHS * countBelow(sorted, value)) / sorted.length));
}

export function groupOf(recency: number, frequency: number, monetary: number): RfmGroup {
  return GROUPS[recency - 1]?.[Math.ceil((frequency + monetary) / 2) - 1] as RfmGroup;
}

function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
