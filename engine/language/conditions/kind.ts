/**
 * What a kind of condition is: everything that the rest of the language asks of it, in one object. To add a kind: its
 * syntax (syntax.ts) with a production (grammar.ts), its checked form (checked.ts), a file beside this one, and its line in
 * registry.ts. Kinds never import each other; they reach their parts through what they are given.
 */
import type { FieldType } from "../../model/plan.ts";
import type { Alarm } from "../time/alarms.ts";
import type { Condition, ConditionOf, Literal, Operand } from "../plan/checked.ts";
import type { Code } from "../compile/code.ts";
import type { Complaint } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type {
  AggregateSyntax,
  ConditionSyntax,
  Name,
  NamedPlaceSyntax,
  OperandSyntax,
  SequenceSyntax,
} from "../grammar/syntax.ts";

/** The type of a value, as far as the checker knows it. */
export interface ValueType {
  readonly type: FieldType;
  /** ISO code, where the field says so. */
  readonly currency: string | undefined;
  /** The only values that the field may have. */
  readonly oneOf: readonly string[] | undefined;
  /** A count: whole and never negative. */
  readonly counts: boolean;
  /** Of a count: it is never more. */
  readonly most?: number | undefined;
  /** Of a count in a window: of more than a stream keeps exactly it is not exact. */
  readonly windowed?: boolean;
  /** A day that lies within a year of a birthday: it came once, and long ago. */
  readonly ofBirth?: boolean;
  /** A day that comes back every year: its year means nothing to `is today` and `within next`. */
  readonly everyYear: boolean;
  /** Of when an event was: for how long that event is kept. */
  readonly of?: { readonly event: string; readonly retentionMs: number };
  /** False for counts and sums, which are always known. */
  readonly maybeUnknown: boolean;
}

export interface TypedOperand {
  readonly operand: Operand;
  readonly type: ValueType;
  /** As written, for messages. */
  readonly written: string;
  readonly span?: Span;
  /** Of a field: how long a value is kept after it was last said; undefined: for ever. */
  readonly keptMs?: number | undefined;
}

/** Operands of one type. */
export interface Matched {
  readonly left: Operand;
  readonly values: readonly Operand[];
}

/** What `check` may ask. Every method that returns undefined has reported why. */
export interface Checking {
  /** Within `where`: what an event contributes is settled once, so its age cannot matter. */
  readonly timeless: boolean;
  report(complaint: Complaint): void;
  /** Of a field, or within `where` of a property; what was not read whole may have any. */
  isName(name: string): boolean;
  condition(syntax: ConditionSyntax): Condition | undefined;
  /** The left side: a field, a property or an aggregate; a literal is refused. */
  subject(syntax: OperandSyntax): TypedOperand | undefined;
  /** The right side, which must be of the subject's type: a literal of it, or another field. */
  value(syntax: OperandSyntax, subject: TypedOperand): Operand | undefined;
  /** Left and right made of one type: a date beside an instant becomes its first instant by the local clock. */
  matched(subject: TypedOperand, syntaxes: readonly OperandSyntax[]): Matched | undefined;
  /** A date as its first instant; anything else as it is. */
  asInstant(typed: TypedOperand): TypedOperand | undefined;
  /** An instant as its local date; anything else as it is. */
  asDate(typed: TypedOperand): TypedOperand | undefined;
  /** The operand that names the customer's zone; null: clocks are the brand's. */
  readonly zone: Operand | null;
  inBrandTime(): Checking;
  /** The same, but only a literal. */
  constant(syntax: OperandSyntax, subject: TypedOperand): Literal | undefined;
  aggregate(syntax: AggregateSyntax): TypedOperand | undefined;
  /** @param lateMs what sets a trigger off has no window; it is kept for as long as an event may come late */
  sequence(syntax: SequenceSyntax, lateMs?: number): Operand | undefined;
  segment(name: Name): number | undefined;
  list(name: Name): number | undefined;
  /** Of places.yaml. */
  places(target: NamedPlaceSyntax): readonly number[] | undefined;
  /** The file's text at a place, for messages. */
  written(span: Span): string;
}

