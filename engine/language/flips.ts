/**
 * When time alone can flip a segment. Three things move with time: a windowed aggregate loses a contribution; the age of a
 * date passes the length that a recency names; nothing else. A count only falls while no event comes, so one that stands
 * below every number it is compared with cannot flip anything and needs no wake-up: most profiles sleep.
 */
import type { ProfileView } from "../model/plan.ts";
import type { Instant } from "../model/ids.ts";
import type { PlanSource } from "./checked.ts";
import { innermost, type Reads } from "./reads.ts";

export interface Flips {
  /** The earliest instant after `at`, Infinity when never. */
  next(view: ProfileView, at: Instant): Instant;
}

interface Windowed {
  readonly aggregate: number;
  /** Below it nothing can flip; -Infinity when any change can. */
  readonly lowestBoundary: number;
}

interface Timed {
  readonly read: (view: ProfileView, at: Instant) => number;
  /** Ascending ms. */
  readonly offsets: readonly number[];
}

/** @param changed flips of all others stand as they stood */
export function createFlips(
  plan: PlanSource,
  reads: Reads,
  changed: { readonly aggregates: Iterable<number>; readonly attributes: Iterable<number> },
): Flips {
  const aggregates = [...changed.aggregates];
  const attributes = [...changed.attributes];
  const windowed = aggregates.flatMap((aggregate) => windowedOf(plan, reads, aggregate));
  const timed = [
    ...aggregates.flatMap((aggregate) => {
      const offsets = offsetsOf(reads, (read) => read.kind === "aggregate" && read.aggregate === aggregate);
      const read = (view: ProfileView, at: Instant) => view.aggregate(aggregate, at);
      return offsets.length === 0 ? [] : [{ read, offsets }];
    }),
    ...attributes.flatMap((attribute) => {
      const offsets = offsetsOf(reads, (read) => read.kind === "attribute" && read.attribute === attribute);
      const read = (view: ProfileView) => {
        const value = view.attribute(attribute);
        return typeof value === "number" ? value : Number.NaN;
      };
      return offsets.length === 0 ? [] : [{ read, offsets }];
    }),
  ];
  return { next: (view, at) => Math.min(nextExpiry(windowed, view, at), nextAge(timed, view, at)) };
}

function nextExpiry(windowed: readonly Windowed[], view: ProfileView, at: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { aggregate, lowestBoundary } of windowed) {
    if (lowestBoundary > Number.NEGATIVE_INFINITY && view.aggregate(aggregate, at) < lowestBoundary) continue;
    const until = view.aggregateValidUntil(aggregate, at);
    if (until < next) next = until;
  }
  return next;
}

function nextAge(timed: readonly Timed[], view: ProfileView, at: Instant): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const { read, offsets } of timed) {
    const instant = read(view, at);
    for (const offset of offsets) {
      const flip = instant + offset;
      if (!(flip > at)) continue;
      if (flip < next) next = flip;
      break;
    }
  }
  return next;
}

function windowedOf(plan: PlanSource, reads: Reads, aggregate: number): readonly Windowed[] {
  const source = plan.aggregates[aggregate];
  if (source === undefined || source.window.kind === "ever" || !reads.aggregates.has(aggregate)) return [];
  const lowestBoundary =
    source.reduce === "count"
      ? (reads.lowestBoundaries.get(aggregate) ?? Number.NEGATIVE_INFINITY)
      : Number.NEGATIVE_INFINITY;
  return lowestBoundary === Number.POSITIVE_INFINITY ? [] : [{ aggregate, lowestBoundary }];
}

function offsetsOf(reads: Reads, is: (read: ReturnType<typeof innermost>) => boolean): readonly number[] {
  const offsets = reads.timedFlips.filter(({ operand }) => is(innermost(operand))).map(({ offsetMs }) => offsetMs);
  return [...new Set(offsets)].sort((a, b) => a - b);
}
