/** A value as written, taken for the type of what it is compared with. */
import { summableMax } from "../../limits.ts";
import { ruleDurationMsMax } from "../../limits-of-rules.ts";
import { readTime } from "../../model/field-value.ts";
import type { FieldType } from "../../model/plan.ts";
import { checkDuration } from "./check-duration.ts";
import type { Literal, LiteralType } from "../plan/checked.ts";
import { tenThousand } from "../plan/checked.ts";
import type { TypedOperand } from "../conditions/kind.ts";
import { isDateOnly, readInstant } from "../grammar/instant.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { OperandSyntax } from "../grammar/syntax.ts";
import { EXAMPLES, typeName } from "./value-type.ts";
import { WEEKDAYS, weekdayNamed } from "../grammar/weekdays.ts";

interface Surroundings {
  readonly report: Report;
  written(span: Span): string;
  /** What a word of that type names, and how it is to be written then; undefined when it names nothing. */
  named(name: string, type: FieldType): { readonly what: string; readonly write: string } | undefined;
}

type Written = Exclude<
  OperandSyntax,
  { readonly kind: "word" | "aggregate" | "arithmetic" | "function" | "clock" | "anniversary" }
>;

/** @returns undefined when it was wrong and reported; "not a literal" when it names something or is worked out. */
export function literalOf(
  syntax: OperandSyntax,
  left: TypedOperand,
  around: Surroundings,
): Literal | undefined | "not a literal" {
  const { type } = left.type;
  switch (syntax.kind) {
    case "aggregate":
    case "arithmetic":
    case "function":
    case "clock":
    case "anniversary":
      return "not a literal";
    case "word":
      if (type !== "text" || syntax.ticked) return "not a literal";
      return bareText(syntax.name, syntax.span, { left, around });
    case "text":
      return type === "text" ? textOf(syntax.value, syntax.span, { left, around }) : mismatch(syntax, left, around);
    case "number":
      return type === "money" ? moneyOf(syntax, around) : as("number", syntax, { left, around });
    case "boolean":
      return as("boolean", syntax, { left, around });
    case "percentage":
      return as("percentage", syntax, { left, around });
    case "time":
      return as("time", syntax, { left, around });
    case "duration":
      return as("duration", syntax, { left, around });
    case "instant":
      // A day beside a moment is its first, and a moment beside a day is that of a moment: see `Checking.matched`.
      return type === "date" || type === "instant" ? readLiteral(syntax, around) : mismatch(syntax, left, around);
  }
}

function as(
  type: LiteralType,
  syntax: Written,
  { left, around }: { readonly left: TypedOperand; readonly around: Surroundings },
): Literal | undefined {
  return left.type.type === type ? readLiteral(syntax, around) : mismatch(syntax, left, around);
}

const literal = (type: LiteralType, value: Literal["value"]): Literal => ({ kind: "literal", as: type, value });

/** By its own form alone. @returns undefined when it was wrong and reported */
export function readLiteral(
  syntax: OperandSyntax,
  { report }: { report(complaint: Parameters<Report>[0]): void },
): Literal | undefined {
  switch (syntax.kind) {
    case "text":
      return literal("text", syntax.value);
    case "number":
      return isWithin(syntax, report) ? literal("number", syntax.value) : undefined;
    case "percentage":
      return isWithin(syntax, report) ? literal("percentage", syntax.value) : undefined;
    case "boolean":
      return literal("boolean", syntax.value);
    case "duration": {
      const ms = checkDuration(syntax, ruleDurationMsMax, { report });
      return ms === undefined ? undefined : literal("duration", ms);
    }
    case "time": {
      const written = syntax.written.padStart(syntax.written.length + (syntax.written.indexOf(":") === 1 ? 1 : 0), "0");
      const time = readTime(written);
      if (time !== undefined) return literal("time", time);
      const message = `there is no time \`${syntax.written}\``;
      report({ code: "bad_instant", span: syntax.span, message, suggestion: "times go from `00:00` to `23:59`" });
      return undefined;
    }
    case "instant": {
      const instant = readInstant(syntax.written);
      if (typeof instant === "number") return literal(isDateOnly(syntax.written) ? "date" : "instant", instant);
      report({ code: "bad_instant", span: syntax.span, ...instant });
      return undefined;
    }
    default:
      throw new TypeError("what has a name is no literal");
  }
}

