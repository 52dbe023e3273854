/**
 * Finds what the words of a condition name and whether their types fit: the checker's dealings with names and values, for
 * a rule of the profile and, within `where`, of one event. What each kind of condition makes of it is in conditions/.
 */
import type { FieldType } from "../../model/plan.ts";
import { refuseOtherThanEvent } from "./after-where.ts";
import type { CheckingOptions } from "./checking-options.ts";
import type { Literal, Operand } from "../plan/checked.ts";
import type { Checking, Matched, TypedOperand, ValueType } from "../conditions/kind.ts";
import { checkCondition } from "../conditions/registry.ts";
import { DAY_MS, startOfDay } from "../../model/local-time.ts";
import { brandZone } from "../../model/local-zones.ts";
import type { CallName } from "../calls/call-name.ts";
import { checkWorked } from "./check-operand.ts";
import { checkAggregate } from "./check-aggregate.ts";
import { checkSequenceSteps } from "./check-sequence.ts";
import { literalOf, moneyLiteral } from "./check-literal.ts";
import { isEventProperty, lackOf, nameAtHand } from "./event-at-hand.ts";
import { EVENT_PROPERTIES } from "../grammar/keywords.ts";
import { suggestName } from "../source/nearest.ts";
import { nearestName } from "../../model/nearest-name.ts";
import type { RuleProblemCode } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { Name, OperandSyntax } from "../grammar/syntax.ts";
import { EXAMPLES, OTHER_CURRENCY, plainType, typeName } from "./value-type.ts";
import { type EventEntry, otherMeaning } from "./vocabulary.ts";

type Word = Extract<OperandSyntax, { kind: "word" }>;

const isDay = (type: FieldType): boolean => type === "date" || type === "instant";

