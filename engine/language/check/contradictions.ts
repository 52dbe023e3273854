/**
 * Parts of a group that nobody can have together: `age > 30 and age < 18`, a condition and its opposite; or one of which
 * everybody has: `x or not x`. Only what follows from the parts themselves, whatever the profile. Told as a notice, as rules
 * that others have put together may well hold such parts.
 */
import type { Condition, Literal, Operand } from "../plan/checked.ts";
import type { Span } from "../source/source.ts";
import type { Checking } from "../conditions/kind.ts";

export interface GroupPart {
  readonly condition: Condition;
  readonly span: Span;
}

/** Of one value, what the parts so far leave of it. */
interface Left {
  low: number;
  lowOpen: boolean;
  high: number;
  highOpen: boolean;
  /** undefined: any. */
  allowed: Set<Literal["value"]> | undefined;
  /** undefined: none. */
  excluded: Set<Literal["value"]> | undefined;
  isUnknown: boolean;
  isKnown: boolean;
  /** Of the last part about it. */
  span: Span;
}

/** Reports the first part that contradicts those before it, or completes them. */
export function noteContradiction(kind: "all" | "any", parts: readonly GroupPart[], checking: Checking): void {
  const flat = parts.flatMap(({ condition, span }) =>
    condition.kind === kind ? condition.parts.map((part) => ({ condition: part, span })) : [{ condition, span }],
  );
  const found = opposite(flat) ?? (kind === "all" ? conflict(flat) : undefined);
  if (found === undefined) return;
  const [earlier, later] = found.map((span) => checking.written(span));
  const [message, suggestion] =
    kind === "all"
      ? [`nobody can have \`${later}\` and \`${earlier}\``, "take one of them out, or join them by `or`"]
      : [`everybody has \`${later}\` or \`${earlier}\``, "take one of them out, or join them by `and`"];
  checking.report({ code: "always_the_same", span: found[1], message, suggestion, notice: true });
}

type Pair = readonly [earlier: Span, later: Span];

/** A part that is there as its own opposite as well. */
function opposite(parts: readonly GroupPart[]): Pair | undefined {
  // One of the two is always such, and most groups have none.
  if (!parts.some(({ condition: { kind } }) => kind === "not" || kind === "known")) return undefined;
  const seen = new Map<string, Span>();
  for (const { condition, span } of parts) {
    const key = JSON.stringify(condition);
    const against = seen.get(oppositeOf(condition));
    if (against !== undefined) return [against, span];
    if (!seen.has(key)) seen.set(key, span);
  }
  return undefined;
}

function oppositeOf(condition: Condition): string {
  if (condition.kind === "not") return JSON.stringify(condition.part);
  if (condition.kind === "known") return JSON.stringify({ ...condition, unknown: !condition.unknown });
  return JSON.stringify({ kind: "not", part: condition });
}

function conflict(parts: readonly GroupPart[]): Pair | undefined {
  const byOperand = new Map<string, Left>();
  for (const { condition, span } of parts) {
    if (!("left" in condition)) continue;
    const key = keyOf(condition.left);
    const left = byOperand.get(key) ?? anything(span);
    if (!narrow(left, condition)) continue;
    if (isNothing(left)) return [left.span, span];
    left.span = span;
    byOperand.set(key, left);
  }
  return undefined;
}

/** The same for the same value; most are of a few forms, for which writing them out would cost more than all the rest. */
function keyOf(operand: Operand): string {
  if (operand.kind === "aggregate") return `aggregate ${operand.aggregate}`;
  if (operand.kind === "attribute") return `attribute ${operand.attribute}`;
  return JSON.stringify(operand);
}

function anything(span: Span): Left {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const open = { low, lowOpen: false, high, highOpen: false };
  return { ...open, allowed: undefined, excluded: undefined, isUnknown: false, isKnown: false, span };
}

/** @returns whether the condition says anything that is understood here */
function narrow(left: Left, condition: Condition): boolean {
  switch (condition.kind) {
    case "known":
      if (condition.unknown) left.isUnknown = true;
      else left.isKnown = true;
      return true;
    case "one-of": {
      const values = condition.values.map(({ value }) => value);
      if (condition.negated) exclude(left, values);
      else allow(left, values);
      break;
    }
    case "between": {
      if (condition.round === true || condition.low.kind !== "literal" || condition.high.kind !== "literal")
        return false;
      raise(left, Number(condition.low.value), false);
      lower(left, Number(condition.high.value), false);
      break;
    }
    case "compare": {
      if (condition.right.kind !== "literal") return false;
      const { value } = condition.right;
      if (condition.operator === "=") allow(left, [value]);
      else if (condition.operator === "!=") exclude(left, [value]);
      else if (typeof value !== "number") return false;
      else if (condition.operator.startsWith(">")) raise(left, value, condition.operator === ">");
      else lower(left, value, condition.operator === "<");
      break;
    }
    default:
      return false;
  }
  left.isKnown = true;
  return true;
}

function allow(left: Left, values: readonly Literal["value"][]): void {
  const { allowed } = left;
  left.allowed = new Set(allowed === undefined ? values : values.filter((value) => allowed.has(value)));
}

function exclude(left: Left, values: readonly Literal["value"][]): void {
  left.excluded ??= new Set();
  for (const value of values) left.excluded.add(value);
}

function raise(left: Left, value: number, open: boolean): void {
  if (value < left.low) return;
  left.lowOpen = value === left.low ? left.lowOpen || open : open;
  left.low = value;
}

function lower(left: Left, value: number, open: boolean): void {
  if (value > left.high) return;
  left.highOpen = value === left.high ? left.highOpen || open : open;
  left.high = value;
}

function isNothing(left: Left): boolean {
  const { low, lowOpen, high, highOpen, allowed, excluded, isUnknown, isKnown } = left;
  if (isUnknown && isKnown) return true;
  if (low > high || (low === high && (lowOpen || highOpen || excluded?.has(low) === true))) return true;
  if (allowed === undefined) return false;
  const fits = (value: Literal["value"]): boolean =>
    excluded?.has(value) !== true &&
    (typeof value !== "number" ||
      ((lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high)));
  return ![...allowed].some(fits);
}
