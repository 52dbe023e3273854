/** `all`, `any`, `none`, `at least N of`, `not`: conditions made of conditions. `not` is plain negation. */
import type { Condition } from "../plan/checked.ts";
import { noteContradiction } from "../check/contradictions.ts";
import { reportShortened } from "../check/shortened.ts";
import { type Check, type Checking, type KindOf, quiet, type Saying } from "./kind.ts";
import type { ConditionSyntax } from "../grammar/syntax.ts";

export const checkAll: Check<"all"> = (syntax, checking) => joined("all", syntax.parts, checking);
export const checkAny: Check<"any"> = (syntax, checking) =>
  reportShortened(syntax.parts, checking) ? undefined : joined("any", syntax.parts, checking);

export const checkNone: Check<"none"> = (syntax, checking) => {
  const part = joined("any", syntax.parts, checking);
  return part === undefined ? undefined : { kind: "not", part };
};

export const checkNot: Check<"not"> = (syntax, checking) => {
  const part = checking.condition(syntax.part);
  return part === undefined ? undefined : { kind: "not", part };
};

export const checkAtLeast: Check<"at-least"> = (syntax, checking) => {
  const { count, of, parts, span } = syntax;
  const checked = checkParts(parts, checking);
  if (count < 1 || count > of) {
    const message =
      count < 1 ? "`at least 0 of` is always true" : `\`at least ${count} of\` can never hold with ${of} below it`;
    checking.report({ code: "always_the_same", span, message, suggestion: `a number from 1 to ${of}` });
    return undefined;
  }
  if (checked === undefined) return undefined;
  if (count === 1) return flat("any", checked);
  return count === parts.length ? flat("all", checked) : { kind: "at-least", count, parts: checked };
};

function joined(kind: "all" | "any", parts: readonly ConditionSyntax[], checking: Checking): Condition | undefined {
  const checked = checkParts(parts, checking);
  if (checked === undefined) return undefined;
  const together = checked.map((condition, index) => ({ condition, span: parts[index]?.span ?? NOWHERE }));
  noteContradiction(kind, together, checking);
  return flat(kind, checked);
}

const NOWHERE = { start: 0, end: 0 };

/** Every part is checked, so that all problems are told. */
function checkParts(parts: readonly ConditionSyntax[], checking: Checking): readonly Condition[] | undefined {
  const checked = parts.map((part) => checking.condition(part));
  const sound = checked.filter((part) => part !== undefined);
  return sound.length === checked.length ? sound : undefined;
}

/** `a and (b and c)` is `a and b and c`: one form for one meaning. */
function flat(kind: "all" | "any", parts: readonly Condition[]): Condition {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return { kind, parts: parts.flatMap((part) => (part.kind === kind ? part.parts : [part])) };
}

function below(parts: readonly Condition[], saying: Saying): readonly string[] {
  return parts.flatMap((part) => saying.condition(part)).map((line) => `  ${line}`);
}

/** Groups have no operands of their own. */
const group = { ...quiet, isLeaf: false, operands: () => [] } as const;

export const all: KindOf<"all"> = {
  ...group,
  conditions: (node) => node.parts,
  holds: (node, facts) => node.parts.every((part) => facts.holds(part)),
  compile: (node, emit) => emit.all(node.parts.map((part) => emit.condition(part))),
  print: (node, printing) => node.parts.map((part) => printing.part(part)).join(" and "),
  say: (node, saying) => ["all of this holds:", ...below(node.parts, saying)],
};

export const any: KindOf<"any"> = {
  ...group,
  conditions: (node) => node.parts,
  holds: (node, facts) => node.parts.some((part) => facts.holds(part)),
  compile: (node, emit) => emit.any(node.parts.map((part) => emit.condition(part))),
  print: (node, printing) => node.parts.map((part) => printing.part(part)).join(" or "),
  say: (node, saying) => ["any of this holds:", ...below(node.parts, saying)],
  sayNot: (node, saying) => ["none of this holds:", ...below(node.parts, saying)],
};

export const atLeast: KindOf<"at-least"> = {
  ...group,
  conditions: (node) => node.parts,
  holds: (node, facts) => node.parts.filter((part) => facts.holds(part)).length >= node.count,
  compile: (node, emit) =>
    emit.atLeast(
      node.count,
      node.parts.map((part) => emit.condition(part)),
    ),
  print: (node, printing) =>
    `at least ${node.count} of (${node.parts.map((part) => printing.condition(part)).join("; ")})`,
  say: (node, saying) => [`at least ${node.count} of this hold:`, ...below(node.parts, saying)],
};

export const not: KindOf<"not"> = {
  ...group,
  conditions: (node) => [node.part],
  holds: (node, facts) => !facts.holds(node.part),
  compile: (node, emit) => emit.not(emit.condition(node.part)),
  print: (node, printing) => `not ${printing.part(node.part)}`,
  say(node, saying) {
    if (node.part.kind === "not") return saying.condition(node.part.part);
    const negated = saying.negated(node.part);
    if (negated !== undefined) return negated;
    const [first, ...more] = saying.condition(node.part);
    if (more.length > 0) return ["this does not hold:", ...below([node.part], saying)];
    // Plain negation: what is not known makes it true, which surprises.
    const orUnknown = node.part.kind !== "known" && saying.maybeUnknown(node.part) ? " (or it is not known)" : "";
    return [`it is not so that ${first}${orUnknown}`];
  },
};
