/**
 * Random lines by the grammar itself: its productions are walked, so that a form that is added to the language is fuzzed
 * from then on. Most lines name things that exist; whether their types fit is for the checker to find out.
 */
import { Alternation, NonTerminal, Terminal, type IProduction, type TokenType } from "chevrotain";
import fc from "fast-check";
import { createGrammar } from "../../../engine/language/grammar/condition-line.ts";
import { splitLine } from "../../../engine/language/grammar/tokens.ts";
import type { SeededRandom } from "../../simulation/seeded-random.ts";

export interface Sentences {
  /** The words of a line. */
  next(random: SeededRandom): readonly string[];
  /** Any word of the language. */
  word(random: SeededRandom): string;
  /** A line with one word replaced by another of its kind, so that it mostly stays well-formed. */
  reworded(line: string, random: SeededRandom): string;
}

/** Nested deeper than this, the shortest way out is taken. */
const DEPTH_MAX = 14;
const WORDS_MAX = 80;

/** @param names what a `Word` is mostly replaced by */
export function createSentences(names: readonly string[]): Sentences {
  const rules = createGrammar(false).getGAstProductions();
  const images = new Map<TokenType, readonly string[]>();

  function imagesOf(type: TokenType): readonly string[] {
    const known = images.get(type);
    if (known !== undefined) return known;
    const made = samplesOf(type, names);
    images.set(type, made);
    return made;
  }

  function walk(
    part: IProduction,
    random: SeededRandom,
    at: { readonly depth: number; readonly words: string[] },
  ): void {
    const { depth, words } = at;
    const deep = depth > DEPTH_MAX || words.length > WORDS_MAX;
    if (part instanceof Terminal) {
      words.push(random.pick(imagesOf(part.terminalType)));
      return;
    }
    if (part instanceof NonTerminal) {
      const rule = rules[part.nonTerminalName];
      if (rule !== undefined) walkAll(rule.definition, random, { depth: depth + 1, words });
      return;
    }
    const { definition } = part as unknown as { readonly definition: readonly IProduction[] };
    if (part instanceof Alternation) {
      // The last alternative of a value or a condition is mostly a plain one, which ends the walk.
      const chosen = deep ? shortest(definition) : random.pick(definition);
      walk(chosen, random, at);
      return;
    }
    const kind = part.constructor.name;
    const optional = kind === "Option" || kind === "Repetition" || kind === "RepetitionWithSeparator";
    const times =
      kind === "Alternative" ? 1 : deep ? (optional ? 0 : 1) : random.below(optional ? 3 : 2) + (optional ? 0 : 1);
    for (let i = 0; i < (kind === "Option" ? Math.min(1, times) : times); i++) walkAll(definition, random, at);
  }

  function walkAll(
    parts: readonly IProduction[],
    random: SeededRandom,
    at: { readonly depth: number; readonly words: string[] },
  ): void {
    for (const part of parts) walk(part, random, at);
  }

  const everyType = [...new Set(Object.values(rules).flatMap((rule) => terminalsIn(rule.definition)))];

  return {
    next(random) {
      const words: string[] = [];
      walkAll(rules["condition"]?.definition ?? [], random, { depth: 0, words });
      return words;
    },
    word: (random) => random.pick(imagesOf(random.pick(everyType))),
    reworded(line, random) {
      const { tokens } = splitLine(line);
      if (tokens.length === 0) return line;
      const { startOffset, image, tokenType } = random.pick(tokens);
      const others = tokens.filter((token) => token.tokenType === tokenType).map((token) => token.image);
      const other = random.chance(0.5) ? random.pick(others) : random.pick(imagesOf(tokenType));
      return line.slice(0, startOffset) + other + line.slice(startOffset + image.length);
    },
  };
}

function terminalsIn(parts: readonly IProduction[]): readonly TokenType[] {
  return parts.flatMap((part) => {
    if (part instanceof Terminal) return [part.terminalType];
    if (part instanceof NonTerminal) return [];
    return terminalsIn((part as unknown as { readonly definition: readonly IProduction[] }).definition);
  });
}

/** The alternative that reaches words soonest. */
function shortest(alternatives: readonly IProduction[]): IProduction {
  const lengths = alternatives.map((alternative) => {
    const { definition } = alternative as unknown as { readonly definition: readonly IProduction[] };
    return definition.reduce((sum, part) => sum + (part instanceof Terminal ? 1 : 5), 0);
  });
  return alternatives[lengths.indexOf(Math.min(...lengths))] as IProduction;
}

const FIXED: Readonly<Record<string, readonly string[]>> = {
  Text: ['"Paris"', '"shoes"', '""', "'web'", '"a \\" b"', '"élan 💥"', '"2026-01-01"', '"*gl?b*"'],
  Numeral: ["0", "1", "3", "20", "0.5", "-1", "100000000000", "12.3456", "99999999999999999999", "1.23456"],
  Instant: [
    "2026-01-01",
    "2026-02-29",
    "2026-03-29T02:30",
    "2026-01-01T10:00+01:00",
    "0000-00-00",
    "2026-12-31T23:59:59.999Z",
  ],
};

function samplesOf(type: TokenType, names: readonly string[]): readonly string[] {
  const fixed = FIXED[type.name];
  if (fixed !== undefined) return fixed;
  if (type.name === "Word") return [...names, ...UNITS, "x", "élan"];
  if (type.name === "TickedName") return names.map((name) => `\`${name}\``);
  const { PATTERN: pattern } = type;
  if (pattern instanceof RegExp && /^[\w ]+$/.test(pattern.source)) return [pattern.source];
  if (typeof pattern === "string") return [pattern];
  if (pattern instanceof RegExp)
    return fc.sample(fc.stringMatching(new RegExp(`^(?:${withoutLookarounds(pattern.source)})$`)), {
      numRuns: 8,
      seed: 1,
    });
  return ["x"];
}

/** fast-check makes no text for a look ahead or behind; what such a one would refuse is worth asking too. */
function withoutLookarounds(source: string): string {
  return source.replace(/\(\?<?[=!](?:[^()\\]|\\.|\([^()]*\))*\)/g, "");
}

const UNITS = ["days", "day", "hours", "weeks", "months", "years", "minutes", "seconds"];
