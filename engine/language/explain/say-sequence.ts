/** One event after another in plain English: `a cart_updated, and then no order_completed within 1 hour`. */
import type { AggregateSource, PlanSource } from "../plan/checked.ts";
import { printDuration } from "../grammar/duration.ts";
import { createPrinting } from "../plan/print.ts";
import { sayWindow } from "../plan/window-text.ts";

/** Of an aggregate with steps; its window is left out. */
export function saySteps(plan: PlanSource, aggregate: AggregateSource): string {
  return sayEachStep(plan, aggregate).join(", and then ");
}

export function sayEachStep(plan: PlanSource, { steps = [] }: AggregateSource): readonly string[] {
  const printing = createPrinting(plan);
  return steps.map(({ stream, withinMs, absent }, index) => {
    const { event, where = null, property = null } = plan.streams[stream] ?? { event: `stream ${stream}` };
    const having = where === null ? "" : ` with ${printing.condition(where)}`;
    if (index === 0) return `${event}${having}`;
    const same = property === null ? "" : ` of the same ${property.path.join(".")}`;
    return `${absent ? "no " : ""}${event}${having}${same} within ${printDuration(withinMs)}`;
  });
}

export function saySequence(plan: PlanSource, aggregate: AggregateSource): string {
  const { window } = aggregate;
  const when = window.kind === "ever" ? "" : `, complete${sayWindow(window)}`;
  return `${saySteps(plan, aggregate)}${when}`;
}
