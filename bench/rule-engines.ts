/**
 * Rules as others evaluate them: GrowthBook's conditions, JSON logic, CEL parsed beforehand, and json-rules-engine. Each
 * gets the same tests in the form that suits it best, and nothing is made anew for a profile that could be made before.
 */
import { type ConditionInterface, evalCondition } from "@growthbook/growthbook";
import { Environment } from "@marcbachmann/cel-js";
import jsonLogic from "json-logic-js";
import { Engine, type NestedCondition, type TopLevelCondition } from "json-rules-engine";
import type { Facts, NamedRule, PlainRule, PlainTest } from "./plain-rules.ts";

export interface RuleEngine {
  readonly name: string;
  /** Which rules hold, in their order; those that read others find them among the facts. */
  evaluate(facts: Facts): readonly boolean[] | Promise<readonly boolean[]>;
}

/** One rule after the other, each result a fact for those after it. */
function inTurn<Made>(
  name: string,
  rules: readonly NamedRule[],
  { make, test }: { make: (rule: PlainRule) => Made; test: (made: Made, facts: Facts) => boolean },
): RuleEngine {
  const made = rules.map(({ fact, rule }) => ({ fact, rule: make(rule) }));
  return {
    name,
    evaluate(known) {
      const facts = { ...known };
      return made.map(({ fact, rule }) => {
        const holds = test(rule, facts);
        facts[fact] = holds;
        return holds;
      });
    },
  };
}

const MONGO = {
  "=": "$eq",
  "!=": "$ne",
  "<": "$lt",
  "<=": "$lte",
  ">": "$gt",
  ">=": "$gte",
  in: "$in",
  "not in": "$nin",
} as const;

export const growthBook = (rules: readonly NamedRule[]): RuleEngine =>
  inTurn("GrowthBook", rules, {
    make: mongoOf,
    test: (condition, facts) => evalCondition(facts, condition),
  });

function mongoOf(rule: PlainRule): ConditionInterface {
  if (rule.is === "all") return { $and: rule.parts.map(mongoOf) };
  if (rule.is === "any") return { $or: rule.parts.map(mongoOf) };
  if (rule.is === "not") return { $not: mongoOf(rule.part) };
  const { fact, operator, value, maybeUnknown } = rule;
  if (operator === "known") return { [fact]: { $exists: true } };
  if (operator === "contains") return { [fact]: { $elemMatch: { $eq: value } } };
  // What is absent is null there, which is less than 1 and not equal to anything.
  const exists = maybeUnknown && operator !== "=" && operator !== "in" ? { $exists: true } : {};
  return { [fact]: { ...exists, [MONGO[operator]]: value } };
}

export const jsonLogicRules = (rules: readonly NamedRule[]): RuleEngine =>
  inTurn("json-logic-js", rules, {
    make: logicOf,
    test: (logic, facts) => jsonLogic.apply(logic, facts) === true,
  });

type Logic = Parameters<typeof jsonLogic.apply>[0];

function logicOf(rule: PlainRule): Logic {
  if (rule.is === "all") return { and: rule.parts.map(logicOf) };
  if (rule.is === "any") return { or: rule.parts.map(logicOf) };
  if (rule.is === "not") return { "!": [logicOf(rule.part)] };
  const { fact, operator, value, maybeUnknown } = rule;
  const read = { var: fact };
  const known = { "!==": [read, null] };
  if (operator === "known") return known as Logic;
  const test =
    operator === "contains"
      ? { in: [value, read] }
      : operator === "in"
        ? { in: [read, value] }
        : operator === "not in"
          ? { "!": [{ in: [read, value] }] }
          : { [operator === "=" ? "===" : operator === "!=" ? "!==" : operator]: [read, value] };
  return (maybeUnknown && operator !== "=" && operator !== "in" ? { and: [known, test] } : test) as Logic;
}

export function cel(rules: readonly NamedRule[]): RuleEngine {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const names = [...new Set(rules.flatMap(({ rule }) => testsIn(rule).map(({ fact }) => fact)))];
  const engine = inTurn("CEL (@marcbachmann/cel-js, parsed before)", rules, {
    make: (rule) => environment.parse(celOf(rule)),
    test: (parsed, facts) => parsed(facts) === true,
  });
  // A variable that is absent is a mistake there; one that is null is not.
  const absent = Object.fromEntries(names.map((name) => [name, null])) as unknown as Facts;
  return { ...engine, evaluate: (facts) => engine.evaluate({ ...absent, ...facts }) };
}

const testsIn = (rule: PlainRule): readonly PlainTest[] =>
  rule.is === "test" ? [rule] : rule.is === "not" ? testsIn(rule.part) : rule.parts.flatMap(testsIn);

function celOf(rule: PlainRule): string {
  if (rule.is === "all") return `(${rule.parts.map(celOf).join(" && ")})`;
  if (rule.is === "any") return `(${rule.parts.map(celOf).join(" || ")})`;
  if (rule.is === "not") return `!${celOf(rule.part)}`;
  const { fact, operator, maybeUnknown } = rule;
  if (operator === "known") return `(${fact} != null)`;
  const value = celValue(rule.value);
  const test =
    operator === "contains"
      ? `${value} in ${fact}`
      : operator === "in"
        ? `${fact} in ${value}`
        : operator === "not in"
          ? `!(${fact} in ${value})`
          : `${fact} ${operator === "=" ? "==" : operator} ${value}`;
  return maybeUnknown && operator !== "=" && operator !== "in" ? `(${fact} != null && ${test})` : `(${test})`;
}

function celValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(celValue).join(", ")}]`;
  if (typeof value === "number") return Number.isInteger(value) ? `${value}.0` : String(value);
  return JSON.stringify(value);
}

const OPERATORS = {
  "=": "equal",
  "!=": "notEqual",
  "<": "lessThan",
  "<=": "lessThanInclusive",
  ">": "greaterThan",
  ">=": "greaterThanInclusive",
  in: "in",
  "not in": "notIn",
  contains: "contains",
  known: "known",
} as const;

export function jsonRulesEngine(rules: readonly NamedRule[]): RuleEngine {
  const engine = new Engine([], { allowUndefinedFacts: true });
  engine.addOperator("known", (value: unknown) => value !== undefined);
  const levels = Math.max(...rules.map(({ level }) => level));
  for (const { fact, rule, level } of rules)
    engine.addRule({
      conditions: topLevel(nestedOf(rule)),
      event: { type: fact },
      priority: 1 + levels - level,
      onSuccess: (_event, almanac) => almanac.addRuntimeFact(fact, true),
    });
  return {
    name: "json-rules-engine",
    async evaluate(facts) {
      const { events } = await engine.run(facts);
      const held = new Set(events.map(({ type }) => type));
      return rules.map(({ fact }) => held.has(fact));
    },
  };
}

const topLevel = (condition: NestedCondition): TopLevelCondition =>
  "fact" in condition ? { all: [condition] } : condition;

function nestedOf(rule: PlainRule): NestedCondition {
  if (rule.is === "all") return { all: rule.parts.map(nestedOf) };
  if (rule.is === "any") return { any: rule.parts.map(nestedOf) };
  if (rule.is === "not") return { not: nestedOf(rule.part) };
  const { fact, operator, value, maybeUnknown } = rule;
  const test = { fact, operator: OPERATORS[operator], value };
  if (!maybeUnknown || (operator !== "!=" && operator !== "not in")) return test;
  return { all: [{ fact, operator: "known", value: true }, test] };
}
