/**
 * The rules of a plan in a form that other engines have too: tests of one fact each, joined by all, any and not. What a
 * profile keeps of events is a fact like any other, so that the others are spared what costs most. Facts that are not known
 * are absent. An age becomes a comparison with the instant that lies so far back.
 */
import type { Condition, Operand, PlanSource } from "../engine/language/plan/checked.ts";
import type { Facts as InterpretedFacts } from "../engine/language/conditions/kind.ts";

export type Fact = string | number | boolean | readonly string[];
export type TestOperator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in" | "contains" | "known";

export interface PlainTest {
  readonly is: "test";
  readonly fact: string;
  readonly operator: TestOperator;
  readonly value: Fact;
  /** The fact may be absent, and the test is then false. */
  readonly maybeUnknown: boolean;
}

export type PlainRule =
  | PlainTest
  | { readonly is: "all"; readonly parts: readonly PlainRule[] }
  | { readonly is: "any"; readonly parts: readonly PlainRule[] }
  | { readonly is: "not"; readonly part: PlainRule };

export interface NamedRule {
  /** Of the fact that it is for the rules after it. */
  readonly fact: string;
  readonly rule: PlainRule;
  /** 0 for one that reads no other, else one more than those it reads. */
  readonly level: number;
}

export interface PlainRules {
  /** Segments in order of dependency. */
  readonly rules: readonly NamedRule[];
  /** What is read of a profile, each value once, by the name of its fact. */
  readonly read: ReadonlyMap<string, Operand>;
}

export function plainRules(plan: PlanSource, at: number): PlainRules {
  const levels: number[] = [];
  const names = new Map<string, string>();
  const read = new Map<string, Operand>();
  const rules = plan.segments.map(({ when }, index) => {
    let level = 0;
    const rule = plain(when);
    levels[index] = level;
    return { fact: segmentFact(index), rule, level };

    function plain(condition: Condition): PlainRule {
      switch (condition.kind) {
        case "all":
        case "any":
          return { is: condition.kind, parts: condition.parts.map(plain) };
        case "at-least":
          return {
            is: "any",
            parts: choose(condition.parts.map(plain), condition.count).map((parts) => ({ is: "all", parts })),
          };
        case "not":
          return { is: "not", part: plain(condition.part) };
        case "truth":
          return test(condition.left, "=", true);
        case "compare":
          return test(condition.left, condition.operator, literal(condition.right));
        case "one-of":
          return test(
            condition.left,
            condition.negated ? "not in" : "in",
            condition.values.map(({ value }) => String(value)),
          );
        case "between": {
          const low = test(condition.left, ">=", literal(condition.low));
          return { is: "all", parts: [low, test(condition.left, "<=", literal(condition.high))] };
        }
        case "text-match":
          return test(condition.left, "contains", literal(condition.right));
        case "known": {
          const known = test(condition.left, "known", true);
          return condition.unknown ? { is: "not", part: known } : known;
        }
        case "recency": {
          if (condition.how === "more") return test(condition.left, "<", at - condition.agoMs);
          const after = test(condition.left, ">", at - condition.agoMs);
          return { is: "all", parts: [after, test(condition.left, "<=", at)] };
        }
        case "in-segment":
          level = Math.max(level, (levels[condition.segment] ?? 0) + 1);
          return { is: "test", fact: segmentFact(condition.segment), operator: "=", value: true, maybeUnknown: false };
        default:
          throw new RangeError(`${condition.kind} has no plain form`);
      }
    }
  });

  return { rules, read };

  function test(left: Operand, operator: TestOperator, value: Fact): PlainTest {
    const key = JSON.stringify(left);
    const fact = names.get(key) ?? `x${names.size}`;
    names.set(key, fact);
    read.set(fact, left);
    return { is: "test", fact, operator, value, maybeUnknown: maybeUnknown(left) };
  }

  function maybeUnknown(operand: Operand): boolean {
    const reduce = operand.kind === "aggregate" ? plan.aggregates[operand.aggregate]?.reduce : undefined;
    return reduce !== "count" && reduce !== "sum";
  }
}

const segmentFact = (index: number): string => `s${index}`;

function literal(operand: Operand): Fact {
  if (operand.kind !== "literal") throw new RangeError("a rule that compares two facts has no plain form");
  return operand.value;
}

/** Every way to take so many of these. */
function choose(parts: readonly PlainRule[], count: number): readonly (readonly PlainRule[])[] {
  const [first, ...rest] = parts;
  if (count === 0) return [[]];
  if (first === undefined) return [];
  return [...choose(rest, count - 1).map((others) => [first, ...others]), ...choose(rest, count)];
}

export type Facts = Record<string, Fact>;

/** What a profile knows of what is read. */
export function factsOf(facts: Pick<InterpretedFacts, "value">, read: PlainRules["read"]): Facts {
  const known = [...read].flatMap(([name, operand]) => {
    const value = facts.value(operand);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(known);
}
