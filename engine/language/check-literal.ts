/** A value as written, taken for the type of what it is compared with: text, number, money, boolean or date. */
import { summableMax } from "../limits.ts";
import type { FieldType } from "../model/plan.ts";
import type { Literal, LiteralType } from "./checked.ts";
import { tenThousand } from "./checked.ts";
import type { TypedOperand } from "./conditions/kind.ts";
import { readInstant } from "./instant.ts";
import { suggestName } from "./nearest.ts";
import type { Report } from "./problem.ts";
import type { Span } from "./source.ts";
import type { OperandSyntax } from "./syntax.ts";
import { typeName } from "./value-type.ts";

interface Surroundings {
  readonly report: Report;
  written(span: Span): string;
  isField(name: string, type: FieldType): boolean;
}

/** @returns undefined when it was wrong and reported; "not a literal" when it names something. */
export function literalOf(
  syntax: OperandSyntax,
  left: TypedOperand,
  around: Surroundings,
): Literal | undefined | "not a literal" {
  const { type } = left.type;
  switch (syntax.kind) {
    case "aggregate":
      return "not a literal";
    case "word":
      if (type !== "text" || syntax.ticked) return "not a literal";
      return bareText(syntax.name, syntax.span, { left, around });
    case "text":
      return type === "text" ? textOf(syntax.value, syntax.span, { left, around }) : mismatch(syntax, left, around);
    case "number":
      if (type === "number" || type === "money") return numberOf(syntax.value, syntax.span, { type, around });
      return mismatch(syntax, left, around);
    case "boolean":
      return type === "boolean" ? literal("boolean", syntax.value) : mismatch(syntax, left, around);
    case "instant": {
      if (type !== "instant") return mismatch(syntax, left, around);
      const instant = readInstant(syntax.written);
      if (typeof instant === "number") return literal("instant", instant);
      around.report({ code: "bad_instant", span: syntax.span, ...instant });
      return undefined;
    }
  }
}

const literal = (as: LiteralType, value: Literal["value"]): Literal => ({ kind: "literal", as, value });

function bareText(word: string, span: Span, { left, around }: { left: TypedOperand; around: Surroundings }) {
  if (!around.isField(word, "text")) return textOf(word, span, { left, around });
  const message = `\`${word}\` can be read as the text "${word}" and as the field \`${word}\``;
  const suggestion = `write "${word}" for the text, or put the field in backticks`;
  around.report({ code: "ambiguous_word", span, message, suggestion });
  return undefined;
}

function textOf(value: string, span: Span, { left, around }: { left: TypedOperand; around: Surroundings }) {
  const { oneOf } = left.type;
  if (oneOf === undefined || oneOf.includes(value)) return literal("text", value);
  const message = `"${value}" is not one of the values that \`${left.written}\` can have`;
  around.report({ code: "unknown_choice", span, message, suggestion: suggestName(value, oneOf, "values") });
  return undefined;
}

function numberOf(value: number, span: Span, { type, around }: { type: "number" | "money"; around: Surroundings }) {
  if (Math.abs(value) > summableMax) {
    around.report({ code: "bad_number", span, message: `numbers go up to ${summableMax.toLocaleString("en")}` });
    return undefined;
  }
  if (type === "number") return literal("number", value);
  const scaled = Math.round(value * tenThousand);
  if (scaled / tenThousand === value) return literal("money", scaled);
  around.report({ code: "bad_number", span, message: "an amount of money has at most 4 decimals" });
  return undefined;
}

type Written = Exclude<OperandSyntax, { readonly kind: "word" | "aggregate" }>;

const WRITTEN_TYPES: Readonly<Record<Written["kind"], FieldType>> = {
  text: "text",
  number: "number",
  boolean: "boolean",
  instant: "instant",
};

/** What one probably meant: the value in the type that is wanted. */
function mismatch(syntax: Written, left: TypedOperand, around: Surroundings): undefined {
  const shown = around.written(syntax.span);
  const bare = syntax.kind === "text" ? syntax.value : shown;
  const wanted = left.type.type;
  const actual = typeName(WRITTEN_TYPES[syntax.kind]);
  const message = `\`${left.written}\` is ${typeName(left.type)} and ${shown} is ${actual}: they cannot be compared`;
  const isNumber = (wanted === "number" || wanted === "money") && bare !== "" && Number.isFinite(Number(bare));
  const isDate = wanted === "instant" && typeof readInstant(bare) === "number";
  const isBoolean = wanted === "boolean" && (bare === "true" || bare === "false");
  const suggestion =
    wanted === "text"
      ? `put it in quotes: "${shown}"`
      : isNumber || isDate || isBoolean
        ? `leave out the quotes: ${bare}`
        : undefined;
  around.report({ code: "type_mismatch", span: syntax.span, message, suggestion });
  return undefined;
}