export function createChecking(options: CheckingOptions): Checking {
  const { vocabulary, report, event } = options;
  const zone = zoneOfRule(options);
  const written = (span: Span) => options.text.slice(span.start, span.end).replace(/\s+/g, " ");

  const typed = (operand: Operand, type: ValueType | undefined, span: Span): TypedOperand | undefined =>
    type === undefined ? undefined : { operand, type, written: written(span), span };

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
    const found = typed({ kind: "attribute", attribute: options.fieldIndex.get(name) ?? -1 }, field.type, span);
    return found && { ...found, keptMs: field.kept?.retentionMs };
  }

  function reportField(name: string, span: Span): undefined {
    if (!vocabulary.fieldsWhole) return undefined;
    const names = [...vocabulary.fields.keys(), ...(options.atHand?.properties.keys() ?? [])];
    const step = options.steps?.find(({ properties }) => properties.has(name));
    if (step !== undefined) return reportStep(name, span, step);
    const unknown = options.atHand?.unknown?.(name);
    if (unknown === "reported") return undefined;
    if (unknown !== undefined) return void report({ code: "unknown_name", span, ...unknown });
    const suggestion = otherMeaning(name, vocabulary) ?? suggestName(name, names, "fields");
    const orProperty = options.atHand === undefined ? "" : `, and ${lackOf(options.atHand)} of that name`;
    const message = `there is no field \`${name}\` in fields.yaml${orProperty}`;
    report({ code: "unknown_name", span, message, suggestion });
    return undefined;
  }

  function reportStep(name: string, span: Span, { name: event }: EventEntry): undefined {
    const message = `\`${name}\` is a property of \`${event}\`, and when a sequence is complete no event is at hand`;
    const suggestion = `ask it of the step, \`${event} where ${name} ...\`, or of the latest: \`last of ${event}.${name}\``;
    report({ code: "not_applicable", span, message, suggestion });
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
    if (syntax.kind === "arithmetic" || syntax.kind === "function" || syntax.kind === "clock")
      return checkWorked(syntax, checking);
    if (syntax.kind === "anniversary") {
      const message = "an anniversary is a day that comes back, and no value";
      const suggestion = `write \`${written(syntax.span)} is today\` or \`... within next 7 days\``;
      report({ code: "not_applicable", span: syntax.span, message, suggestion });
      return undefined;
    }
    const message = `a condition begins with what it is about, and ${written(syntax.span)} is a value`;
    const suggestion = "turn it around: the field on the left, the value on the right";
    report({ code: "not_applicable", span: syntax.span, message, suggestion });
    return undefined;
  }

  /** Of whatever type it is. */
  function typedValue(syntax: OperandSyntax, left: TypedOperand): TypedOperand | undefined {
    const literal = literalOf(syntax, left, { report, written, named: meaningOf });
    if (literal === undefined) return undefined;
    if (literal !== "not a literal")
      return { operand: literal, type: plainType(literal.as), written: written(syntax.span) };
    if (syntax.kind === "word" && !isName(syntax.name)) return reportNoValue(syntax, left);
    const right = subject(syntax);
    if (right?.operand.kind !== "literal" || right.operand.as !== "number" || left.type.type !== "money") return right;
    // `2 * 50` beside an amount is one.
    const amount = moneyLiteral(Number(right.operand.value), syntax.span, report);
    return amount && { ...right, operand: amount, type: plainType("money") };
  }

  function value(syntax: OperandSyntax, left: TypedOperand): Operand | undefined {
    const right = typedValue(syntax, left);
    return right !== undefined && sameType(left, right, syntax.span) ? right.operand : undefined;
  }

  function matched(left: TypedOperand, syntaxes: readonly OperandSyntax[]): Matched | undefined {
    const values = syntaxes.map((syntax) => typedValue(syntax, left));
    const sound = values.filter((each) => each !== undefined);
    if (sound.length < values.length) return undefined;
    const sides = [left, ...sound];
    const hasBoth = new Set(sides.map(({ type }) => type.type).filter(isDay)).size === 2;
    const equal = hasBoth ? sides.map((side) => (isDay(side.type.type) ? asInstant(side) : side)) : sides;
    const [first, ...rest] = equal.filter((side) => side !== undefined);
    if (first === undefined || rest.length < sound.length) return undefined;
    const fits = rest.every((right, index) => sameType(first, right, syntaxes[index]?.span ?? nowhere));
    return fits ? { left: first.operand, values: rest.map(({ operand }) => operand) } : undefined;
  }

  /** After `where` by the brand's clock: what an event contributes does not depend on who did it. */
  function asInstant(side: TypedOperand): TypedOperand | undefined {
    if (side.type.type !== "date") return side;
    const type = { ...side.type, type: "instant" } as const;
    if (event !== undefined && side.operand.kind === "literal") {
      const first = startOfDay(brandZone(vocabulary.zone.brand), Number(side.operand.value) / DAY_MS);
      return { ...side, operand: { kind: "literal", as: "instant", value: first }, type };
    }
    return bySomeClock("first-instant", side, "instant");
  }

  function asDate(side: TypedOperand): TypedOperand | undefined {
    return side.type.type === "instant" ? bySomeClock("local-date", side, "date") : side;
  }

  function bySomeClock(call: CallName, side: TypedOperand, type: "date" | "instant"): TypedOperand | undefined {
    if (event === undefined)
      return { ...side, operand: { kind: "call", call, of: [side.operand], type, zone }, type: { ...side.type, type } };
    const message = `\`${side.written}\` is ${typeName(side.type)}: after \`where\` no clock says where its day begins`;
    const suggestion = "declare both as `date`, or both as `instant`";
    report({ code: "not_applicable", span: side.span ?? nowhere, message, suggestion });
    return undefined;
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
    const suggestion = otherCurrency
      ? OTHER_CURRENCY
      : `compare \`${left.written}\` with ${typeName(left.type)}, or declare both alike`;
    report({ code: "type_mismatch", span, message, suggestion });
    return false;
  }

  function constant(syntax: OperandSyntax, left: TypedOperand): Literal | undefined {
    const literal = literalOf(syntax, left, { report, written, named: meaningOf });
    if (literal !== "not a literal") return literal;
    const message = "a list holds values only, not fields";
    report({ code: "not_applicable", span: syntax.span, message, suggestion: "compare with `=`, joined by `or`" });
    return undefined;
  }

  function meaningOf(name: string, type: FieldType): ReturnType<Parameters<typeof literalOf>[2]["named"]> {
    if (event !== undefined) {
      const isProperty = event.properties.get(name)?.type?.type === type;
      return isProperty ? { what: `the property \`${name}\``, write: "put the property in backticks" } : undefined;
    }
    if (vocabulary.fields.get(name)?.type?.type === type)
      return { what: `the field \`${name}\``, write: "put the field in backticks" };
    if (!isEventProperty(name, options)) return undefined;
    return { what: `the property \`${name}\` of the event`, write: `\`${EVENT_PROPERTIES}${name}\` for the property` };
  }

  function findPlaces(group: Name, name: Name | undefined): readonly number[] | undefined {
    const places = vocabulary.places.get(group.name);
    if (places === undefined || places.size === 0) {
      const suggestion = suggestName(group.name, [...vocabulary.places.keys()], "kinds of places");
      const message = `places.yaml has no \`${group.name}\``;
      report({ code: "unknown_name", span: group.span, message, suggestion });
      return undefined;
    }
    if (name === undefined) return [...places.values()];
    const place = places.get(name.name);
    if (place !== undefined) return [place];
    const suggestion = suggestName(name.name, [...places.keys()], "places");
    report({
      code: "unknown_name",
      span: name.span,
      message: `there is no ${group.name} \`${name.name}\``,
      suggestion,
    });
    return undefined;
  }

  /** Of a list or a segment that a condition asks for; an event is in neither. */
  function numberOf(
    { name, span }: Name,
    what: "list" | "segment",
    numbers: ReadonlyMap<string, number>,
    code: RuleProblemCode,
  ): number | undefined {
    if (event !== undefined) return refuseOtherThanEvent(span, `in ${what}`, { report });
    const number = numbers.get(name);
    if (number !== undefined) return number;
    const suggestion = suggestName(name, [...numbers.keys()], `${what}s`);
    report({ code, span, message: `there is no ${what} \`${name}\``, suggestion });
    return undefined;
  }

  const checking: Checking = {
    report,
    written,
    timeless: event !== undefined,
    zone,
    subject,
    value,
    matched,
    asInstant,
    asDate,
    isName,
    inBrandTime: () => createChecking({ ...options, brandTime: true }),
    constant,
    condition: (syntax) => checkCondition(syntax, checking),
    sequence: (syntax, lateMs) =>
      checkSequenceSteps(syntax, {
        options,
        checking,
        lateMs,
        within: (of) => createChecking({ ...options, event: of, atHand: undefined }),
      }),
    aggregate: (syntax) =>
      checkAggregate(syntax, options, (of) => createChecking({ ...options, event: of, atHand: undefined })),
    list: (name) => numberOf(name, "list", vocabulary.lists, "unknown_name"),
    places: ({ group, name }) => findPlaces(group, name),
    segment(name) {
      if (event === undefined) options.uses?.segment(name.name, name.span);
      return numberOf(name, "segment", vocabulary.segments, "unknown_segment");
    },
  };
  return checking;
}

const nowhere: Span = { start: 0, end: 0 };

/** By whose clock the rule reads: null for the brand's. */
function zoneOfRule({ vocabulary, event, brandTime, fieldIndex }: CheckingOptions): Operand | null {
  const { customer } = vocabulary.zone;
  if (event !== undefined || brandTime === true || customer === undefined) return null;
  const attribute = fieldIndex.get(customer);
  const isText = vocabulary.fields.get(customer)?.type?.type === "text";
  return attribute === undefined || !isText ? null : { kind: "attribute", attribute };
}
