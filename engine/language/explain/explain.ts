/**
 * Why a rule says what it says of one profile at one instant: its tree, each part with what holds and the values read.
 * By the interpreter, which is what the rules mean.
 */
import { printPlace } from "../../model/place.ts";
import type { FieldType, FieldValue, ProfileView } from "../../model/plan.ts";
import type { JsonObject } from "../../model/event.ts";
import type { Instant } from "../../model/ids.ts";
import type { Condition, Operand, PlanSource } from "../plan/checked.ts";
import { conditionOf } from "../plan/checked-trigger.ts";
import type { Facts } from "../conditions/kind.ts";
import { kindOf } from "../conditions/registry.ts";
import { factsAtHand } from "../plan/interpret.ts";
import { printInstant } from "../grammar/instant.ts";
import { counts } from "../plan/reductions.ts";
import { createPrinting, printLiteral } from "../plan/print.ts";
import { innermost } from "../plan/reads.ts";
import { sayBonus } from "./say-loyalty.ts";
import { sayEachStep } from "./say-sequence.ts";

export interface Explanation {
  /** The condition in its canonical form. */
  readonly text: string;
  readonly holds: boolean;
  /** What it reads, as people write it; undefined: unknown. */
  readonly values: readonly ExplainedValue[];
  readonly parts: readonly Explanation[];
}

export interface ExplainedValue {
  readonly name: string;
  readonly value: string | undefined;
  /** Index of the aggregate that it is, so that whoever holds the profile can show the events behind it. */
  readonly aggregate?: number;
  /** Of a sequence: its steps in words, so that whoever holds the profile can say how far it has come. */
  readonly steps?: readonly string[];
}

export type ExplainedRule =
  /** Of a trigger: what it asks of the event and the profile; undefined: nothing. */
  | {
      readonly kind: "trigger";
      readonly name: string;
      readonly when: Explanation | undefined;
      /** The sequence that sets it off, where one does. */
      readonly on: Explanation | undefined;
    }
  | { readonly kind: "segment"; readonly name: string; readonly when: Explanation }
  /** `when`: undefined where a bonus is everybody's. */
  | {
      readonly kind: "loyalty";
      readonly name: string;
      readonly bonuses: readonly { readonly says: string; readonly when: Explanation | undefined }[];
    }
  | {
      readonly kind: "content";
      readonly name: string;
      readonly shows: string;
      readonly choices: readonly { readonly show: string; readonly when: Explanation }[];
    };

/**
 * @param name of a rule; `trigger:NAME` for a trigger that is called as a segment or a content is
 * @param fields of the event at hand, where there is one
 * @returns undefined when the plan has no rule of that name
 */
export function explainRule(
  plan: PlanSource,
  name: string,
  { view, at, fields }: { readonly view: ProfileView; readonly at: Instant; readonly fields?: JsonObject | undefined },
): ExplainedRule | undefined {
  const facts = factsAtHand(plan, view, { at, fields });
  const segment = plan.segments.find((rule) => rule.name === name);
  if (segment !== undefined) return { kind: "segment", name, when: explain(plan, segment.when, facts) };
  const content = plan.contents.find((rule) => rule.name === name);
  if (content === undefined) {
    const trigger = plan.triggers?.find((rule) => rule.name === name.replace(/^trigger:/, ""));
    if (trigger === undefined) return explainLoyalty(plan, name, facts);
    const when = conditionOf(trigger);
    const sequence =
      trigger.on.is === "sequence"
        ? ({ kind: "happened", left: { kind: "aggregate", aggregate: trigger.on.aggregate } } as const)
        : undefined;
    return {
      kind: "trigger",
      name: trigger.name,
      when: when && explain(plan, when, facts),
      on: sequence && explain(plan, sequence, facts),
    };
  }
  const choices = content.choices.map(({ when, show }) => ({ show, when: explain(plan, when, facts) }));
  const shows = choices.find(({ when }) => when.holds)?.show ?? content.otherwise;
  return { kind: "content", name, shows, choices };
}

