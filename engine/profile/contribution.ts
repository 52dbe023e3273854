/**
 * What a stream keeps of one event: a key, which is the timestamp and 11 bits of the message's digest, and a value. Keys
 * order by time and are what tells, when two profiles become one, or what was gathered of the past comes to what is kept,
 * that both have applied the same event: two different events pass for one only if they have the same millisecond, value and
 * 11 bits, and each is in one of the two. Keys are integers below 2^53, compared and searched as plain numbers.
 */
import { summableMax } from "../limits.ts";
import type { Digest64 } from "../model/hash.ts";
import type { Instant } from "../model/ids.ts";
import { DAY_MS } from "../model/local-time.ts";

const TAGS = 2048;
/** 2109: later instants do not fit a key and are taken for this one. */
export const instantMax = 2 ** 42 - 1;

export function clampInstant(instant: Instant): Instant {
  return instant > instantMax ? instantMax : instant >= 0 ? Math.floor(instant) : 0;
}

/** @param timestamp as clampInstant gives it */
export function keyOf(timestamp: Instant, digest: Digest64): number {
  return timestamp * TAGS + tagOf(digest);
}

/** The bits of a message's digest that a key has. */
export function tagOf({ low }: Pick<Digest64, "low">): number {
  return low & (TAGS - 1);
}

export function tagOfKey(key: number): number {
  return key % TAGS;
}

export function instantOfKey(key: number): Instant {
  return Math.floor(key / TAGS);
}

/** The lowest key of an instant: `key >= firstKeyAt(t)` says "at or after t". */
export function firstKeyAt(instant: Instant): number {
  return instant * TAGS;
}

export function dayOfKey(key: number): number {
  return Math.floor(key / (TAGS * DAY_MS));
}

/** Values are integers of 1/10,000. */
const valueMax = summableMax * 10_000;

/** The value as a stream keeps it: an integer, taken for the largest summable where it is beyond; undefined for none. */
export function checkedValue(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  const whole = Math.round(value);
  return whole > valueMax ? valueMax : whole < -valueMax ? -valueMax : whole;
}

/**
 * Exact sums of more than 2^53 are carried in two lanes, value = high x 2^26 + low: both stay exact for 2^26 terms and more.
 * What is read saturates at +-(2^53 - 1), about 900 thousand million units; the lanes do not, so that a sum never depends
 * on the order of its terms.
 */
export const LANE = 2 ** 26;

export function highLane(value: number): number {
  return Math.floor(value / LANE);
}

export function lowLane(value: number): number {
  return value - Math.floor(value / LANE) * LANE;
}

export function joinLanes(high: number, low: number): number {
  const sum = high * LANE + low;
  if (sum > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  return sum < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : sum;
}
