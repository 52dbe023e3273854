/**
 * What a change can have flipped: for each event name and attribute, the segments that read it, and those that are in turn
 * about these segments; as masks over the generated functions. With them goes what to read before, and what of theirs time
 * alone can flip later.
 */
import type { Change } from "../model/plan.ts";
import type { PlanSource } from "./checked.ts";
import { segmentsPerFunction } from "./generate-segments.ts";
import { createFlips, type Flips } from "./flips.ts";
import { type Reads, readsOf } from "./reads.ts";

export interface Touched {
  /** Generated functions to run, in order, and the mask for each. */
  readonly functions: Int32Array;
  readonly masks: Int32Array;
  /** What these functions read. */
  readonly aggregates: Int32Array;
  readonly attributes: Int32Array;
  /** When what has changed can flip segments by time alone. */
  readonly flips: Flips;
}

/** Combinations of event and changed attributes that are remembered; beyond it a change is taken for `everything`. */
const combinationsMax = 512;

export interface TouchedIndex {
  readonly everything: Touched;
  of(change: Change): Touched;
}

export function createTouchedIndex(plan: PlanSource): TouchedIndex {
  const reads = plan.segments.map(({ when }) => readsOf([when]));
  const dependents = dependentsOf(reads);
  const byAggregate = readersOf(reads, "aggregates");
  const byAttribute = readersOf(reads, "attributes");
  const aggregatesOf = aggregatesByEvent(plan);
  const all = readsOf(plan.segments.map(({ when }) => when));
  const combinations = new Map<string, Touched>();

  const everything = touch(
    plan.segments.map((_, index) => index),
    createFlips(plan, all, [...all.aggregates], [...all.attributes]),
  );
  const nothing = touch([], createFlips(plan, all, [], []));

  function touch(segments: Iterable<number>, flips: Flips): Touched {
    const masks = new Int32Array(Math.ceil(plan.segments.length / segmentsPerFunction));
    const aggregates = new Set<number>();
    const attributes = new Set<number>();
    for (const segment of segments) {
      const index = Math.floor(segment / segmentsPerFunction);
      masks[index] = (masks[index] ?? 0) | (1 << (segment % segmentsPerFunction));
      for (const aggregate of reads[segment]?.aggregates ?? []) aggregates.add(aggregate);
      for (const attribute of reads[segment]?.attributes ?? []) attributes.add(attribute);
    }
    const functions = Int32Array.from([...masks.keys()].filter((index) => masks[index] !== 0));
    return {
      functions,
      masks: functions.map((index) => masks[index] ?? 0),
      aggregates: Int32Array.from(aggregates).sort(),
      attributes: Int32Array.from(attributes).sort(),
      flips,
    };
  }

  function combine(event: string, attributes: readonly number[]): Touched {
    const aggregates = aggregatesOf.get(event) ?? [];
    const direct = new Set<number>();
    for (const aggregate of aggregates) for (const segment of byAggregate.get(aggregate) ?? []) direct.add(segment);
    for (const attribute of attributes) for (const segment of byAttribute.get(attribute) ?? []) direct.add(segment);
    if (direct.size === 0) return nothing;
    return touch(closure(direct, dependents), createFlips(plan, all, aggregates, attributes));
  }

  const byEvent = new Map([...aggregatesOf.keys()].map((event) => [event, combine(event, [])] as const));

  function ofCombination(event: string, attributes: readonly number[]): Touched {
    const known = aggregatesOf.has(event) ? event : "";
    const key = `${known} ${[...attributes].sort((a, b) => a - b).join(" ")}`;
    const remembered = combinations.get(key);
    if (remembered !== undefined) return remembered;
    if (combinations.size >= combinationsMax) return everything;
    const combined = combine(known, attributes);
    combinations.set(key, combined);
    return combined;
  }

  return {
    everything,
    of(change) {
      if (change.kind === "everything") return everything;
      if (change.attributes.length === 0) return byEvent.get(change.event) ?? nothing;
      return ofCombination(change.event, change.attributes);
    },
  };
}

/** segment -> segments that have `in segment` of it */
function dependentsOf(reads: readonly Reads[]): ReadonlyMap<number, readonly number[]> {
  return invert(reads, (read) => read.segments);
}

function readersOf(reads: readonly Reads[], what: "aggregates" | "attributes"): ReadonlyMap<number, readonly number[]> {
  return invert(reads, (read) => read[what]);
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

function closure(direct: Iterable<number>, dependents: ReadonlyMap<number, readonly number[]>): ReadonlySet<number> {
  const found = new Set(direct);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const segment of found) for (const dependent of dependents.get(segment) ?? []) found.add(dependent);
  return found;
}
