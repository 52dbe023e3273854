/**
 * What is said about a line that the grammar does not accept. Known slips come first, each recognised by the words around
 * the fault; otherwise what was expected is said in plain words.
 */
import { unitMs } from "./duration.ts";
import { isNumeral, isReserved, isWord, type Around, type Fault, type Slip } from "./slip.ts";
import { SPOKEN } from "./spoken-slips.ts";

export interface Explanation {
  readonly message: string;
  readonly suggestion: string;
}

const COMPARATORS = new Set(["=", "!=", "<", "<=", ">", ">="]);
const REDUCERS = new Set(["average", "smallest", "largest", "distinct"]);
const opensValue = (text: string) =>
  COMPARATORS.has(text) || ["is", "not", "contains", "with", "[", ","].includes(text);

const SLIPS: readonly Slip[] = [
  ...SPOKEN,
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
    say: ({ before }) => ["a window is about a number of events", `write \`count of ${before} in last 30 days >= 1\``],
  },
  {
    is: ({ before, expected }) => expected === "`[`" && before === "in",
    say: ({ words, index }) => {
      const end = words.findIndex((word, at) => at >= index && word !== "," && (isReserved(word) || !isWord(word)));
      const values = words.slice(index, end < 0 ? words.length : end).filter((word) => word !== ",");
      const list = values.length === 0 ? "Paris, Lyon" : values.join(", ");
      return ["the values after `in` must stand in square brackets", `write \`in [${list}]\``];
    },
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

/** What each production waits for, when several words would have done; and how such a thing is written. */
const EXPECTED: Readonly<Record<string, readonly [what: string, such: string]>> = {
  negation: ["a condition", "such as `city = Paris` or `count of EVENT >= 1`"],
  operand: ["a value", "a field, a text in quotes, a number, a date or `count of EVENT`"],
  being: ["a value, `known` or `unknown`", "such as `city is Paris` or `city is known`"],
  recency: ["`more than`, `less than`, `before` or `after`", "such as `was more than 60 days ago`"],
  within: ["`next`, `last` or a distance", "such as `within next 7 days` or `within 10 km of store lyon-1`"],
  listName: ["the name of a list", 'such as `in list "vip-guests"`, of lists/vip-guests.yaml'],
  placeName: ["the name of a place", "such as `store lyon-1` or `any store`"],
  target: ["a place", "such as `store lyon-1`, `any store` or `[45.76, 4.84]`"],
  sample: ["`of profiles by`", 'such as `20% of profiles by "spring-test"`'],
  has: ["`any of`, `all of` or `none of`", "such as `has any of [shoes, bags]`"],
  name: ["the name of an event", "such as `count of order_completed`, of events/order_completed.yaml"],
  segmentName: ["the name of a segment", "such as `in segment lapsing-vip`, of segments/lapsing-vip.yaml"],
  where: ["a condition on the event", "such as `where total >= 100` or `where (total >= 100 and coupon is known)`"],
  duration: ["a duration such as `30 days`", "units are seconds, minutes, hours, days, weeks, months and years"],
  end: [
    "`and`, `or`, or the end of the line",
    "join conditions with `and` or `or`; a text of several words is in quotes",
  ],
  date: ["a date", "dates are written year-month-day: `2026-01-31`"],
  window: ["a length of time", "such as `in last 7 days`, `this month` or `since 2026-01-01`"],
  ofEvents: ["`different days`", "such as `order_completed on 3 different days in last 30 days`"],
  same: ["`same` and a property", "such as `with same cart_id`"],
  textMatch: ["`with`", 'such as `starts with "Saint-"`'],
  brandTime: ["`time`", "such as `today in brand time`"],
  predicate: ["`time`", "such as `weekday is sunday in brand time`"],
  clock: ["`time`", "such as `local time >= 09:00` or `brand time >= 09:00`"],
  textFunction: ["a value in parentheses", 'such as `lowercase(city) = "paris"`'],
  calendar: ["`since`, `until` or `between`", "such as `days since signup_date` or `days between A and B`"],
  anniversary: ["`of` and a date", "such as `anniversary of signup_date is today`"],
  aggregate: ["`of` and an event", "such as `count of order_completed in last 30 days >= 2`"],
};

const ELSEWHERE: readonly [what: string, such: string] = [
  "something else",
  "docs/rules.md shows every form of a condition",
];

export function explainFault(fault: Fault): Explanation {
  const { words, index, rule, expected } = fault;
  const word = (offset: number) => words[index + offset] ?? "";
  const around: Around = { ...fault, at: word(0), before: word(-1), beforeThat: word(-2), next: word(1) };
  const slip = SLIPS.find((known) => known.is(around));
  if (slip !== undefined) {
    const [message, suggestion] = slip.say(around);
    return { message, suggestion };
  }
  const [several, suggestion] = EXPECTED[rule] ?? ELSEWHERE;
  const what = expected === undefined || rule === "duration" ? several : expected;
  const after = around.before === "" ? "" : ` after \`${around.before}\``;
  const found = around.at === "" ? "the line ends" : `\`${around.at}\` stands`;
  return { message: `${found} where ${what} should come${after}`, suggestion };
}
