/** `A then B within D`: from the steps as written to the streams of a plan and the aggregate that reads them. */
import { sequenceStepsMax } from "../../limits.ts";
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import type { FieldType, SequenceStep } from "../../model/plan.ts";
import type { Window } from "../../model/window.ts";
import { addStream, checkWhere, findEvent } from "./check-aggregate.ts";
import { checkDuration } from "./check-duration.ts";
import { checkWindow } from "./check-window.ts";
import type { Operand } from "../plan/checked.ts";
import type { CheckingOptions } from "./checking-options.ts";
import { eventOf } from "../conditions/on-days.ts";
import type { Checking } from "../conditions/kind.ts";
import { printDuration } from "../grammar/duration.ts";
import { noteBound } from "./exactness.ts";
import { suggestName } from "../source/nearest.ts";
import { REDUCTIONS } from "../plan/reductions.ts";
import type { Name, SequenceSyntax, StepSyntax } from "../grammar/syntax.ts";
import { typeName } from "./value-type.ts";
import type { EventEntry, FieldEntry } from "./vocabulary.ts";

interface Around {
  readonly options: CheckingOptions;
  readonly checking: Checking;
  readonly lateMs: number | undefined;
  /** Makes the checking of a `where`. */
  readonly within: (event: EventEntry) => Checking;
}

export function checkSequenceSteps(syntax: SequenceSyntax, around: Around): Operand | undefined {
  const { options } = around;
  const { report } = options;
  const { steps } = syntax;
  const { lateMs } = around;
  const window: Window | undefined =
    lateMs === undefined ? checkWindow(syntax.window, report) : { kind: "last", ms: lateMs };
  const over = steps[sequenceStepsMax];
  if (over !== undefined) {
    const message = `a sequence has at most ${sequenceStepsMax} steps, this one has ${steps.length}`;
    report({ code: "over_limit", span: over.span, message, suggestion: "make segments of its parts" });
    return undefined;
  }
  const early = steps.slice(0, -1).find(({ absent }) => absent);
  if (early !== undefined) {
    const message = "only the last step can be one that does not come";
    const suggestion = "end the sequence there, or leave out `no`";
    report({ code: "not_applicable", span: early.span, message, suggestion });
    return undefined;
  }
  const same = sharedProperty(steps, report);
  if (same === "several") return undefined;
  const properties: FieldEntry[] = [];
  const checked = steps.map((step) => checkStep(step, { ...around, same, properties }));
  const sound = checked.filter((step) => step !== undefined);
  if (window === undefined || sound.length < checked.length) return undefined;
  if (lateMs === undefined) noteBound({ reduce: "sequence", span: syntax.span }, window, report);
  const asked = lateMs === undefined && window.kind === "last" ? window.ms : 0;
  for (const [index, step] of steps.entries()) checkKept(step, sound.slice(index + 1), { asked, options });
  const stream = (sound[0] as SequenceStep).stream;
  const correlated = same !== undefined && { correlated: true };
  const aggregate = { stream, reduce: "sequence", window, steps: sound, ...correlated } as const;
  return { kind: "aggregate", aggregate: options.draft.aggregate(aggregate) };
}

/** A step is to be remembered until the sequence can be complete, and then for as long as that is asked for. */
function checkKept(
  { of, span }: StepSyntax,
  next: readonly SequenceStep[],
  { asked, options: { vocabulary, report } }: { readonly asked: number; readonly options: CheckingOptions },
): void {
  const name = of.kind === "word" ? of.name : "";
  const { retentionMs = Number.POSITIVE_INFINITY } = vocabulary.events.get(name) ?? {};
  const neededMs = next.reduce((sum, { withinMs }) => sum + withinMs, asked);
  if (neededMs <= retentionMs) return;
  const message = `\`${name}\` is kept for ${printDuration(retentionMs)}, and what follows it is waited for ${printDuration(neededMs)}`;
  const suggestion = `shorten the times, or keep it longer: \`retention\` in events/${name}.yaml`;
  report({ code: "beyond_retention", span, message, suggestion });
}

/** What all steps have in common; said once, or the same each time. */
function sharedProperty(steps: readonly StepSyntax[], report: CheckingOptions["report"]): Name | undefined | "several" {
  const [first, ...others] = steps.flatMap(({ same }) => same);
  const other = others.find(({ name }) => name !== first?.name);
  if (other === undefined) return first;
  const message = `the steps have \`${first?.name}\` in common already`;
  report({ code: "not_applicable", span: other.span, message, suggestion: "a sequence has one property in common" });
  return "several";
}

function checkStep(
  step: StepSyntax,
  around: Around & { readonly same: Name | undefined; readonly properties: FieldEntry[] },
): SequenceStep | undefined {
  const { options, checking, within, same, properties } = around;
  const name = eventOf(step.of, checking);
  const withinMs = step.within === undefined ? 0 : checkDuration(step.within, ruleDurationMsMax, options);
  const event = name === undefined ? undefined : findEvent({ of: name }, options);
  if (event === undefined || name === undefined) return undefined;
  if (name.name !== event.name) {
    const message = "a step is an event, not a property of it";
    options.report({ code: "not_applicable", span: name.span, message, suggestion: `write \`${event.name}\`` });
    return undefined;
  }
  const where = checkWhere(step, within(event));
  const property = same === undefined ? null : findShared(same, event, { options, properties });
  if (where === undefined || property === undefined || withinMs === undefined) return undefined;
  const stream = addStream({ event: event.name, property, where }, step.span, options);
  return stream === undefined ? undefined : { stream, withinMs, absent: step.absent };
}

function findShared(
  { name, span }: Name,
  event: EventEntry,
  { options: { report }, properties }: { readonly options: CheckingOptions; readonly properties: FieldEntry[] },
): { readonly path: readonly string[]; readonly type: FieldType } | undefined {
  const entry = event.properties.get(name);
  if (entry === undefined) {
    if (!event.whole) return undefined;
    const suggestion = suggestName(name, [...event.properties.keys()], "properties");
    report({ code: "unknown_property", span, message: `\`${event.name}\` has no property \`${name}\``, suggestion });
    return undefined;
  }
  if (entry.type === undefined) return undefined;
  const [first] = properties;
  properties.push(entry);
  const { type } = entry.type;
  if (!(REDUCTIONS.distinct.of ?? []).includes(type)) {
    const message = `\`${name}\` is ${typeName(type)}: steps cannot have it in common`;
    report({
      code: "not_applicable",
      span,
      message,
      suggestion: "name a property of one value: a text, a number, a date",
    });
    return undefined;
  }
  if (first?.type !== undefined && first.type.type !== type) {
    const message = `\`${name}\` is ${typeName(first.type)} in one step and ${typeName(type)} in \`${event.name}\``;
    const suggestion = `declare both alike: in events/${event.name}.yaml, or for the other step`;
    report({ code: "type_mismatch", span, message, suggestion });
    return undefined;
  }
  return { path: name.split("."), type };
}
