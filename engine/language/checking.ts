/**
 * Finds what the words of a condition name and whether their types fit: the checker's dealings with names and values, for
 * a rule of the profile and, within `where`, of one event. What each kind of condition makes of it is in conditions/.
 */
import type { FieldType } from "../model/plan.ts";
import type { CheckingOptions } from "./checking-options.ts";
import type { Literal, Operand } from "./checked.ts";
import type { Checking, TypedOperand, ValueType } from "./conditions/kind.ts";
import { checkCondition } from "./conditions/registry.ts";
import { checkAggregate } from "./check-aggregate.ts";
import { literalOf } from "./check-literal.ts";
import { isEventProperty, lackOf, nameAtHand } from "./event-at-hand.ts";
import { suggestName } from "./nearest.ts";
import { nearestName } from "../model/nearest-name.ts";
import type { Span } from "./source.ts";
import type { OperandSyntax } from "./syntax.ts";
import { typeName } from "./value-type.ts";
import { type EventEntry, type FieldEntry, otherMeaning } from "./vocabulary.ts";

type Word = Extract<OperandSyntax, { kind: "word" }>;

/** How a value of a type is written. */
const EXAMPLES: Readonly<Record<FieldType, string>> = {
  text: 'texts are written in quotes: "Paris"',
  number: "numbers are written in digits: `18`, `12.5`",
  money: "amounts are written in digits: `12.50`",
  boolean: "write `true` or `false`",
  instant: "dates are written year-month-day: `2026-01-31`",
  list: 'texts are written in quotes: "Paris"',
};