/** What the interpreter may ask: the profile (or the event, within `where`) and the instant. */
export interface Facts {
  readonly at: number;
  holds(condition: Condition): boolean;
  /** undefined: unknown. */
  value(operand: Operand): string | number | boolean | readonly string[] | undefined;
  inSegment(segment: number): boolean;
  inList(list: number): boolean;
  /** NaN: never. */
  transitionAt(segment: number, entered: boolean): number;
}

/** What the code generator may ask. */
export interface Emitter {
  /** Code of the instant, a number in ms. */
  readonly at: Code;
  /** An expression in parentheses; true or false, or 1 or 0, as `join` and its like make of their parts. */
  condition(condition: Condition): Code;
  /** An expression; undefined or NaN when unknown. */
  operand(operand: Operand): Code;
  /** An expression that is true when the operand is known; undefined when it always is. */
  known(operand: Operand): Code | undefined;
  inSegment(segment: number): Code;
  turned(node: ConditionOf<"turned">): Code;
  /** An expression that is true when `value` is one of these. */
  isOneOf(value: Code, values: readonly Literal[]): Code;
  all(parts: readonly Code[]): Code;
  any(parts: readonly Code[]): Code;
  not(part: Code): Code;
  atLeast(count: number, parts: readonly Code[]): Code;
}

/** What the printer may ask. */
export interface Printing {
  condition(condition: Condition): string;
  /** The same, in parentheses where it is a group. */
  part(condition: Condition): string;
  /** On the left: fields by their plain names. */
  operand(operand: Operand): string;
  /** On the right: fields in backticks, as a plain word would be a text there. */
  value(operand: Operand): string;
  segment(index: number): string;
  list(index: number): string;
}

/** What the paraphraser may ask. */
export interface Saying {
  /** Lines; those of parts are indented below their group. */
  condition(condition: Condition): readonly string[];
  /** Of a kind that has words of its own for not holding. */
  negated(condition: Condition): readonly string[] | undefined;
  operand(operand: Operand): string;
  segment(index: number): string;
  list(index: number): string;
  /** Whether any value that the condition reads can be unknown. */
  maybeUnknown(condition: Condition): boolean;
}

export interface ConditionKind<C extends Condition> {
  /** It is about values only, and compiles to true or false; so it can be computed once for all rules that have it. */
  readonly isLeaf: boolean;
  conditions(node: C): readonly Condition[];
  operands(node: C): readonly Operand[];
  /** The interpreter: what the condition means. */
  holds(node: C, facts: Facts): boolean;
  compile(node: C, emit: Emitter): Code;
  /** Canonical text, which parses to the same node again. */
  print(node: C, printing: Printing): string;
  /** In plain English: one line, or for a group its heading and the lines of its parts. */
  say(node: C, saying: Saying): readonly string[];
  /** That it does not hold, where there are better words than "it is not so that". */
  sayNot?(node: C, saying: Saying): readonly string[];
  /** What it reads besides its operands, for explanations; `at` undefined: never. */
  recalls?(
    node: C,
    facts: Facts,
    printing: Printing,
  ): readonly { readonly name: string; readonly at: number | undefined }[];
  /** When time alone can flip it, by clocks and ages; windows of aggregates are not its matter. */
  alarms(node: C): readonly Alarm[];
  /**
   * For a count among `operands`: the lowest whole number at which the condition can differ from the one below it.
   * -Infinity when not known, Infinity when there is none.
   */
  lowestBoundary(node: C): number;
}

export type Check<Kind extends ConditionSyntax["kind"]> = (
  syntax: Extract<ConditionSyntax, { readonly kind: Kind }>,
  checking: Checking,
) => Condition | undefined;

export type KindOf<Kind extends Condition["kind"]> = ConditionKind<ConditionOf<Kind>>;

/** What most kinds answer to questions that do not touch them. */
export const quiet = {
  isLeaf: true,
  conditions: () => [],
  alarms: () => [],
  lowestBoundary: () => Number.NEGATIVE_INFINITY,
} as const;
