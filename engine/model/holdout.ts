/**
 * Holdouts: a share of people who are kept out of something, always the same, so that what it does is told by comparing
 * them with all others. A holdout is known by its salt, and may span triggers, contents and channels. Pure.
 */
import { NOBODY } from "./ids.ts";
import { shareOf } from "./share.ts";

export interface Holdout {
  /** Of profiles; above 0 and below 100. */
  readonly percent: number;
  /** Its name, by which its people are drawn: those of one name are the same everywhere. */
  readonly salt: string;
}

/** The name of the one of pressure.yaml: its people are sent and shown nothing that is not owed to them. */
export const EVERYTHING = "everything";

/** Somebody unknown is kept out of nothing: there is nobody to compare. */
export function isHeldOut(id: string, { percent, salt }: Holdout): boolean {
  return id !== NOBODY && shareOf(id, salt) < percent;
}

/**
 * Somebody has come to where a holdout decides: they would get what it keeps some people from. Told of both groups by the
 * same rule, so that they can be compared.
 */
export interface Exposure extends Holdout {
  readonly heldOut: boolean;
  /** What they came to: `trigger NAME` or `content NAME`. */
  readonly by: string;
}

/** One that decides of several, in their order: who is kept out by one does not come to the next. */
export function exposuresTo(holdouts: readonly Holdout[], id: string, by: string): readonly Exposure[] {
  const met: Exposure[] = [];
  for (const { percent, salt } of holdouts) {
    const heldOut = isHeldOut(id, { percent, salt });
    met.push({ percent, salt, heldOut, by });
    if (heldOut) break;
  }
  return met;
}
