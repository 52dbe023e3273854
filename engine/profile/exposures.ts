/**
 * Which holdouts a person has come to, and in which group: so that it is recorded once, and people can be told. Part of a
 * profile's fold: changed by `exposed` records and by merges. Two that became one may have been in both groups.
 */
import { heldExposuresMax } from "../limits-of-delivery.ts";
import type { Instant } from "../model/ids.ts";
import type { ExposedRecord } from "../model/record.ts";

export interface HeldExposure {
  readonly holdout: string;
  readonly heldOut: boolean;
  /** The first time. */
  readonly at: Instant;
}

/** In the order of time, then of name. */
export type Exposures = readonly HeldExposure[];

export const NO_EXPOSURES: Exposures = Object.freeze([]);

export function isExposed(exposures: Exposures, holdout: string, heldOut: boolean): boolean {
  return exposures.some((held) => held.holdout === holdout && held.heldOut === heldOut);
}

export function enterExposure(exposures: Exposures, { holdout, heldOut, at }: ExposedRecord): Exposures {
  return uniteExposures(exposures, [{ holdout, heldOut, at }]);
}

/** Of two profiles that become one: of each holdout and group the first time; of too many the latest. */
export function uniteExposures(ours: Exposures, theirs: Exposures): Exposures {
  if (theirs.length === 0) return ours;
  const first = new Map<string, HeldExposure>();
  for (const each of [...ours, ...theirs]) {
    const known = first.get(keyOf(each));
    if (known === undefined || each.at < known.at) first.set(keyOf(each), each);
  }
  return [...first.values()].toSorted((a, b) => a.at - b.at || (keyOf(a) < keyOf(b) ? -1 : 1)).slice(-heldExposuresMax);
}

function keyOf({ holdout, heldOut }: HeldExposure): string {
  return `${holdout} ${heldOut ? 1 : 0}`;
}
