/**
 * What a change can have flipped. For each event name: the conditions that read a stream of it, and what to read for them;
 * for each condition the segments that have it, and for each segment those that are about it. So an event costs its own
 * conditions, and a segment is only evaluated when one of its conditions has changed. A change of attributes that some
 * segment reads looks at everything: it comes with few events, and its combinations are countless.
 */
import type { Change } from "../../model/plan.ts";
import type { Condition, PlanSource } from "../plan/checked.ts";
import { createFlips, type Flips } from "../time/flips.ts";
import { type LeafFunction, type Leaves, leavesOf, leavesPerFunction } from "./leaves.ts";
import { type Reads, readsOf, uniteReads } from "../plan/reads.ts";
import type { Steps } from "../plan/steps.ts";

export interface ReadSet {
  readonly aggregates: Int32Array;
  /** Aggregates that are texts or booleans. */
  readonly otherAggregates: Int32Array;
  readonly attributes: Int32Array;
  readonly leafFunctions: readonly LeafFunction[];
}

/** The conditions that an event can have changed, and what they read. */
export interface Touched {
  /** Of the bits of leaves, the words with any of them, and which bits of these. */
  readonly words: Int32Array;
  readonly masks: Int32Array;
  readonly values: ReadSet;
}

export interface TouchedIndex {
  /** undefined: everything may have changed. */
  of(change: Change): Touched | undefined;
  /** Everything that any segment reads. */
  readonly everything: ReadSet;
  /** By condition: the segments that have it, ascending. */
  readonly segmentsOfLeaf: readonly Int32Array[];
  /** By segment: the segments that are about it, ascending, all of them after it. */
  readonly dependents: readonly Int32Array[];
  /** When what has changed can flip segments by time alone. */
  flipsOf(change: Change): Flips;
}

export function* createTouchedIndex(plan: PlanSource, leaves: Leaves): Steps<TouchedIndex> {
  const whens = plan.segments.map(({ when }) => when);
  const reads: Reads[] = [];
  for (const when of whens) {
    reads.push(readsOf([when]));
    yield;
  }
  const aggregatesOf = aggregatesByEvent(plan);
  const { conditionOf, segmentsOfLeaf } = yield* indexLeaves(whens, leaves);
  const readsOfLeaf: Reads[] = [];
  for (const condition of conditionOf) {
    readsOfLeaf.push(readsOf([condition]));
    yield;
  }
  // Each condition once, however many segments have it: groups read nothing themselves, and what is about other segments
  // nothing but when they turned.
  const turns = reads.flatMap(({ alarms }) => alarms.filter(({ kind }) => kind === "turned"));
  const values = uniteReads(readsOfLeaf);
  const all: Reads = { ...values, alarms: [...values.alarms, ...turns] };
  const attributes = new Set([...all.attributes, ...clockAttributes(plan)]);
  yield;
  const readSet = (indexes: readonly number[]): ReadSet =>
    readSetFrom(uniteReads(indexes.map((leaf) => readsOfLeaf[leaf] as Reads)), indexes, leaves);

  const byEvent = new Map<string, Touched>();
  for (const [event, aggregates] of aggregatesOf) {
    const touched = [...conditionOf.keys()].filter((leaf) =>
      aggregates.some((aggregate) => readsOfLeaf[leaf]?.aggregates.has(aggregate)),
    );
    byEvent.set(event, { ...masksOf(touched), values: readSet(touched) });
    yield;
  }
  const untouched: Touched = { ...masksOf([]), values: readSetOf([], leaves) };

  const noFlips = createFlips(plan, all, { aggregates: [], attributes: [] });
  const allFlips = createFlips(plan, all, all);
  yield;
  const eventFlips = new Map<string, Flips>();
  for (const [event, aggregates] of aggregatesOf) {
    eventFlips.set(event, createFlips(plan, all, { aggregates, attributes: [] }));
    yield;
  }

  return {
    everything: readSet([...conditionOf.keys()]),
    segmentsOfLeaf,
    dependents: dependentsOf(reads),
    of(change) {
      if (change.kind === "everything") return undefined;
      for (const attribute of change.attributes) if (attributes.has(attribute)) return undefined;
      return byEvent.get(change.event) ?? untouched;
    },
    flipsOf(change) {
      if (change.kind === "everything") return allFlips;
      for (const attribute of change.attributes) if (attributes.has(attribute)) return allFlips;
      return eventFlips.get(change.event) ?? noFlips;
    },
  };
}

