/** What rules read: attributes, aggregates, segments; and when time alone can change what they say. From the tree alone. */
import type { Alarm } from "../time/alarms.ts";
import { readsIn } from "../calls/registry.ts";
import type { Condition, Operand } from "./checked.ts";
import { kindOf } from "../conditions/registry.ts";

export interface Reads {
  readonly attributes: ReadonlySet<number>;
  readonly aggregates: ReadonlySet<number>;
  readonly segments: ReadonlySet<number>;
  readonly alarms: readonly Alarm[];
  /** By aggregate: the lowest count that any condition can tell from the one below it; see `ConditionKind`. */
  readonly lowestBoundaries: ReadonlyMap<number, number>;
}

export function readsOf(conditions: readonly Condition[]): Reads {
  const attributes = new Set<number>();
  const aggregates = new Set<number>();
  const segments = new Set<number>();
  const alarms: Alarm[] = [];
  const lowestBoundaries = new Map<number, number>();

  function visit(condition: Condition): void {
    const kind = kindOf(condition);
    if ("segment" in condition) segments.add(condition.segment);
    alarms.push(...kind.alarms(condition));
    for (const operand of kind.operands(condition)) {
      for (const read of readsIn(operand)) {
        if (read.kind === "attribute") attributes.add(read.attribute);
        if (read.kind !== "aggregate") continue;
        aggregates.add(read.aggregate);
        const before = lowestBoundaries.get(read.aggregate) ?? Number.POSITIVE_INFINITY;
        // What a count is part of may turn at any number.
        const lowest = operand.kind === "call" ? Number.NEGATIVE_INFINITY : kind.lowestBoundary(condition);
        lowestBoundaries.set(read.aggregate, Math.min(before, lowest));
      }
    }
    for (const part of kind.conditions(condition)) visit(part);
  }

  for (const condition of conditions) visit(condition);
  return { attributes, aggregates, segments, alarms, lowestBoundaries };
}

/** What all of these read together. */
export function uniteReads(reads: readonly Reads[]): Reads {
  const lowestBoundaries = new Map<number, number>();
  for (const [aggregate, lowest] of reads.flatMap((each) => [...each.lowestBoundaries]))
    lowestBoundaries.set(aggregate, Math.min(lowestBoundaries.get(aggregate) ?? Number.POSITIVE_INFINITY, lowest));
  return {
    attributes: new Set(reads.flatMap((each) => [...each.attributes])),
    aggregates: new Set(reads.flatMap((each) => [...each.aggregates])),
    segments: new Set(reads.flatMap((each) => [...each.segments])),
    alarms: reads.flatMap((each) => each.alarms),
    lowestBoundaries,
  };
}

export function innermost(operand: Operand): Operand {
  return operand.kind === "units" ? innermost(operand.of) : operand;
}
