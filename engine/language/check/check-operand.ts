/**
 * Values that are worked out: arithmetic, functions and clocks. Whether their types fit, and which call (calls/) they are.
 * Numbers without a type of their own take that of what they are added to: `store_credit + 10`.
 */
import type { FieldType } from "../../model/plan.ts";
import { DAY_MS } from "../../model/local-time.ts";
import { refuseClock } from "./after-where.ts";
import type { CallName } from "../calls/call-name.ts";
import { type Call, type Literal, type Operand, tenThousand } from "../plan/checked.ts";
import type { Checking, TypedOperand, ValueType } from "../conditions/kind.ts";
import { readLiteral } from "./check-literal.ts";
import type { ArithmeticSyntax, FunctionSyntax, OperandSyntax } from "../grammar/syntax.ts";
import { OTHER_CURRENCY, plainType, typeName } from "./value-type.ts";
import { WEEKDAYS } from "../grammar/weekdays.ts";

type Worked = Extract<OperandSyntax, { readonly kind: "arithmetic" | "function" | "clock" }>;

/** @returns undefined when it was wrong and reported */
export function checkWorked(syntax: Worked, checking: Checking): TypedOperand | undefined {
  switch (syntax.kind) {
    case "arithmetic":
      return checkArithmetic(syntax, checking);
    case "function":
      return checkFunction(syntax, checking);
    case "clock":
      return checkClock(syntax, checking);
  }
}

function typedCall(
  call: Omit<Call, "kind">,
  of: readonly TypedOperand[],
  { written, currency }: { readonly written: string; readonly currency?: string | undefined },
): TypedOperand {
  const maybeUnknown =
    call.call === "divide" || call.call === "divide-whole" || of.some(({ type }) => type.maybeUnknown);
  return {
    operand: { kind: "call", ...call },
    type: { ...plainType(call.type), currency, maybeUnknown },
    written,
  };
}

/** An operand of a sum or a function: what has a name, what is worked out, or a value as it is written. */
function valued(syntax: OperandSyntax, checking: Checking): TypedOperand | undefined {
  if (["word", "aggregate", "arithmetic", "function", "clock", "anniversary"].includes(syntax.kind))
    return checking.subject(syntax);
  const written = checking.written(syntax.span);
  const literal = readLiteral(syntax, checking);
  return literal === undefined ? undefined : literalOperand(literal, written);
}

function literalOperand(literal: Literal, written: string): TypedOperand {
  return { operand: literal, type: { ...plainType(literal.as), maybeUnknown: false }, written };
}

const VERBS = { "+": "added", "-": "subtracted", "*": "multiplied", "/": "divided" } as const;

function checkArithmetic(syntax: ArithmeticSyntax, checking: Checking): TypedOperand | undefined {
  const first = valued(syntax.left, checking);
  const second = valued(syntax.right, checking);
  if (first === undefined || second === undefined) return undefined;
  const written = checking.written(syntax.span);
  const sides = { left: asMoneyLike(first, second, syntax), right: asMoneyLike(second, first, syntax) };
  const folded = foldNumbers(syntax.operator, sides.left.operand, sides.right.operand);
  if (folded !== undefined) return literalOperand({ kind: "literal", as: "number", value: folded }, written);
  if (syntax.operator === "/" && isZero(sides.right.operand)) {
    const message = "what is divided by zero is unknown, and so this is true for nobody";
    checking.report({
      code: "always_the_same",
      span: syntax.right.span,
      message,
      suggestion: "divide by another number",
    });
    return undefined;
  }
  const result = combine(syntax.operator, sides.left, sides.right, checking);
  const currencies = [first.type.currency, second.type.currency].filter((each) => each !== undefined);
  const otherCurrency = new Set(currencies).size > 1;
  if (result === undefined || otherCurrency) {
    const what = (side: TypedOperand) => (otherCurrency ? `in ${side.type.currency}` : typeName(side.type));
    const message = `\`${first.written}\` is ${what(first)} and \`${second.written}\` is ${what(second)}: they cannot be ${VERBS[syntax.operator]}`;
    checking.report({
      code: "type_mismatch",
      span: syntax.operatorSpan,
      message,
      suggestion: otherCurrency ? OTHER_CURRENCY : adviceFor(first, second, syntax.operator),
    });
    return undefined;
  }
  const currency = result.type === "money" ? currencies[0] : undefined;
  const typed = typedCall(result, [first, second], { written, currency });
  const moves = second.operand.kind === "literal" ? Number(second.operand.value) : Number.POSITIVE_INFINITY;
  const ofBirth = (first.type.everyYear || first.type.ofBirth === true) && moves <= BIRTH_YEAR_MS;
  return ofBirth && isDay(typed.type.type) ? { ...typed, type: { ...typed.type, ofBirth } } : typed;
}

