/**
 * What is said about a line that the grammar does not accept. Known slips come first, each recognised by the words around
 * the fault; otherwise what was expected is said in plain words.
 */
import { unitMs } from "./duration.ts";
import { reservedWords } from "./keywords.ts";

export interface Fault {
  readonly words: readonly string[];
  /** Of the word at which the grammar gave up; `words.length` at the end of the line. */
  readonly index: number;
  /** Label of the one token that would have been right; undefined when there were several. */
  readonly expected: string | undefined;
  /** The innermost production at work. */
  readonly rule: string;
  /** The whole line is about what sets a trigger off. */
  readonly isOccasion: boolean;
}

export interface Explanation {
  readonly message: string;
  readonly suggestion: string | undefined;
}

/** A fault with the words around it named; `at` is empty at the end of the line. */
interface Around extends Fault {
  readonly at: string;
  readonly before: string;
  readonly beforeThat: string;
  readonly next: string;
}

interface Slip {
  readonly is: (around: Around) => boolean;
  readonly say: (around: Around) => readonly [message: string, suggestion: string];
}

const COMPARATORS = new Set(["=", "!=", "<", "<=", ">", ">="]);
const REDUCERS = new Set(["average", "smallest", "largest", "distinct"]);
const isWord = (text: string) => /^[\p{L}_]/u.test(text);
const isNumeral = (text: string) => /^-?\d/.test(text);
const isReserved = (text: string) => reservedWords.includes(text);
const opensValue = (text: string) =>
  COMPARATORS.has(text) || ["is", "not", "contains", "with", "[", ","].includes(text);