export function createChecking(options: CheckingOptions): Checking {
  const { vocabulary, report, event } = options;
  const written = (span: Span) => options.text.slice(span.start, span.end).replace(/\s+/g, " ");

  const typed = (operand: Operand, type: ValueType | undefined, span: Span): TypedOperand | undefined =>
    type === undefined ? undefined : { operand, type, written: written(span) };

  function named(word: Word): TypedOperand | undefined {
    const { name, span } = word;
    if (event !== undefined) {
      const property = event.properties.get(name);
      if (property === undefined) return reportProperty(name, span, event);
      const kind = options.atHand === undefined ? "property" : "event-property";
      return typed({ kind, path: name.split("."), type: property.type?.type ?? "text" }, property.type, span);
    }
    const atHand = nameAtHand(word, options);
    if (atHand !== "a field") return atHand && typed(atHand.operand, atHand.type, span);
    const field = vocabulary.fields.get(name);
    if (field === undefined) return reportField(name, span);
    options.uses?.field(name, span);
    return typed({ kind: "attribute", attribute: options.fieldIndex.get(name) ?? -1 }, field.type, span);
  }

  function reportField(name: string, span: Span): undefined {
    if (!vocabulary.fieldsWhole) return undefined;
    const names = [...vocabulary.fields.keys(), ...(options.atHand?.properties.keys() ?? [])];
    const suggestion = otherMeaning(name, vocabulary) ?? suggestName(name, names, "fields");
    const orProperty = options.atHand === undefined ? "" : `, and ${lackOf(options.atHand)} of that name`;
    const message = `there is no field \`${name}\` in fields.yaml${orProperty}`;
    report({ code: "unknown_name", span, message, suggestion });
    return undefined;
  }

  function reportProperty(name: string, span: Span, of: EventEntry): undefined {
    if (!of.whole) return undefined;
    const names = [...of.properties.keys()];
    if (vocabulary.fields.has(name)) {
      const message = `\`${name}\` is a field of the profile; after \`where\` only properties of \`${of.name}\` can be read`;
      const suggestion = `make it a condition of its own, joined by \`and\`; ${suggestName(name, names, "properties")}`;
      report({ code: "not_applicable", span, message, suggestion });
      return undefined;
    }
    const suggestion = suggestName(name, names, `properties of ${of.name}`);
    report({ code: "unknown_property", span, message: `\`${of.name}\` has no property \`${name}\``, suggestion });
    return undefined;
  }

  function subject(syntax: OperandSyntax): TypedOperand | undefined {
    if (syntax.kind === "word") return named(syntax);
    if (syntax.kind === "aggregate") return checking.aggregate(syntax);
    const message = `a condition begins with what it is about, and ${written(syntax.span)} is a value`;
    const suggestion = "turn it around: the field on the left, the value on the right";
    report({ code: "not_applicable", span: syntax.span, message, suggestion });
    return undefined;
  }

  function value(syntax: OperandSyntax, left: TypedOperand): Operand | undefined {
    const literal = literalOf(syntax, left, { report, written, isField });
    if (literal !== "not a literal") return literal;
    if (syntax.kind === "word" && !isName(syntax.name)) return reportNoValue(syntax, left);
    const right = subject(syntax);
    if (right === undefined || !sameType(left, right, syntax.span)) return undefined;
    return right.operand;
  }

  function isName(name: string): boolean {
    if (event !== undefined) return event.properties.has(name) || !event.whole;
    return vocabulary.fields.has(name) || !vocabulary.fieldsWhole || isEventProperty(name, options);
  }

  /** A word that names nothing, where a value of some type is wanted. */
  function reportNoValue({ name, span }: Word, left: TypedOperand): undefined {
    const names = [...(event === undefined ? vocabulary.fields : event.properties).keys()];
    const near = nearestName(name, names);
    const what = event === undefined ? "a field" : `a property of \`${event.name}\``;
    const message = `\`${name}\` is neither ${typeName(left.type)}, as \`${left.written}\` is, nor ${what}`;
    report({
      code: "unknown_name",
      span,
      message,
      suggestion: near === undefined ? EXAMPLES[left.type.type] : `did you mean \`${near}\`?`,
    });
    return undefined;
  }

  function sameType(left: TypedOperand, right: TypedOperand, span: Span): boolean {
    const currencies = [left.type.currency, right.type.currency];
    const otherCurrency = !currencies.includes(undefined) && currencies[0] !== currencies[1];
    if (left.type.type === right.type.type && !otherCurrency) return true;
    const what = (side: TypedOperand) => (otherCurrency ? `in ${side.type.currency}` : typeName(side.type));
    const message = `\`${left.written}\` is ${what(left)} and \`${right.written}\` is ${what(right)}: they cannot be compared`;
    report({ code: "type_mismatch", span, message });
    return false;
  }

  function constant(syntax: OperandSyntax, left: TypedOperand): Literal | undefined {
    const literal = literalOf(syntax, left, { report, written, isField });
    if (literal !== "not a literal") return literal;
    const message = "a list holds values only, not fields";
    report({ code: "not_applicable", span: syntax.span, message, suggestion: "compare with `=`, joined by `or`" });
    return undefined;
  }

  function isField(name: string, type: FieldType): boolean {
    const entry: FieldEntry | undefined =
      event === undefined ? vocabulary.fields.get(name) : event.properties.get(name);
    return entry?.type?.type === type || (event === undefined && isEventProperty(name, options));
  }

  const checking: Checking = {
    report,
    written,
    timeless: event !== undefined,
    subject,
    value,
    constant,
    condition: (syntax) => checkCondition(syntax, checking),
    aggregate: (syntax) =>
      checkAggregate(syntax, options, (of) => createChecking({ ...options, event: of, atHand: undefined })),
    segment(name) {
      if (event !== undefined) {
        const message = "after `where` only properties of the event can be read";
        report({
          code: "not_applicable",
          span: name.span,
          message,
          suggestion: "make `in segment` a condition of its own",
        });
        return undefined;
      }
      const index = vocabulary.segments.get(name.name);
      options.uses?.segment(name.name, name.span);
      if (index !== undefined) return index;
      const suggestion = suggestName(name.name, [...vocabulary.segments.keys()], "segments");
      report({ code: "unknown_segment", span: name.span, message: `there is no segment \`${name.name}\``, suggestion });
      return undefined;
    },
  };
  return checking;
}