/** Nobody is asked about so soon after being born. */
const BIRTH_YEAR_MS = 366 * DAY_MS;

const isZero = (operand: Operand): boolean => operand.kind === "literal" && operand.value === 0;

function adviceFor(first: TypedOperand, second: TypedOperand, operator: ArithmeticSyntax["operator"]): string {
  const types = [first.type.type, second.type.type];
  if (types.includes("percentage")) return "a share of something is written `total * 20%`";
  if (types.includes("time")) return "times of day are compared, not calculated with";
  if (types.includes("date") || types.includes("instant"))
    return "a date and a length of time: `signup_date + 30 days`; the time between two: `days between A and B`";
  if (operator === "+" || operator === "-") return "both must be of one type, such as `age + 2` or `store_credit + 10`";
  return "an amount or a length of time is multiplied and divided by a number: `total * 2`";
}

/** A bare number beside money, in a sum, is an amount. */
function asMoneyLike(side: TypedOperand, other: TypedOperand, { operator }: ArithmeticSyntax): TypedOperand {
  const { operand } = side;
  const isSum = operator === "+" || operator === "-";
  if (!isSum || other.type.type !== "money" || operand.kind !== "literal" || operand.as !== "number") return side;
  const value = Math.round(Number(operand.value) * tenThousand);
  return { ...side, operand: { kind: "literal", as: "money", value }, type: { ...side.type, type: "money" } };
}

/** Two numbers are the number that they make; division by zero is left to be unknown. */
function foldNumbers(operator: ArithmeticSyntax["operator"], left: Operand, right: Operand): number | undefined {
  if (left.kind !== "literal" || right.kind !== "literal" || left.as !== "number" || right.as !== "number")
    return undefined;
  const [a, b] = [Number(left.value), Number(right.value)];
  const result = { "+": a + b, "-": a - b, "*": a * b, "/": a / b }[operator];
  return Number.isFinite(result) ? result + 0 : undefined;
}

type Combined = Omit<Call, "kind"> | undefined;

function combine(
  operator: ArithmeticSyntax["operator"],
  left: TypedOperand,
  right: TypedOperand,
  checking: Checking,
): Combined {
  const [a, b] = [left.type.type, right.type.type];
  const make = (call: CallName, type: FieldType, of = [left.operand, right.operand]): Combined => ({ call, of, type });
  switch (operator) {
    case "+":
    case "-": {
      const call = operator === "+" ? "add" : "subtract";
      if (a === b && (a === "number" || a === "money" || a === "percentage" || a === "duration")) return make(call, a);
      if (b === "duration" && a === "instant") return make(call, "instant");
      if (b === "duration" && a === "date") return moved(call, left, right, checking);
      if (operator === "+" && a === "duration" && (b === "instant" || b === "date"))
        return combine("+", right, left, checking);
      if (operator === "-" && isDay(a) && isDay(b)) {
        if (a === b) return make(call, "duration");
        const [from, to] = [checking.asInstant(left), checking.asInstant(right)];
        return from && to && make(call, "duration", [from.operand, to.operand]);
      }
      return undefined;
    }
    case "*": {
      if (a === "percentage" && b !== "percentage") return combine("*", right, left, checking);
      if (b === "percentage" && a === "number") return make("percent-of", "number");
      if (b === "percentage" && a === "money") return make("percent-of-whole", "money");
      if (a === "number" && b === "number") return make("multiply", "number");
      if (a === "number" && (b === "money" || b === "duration")) return make("multiply-whole", b);
      return b === "number" && (a === "money" || a === "duration") ? make("multiply-whole", a) : undefined;
    }
    case "/": {
      if (a === b && (a === "number" || a === "money" || a === "duration")) return make("divide", "number");
      if (b !== "number") return undefined;
      if (a === "money" || a === "duration") return make("divide-whole", a);
      return a === "percentage" ? make("divide", a) : undefined;
    }
  }
}

