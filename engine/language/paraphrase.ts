/**
 * A rule in plain English, for whoever did not write it. It says where a value that is not known decides, since that is
 * what readers get wrong: `city != Paris` leaves out those of unknown city.
 */
import type { Condition, Operand, PlanSource } from "./checked.ts";
import type { Saying } from "./conditions/kind.ts";
import { kindOf } from "./conditions/registry.ts";
import { printDuration } from "./duration.ts";
import { createPrinting } from "./print.ts";
import { innermost } from "./reads.ts";

/** @returns undefined when the plan has no rule of that name */
export function paraphraseRule(plan: PlanSource, name: string): string | undefined {
  const segment = plan.segments.find((rule) => rule.name === name);
  if (segment !== undefined)
    return [`A profile is in the segment ${name} when`, ...paraphrase(plan, segment.when)].join("\n");
  const content = plan.contents.find((rule) => rule.name === name);
  if (content === undefined) return undefined;
  const choices = content.choices.flatMap(({ when, show }, index) => [
    `${index === 0 ? "" : "else "}${show} is shown when`,
    ...paraphrase(plan, when),
  ]);
  const otherwise = choices.length === 0 ? `${content.otherwise} is shown always` : `else ${content.otherwise}`;
  return [`In the place ${name}`, ...choices, otherwise].join("\n");
}

function paraphrase(plan: PlanSource, condition: Condition): readonly string[] {
  const saying: Saying = {
    condition: (part) => kindOf(part).say(part, saying),
    operand: (operand) => sayOperand(plan, operand),
    segment: (index) => plan.segments[index]?.name ?? `segment ${index}`,
    maybeUnknown: (part) =>
      kindOf(part)
        .operands(part)
        .some((operand) => maybeUnknown(plan, operand)),
  };
  return saying.condition(condition).map((line) => `  ${line}`);
}

const REDUCES = { count: "the number of", sum: "the sum of", first: "the first", last: "the last" };

function sayOperand(plan: PlanSource, operand: Operand): string {
  if (operand.kind === "units") return sayOperand(plan, operand.of);
  const printing = createPrinting(plan);
  if (operand.kind !== "aggregate") return printing.operand(operand);
  const aggregate = plan.aggregates[operand.aggregate];
  const stream = plan.streams[aggregate?.stream ?? -1];
  if (aggregate === undefined || stream === undefined) return printing.operand(operand);
  const of = stream.property === null ? stream.event : `${stream.property.path.join(".")} over all ${stream.event}`;
  const where = stream.where === null ? "" : ` with ${printing.condition(stream.where)}`;
  const within = aggregate.windowMs === null ? "" : ` in the last ${printDuration(aggregate.windowMs)}`;
  return `${REDUCES[aggregate.reduce]} ${of}${where}${within}`;
}

function maybeUnknown(plan: PlanSource, operand: Operand): boolean {
  const read = innermost(operand);
  if (read.kind === "attribute") return true;
  const reduce = read.kind === "aggregate" ? plan.aggregates[read.aggregate]?.reduce : undefined;
  return reduce === "first" || reduce === "last";
}
