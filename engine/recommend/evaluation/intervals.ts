/**
 * How far a mean over customers is to be trusted: the bootstrap. Customers are drawn again with repetition, many times, and
 * the middle 95 % of the means is the interval. Two models are compared by the interval of their differences on the same
 * customers, which is far narrower than the two intervals side by side. Chance is an argument.
 */
import { meanOf } from "./evaluate-ranking.ts";

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface IntervalOptions {
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly draws?: number;
}

export function intervalOf(values: Float64Array, { random, draws = 500 }: IntervalOptions): Interval {
  const mean = meanOf(values);
  if (values.length === 0) return { mean, low: 0, high: 0 };
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw += 1) {
    let sum = 0;
    for (let at = 0; at < values.length; at += 1) sum += values[Math.floor(random() * values.length)] as number;
    means[draw] = sum / values.length;
  }
  means.sort();
  const at = (part: number): number => means[Math.round(part * (draws - 1))] as number;
  return { mean, low: at(0.025), high: at(0.975) };
}

/** Of `values` less `others`, customer by customer: an interval above 0 is a model that is better. */
export function intervalOfDifference(values: Float64Array, others: Float64Array, options: IntervalOptions): Interval {
  return intervalOf(
    values.map((value, at) => value - (others[at] as number)),
    options,
  );
}
