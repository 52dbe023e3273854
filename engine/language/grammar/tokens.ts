/**
 * The words of a condition line. Keywords are lower case and reserved; a name that is one of them can be written in
 * backticks. `Mistake` catches what other languages write, so that it can be answered with the right spelling.
 */
import { createToken, Lexer, type ILexingError, type IToken, type TokenType } from "chevrotain";
import { type Keyword, KEYWORD_TEXTS, SOFT_KEYWORD_TEXTS, type SoftKeyword } from "./keywords.ts";

/** Letters of any script below the surrogates, without the typographic quotes and spaces between them. */
const LETTERS = "A-Za-z_\\u00c0-\\u1fff\\u2c00-\\u2dff\\u3040-\\ud7ff";

const Word = createToken({
  name: "Word",
  label: "a name",
  pattern: new RegExp(`[${LETTERS}][${LETTERS}0-9]*(?:[.-][${LETTERS}0-9]+)*`),
  line_breaks: false,
});
const TickedName = createToken({ name: "TickedName", label: "a name", pattern: /`[^`\n]+`/, categories: [] });
const Text = createToken({ name: "Text", label: "a text", pattern: /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/ });
const Instant = createToken({
  name: "Instant",
  label: "a date",
  pattern: /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?/,
});
const Numeral = createToken({ name: "Numeral", label: "a number", pattern: /-?\d+(?:\.\d+)?/ });

const Percent = createToken({ name: "Percent", label: "a percentage", pattern: /-?\d+(?:\.\d+)?%/ });
const Clock = createToken({ name: "Clock", label: "a time of day", pattern: /\d{1,2}:\d{2}(?::\d{2})?/ });
const Range = createToken({ name: "Range", label: "`..`", pattern: /\.\./ });
const Plus = createToken({ name: "Plus", label: "`+`", pattern: /\+/ });
const Minus = createToken({ name: "Minus", label: "`-`", pattern: /-/ });
const Times = createToken({ name: "Times", label: "`*`", pattern: /\*/ });
const Divide = createToken({ name: "Divide", label: "`/`", pattern: /\// });

const NotEqual = createToken({ name: "NotEqual", label: "`!=`", pattern: /!=/ });
const AtMost = createToken({ name: "AtMost", label: "`<=`", pattern: /<=/ });
const AtLeast = createToken({ name: "AtLeast", label: "`>=`", pattern: />=/ });
const Equal = createToken({ name: "Equal", label: "`=`", pattern: /=/ });
const Less = createToken({ name: "Less", label: "`<`", pattern: /</ });
const Greater = createToken({ name: "Greater", label: "`>`", pattern: />/ });
const Open = createToken({ name: "Open", label: "`(`", pattern: /\(/ });
const Close = createToken({ name: "Close", label: "`)`", pattern: /\)/ });
const OpenList = createToken({ name: "OpenList", label: "`[`", pattern: /\[/ });
const CloseList = createToken({ name: "CloseList", label: "`]`", pattern: /\]/ });
const Comma = createToken({ name: "Comma", label: "`,`", pattern: /,/ });
const Space = createToken({
  name: "Space",
  pattern: /[ \t\r\n\u00a0\u202f]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

const Mistake = createToken({
  name: "Mistake",
  pattern: /!==|===?|&&?|\|\|?|<>|=>|=<|≥|≤|≠|[“”„«»‘’]|!(?!=)|;|€|\$|£|%|~|\?|\{|\}|:|"|'|`/,
});

function keyword(text: Keyword): TokenType {
  const name = `Keyword_${text}`;
  return createToken({ name, label: `\`${text}\``, pattern: new RegExp(text), longer_alt: Word });
}

const keywordTokens = KEYWORD_TEXTS.map((text) => [text, keyword(text)] as const);
export const keywords = Object.fromEntries(keywordTokens) as Readonly<Record<Keyword, TokenType>>;

/** Each is a `Word` too, so that it is taken wherever a name is. */
function softKeyword(text: SoftKeyword): TokenType {
  return createToken({
    name: `Word_${text}`,
    label: `\`${text}\``,
    // Not the beginning of a reserved word: `no` of `not`.
    pattern: new RegExp(`${text}(?![A-Za-z0-9_])`),
    longer_alt: Word,
    categories: [Word],
  });
}

const softKeywordTokens = SOFT_KEYWORD_TEXTS.map((text) => [text, softKeyword(text)] as const);
export const softKeywords = Object.fromEntries(softKeywordTokens) as Readonly<Record<SoftKeyword, TokenType>>;

/** The longer before the shorter that it begins with. */
const signs = {
  NotEqual,
  AtMost,
  AtLeast,
  Equal,
  Less,
  Greater,
  Open,
  Close,
  OpenList,
  CloseList,
  Comma,
  Range,
  Plus,
  Minus,
  Times,
  Divide,
} as const;

export const tokens = { Word, TickedName, Text, Instant, Percent, Clock, Numeral, ...signs, Mistake } as const;

/** Order matters: at one place the first that matches is taken. */
export const tokenTypes: TokenType[] = [
  Space,
  Instant,
  Percent,
  Clock,
  Numeral,
  Text,
  TickedName,
  // `within` before `with`: the longer is taken.
  ...softKeywordTokens.map(([, type]) => type),
  ...keywordTokens.map(([, type]) => type),
  Word,
  Mistake,
  ...Object.values(signs),
];

const lexer = new Lexer(tokenTypes, { positionTracking: "onlyOffset", skipValidations: true });

export interface Lexed {
  readonly tokens: IToken[];
  readonly errors: readonly ILexingError[];
}

export function splitLine(line: string): Lexed {
  return lexer.tokenize(line);
}

/** What to write instead of what `Mistake` matched. */
export const CORRECTIONS: Readonly<Record<string, string>> = {
  "==": "write `=`",
  "===": "write `=`",
  "!==": "write `!=`",
  "<>": "write `!=`",
  "≠": "write `!=`",
  "=>": "write `>=`",
  "≥": "write `>=`",
  "=<": "write `<=`",
  "≤": "write `<=`",
  "&": "write `and`",
  "&&": "write `and`",
  "|": "write `or`",
  "||": "write `or`",
  "!": "write `not`",
  ";": "write `and` or `or`",
  "€": "write the amount alone; its currency is that of the field",
  $: "write the amount alone; its currency is that of the field",
  "£": "write the amount alone; its currency is that of the field",
  ":": "times are written with two digits each: `09:30`",
  "%": "write it right after the number: `20%`",
  "“": 'write straight quotes: "..."',
  "”": 'write straight quotes: "..."',
  "„": 'write straight quotes: "..."',
  "«": 'write straight quotes: "..."',
  "»": 'write straight quotes: "..."',
  "‘": 'write straight quotes: "..."',
  "’": 'write straight quotes: "..."',
  '"': 'close the text with another `"`',
  "'": "put a text with an apostrophe in double quotes",
  "`": "close the name with another backtick",
};