function isWithin({ value, span }: { readonly value: number; readonly span: Span }, report: Report): boolean {
  if (Math.abs(value) <= summableMax) return true;
  const suggestion = "count in a larger unit, or keep what has so many digits as text";
  report({ code: "bad_number", span, message: `numbers go up to ${summableMax.toLocaleString("en")}`, suggestion });
  return false;
}

function moneyOf(syntax: Extract<Written, { kind: "number" }>, { report }: Surroundings): Literal | undefined {
  if (!isWithin(syntax, report)) return undefined;
  return moneyLiteral(syntax.value, syntax.span, report);
}

/** A number of units as an amount. @returns undefined when it has too many decimals, which is reported */
export function moneyLiteral(value: number, span: Span, report: Report): Literal | undefined {
  const scaled = Math.round(value * tenThousand);
  if (scaled / tenThousand === value) return literal("money", scaled);
  const suggestion = `write \`${scaled / tenThousand}\``;
  report({ code: "bad_number", span, message: "an amount of money has at most 4 decimals", suggestion });
  return undefined;
}

/** What elsewhere is said of what is not known; as texts nobody means them without saying so. */
const NOTHING: ReadonlySet<string> = new Set(["empty", "blank", "missing", "null", "undefined", "set", "unset"]);
const UNKNOWN = { what: "a word for what is not known", write: "`is unknown` or `is known`" };

function bareText(word: string, span: Span, { left, around }: { left: TypedOperand; around: Surroundings }) {
  const named = around.named(word, "text") ?? (NOTHING.has(word) ? UNKNOWN : undefined);
  // One of the values that the left side may have is meant as such.
  const isValue = left.type.oneOf?.includes(word) === true;
  if (named === undefined || isValue) return textOf(word, span, { left, around });
  const message = `\`${word}\` can be read as the text "${word}" and as ${named.what}`;
  const suggestion = `write "${word}" for the text, or ${named.write}`;
  around.report({ code: "ambiguous_word", span, message, suggestion });
  return undefined;
}

function textOf(value: string, span: Span, { left, around }: { left: TypedOperand; around: Surroundings }) {
  const { oneOf } = left.type;
  // `mon` is short for `monday`.
  const whole = oneOf === WEEKDAYS ? (WEEKDAYS[weekdayNamed(value) ?? -1] ?? value) : value;
  if (oneOf === undefined || oneOf.includes(whole)) return literal("text", whole);
  const message = `"${value}" is not one of the values that \`${left.written}\` can have`;
  around.report({ code: "unknown_choice", span, message, suggestion: suggestName(value, oneOf, "values") });
  return undefined;
}

const WRITTEN_TYPES: Readonly<Record<Written["kind"], FieldType>> = {
  text: "text",
  number: "number",
  boolean: "boolean",
  instant: "date",
  percentage: "percentage",
  time: "time",
  duration: "duration",
};

/** What one probably meant: the value in the type that is wanted. */
function mismatch(syntax: Written, left: TypedOperand, around: Surroundings): undefined {
  const shown = around.written(syntax.span);
  const bare = syntax.kind === "text" ? syntax.value : shown;
  const wanted = left.type.type;
  const actual = typeName(WRITTEN_TYPES[syntax.kind]);
  const message = `\`${left.written}\` is ${typeName(left.type)} and ${shown} is ${actual}: they cannot be compared`;
  around.report({ code: "type_mismatch", span: syntax.span, message, suggestion: meant(wanted, bare, shown) });
  return undefined;
}

function meant(wanted: FieldType, bare: string, shown: string): string {
  const isNumber = bare !== "" && Number.isFinite(Number(bare));
  switch (wanted) {
    case "text":
      return `put it in quotes: "${shown}"`;
    case "number":
    case "money":
      return isNumber && bare !== shown ? `leave out the quotes: ${bare}` : EXAMPLES[wanted];
    case "instant":
    case "date":
      // `20260101` is a number to the language, and no day.
      return typeof readInstant(bare) === "number" ? `leave out the quotes: ${bare}` : EXAMPLES[wanted];
    case "boolean":
      return bare === "true" || bare === "false" ? `leave out the quotes: ${bare}` : EXAMPLES[wanted];
    case "percentage":
      return `write \`${isNumber ? bare : "20"}%\``;
    case "duration":
      return `write \`${isNumber ? bare : "90"} minutes\``;
    case "time":
    case "place":
    case "list":
      return EXAMPLES[wanted];
  }
}