const SLIPS: readonly Slip[] = [
  {
    is: ({ at, rule, isOccasion }) => isOccasion && rule === "end" && ["and", "or", ","].includes(at),
    say: () => [
      "one thing sets a trigger off",
      "write a trigger for each; or make a segment of them, and write `entered segment NAME`",
    ],
  },
  {
    is: ({ at, index, rule, isOccasion }) =>
      isOccasion && ((rule === "end" && COMPARATORS.has(at)) || (index === 0 && isReserved(at))),
    say: () => [
      "a condition sets nothing off, but the moment at which it begins to hold does",
      "make a segment of it, and write `entered segment NAME`; what an event must be stands after `where`",
    ],
  },
  {
    is: ({ at }) => at !== at.toLowerCase() && isReserved(at.toLowerCase()),
    say: ({ at }) => [
      `\`${at}\` is read as a name here`,
      `the words of the language are in lower case: \`${at.toLowerCase()}\``,
    ],
  },
  {
    is: ({ at, before, rule }) => rule === "being" && before === "is" && at === "in",
    say: () => ["`is` and `in` do not go together", "leave out `is`: `city in [Paris, Lyon]`"],
  },
  {
    is: ({ rule, expected }) => rule === "turned" && expected === "`in`",
    say: ({ beforeThat, before, words, index }) => {
      const turn = `${words[index - 3] ?? "entered"} ${beforeThat} ${before}`;
      return [`\`${turn}\` happens at one moment`, `say how long ago it may be: \`${turn} in last 7 days\``];
    },
  },
  {
    is: ({ at, expected }) => expected === "`last`" && at === "the",
    say: () => ["`the` has no place here", "write `in last 7 days`"],
  },
  {
    is: ({ at, expected }) => expected === "`last`" && isNumeral(at),
    say: () => ["a window is written with `last`", "write `in last 7 days`"],
  },
  {
    is: ({ at, rule, words, index }) =>
      rule === "end" && at === "in" && words.slice(0, index).includes("where") && words.slice(0, index).includes("and"),
    say: () => [
      "`and` has ended the part after `where`, so a window cannot follow here",
      "put the whole condition on the event in parentheses: `where (A and B) in last 7 days`",
    ],
  },
  {
    is: ({ at, rule }) => rule === "end" && ["last", "during", "since"].includes(at),
    say: ({ at }) => [`\`${at}\` cannot follow here`, "a window is written `in last 7 days`"],
  },
  {
    is: ({ at, expected }) => expected === "`[`" && at === "segment",
    say: () => ["`in segment` stands alone: it is about the profile", "write `in segment NAME`, joined by `and`"],
  },
  {
    is: ({ at, next, rule, words }) => rule === "end" && at === "in" && next === "last" && !words.includes("of"),
    say: () => ["only `count of` and `sum of` have a window", "write `last EVENT was less than 7 days ago`"],
  },
  {
    is: ({ before, expected }) => expected === "`[`" && before === "in",
    say: () => ["the values after `in` must stand in square brackets", "write `in [Paris, Lyon]`"],
  },
  {
    is: ({ at, next, rule }) => rule === "end" && at === "," && isNumeral(next),
    say: ({ before, next }) => ["numbers have a decimal point, not a comma", `write \`${before}.${next}\``],
  },
  {
    is: ({ at, rule }) => rule === "end" && (at === "more" || at === "less"),
    say: ({ at }) => [`\`was\` is missing before \`${at}\``, `write \`was ${at} than 60 days ago\``],
  },
  {
    is: ({ at, rule }) => rule === "end" && at === ")",
    say: () => ["this `)` closes nothing", "remove it, or open it with `(` further left"],
  },
  {
    is: ({ at, rule }) => rule === "end" && COMPARATORS.has(at),
    say: () => ["a condition compares once", "write two conditions joined by `and`, or `between A and B`"],
  },
  {
    is: ({ at, before, beforeThat, rule }) =>
      rule === "end" && isWord(at) && isWord(before) && !isReserved(at) && opensValue(beforeThat),
    say: ({ at, before }) => ["a text of several words must be in quotes", `write \`"${before} ${at}"\``],
  },
  {
    is: ({ at, before, rule }) => rule === "end" && REDUCERS.has(before) && isWord(at),
    say: ({ at, before }) => [`\`${before}\` is followed by \`of\``, `write \`${before} of ${at}\``],
  },
  {
    is: ({ at, before, rule }) => rule === "end" && /^-\d/.test(at) && (isWord(before) || isNumeral(before)),
    say: ({ at, before }) => [
      "a minus stands between spaces, as names may have hyphens",
      `write \`${before} - ${at.slice(1)}\``,
    ],
  },
  {
    is: ({ before, rule }) => rule === "end" && before === "size",
    say: ({ at }) => ["`size` is followed by `of`", `write \`size of ${at}\``],
  },
  {
    is: ({ before, rule }) => rule === "end" && ["lowercase", "uppercase", "round"].includes(before),
    say: ({ at, before }) => [`\`${before}\` is followed by parentheses`, `write \`${before}(${at})\``],
  },
  {
    is: ({ at, before, rule }) => rule === "end" && isWord(at) && ["days", "weeks", "months", "years"].includes(before),
    say: ({ at, before }) => [
      `\`${before}\` is followed by \`since\`, \`until\` or \`between\``,
      `write \`${before} since ${at}\`, or \`${before} between A and B\``,
    ],
  },
  {
    is: ({ at, before, rule }) => rule === "end" && isWord(before) && (isWord(at) || isNumeral(at) || /^["']/.test(at)),
    say: ({ at, before }) => [
      `something is missing between \`${before}\` and \`${at}\``,
      "join conditions with `and` or `or`; compare with `=`, `>=`, `in [...]`, `contains`",
    ],
  },
  {
    is: ({ at, before }) => (before === "and" || before === "or") && (COMPARATORS.has(at) || at === "is"),
    say: ({ at, before }) => [
      `after \`${before}\` a whole condition is expected`,
      `name the field again: \`... ${before} FIELD ${at} ...\``,
    ],
  },
  {
    is: ({ at, rule }) => rule === "operand" && at === "]",
    say: ({ before }) =>
      before === ","
        ? ["a value is missing after the last comma", "remove the comma"]
        : ["the list is empty", "write the values: `[Paris, Lyon]`"],
  },
  {
    is: ({ expected, rule }) => expected === "`of`" && rule === "aggregate",
    say: ({ before }) => [`\`${before}\` is followed by \`of\``, `write \`${before} of EVENT\``],
  },
  {
    is: ({ expected, rule, before }) => rule === "within" && expected === "`of`" && unitMs(before) !== undefined,
    say: ({ before, beforeThat }) => ["`next` or `last` is missing", `write \`within next ${beforeThat} ${before}\``],
  },
  {
    is: ({ expected, rule }) => rule === "within" && expected === "a name",
    say: ({ before }) => [`a unit is missing after \`${before}\``, `write \`${before} km\``],
  },
  {
    is: ({ expected, rule }) => rule === "has" && expected === "`of`",
    say: ({ before }) => [`\`has ${before}\` is followed by \`of\``, `write \`has ${before} of [shoes, bags]\``],
  },
  {
    is: ({ expected, beforeThat, before }) => expected === "`[`" && before === "of" && beforeThat !== "",
    say: () => ["the values must stand in square brackets", "write `has any of [shoes, bags]`"],
  },
  {
    is: ({ expected, before, rule }) => rule === "step" && expected === "`within`" && before === "within",
    say: () => ["the event of this step is missing", "write `then EVENT within 1 hour`"],
  },
  {
    is: ({ expected, rule }) => rule === "step" && expected === "`within`",
    say: () => ["a step of a sequence says how soon it comes", "write `then EVENT within 1 hour`"],
  },
  {
    is: ({ expected, at }) => expected === "`)`" && at === "",
    say: () => ["a `(` is not closed", "add the missing `)`"],
  },
  {
    is: ({ expected, at }) => expected === "`]`" && at === "",
    say: () => ["a `[` is not closed", "add the missing `]`"],
  },
  {
    is: ({ expected, before }) => expected === "`]`" && isWord(before),
    say: ({ before, at }) => [
      "the values of a list are separated by commas",
      `write \`${before}, ${at}\`, or quotes around both`,
    ],
  },
  {
    is: ({ rule, expected }) => rule === "between" && expected === "`and`",
    say: () => ["`between` needs two values joined by `and`", "write `between 10 and 20`"],
  },
  {
    is: ({ rule, expected, before }) => rule === "duration" && expected === "a name" && isNumeral(before),
    say: ({ before }) => [`a unit is missing after \`${before}\``, `write \`${before} days\``],
  },
  {
    is: ({ at, rule, before }) => isReserved(at) && ["operand", "being"].includes(rule) && opensValue(before),
    say: ({ at }) => [`\`${at}\` is a word of the language`, `as a text it must be in quotes: \`"${at}"\``],
  },
  {
    is: ({ at, rule }) => isReserved(at) && (rule === "name" || rule === "segmentName"),
    say: ({ at }) => [`\`${at}\` is a word of the language`, "as a name it must stand in backticks"],
  },
];

/** What each production waits for, when several words would have done; and what that may be. */
const EXPECTED: Readonly<Record<string, readonly [what: string, such?: string]>> = {
  negation: ["a condition", "such as `city = Paris` or `count of EVENT >= 1`"],
  operand: ["a value", "a field, a text in quotes, a number, a date or `count of EVENT`"],
  being: ["a value, `known` or `unknown`"],
  recency: ["`more than`, `less than`, `before` or `after`", "such as `was more than 60 days ago`"],
  within: ["`next`, `last` or a distance", "such as `within next 7 days` or `within 10 km of store lyon-1`"],
  listName: ["the name of a list"],
  placeName: ["the name of a place", "such as `store lyon-1` or `any store`"],
  target: ["a place", "such as `store lyon-1`, `any store` or `[45.76, 4.84]`"],
  sample: ["`of profiles by`", 'such as `20% of profiles by "spring-test"`'],
  has: ["`any of`, `all of` or `none of`", "such as `has any of [shoes, bags]`"],
  name: ["the name of an event"],
  segmentName: ["the name of a segment"],
  where: ["a condition on the event"],
  duration: ["a duration such as `30 days`"],
  end: ["`and`, `or`, or the end of the line"],
};

export function explainFault(fault: Fault): Explanation {
  const { words, index, rule, expected } = fault;
  const word = (offset: number) => words[index + offset] ?? "";
  const around: Around = { ...fault, at: word(0), before: word(-1), beforeThat: word(-2), next: word(1) };
  const slip = SLIPS.find((known) => known.is(around));
  if (slip !== undefined) {
    const [message, suggestion] = slip.say(around);
    return { message, suggestion };
  }
  const named = expected !== undefined && rule !== "duration";
  const [what, such] = named ? [expected] : (EXPECTED[rule] ?? ["something else"]);
  const after = around.before === "" ? "" : ` after \`${around.before}\``;
  const found = around.at === "" ? "the line ends" : `\`${around.at}\` stands`;
  return { message: `${found} where ${what} should come${after}`, suggestion: such };
}
