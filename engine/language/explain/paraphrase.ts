/**
 * A rule in plain English, for whoever did not write it. It says where a value that is not known decides, since that is
 * what readers get wrong: `city != Paris` leaves out those of unknown city.
 */
import type { Printed } from "../calls/call.ts";
import { callKindOf, readsIn } from "../calls/registry.ts";
import type { Call, Condition, ContentSource, Operand, PlanSource, SegmentSource } from "../plan/checked.ts";
import type { Saying } from "../conditions/kind.ts";
import { kindOf } from "../conditions/registry.ts";
import { createPrinting, readsBrandClock } from "../plan/print.ts";
import { maybeUnknown as reduceMaybeUnknown, REDUCTIONS } from "../plan/reductions.ts";
import { saySequence } from "./say-sequence.ts";
import { sayWindow } from "../plan/window-text.ts";

/** What rules are called where others name them. */
export interface Naming {
  segment(name: string): string;
}

export function saySegment(plan: PlanSource, { name, when }: SegmentSource, naming: Naming): readonly string[] {
  return [`A profile is in the segment ${name} when`, ...sayCondition(plan, when, naming)];
}

export function sayContent(plan: PlanSource, content: ContentSource, naming: Naming): readonly string[] {
  const choices = content.choices.flatMap(({ when, show, recommendation }, index) => {
    const of = recommendation === undefined ? "" : ` with the products of ${recommendation}, if there are any,`;
    const shown = `${index === 0 ? "" : "else "}${show} is shown${of}`;
    const isAlways = when.kind === "truth" && when.left.kind === "literal";
    return isAlways ? [shown.replace(/,$/, "")] : [`${shown} when`, ...sayCondition(plan, when, naming)];
  });
  const otherwise = choices.length === 0 ? `${content.otherwise} is shown always` : `else ${content.otherwise}`;
  const kept = (content.holdouts ?? []).map(
    ({ percent, salt }) => `but always ${content.otherwise} to ${percent} % of profiles, drawn by "${salt}"`,
  );
  return [`In the place ${content.name}`, ...choices, otherwise, ...kept];
}

/** Lines, indented below what they are the condition of. */
export function sayCondition(plan: PlanSource, condition: Condition, naming: Naming): readonly string[] {
  const saying: Saying = {
    condition: (part) => {
      const lines = kindOf(part).say(part, saying);
      return readsBrandClock(part, plan) ? lines.with(-1, `${lines.at(-1) ?? ""} (by the brand's clock)`) : lines;
    },
    negated: (part) => kindOf(part).sayNot?.(part, saying),
    operand: (operand) => sayOperand(plan, operand),
    segment: (index) => naming.segment(plan.segments[index]?.name ?? `segment ${index}`),
    list: (index) => plan.lists?.[index]?.name ?? `list ${index}`,
    maybeUnknown: (part) =>
      kindOf(part)
        .operands(part)
        .some((operand) => maybeUnknown(plan, operand)),
  };
  return saying.condition(condition).map((line) => `  ${line}`);
}

function sayOperand(plan: PlanSource, operand: Operand): string {
  if (operand.kind === "units") return sayOperand(plan, operand.of);
  if (operand.kind === "event-property") return `the event's ${operand.path.join(".")}`;
  const printing = createPrinting(plan);
  if (operand.kind === "call") return sayCall(plan, operand).text;
  if (operand.kind !== "aggregate") return printing.operand(operand);
  const aggregate = plan.aggregates[operand.aggregate];
  const stream = plan.streams[aggregate?.stream ?? -1];
  if (aggregate === undefined || stream === undefined) return printing.operand(operand);
  if (aggregate.steps !== undefined) return saySequence(plan, aggregate);
  const of = stream.property === null ? stream.event : `${stream.property.path.join(".")} over all ${stream.event}`;
  const where = stream.where === null ? "" : ` with ${printing.condition(stream.where)}`;
  return `${REDUCTIONS[aggregate.reduce].said} ${of}${where}${sayWindow(aggregate.window)}`;
}

function sayCall(plan: PlanSource, call: Call): Printed {
  const kind = callKindOf(call);
  return (kind.say ?? kind.print)({
    text(index, binds) {
      const part = call.of[index];
      if (part === undefined) return "";
      if (part.kind !== "call") return sayOperand(plan, part);
      const said = sayCall(plan, part);
      return said.binds < binds ? `(${said.text})` : said.text;
    },
    callOf(index) {
      const part = call.of[index];
      return part?.kind === "call" ? part.call : undefined;
    },
  });
}

function maybeUnknown(plan: PlanSource, operand: Operand): boolean {
  if (operand.kind === "call" && operand.call.startsWith("divide")) return true;
  return readsIn(operand).some((read) => {
    if (read.kind === "person") return false;
    if (read.kind !== "aggregate") return true;
    const reduce = plan.aggregates[read.aggregate]?.reduce;
    return reduce !== undefined && reduceMaybeUnknown(reduce);
  });
}