const isDay = (type: FieldType): boolean => type === "date" || type === "instant";

/** A date and whole days are a date; and any other length an instant, counted from the date's first. */
function moved(call: "add" | "subtract", date: TypedOperand, by: TypedOperand, checking: Checking): Combined {
  const whole = by.operand.kind === "literal" && Number(by.operand.value) % DAY_MS === 0;
  const from = whole ? date : checking.asInstant(date);
  return from && { call, of: [from.operand, by.operand], type: whole ? "date" : "instant" };
}

const APPLIES: Readonly<Record<FunctionSyntax["name"], readonly FieldType[]>> = {
  lowercase: ["text"],
  uppercase: ["text"],
  round: ["number", "percentage", "money"],
  size: ["list"],
  days: ["date", "instant"],
  weeks: ["date", "instant"],
  months: ["date", "instant"],
  years: ["date", "instant"],
};

/** How each is written, for whoever put it beside a value of another type. */
const USES: Readonly<Record<FunctionSyntax["name"], string>> = {
  lowercase: '`lowercase(city) = "paris"`',
  uppercase: '`uppercase(country) = "FR"`',
  round: "`round(total / 10) = 3`",
  size: "`size of interests >= 3`",
  days: "`days since signup_date > 30`",
  weeks: "`weeks since signup_date > 4`",
  months: "`months since signup_date > 6`",
  years: "`years since birth_date >= 18`",
};

function checkFunction(syntax: FunctionSyntax, checking: Checking): TypedOperand | undefined {
  const of = syntax.of.map((each) => valued(each, checking));
  const sound = of.filter((each) => each !== undefined);
  if (sound.length < of.length) return undefined;
  const { name } = syntax;
  for (const [index, { type, written }] of sound.entries()) {
    if (APPLIES[name].includes(type.type)) continue;
    const what = APPLIES[name].map((each) => typeName(each)).join(" or ");
    const message = `\`${written}\` is ${typeName(type)}, and \`${name}\` is about ${what}`;
    const suggestion = `such as ${USES[name]}`;
    checking.report({ code: "not_applicable", span: syntax.of[index]?.span ?? syntax.span, message, suggestion });
    return undefined;
  }
  const written = checking.written(syntax.span);
  const [first] = sound;
  if (first === undefined) return undefined;
  switch (name) {
    case "lowercase":
    case "uppercase":
      return typedCall({ call: name, of: [first.operand], type: "text" }, sound, { written });
    case "size": {
      const size = typedCall({ call: "size", of: [first.operand], type: "number" }, sound, { written });
      return { ...size, type: { ...size.type, counts: true } };
    }
    case "round": {
      const { type, currency } = first.type;
      const call = type === "money" ? "round-units" : "round";
      return typedCall({ call, of: [first.operand], type }, sound, { written, currency });
    }
    default: {
      const days = sound.map((each) => checking.asDate(each));
      const known = days.filter((each) => each !== undefined);
      if (known.length < days.length) return undefined;
      return typedCall({ call: `${name}-between`, of: known.map(({ operand }) => operand), type: "number" }, sound, {
        written,
      });
    }
  }
}

function checkClock(
  { shows, brand, span }: Extract<OperandSyntax, { kind: "clock" }>,
  checking: Checking,
): TypedOperand | undefined {
  const written = checking.written(span);
  if (checking.timeless) return refuseClock(span, checking);
  const typed = (type: ValueType): ValueType => ({ ...type, maybeUnknown: false });
  const call = (name: CallName, type: FieldType): Call => ({
    kind: "call",
    call: name,
    of: [],
    type,
    zone: brand ? null : checking.zone,
  });
  switch (shows) {
    case "today":
      return { operand: call("today", "date"), type: typed(plainType("date")), written };
    case "time":
      return { operand: call("local-time", "time"), type: typed(plainType("time")), written };
    case "weekday":
      return { operand: call("weekday", "text"), type: typed({ ...plainType("text"), oneOf: WEEKDAYS }), written };
  }
}