/** The loyalty rule with all its bonuses, or one of these. */
function explainLoyalty(plan: PlanSource, name: string, facts: Facts): ExplainedRule | undefined {
  const { loyalty } = plan;
  const all = loyalty?.bonuses ?? [];
  const asked = loyalty?.name === name ? all : all.filter((bonus) => bonus.name === name);
  if (loyalty === undefined || (loyalty.name !== name && asked.length === 0)) return undefined;
  const bonuses = asked.map((bonus) => ({
    says: `${bonus.name}: ${sayBonus(bonus, plan)}`,
    when: bonus.when === null ? undefined : explain(plan, bonus.when, facts),
  }));
  return { kind: "loyalty", name, bonuses };
}

/** A condition in its canonical form, as a rule file may have it. */
export function printCondition(plan: PlanSource, condition: Condition): string {
  return createPrinting(plan).condition(condition);
}

export function explain(plan: PlanSource, condition: Condition, facts: Facts): Explanation {
  const printing = createPrinting(plan);
  const kind = kindOf(condition);
  const read = kind
    .operands(condition)
    .flatMap(withParts)
    .filter((operand) => operand.kind !== "literal" && operand.kind !== "person");
  return {
    text: printing.condition(condition),
    holds: facts.holds(condition),
    values: [
      ...(kind.recalls?.(condition, facts, printing) ?? []).map(({ name, at }) => ({
        name,
        value: at === undefined ? undefined : printInstant(at),
      })),
      ...read.map((operand) => {
        const value = facts.value(operand);
        const shown = value === undefined ? undefined : printValue(value, typeOf(operand, plan));
        const of = innermost(operand);
        const aggregate = of.kind === "aggregate" ? { aggregate: of.aggregate, ...stepsIn(plan, of.aggregate) } : {};
        return { name: printing.operand(operand), value: shown, ...aggregate };
      }),
    ],
    parts: kind.conditions(condition).map((part) => explain(plan, part, facts)),
  };
}

function stepsIn(plan: PlanSource, index: number): Pick<ExplainedValue, "steps"> {
  const aggregate = plan.aggregates[index];
  return aggregate?.steps === undefined ? {} : { steps: sayEachStep(plan, aggregate) };
}

export function typeOf(operand: Operand, plan: PlanSource): FieldType {
  switch (operand.kind) {
    case "attribute":
      return plan.attributes[operand.attribute]?.type ?? "text";
    case "property":
    case "event-property":
      return operand.type;
    case "literal":
      return operand.as;
    case "units":
      return "number";
    case "person":
      return operand.reads === "id" ? "text" : "list";
    case "call":
      return operand.type;
    case "aggregate": {
      const aggregate = plan.aggregates[operand.aggregate];
      if (aggregate?.reduce === "sequence" || aggregate?.reduce === "first" || aggregate?.reduce === "last")
        return "instant";
      if (aggregate !== undefined && counts(aggregate.reduce)) return "number";
      return plan.streams[aggregate?.stream ?? -1]?.property?.type ?? "number";
    }
  }
}

/** What is worked out stands beside what it is worked out of, unless it is only that seen by a clock. */
function withParts(operand: Operand): readonly Operand[] {
  if (operand.kind !== "call") return [operand];
  const parts = operand.of.flatMap(withParts);
  const isSameThing = operand.call === "first-instant" || operand.call === "local-date";
  return isSameThing ? parts : [operand, ...parts];
}

/** As rules write it. */
function printValue(value: FieldValue, type: FieldType): string {
  if (typeof value === "object") return `[${value.map((entry) => `"${entry}"`).join(", ")}]`;
  if (type === "list") return String(value);
  if (type === "place") return printPlace(Number(value));
  if (type === "duration" && Number(value) < 0)
    return `-${printLiteral({ kind: "literal", as: type, value: -Number(value) })}`;
  // The average of amounts may fall between two of their integers.
  return printLiteral({ kind: "literal", as: type, value: type === "money" ? Math.round(Number(value)) : value });
}

/**
 * ```
 * no   in segment vip and last order_completed was more than 60 days ago
 * yes    in segment vip
 * no     last order_completed was more than 60 days ago   (last order_completed: 2026-02-20T10:00:00.000Z)
 * ```
 */
export function renderExplanation(explanation: Explanation, depth = 0): string {
  const { holds, text, values, parts } = explanation;
  const seen = values.map(({ name, value }) => `${name}: ${value ?? "unknown"}`).join(", ");
  const line = `${holds ? "yes" : "no "} ${"  ".repeat(depth)}${text}${seen === "" ? "" : `   (${seen})`}`;
  return [line, ...parts.map((part) => renderExplanation(part, depth + 1))].join("\n");
}
