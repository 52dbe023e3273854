/** From one line of a file to the syntax tree of a condition; what is wrong with it is reported, once, at its first fault. */
import { EOF, type IParserErrorMessageProvider, type IRecognitionException, type IToken } from "chevrotain";
import { conditionCharsMax, conditionDepthMax } from "../../limits-of-rules.ts";
import { ConditionGrammar } from "./grammar.ts";
import { explainFault } from "./grammar-faults.ts";
import type { Report } from "../source/problem.ts";
import type { ConditionSyntax, EventSyntax, SequenceSyntax } from "./syntax.ts";
import { CORRECTIONS, splitLine, tokens } from "./tokens.ts";
import type { YamlText } from "../source/yaml-source.ts";

/** The parts that a value is made of are a value to whoever wrote the line. */
const OF_VALUES: ReadonlySet<string> = new Set(["product", "factor", "literal"]);

function productionOf(stack: readonly string[]): string {
  const rule = stack.at(-1) ?? "end";
  return OF_VALUES.has(rule) ? "operand" : rule;
}

/** The exception's message only carries what was expected; the words are chosen by `explainFault`. */
const expectedOnly: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.LABEL ?? expected.name,
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: () => "",
  buildEarlyExitMessage: () => "",
};

const GLOB = 'what stands after `matches` is a glob, in quotes: `matches "Saint-*"`';
const QUOTED = "put it in quotes if it belongs to a text";

let grammar: ConditionGrammar | undefined;

/** Building the grammar takes some 20 ms, so it waits for the first line. `validate` is for the grammar's own test. */
export function createGrammar(validate: boolean): ConditionGrammar {
  return new ConditionGrammar(expectedOnly, validate);
}

export function parseConditionLine(text: YamlText, report: Report): ConditionSyntax | undefined {
  return parseLine(text, report, { isOccasion: false, read: (rules) => rules.condition() });
}

/** The event that sets a trigger off, `order_completed where total >= 50`, or one after another. */
export function parseOccasionLine(text: YamlText, report: Report): EventSyntax | SequenceSyntax | undefined {
  return parseLine(text, report, { isOccasion: true, read: (rules) => rules.occasion() });
}

function parseLine<Tree>(
  text: YamlText,
  report: Report,
  { isOccasion, read }: { readonly isOccasion: boolean; readonly read: (rules: ConditionGrammar) => Tree | undefined },
): Tree | undefined {
  const line = text.value;
  if (line.length > conditionCharsMax) {
    const message = `a condition has at most ${conditionCharsMax} characters, this one has ${line.length}`;
    report({ code: "over_limit", span: text.span, message, suggestion: "split it under `all:` or `any:`" });
    return undefined;
  }
  const lexed = splitLine(line);
  const mistake = lexed.tokens.find((token) => token.tokenType === tokens.Mistake);
  const unknown = lexed.errors[0];
  if (mistake !== undefined && (unknown === undefined || mistake.startOffset < unknown.offset)) {
    const { image, startOffset } = mistake;
    const span = { start: text.offsetAt(startOffset), end: text.offsetAt(startOffset + image.length) };
    report({
      code: "bad_character",
      span,
      message: `\`${image}\` is not part of the language`,
      suggestion: CORRECTIONS[image] ?? QUOTED,
    });
    return undefined;
  }
  if (unknown !== undefined) {
    const span = { start: text.offsetAt(unknown.offset), end: text.offsetAt(unknown.offset + unknown.length) };
    const sign = [...line.slice(unknown.offset)][0] ?? "";
    const isGlob = /\bmatches\s+\S*$/.test(line.slice(0, unknown.offset));
    const suggestion = isGlob ? GLOB : (CORRECTIONS[sign] ?? QUOTED);
    report({ code: "bad_character", span, message: `\`${sign}\` is not part of the language`, suggestion });
    return undefined;
  }
  if (nesting(lexed.tokens) > conditionDepthMax) {
    const message = `parentheses are nested more than ${conditionDepthMax} deep`;
    report({ code: "over_limit", span: text.span, message, suggestion: "split the line under `all:` or `any:`" });
    return undefined;
  }
  grammar ??= createGrammar(false);
  grammar.place = text.offsetAt;
  grammar.input = lexed.tokens;
  const tree = read(grammar);
  const fault = grammar.errors[0];
  if (fault === undefined) return tree;
  reportFault(fault, lexed.tokens, { text, report, isOccasion });
  return undefined;
}

/** Deepest nesting of parentheses; bounded before parsing, as the parser recurses. */
function nesting(line: readonly IToken[]): number {
  let depth = 0;
  let deepest = 0;
  for (const { tokenType } of line) {
    if (tokenType === tokens.Open) deepest = Math.max(deepest, ++depth);
    if (tokenType === tokens.Close) depth--;
  }
  return deepest;
}

function reportFault(
  fault: IRecognitionException,
  line: readonly IToken[],
  out: { readonly text: YamlText; readonly report: Report; readonly isOccasion: boolean },
): void {
  const { text, report, isOccasion } = out;
  const ended = fault.token.tokenType === EOF;
  const index = ended ? line.length : line.indexOf(fault.token);
  const words = line.map((token) => token.image);
  const expected = fault.message === "" ? undefined : fault.message;
  // Words left over after a whole condition: chevrotain names no production for these.
  const rule = fault.name === "NotAllInputParsedException" ? "end" : productionOf(fault.context.ruleStack);
  const { message, suggestion } = explainFault({ words, index, expected, rule, isOccasion });
  const at = line[index];
  const end = text.value.trimEnd().length;
  const span =
    at === undefined
      ? { start: text.offsetAt(end), end: text.offsetAt(end) }
      : { start: text.offsetAt(at.startOffset), end: text.offsetAt(at.startOffset + at.image.length) };
  report({ code: "condition_syntax", span, message, suggestion });
}
