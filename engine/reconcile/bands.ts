/**
 * A shard is gone through in parts, so that not all of its people are in memory at once. A part is every so many of 64
 * bands of slots, whatever the number of parts and of shards, so that what was kept by bands can be read by parts.
 */
import { SLOTS, type Slot } from "../model/ids.ts";

export const BANDS = 64;

export interface PartOf {
  readonly part: number;
  /** A power of two, at most BANDS. */
  readonly parts: number;
}

export function bandOf(slot: Slot): number {
  return Math.floor((slot * BANDS) / SLOTS);
}

export function isOfPart(slot: Slot, { part, parts }: PartOf): boolean {
  return bandOf(slot) % parts === part;
}

/** Where a band's slots begin, and the next one's. */
export function slotsOf(band: number): { readonly from: Slot; readonly end: Slot } {
  return { from: (band * (SLOTS / BANDS)) as Slot, end: ((band + 1) * (SLOTS / BANDS)) as Slot };
}

/** Into how many parts a count is to be cut, so that each has about so many at most. */
export function partsFor(count: number, most: number): number {
  const wanted = Math.max(1, Math.ceil(count / most));
  return Math.min(BANDS, 2 ** Math.ceil(Math.log2(wanted)));
}
