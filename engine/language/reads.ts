/** What rules read: attributes, aggregates, segments; and when time alone can change what they say. From the tree alone. */
import type { Condition, Operand } from "./checked.ts";
import { kindOf } from "./conditions/registry.ts";
import type { TimedFlip } from "./conditions/kind.ts";

export interface Reads {
  readonly attributes: ReadonlySet<number>;
  readonly aggregates: ReadonlySet<number>;
  readonly segments: ReadonlySet<number>;
  readonly timedFlips: readonly TimedFlip[];
  /** By aggregate: the lowest count that any condition can tell from the one below it; see `ConditionKind`. */
  readonly lowestBoundaries: ReadonlyMap<number, number>;
}

export function readsOf(conditions: readonly Condition[]): Reads {
  const attributes = new Set<number>();
  const aggregates = new Set<number>();
  const segments = new Set<number>();
  const timedFlips: TimedFlip[] = [];
  const lowestBoundaries = new Map<number, number>();

  function visit(condition: Condition): void {
    const kind = kindOf(condition);
    if (condition.kind === "in-segment") segments.add(condition.segment);
    timedFlips.push(...kind.timedFlips(condition));
    for (const operand of kind.operands(condition)) {
      const read = innermost(operand);
      if (read.kind === "attribute") attributes.add(read.attribute);
      if (read.kind !== "aggregate") continue;
      aggregates.add(read.aggregate);
      const before = lowestBoundaries.get(read.aggregate) ?? Number.POSITIVE_INFINITY;
      lowestBoundaries.set(read.aggregate, Math.min(before, kind.lowestBoundary(condition)));
    }
    for (const part of kind.conditions(condition)) visit(part);
  }

  for (const condition of conditions) visit(condition);
  return { attributes, aggregates, segments, timedFlips, lowestBoundaries };
}

export function innermost(operand: Operand): Operand {
  return operand.kind === "units" ? innermost(operand.of) : operand;
}
