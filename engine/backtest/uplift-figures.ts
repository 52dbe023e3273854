/**
 * What a comparison of two groups of people comes to: the difference of their shares and of their means, each with the
 * interval in which the true one lies 95 times of 100, and whether the groups are as large as they were drawn. Pure.
 *
 * Shares: Newcombe's hybrid score interval (method 10), which holds for small groups and shares near 0 too: R. G. Newcombe,
 * Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998), 873-890.
 * Means: Welch's interval, which asks for no equal variances: B. L. Welch, Biometrika 34 (1947), 28-35. Amounts that people
 * spend are skewed, so that it needs some size: below `upliftPeopleMin` in a group none is told.
 * The intervals are of one look: who looks every day and stops at the first good one, is fooled more often than 5 of 100.
 */
import { upliftPeopleMin } from "../limits-of-delivery.ts";

export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

export interface Part {
  readonly of: number;
  readonly all: number;
}

/** Of a value over people: how many, its sum, and the sum of its squares. */
export interface Sums {
  readonly people: number;
  readonly sum: number;
  readonly squares: number;
}

/** Of the normal distribution, for 95 of 100. */
const Z = 1.959963984540054;

/** `a` less `b`; undefined where a group has nobody. */
export function differenceOfShares(a: Part, b: Part): Difference | undefined {
  if (a.all === 0 || b.all === 0) return undefined;
  const [p, q] = [a.of / a.all, b.of / b.all];
  const [ofA, ofB] = [wilson(a), wilson(b)];
  return {
    difference: p - q,
    low: p - q - Math.hypot(p - ofA.low, ofB.high - q),
    high: p - q + Math.hypot(ofA.high - p, q - ofB.low),
  };
}

/** Wilson's score interval of one share. */
function wilson({ of, all }: Part): { readonly low: number; readonly high: number } {
  const share = of / all;
  const middle = share + (Z * Z) / (2 * all);
  const half = Z * Math.sqrt((share * (1 - share)) / all + (Z * Z) / (4 * all * all));
  const whole = 1 + (Z * Z) / all;
  return { low: Math.max(0, (middle - half) / whole), high: Math.min(1, (middle + half) / whole) };
}

/** `a` less `b`; undefined where a group is too small to say. */
export function differenceOfMeans(a: Sums, b: Sums): Difference | undefined {
  if (a.people < upliftPeopleMin || b.people < upliftPeopleMin) return undefined;
  const difference = a.sum / a.people - b.sum / b.people;
  const [ofA, ofB] = [varianceOf(a) / a.people, varianceOf(b) / b.people];
  const both = ofA + ofB;
  if (both === 0) return { difference, low: difference, high: difference };
  const degrees = (both * both) / ((ofA * ofA) / (a.people - 1) + (ofB * ofB) / (b.people - 1));
  const half = studentQuantile(degrees) * Math.sqrt(both);
  return { difference, low: difference - half, high: difference + half };
}

function varianceOf({ people, sum, squares }: Sums): number {
  return Math.max(0, (squares - (sum * sum) / people) / (people - 1));
}

/**
 * The quantile of Student's distribution at 0.975, by its expansion in 1 / degrees: within 0.001 from 8 degrees on.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
 */
export function studentQuantile(degrees: number): number {
  const z = Z;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), z);
}

/**
 * How likely it is that so many are held out by chance, where each was to be with a chance of their own: below 0.001 something
 * else than the draw has decided who is in which group, and the comparison means nothing.
 * @param expected the sum of all chances; `spread`: the sum of chance x (1 - chance)
 */
export function splitChance(
  heldOut: number,
  { expected, spread }: { readonly expected: number; readonly spread: number },
): number {
  if (spread === 0) return 1;
  return complementaryError(Math.abs(heldOut - expected) / Math.sqrt(2 * spread));
}

/** Within 2 parts of 10,000,000 everywhere. Source: Press et al., Numerical Recipes, 6.2. */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2);
  const powers = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return t * Math.exp(-x * x + powers.reduceRight((sum, power) => sum * t + power, 0));
}
