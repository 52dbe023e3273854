/** `x in [a, b]` and `x not in [a, b]`; both false when x is unknown. */
import type { Literal } from "../plan/checked.ts";
import { crossings } from "../time/alarms.ts";
import { js } from "../compile/code.ts";
import { typeName } from "../check/value-type.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";
import type { OperandSyntax, RangeSyntax } from "../grammar/syntax.ts";
import { type Check, type Checking, type KindOf, quiet, type TypedOperand } from "./kind.ts";

export const checkOneOf: Check<"one-of"> = (syntax, checking) => {
  const left = checking.subject(syntax.left);
  if (left === undefined) return undefined;
  if (left.type.type === "list" || left.type.type === "boolean") {
    const message = `\`${left.written}\` is ${typeName(left.type)}: \`in [...]\` cannot be applied`;
    const suggestion =
      left.type.type === "list"
        ? `write \`${left.written} contains VALUE\``
        : `write \`${left.written}\` or \`not ${left.written}\``;
    checking.report({ code: "not_applicable", span: syntax.left.span, message, suggestion });
    return undefined;
  }
  const written = syntax.values.flatMap((value) => (value.kind === "range" ? rangeOf(value, left, checking) : [value]));
  const values = written.map((value) => value && checking.constant(value, left));
  const sound = values.filter((value) => value !== undefined);
  if (sound.length < values.length) return undefined;
  // A day is one of days; a moment is asked for its day.
  const asked = left.type.type === "instant" && sound.every(({ as }) => as === "date") ? checking.asDate(left) : left;
  const stray = written[sound.findIndex(({ as }) => isDay(as) && as !== asked?.type.type)];
  if (stray !== undefined) {
    const message = "a list holds days or moments, not both; and a day is never a moment";
    checking.report({ code: "type_mismatch", span: stray.span, message, suggestion: "write days: `2026-01-31`" });
    return undefined;
  }
  if (asked === undefined) return undefined;
  if (left.type.oneOf === WEEKDAYS && new Set(sound.map(({ value }) => value)).size === WEEKDAYS.length) {
    const message = `these are all days of the week, so this is ${syntax.negated ? "never" : "always"} true`;
    checking.report({ code: "always_the_same", span: syntax.span, message, suggestion: "leave some of them out" });
    return undefined;
  }
  return { kind: "one-of", left: asked.operand, negated: syntax.negated, values: sortedOnce(sound, left.type.oneOf) };
};

/** `mon..fri`, `sat..mon`: days of the week in their order, round the weekend. */
function rangeOf(range: RangeSyntax, left: TypedOperand, checking: Checking): readonly (OperandSyntax | undefined)[] {
  const { span } = range;
  if (left.type.oneOf !== WEEKDAYS) {
    const message = "only days of the week are written as a range";
    const suggestion = "name the values, or use `between A and B`";
    checking.report({ code: "not_applicable", span, message, suggestion });
    return [undefined];
  }
  const ends = [range.from, range.to].map((end) => checking.constant(end, left));
  const [from, to] = ends.map((end) => WEEKDAYS.findIndex((day) => day === end?.value));
  if (from === undefined || to === undefined || ends.includes(undefined)) return [undefined];
  const length = ((to - from + 7) % 7) + 1;
  return Array.from({ length }, (_, step) => ({ kind: "text", value: WEEKDAYS[(from + step) % 7] ?? "", span }));
}

const isDay = (as: Literal["as"]): boolean => as === "date" || as === "instant";

/** The order and repetitions of values mean nothing, so they are not kept. */
function sortedOnce(values: readonly Literal[], order: readonly string[] | undefined): readonly Literal[] {
  const byValue = new Map(values.map((value) => [value.value, value]));
  const sorted = [...byValue.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
  // Days of the week in their own order.
  const place = ({ value }: Literal): number => WEEKDAYS.findIndex((day) => day === value);
  return order === WEEKDAYS ? sorted.sort((a, b) => place(a) - place(b)) : sorted;
}

export const oneOf: KindOf<"one-of"> = {
  ...quiet,
  operands: (node) => [node.left],
  holds: (node, facts) => {
    const left = facts.value(node.left);
    if (left === undefined) return false;
    return node.values.some((value) => value.value === left) !== node.negated;
  },
  compile: (node, emit) => {
    const found = emit.isOneOf(emit.operand(node.left), node.values);
    if (!node.negated) return found;
    const known = emit.known(node.left);
    return known === undefined ? js`(!${found})` : js`(${known} && !${found})`;
  },
  print: (node, printing) => {
    const values = node.values.map((value) => printing.value(value)).join(", ");
    return `${printing.operand(node.left)} ${node.negated ? "not in" : "in"} [${values}]`;
  },
  say: (node, saying) => {
    const values = node.values.map((value) => saying.operand(value)).join(", ");
    const known = node.negated && saying.maybeUnknown(node) ? " (and is known)" : "";
    return [`${saying.operand(node.left)} is ${node.negated ? "none" : "one"} of ${values}${known}`];
  },
  alarms: (node) => crossings(node.left, node.values),
  lowestBoundary: (node) => Math.min(...node.values.map((value) => wholeOrNever(value.value))),
};

function wholeOrNever(value: Literal["value"]): number {
  return Number.isInteger(value) ? Math.max(1, Number(value)) : Number.POSITIVE_INFINITY;
}
