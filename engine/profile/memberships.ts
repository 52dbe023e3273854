/**
 * Which segments a profile is in, how often it has entered each, and when it last entered and left. Three numbers a segment
 * it was ever in, in order of segment index: index x 2^32 + epoch x 2 + (in: 1), the instant of the last transition, and
 * that of the last one the other way, -1 where there was none. Most profiles know a handful of hundreds of segments, so
 * these few are searched rather than all laid out.
 *
 * A segment that the plan does not have sleeps: whoever goes back to a plan that has it finds its people where they were,
 * and the state of a profile depends on its records alone, not on the plans that came by meanwhile.
 */
import { sleepingSegmentsMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";
import { createCells, createWords, lowerBound, NO_CELLS } from "./number-cells.ts";

export const INDEX = 2 ** 32;
/** Entries of one segment by one profile. */
const epochMax = 2 ** 31 - 1;

interface Stay {
  readonly inside: boolean;
  readonly epoch: number;
  readonly at: Instant;
  /** Of the last transition the other way: left where it is inside; undefined: never, or not known. */
  readonly before?: Instant | undefined;
}

export interface Membership extends Stay {
  readonly index: number;
}

/** Of a segment that the plan does not have, by the number under which it is stored. */
export interface SleepingMembership extends Stay {
  readonly hash: number;
}

export const NONE_SLEEPING: readonly SleepingMembership[] = Object.freeze([]);

/** Numbers of one membership. */
export const STRIDE = 3;
export const NEVER = -1;

/** A bit a segment, 32 to a word, as far as the last that the profile is in: rules ask for one at a time, and often. */
export function insideBits(cells: readonly number[]): number[] {
  let last = cells.length - STRIDE;
  while (last >= 0 && !isInside(cells, last)) last -= STRIDE;
  if (last < 0) return NO_CELLS;
  const bits = createWords((indexAt(cells, last) >>> 5) + 1);
  for (let place = 0; place <= last; place += STRIDE) {
    const index = indexAt(cells, place);
    if (isInside(cells, place)) bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31));
  }
  return bits;
}

export function indexAt(cells: readonly number[], place: number): number {
  return Math.floor((cells[place] as number) / INDEX);
}

/** By the lowest bit: for doubles the remainder is a call. */
function isInside(cells: readonly number[], place: number): boolean {
  return ((cells[place] as number) & 1) === 1;
}

/** @returns `bits`, changed in place where it is long enough */
export function withBit(bits: number[], index: number, inside: boolean): number[] {
  const word = index >>> 5;
  const bit = 1 << (index & 31);
  if (word < bits.length) {
    bits[word] = inside ? (bits[word] as number) | bit : (bits[word] as number) & ~bit;
    return bits;
  }
  if (!inside) return bits;
  const grown = createWords(word + 1);
  for (let at = 0; at < bits.length; at++) grown[at] = bits[at] as number;
  grown[word] = bit;
  return grown;
}

export function epochOf(cells: readonly number[], index: number): number {
  const place = placeOf(cells, index);
  return place < 0 ? 0 : Math.floor(((cells[place] as number) - index * INDEX) / 2);
}

/** When it last entered, or last left; NaN: never, or not known. */
export function transitionAt(cells: readonly number[], index: number, entered: boolean): Instant {
  const place = placeOf(cells, index);
  if (place < 0) return Number.NaN;
  const at = cells[place + (isInside(cells, place) === entered ? 1 : 2)] as number;
  return at === NEVER ? Number.NaN : at;
}

/** Of its numbers; -1 when it was never in. */
function placeOf(cells: readonly number[], index: number): number {
  const count = cells.length / STRIDE;
  const from = index * INDEX;
  const at = count < 5 ? scan(cells, count, from) : lowerBound(cells, 0, count, STRIDE, from);
  return at < count && (cells[at * STRIDE] as number) < from + INDEX ? at * STRIDE : -1;
}

function scan(cells: readonly number[], count: number, from: number): number {
  let at = 0;
  while (at < count && (cells[at * STRIDE] as number) < from) at++;
  return at;
}

/** @returns `cells`, changed in place where the segment was known */
export function putMembership(cells: number[], membership: Membership): number[] {
  const count = cells.length / STRIDE;
  const from = membership.index * INDEX;
  const place = lowerBound(cells, 0, count, STRIDE, from) * STRIDE;
  const isKnown = place < cells.length && (cells[place] as number) < from + INDEX;
  const held = isKnown ? cells : createCells(cells.length + STRIDE);
  if (!isKnown) {
    for (let i = 0; i < place; i++) held[i] = cells[i] as number;
    for (let i = place; i < cells.length; i++) held[i + STRIDE] = cells[i] as number;
  }
  setMembershipAt(held, place, membership);
  return held;
}

function setMembershipAt(
  cells: number[],
  place: number,
  { index, inside, epoch, at, before = NEVER }: Membership,
): void {
  cells[place] = index * INDEX + Math.min(epoch, epochMax) * 2 + (inside ? 1 : 0);
  cells[place + 1] = at;
  cells[place + 2] = before;
}

export function membershipsIn(cells: readonly number[]): Membership[] {
  const memberships: Membership[] = [];
  for (let place = 0; place < cells.length; place += STRIDE) memberships.push(membershipAt(cells, place));
  return memberships;
}

export function membershipAt(cells: readonly number[], place: number): Membership {
  const index = indexAt(cells, place);
  const word = (cells[place] as number) - index * INDEX;
  const at = cells[place + 1] as number;
  const before = cells[place + 2] === NEVER ? undefined : (cells[place + 2] as number);
  return { index, inside: isInside(cells, place), epoch: Math.floor(word / 2), at, before };
}

/** In order of numbers; of more than `sleepingSegmentsMax` the one that changed longest ago goes. */
export function putSleeping(
  sleeping: readonly SleepingMembership[],
  membership: SleepingMembership,
): readonly SleepingMembership[] {
  const put = [...sleeping.filter(({ hash }) => hash !== membership.hash), membership].sort((a, b) => a.hash - b.hash);
  if (put.length <= sleepingSegmentsMax) return put;
  const oldest = put.reduce((least, each) => (each.at < least.at ? each : least));
  return put.filter((each) => each !== oldest);
}

/** Of two profiles that became one: in where either is, the higher epoch, so that nothing is entered again. */
export function uniteStays<S extends Stay>(a: S, b: Stay): S {
  const inside = a.inside || b.inside;
  const epoch = Math.max(a.epoch, b.epoch);
  const at = a.inside === b.inside ? (inside ? Math.min(a.at, b.at) : Math.max(a.at, b.at)) : a.inside ? a.at : b.at;
  return { ...a, inside, epoch, at, before: latestOf(turnOf(a, !inside), turnOf(b, !inside)) };
}

/** When it was last entered, or left. */
export function turnOf(stay: Stay | undefined, entered: boolean): Instant | undefined {
  return stay?.inside === entered ? stay.at : stay?.before;
}

function latestOf(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
