/**
 * Which segments a profile is in, and how often it has entered each. Two numbers a segment it was ever in, in order of
 * segment index: index x 2^32 + epoch x 2 + (in: 1), and the instant of the last transition. Most profiles know a handful
 * of hundreds of segments, so these few are searched rather than all laid out.
 */
import type { Instant } from "../model/ids.ts";
import { createCells, lowerBound, NO_CELLS } from "./number-cells.ts";

const INDEX = 2 ** 32;
/** Entries of one segment by one profile. */
const epochMax = 2 ** 31 - 1;

export interface Membership {
  readonly index: number;
  readonly inside: boolean;
  readonly epoch: number;
  readonly at: Instant;
}

/** A bit a segment, 32 to a word, as far as the last that the profile is in: rules ask for one at a time, and often. */
export function insideBits(cells: readonly number[]): number[] {
  let bits = NO_CELLS;
  for (const { index, inside } of membershipsIn(cells)) if (inside) bits = withBit(bits, index, true);
  return bits;
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
  const grown = Array.from({ length: word + 1 }, (_, at) => bits[at] ?? 0);
  grown[word] = bit;
  return grown;
}

export function epochOf(cells: readonly number[], index: number): number {
  return Math.floor(wordOf(cells, index) / 2);
}

/** epoch x 2 + in; 0 when never in. */
function wordOf(cells: readonly number[], index: number): number {
  const count = cells.length >> 1;
  const from = index * INDEX;
  const at = count < 5 ? scan(cells, count, from) : lowerBound(cells, 0, count, 2, from);
  if (at === count) return 0;
  const word = (cells[at * 2] as number) - from;
  return word < INDEX ? word : 0;
}

function scan(cells: readonly number[], count: number, from: number): number {
  let at = 0;
  while (at < count && (cells[at * 2] as number) < from) at++;
  return at;
}

/** @returns `cells`, changed in place where the segment was known */
export function putMembership(cells: number[], { index, inside, epoch, at }: Membership): number[] {
  const count = cells.length >> 1;
  const from = index * INDEX;
  const word = from + Math.min(epoch, epochMax) * 2 + (inside ? 1 : 0);
  const place = lowerBound(cells, 0, count, 2, from) * 2;
  if (place < cells.length && (cells[place] as number) < from + INDEX) {
    cells[place] = word;
    cells[place + 1] = at;
    return cells;
  }
  const grown = createCells(cells.length + 2);
  for (let i = 0; i < place; i++) grown[i] = cells[i] as number;
  grown[place] = word;
  grown[place + 1] = at;
  for (let i = place; i < cells.length; i++) grown[i + 2] = cells[i] as number;
  return grown;
}

export function membershipsIn(cells: readonly number[]): Membership[] {
  const memberships: Membership[] = [];
  for (let i = 0; i < cells.length; i += 2) {
    const index = Math.floor((cells[i] as number) / INDEX);
    const word = (cells[i] as number) - index * INDEX;
    memberships.push({ index, inside: word % 2 === 1, epoch: Math.floor(word / 2), at: cells[i + 1] as number });
  }
  return memberships;
}

/** Of two profiles that became one: in where either is, the higher epoch, so that nothing is entered again. */
export function uniteMemberships(a: Membership, b: Membership): Membership {
  const inside = a.inside || b.inside;
  const epoch = Math.max(a.epoch, b.epoch);
  const at = a.inside === b.inside ? (inside ? Math.min(a.at, b.at) : Math.max(a.at, b.at)) : a.inside ? a.at : b.at;
  return { index: a.index, inside, epoch, at };
}
