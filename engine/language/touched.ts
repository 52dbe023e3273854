/**
 * What a change can have flipped: for each event name the segments that read a stream of it, and those that are in turn
 * about these segments; with them what to read before, and what of theirs time alone can flip later. A change of
 * attributes that some segment reads runs everything: it comes with few events, and its combinations are countless.
 */
import type { Change } from "../model/plan.ts";
import type { PlanSource } from "./checked.ts";
import { createFlips, type Flips } from "./flips.ts";
import { generateSegments, type SegmentFunction } from "./generate-rules.ts";
import { type LeafFunction, type Leaves, leavesOf, leavesPerFunction } from "./leaves.ts";
import { type Reads, readsOf } from "./reads.ts";

export interface Touched {
  /** In order of dependency. */
  readonly functions: readonly SegmentFunction[];
  /** What these functions read. */
  readonly values: ReadSet;
}

export interface ReadSet {
  readonly aggregates: Int32Array;
  readonly attributes: Int32Array;
  readonly leafFunctions: readonly LeafFunction[];
}

export interface TouchedIndex {
  of(change: Change): Touched;
  /** When what has changed can flip segments by time alone. */
  flipsOf(change: Change): Flips;
}

export function createTouchedIndex(plan: PlanSource, leaves: Leaves): TouchedIndex {
  const reads = plan.segments.map(({ when }) => readsOf([when]));
  const all = readsOf(plan.segments.map(({ when }) => when));
  const dependents = invert(reads, (read) => read.segments);
  const readers = invert(reads, (read) => read.aggregates);
  const aggregatesOf = aggregatesByEvent(plan);

  function touch(segments: readonly number[]): Touched {
    const functions = generateSegments(plan, leaves, segments);
    const conditions = segments.flatMap((segment) => plan.segments[segment]?.when ?? []);
    return { functions, values: readSetOf(conditions, leaves) };
  }

  const nothing = touch([]);
  const everything = touch(plan.segments.map((_, index) => index));
  const byEvent = new Map(
    [...aggregatesOf].map(([event, aggregates]) => {
      const direct = aggregates.flatMap((aggregate) => readers.get(aggregate) ?? []);
      return [event, touch(closure(direct, dependents))] as const;
    }),
  );

  const noFlips = createFlips(plan, all, { aggregates: [], attributes: [] });
  const allFlips = createFlips(plan, all, all);
  const eventFlips = new Map(
    [...aggregatesOf].map(
      ([event, aggregates]) => [event, createFlips(plan, all, { aggregates, attributes: [] })] as const,
    ),
  );

  return {
    of(change) {
      if (change.kind === "everything") return everything;
      for (const attribute of change.attributes) if (all.attributes.has(attribute)) return everything;
      return byEvent.get(change.event) ?? nothing;
    },
    flipsOf(change) {
      if (change.kind === "everything") return allFlips;
      for (const attribute of change.attributes) if (all.attributes.has(attribute)) return allFlips;
      return eventFlips.get(change.event) ?? noFlips;
    },
  };
}

export function readSetOf(conditions: Parameters<typeof readsOf>[0], leaves: Leaves): ReadSet {
  const { aggregates, attributes } = readsOf(conditions);
  const functions = new Set<number>();
  for (const leaf of conditions.flatMap(leavesOf)) functions.add(Math.floor(leaves.indexOf(leaf) / leavesPerFunction));
  const sorted = (indexes: Iterable<number>) => Int32Array.from(indexes).sort();
  const leafFunctions = [...sorted(functions)].flatMap((index) => leaves.functions[index] ?? []);
  return { aggregates: sorted(aggregates), attributes: sorted(attributes), leafFunctions };
}

function invert(
  reads: readonly Reads[],
  of: (read: Reads) => Iterable<number>,
): ReadonlyMap<number, readonly number[]> {
  const readers = new Map<number, number[]>();
  for (const [segment, read] of reads.entries()) {
    for (const index of of(read)) {
      const known = readers.get(index);
      if (known === undefined) readers.set(index, [segment]);
      else known.push(segment);
    }
  }
  return readers;
}

function aggregatesByEvent(plan: PlanSource): ReadonlyMap<string, readonly number[]> {
  const byEvent = new Map<string, number[]>();
  for (const [index, { stream }] of plan.aggregates.entries()) {
    const event = plan.streams[stream]?.event ?? "";
    byEvent.set(event, [...(byEvent.get(event) ?? []), index]);
  }
  return byEvent;
}

/** Ascending, as dependencies do. */
function closure(direct: Iterable<number>, dependents: ReadonlyMap<number, readonly number[]>): readonly number[] {
  const found = new Set(direct);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const segment of found) for (const dependent of dependents.get(segment) ?? []) found.add(dependent);
  return [...found].sort((a, b) => a - b);
}
