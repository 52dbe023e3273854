/** Every kind of condition, by name: the compiler refuses a kind that is missing here. */
import type { Condition } from "../plan/checked.ts";
import type { ConditionSyntax } from "../grammar/syntax.ts";
import { between, checkBetween } from "./between.ts";
import { checkBrandTime } from "./brand-time.ts";
import { checkComparison, compare } from "./comparison.ts";
import { all, any, atLeast, checkAll, checkAny, checkAtLeast, checkNone, checkNot, not } from "./group.ts";
import { checkHas, has } from "./has.ts";
import { checkInList, inList } from "./in-list.ts";
import { checkInSegment, inSegment } from "./in-segment.ts";
import type { Check, Checking, ConditionKind, KindOf } from "./kind.ts";
import { checkKnown, known } from "./known.ts";
import { checkNearDay, checkWithin, nearDayKind } from "./near-day.ts";
import { checkNearPlace, nearPlace } from "./near-place.ts";
import { checkNever } from "./never.ts";
import { checkOnDays } from "./on-days.ts";
import { checkSequence, happened } from "./sequence.ts";
import { checkOneOf, oneOf } from "./one-of.ts";
import { checkRecency, recency } from "./recency.ts";
import { checkSample, sample } from "./sample.ts";
import { checkTextMatch, textMatch } from "./text-match.ts";
import { checkTurned, turned } from "./turned.ts";
import { checkTruth, truth } from "./truth.ts";

const KINDS: { readonly [Kind in Condition["kind"]]: KindOf<Kind> } = {
  all,
  any,
  "at-least": atLeast,
  not,
  truth,
  compare,
  "one-of": oneOf,
  between,
  "text-match": textMatch,
  known,
  recency,
  "near-day": nearDayKind,
  has,
  sample,
  "in-list": inList,
  "near-place": nearPlace,
  "in-segment": inSegment,
  turned,
  happened,
};

const CHECKS: { readonly [Kind in ConditionSyntax["kind"]]: Check<Kind> } = {
  all: checkAll,
  any: checkAny,
  none: checkNone,
  "at-least": checkAtLeast,
  not: checkNot,
  truth: checkTruth,
  compare: checkComparison,
  "one-of": checkOneOf,
  between: checkBetween,
  "text-match": checkTextMatch,
  known: checkKnown,
  recency: checkRecency,
  "near-day": checkNearDay,
  within: checkWithin,
  has: checkHas,
  sample: checkSample,
  "in-list": checkInList,
  "near-place": checkNearPlace,
  "brand-time": checkBrandTime,
  "in-segment": checkInSegment,
  turned: checkTurned,
  never: checkNever,
  "on-days": checkOnDays,
  sequence: checkSequence,
};

/**
 * The kind that answers for a node. The table above pairs every kind with its own node type; TypeScript cannot follow that
 * through an index by a union, hence the one assertion.
 * @throws RangeError for a node of no known kind, as only bytes that no checker made can have
 */
export function kindOf<C extends Condition>(node: C): ConditionKind<C> {
  const kind = Object.hasOwn(KINDS, node.kind) ? KINDS[node.kind] : undefined;
  if (kind === undefined) throw new RangeError("a condition of no known kind");
  return kind as unknown as ConditionKind<C>;
}

export function checkCondition(syntax: ConditionSyntax, checking: Checking): Condition | undefined {
  const check = CHECKS[syntax.kind] as (syntax: ConditionSyntax, checking: Checking) => Condition | undefined;
  return check(syntax, checking);
}