/** @param leaves ascending */
function masksOf(leaves: readonly number[]): Pick<Touched, "words" | "masks"> {
  const masks = new Map<number, number>();
  for (const leaf of leaves) masks.set(leaf >>> 5, (masks.get(leaf >>> 5) ?? 0) | (1 << (leaf & 31)));
  return { words: Int32Array.from(masks.keys()), masks: Int32Array.from(masks.values()) };
}

function* indexLeaves(
  whens: readonly Condition[],
  leaves: Leaves,
): Steps<{ readonly conditionOf: readonly Condition[]; readonly segmentsOfLeaf: readonly Int32Array[] }> {
  const conditionOf: Condition[] = [];
  const segments: Set<number>[] = Array.from({ length: leaves.count }, () => new Set());
  for (const [segment, when] of whens.entries()) {
    for (const condition of leavesOf(when)) {
      const leaf = leaves.indexOf(condition);
      conditionOf[leaf] = condition;
      segments[leaf]?.add(segment);
    }
    yield;
  }
  return { conditionOf, segmentsOfLeaf: segments.map((of) => Int32Array.from(of)) };
}

function dependentsOf(reads: readonly Reads[]): readonly Int32Array[] {
  const dependents: number[][] = reads.map(() => []);
  for (const [segment, { segments }] of reads.entries()) for (const of of segments) dependents[of]?.push(segment);
  return dependents.map((of) => Int32Array.from(of));
}

export function readSetOf(conditions: Parameters<typeof readsOf>[0], leaves: Leaves): ReadSet {
  const indexes = conditions.flatMap(leavesOf).map((leaf) => leaves.indexOf(leaf));
  return readSetFrom(readsOf(conditions), indexes, leaves);
}

function readSetFrom(
  { aggregates, attributes }: Pick<Reads, "aggregates" | "attributes">,
  indexes: readonly number[],
  leaves: Leaves,
): ReadSet {
  const functions = new Set(indexes.map((leaf) => Math.floor(leaf / leavesPerFunction)));
  const sorted = (indexes: Iterable<number>) => Int32Array.from(indexes).sort();
  const leafFunctions = [...sorted(functions)].flatMap((index) => leaves.functions[index] ?? []);
  const numbers = [...aggregates].filter((index) => leaves.isNumber(index));
  const others = [...aggregates].filter((index) => !leaves.isNumber(index));
  return {
    aggregates: sorted(numbers),
    otherAggregates: sorted(others),
    attributes: sorted(attributes),
    leafFunctions,
  };
}

/** The attribute with the name of the customer's zone, where a window is read by their clock. */
function clockAttributes({ aggregates, zone }: PlanSource): readonly number[] {
  const isRead = aggregates.some(({ window }) => "clock" in window && window.clock === "customer");
  return isRead && zone.attribute !== null ? [zone.attribute] : [];
}

function aggregatesByEvent(plan: PlanSource): ReadonlyMap<string, readonly number[]> {
  const byEvent = new Map<string, number[]>();
  for (const [index, { stream, steps = [] }] of plan.aggregates.entries()) {
    const events = new Set(
      [stream, ...steps.map((step) => step.stream)].map((each) => plan.streams[each]?.event ?? ""),
    );
    for (const event of events) byEvent.set(event, [...(byEvent.get(event) ?? []), index]);
  }
  return byEvent;
}
