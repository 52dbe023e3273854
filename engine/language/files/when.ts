/**
 * The `when` of a rule: one line, or `all:`, `any:`, `none:`, `at least N of:` with a list below, nested as deep as
 * `conditionDepthMax`.
 */
import { conditionDepthMax, conditionsPerRuleMax } from "../../limits-of-rules.ts";
import { parseConditionLine } from "../grammar/condition-line.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { type ConditionSyntax, freeze, type OperandSyntax } from "../grammar/syntax.ts";
import type { YamlEntry, YamlValue } from "../source/yaml-source.ts";
import { headOf, reportEmpty } from "./mapping.ts";

const GROUPS = ["all", "any", "none"] as const;
const AT_LEAST = /^at least (\d{1,4}) of$/;

export function readWhen(value: YamlValue, report: Report): ConditionSyntax | undefined {
  const tree = read(value, 0, report);
  if (tree === undefined) return undefined;
  const { depth, leaves } = measure(tree);
  if (depth <= conditionDepthMax && leaves <= conditionsPerRuleMax) return tree;
  const message =
    depth > conditionDepthMax
      ? `conditions are nested ${depth} deep; at most ${conditionDepthMax} is allowed`
      : `this rule has ${leaves} conditions; at most ${conditionsPerRuleMax} are allowed`;
  report({
    code: "over_limit",
    span: headOf(value),
    message,
    suggestion: "make segments of its parts, joined by `in segment`",
  });
  return undefined;
}

function read(value: YamlValue, depth: number, report: Report): ConditionSyntax | undefined {
  if (depth > conditionDepthMax) {
    const message = `conditions are nested more than ${conditionDepthMax} deep`;
    report({ code: "over_limit", span: headOf(value), message, suggestion: "make segments of its parts" });
    return undefined;
  }
  if (value.kind === "text") return parseConditionLine(value, report);
  if (value.kind === "list") {
    const suggestion = "begin with `all:`, `any:` or `none:`, and put the list below it";
    report({
      code: "wrong_shape",
      span: value.span,
      message: "a list does not say whether all or any of it must hold",
      suggestion,
    });
    return undefined;
  }
  const [entry, second] = value.entries;
  if (entry === undefined) return undefined;
  if (second !== undefined) {
    const message = "one group only can stand here, and this is a second key";
    report({
      code: "wrong_shape",
      span: second.key.span,
      message,
      suggestion: "put both into the list of an `all:` or `any:`, each after a `- `",
    });
    return undefined;
  }
  return readGroup(entry, depth, report);
}

function readGroup(entry: YamlEntry, depth: number, report: Report): ConditionSyntax | undefined {
  const { key, value } = entry;
  const group = GROUPS.find((name) => name === key.value);
  const atLeast = AT_LEAST.exec(key.value)?.[1];
  if (group === undefined && atLeast === undefined) return reportNoGroup(entry, report);
  if (value === undefined) {
    reportEmpty(key, report);
    return undefined;
  }
  if (value.kind !== "list") {
    const message = `\`${key.value}:\` is followed by a list`;
    report({
      code: "wrong_shape",
      span: headOf(value),
      message,
      suggestion: "put each condition on a line of its own after `- `",
    });
    return undefined;
  }
  const parts = value.parts.map((part) => read(part, depth + 1, report));
  // What can be read is read on, so that the problems of all parts are told, not only of those that break the grammar.
  const sound = parts.filter((part) => part !== undefined);
  if (parts.length === 0) reportEmpty(key, report);
  if (sound.length === 0) return undefined;
  const span = { start: key.span.start, end: key.span.end };
  if (group !== undefined) return freeze({ kind: group, parts: Object.freeze(sound), span });
  return freeze({ kind: "at-least", count: Number(atLeast), of: parts.length, parts: Object.freeze(sound), span });
}

function reportNoGroup({ key, value }: YamlEntry, report: Report): undefined {
  const isGroup = value?.kind === "list";
  const message = isGroup
    ? `\`${key.value}:\` is not a way to join conditions`
    : "a condition is one line of text, and the `:` makes a key of its beginning";
  const suggestion = isGroup
    ? suggestName(key.value, [...GROUPS, "at least 2 of"], "ways to join")
    : "leave out the `:`, or put the whole condition in single quotes";
  report({ code: isGroup ? "unknown_key" : "wrong_shape", span: key.span, message, suggestion });
  return undefined;
}

function measure(tree: ConditionSyntax): { depth: number; leaves: number } {
  const below = partsOf(tree).map(measure);
  return {
    depth: 1 + Math.max(0, ...below.map(({ depth }) => depth)),
    leaves: below.length === 0 ? 1 : below.reduce((sum, { leaves }) => sum + leaves, 0),
  };
}

/** Conditions directly within this one, those of a `where` included. */
export function partsOf(tree: ConditionSyntax): readonly ConditionSyntax[] {
  switch (tree.kind) {
    case "all":
    case "any":
    case "none":
    case "at-least":
      return tree.parts;
    case "not":
    case "brand-time":
      return [tree.part];
    case "never":
      return tree.where === undefined ? [] : [tree.where];
    case "sequence":
      return tree.steps.flatMap(({ where }) => where ?? []);
    case "on-days":
      return [...(tree.where === undefined ? [] : [tree.where]), ...wheresIn(tree.left)];
    default: {
      const wheres: ConditionSyntax[] = [];
      for (const side of SIDES) {
        const operand = (tree as Partial<Record<(typeof SIDES)[number], OperandSyntax>>)[side];
        if (operand !== undefined) wheres.push(...wheresIn(operand));
      }
      return wheres;
    }
  }
}

const SIDES = ["left", "right", "low", "high"] as const;

function wheresIn(operand: OperandSyntax): readonly ConditionSyntax[] {
  switch (operand.kind) {
    case "aggregate":
      return operand.where === undefined ? [] : [operand.where];
    case "arithmetic":
      return [...wheresIn(operand.left), ...wheresIn(operand.right)];
    case "function":
      return operand.of.flatMap(wheresIn);
    case "anniversary":
      return wheresIn(operand.of);
    default:
      return [];
  }
}
