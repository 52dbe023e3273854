/** What people say and the language does not: the words of everyday speech, each with how it is written in a rule. */
import { unitMs } from "./duration.ts";
import { isNumeral, isReserved, isWord, type Slip } from "./slip.ts";

/** Word -> sign. */
const SIGNS: Readonly<Record<string, string>> = {
  equals: "=",
  equal: "=",
  greater: ">",
  above: ">",
  over: ">",
  more: ">",
  after: ">",
  smaller: "<",
  below: "<",
  under: "<",
  less: "<",
  before: "<",
};

/** Word -> how what it stands for is written. */
const PHRASES: Readonly<Record<string, string>> = {
  exists: "FIELD is known",
  near: "FIELD within 10 km of store lyon-1",
  like: 'FIELD matches "Saint-*"',
  followed: "EVENT then EVENT within 1 hour",
  does: "not FIELD contains VALUE",
};

const CURRENCY = /^(?:[A-Z]{3}|euros?|dollars?|pounds?|francs?)$/;
const BEGINNINGS: ReadonlySet<string> = new Set(["at", "more", "less", "fewer", "exactly"]);
const isSign = (word: string) => Object.hasOwn(SIGNS, word);
const isUnit = (word: string) => unitMs(word) !== undefined;

/** Words that begin what sets a trigger off, each with the word that is meant. */
const TURNS: Readonly<Record<string, string>> = {
  enters: "entered",
  enter: "entered",
  entering: "entered",
  joins: "entered",
  leaves: "left",
  leave: "left",
  leaving: "left",
};

export const SPOKEN: readonly Slip[] = [
  {
    is: ({ isOccasion, words }) => isOccasion && Object.hasOwn(TURNS, words[0] ?? "") && words.includes("segment"),
    say: ({ words }) => {
      const turn = `${TURNS[words[0] ?? ""]} segment ${words[words.indexOf("segment") + 1] ?? "NAME"}`;
      return ["a segment sets off at the moment at which somebody has entered or left it", `write \`${turn}\``];
    },
  },
  {
    is: ({ isOccasion, rule, at, before }) => isOccasion && rule === "end" && at === "+" && isWord(before),
    say: ({ before }) => [
      "a day is counted from with `after` or `before`",
      `write \`3 days after ${before} at 09:00\``,
    ],
  },
  {
    is: ({ isOccasion, rule, at, index }) =>
      isOccasion && rule === "end" && index === 1 && isWord(at) && !isReserved(at) && !Object.hasOwn(PHRASES, at),
    say: ({ before, at }) => [
      `something is missing between \`${before}\` and \`${at}\``,
      `names of events are one word: \`${before}_${at}\`; \`then\`, \`where\` and \`within 1 hour\` may follow it`,
    ],
  },
  {
    is: ({ rule, at, next }) => rule === "duration" && ["a", "an", "one"].includes(at) && isUnit(next),
    say: ({ at, next }) => [`a number is missing, which is not said by \`${at}\``, `write \`1 ${next}\``],
  },
  {
    is: ({ rule, words, at, before }) => rule === "being" && before === "is" && isSign(at) && words.includes("ago"),
    say: ({ at }) => ["how long ago something was is said with `was`", `write \`was ${at} than 60 days ago\``],
  },
  {
    is: ({ at, rule, before }) => rule === "being" && before === "is" && ["between", "contains"].includes(at),
    say: ({ at, words, index }) => [
      `\`is\` and \`${at}\` do not go together`,
      `leave out \`is\`: \`${words.slice(0, index - 1).join(" ")} ${at} ...\``,
    ],
  },
  {
    is: ({ at, rule, before }) => isSign(at) && rule === "being" && before === "is",
    say: ({ at, words, index }) => compared(at, words.slice(0, index - 1)),
  },
  {
    // `was` may be what is missing before `more` and `less`.
    is: ({ at, rule, before }) => isSign(at) && rule === "end" && isWord(before) && !["more", "less"].includes(at),
    say: ({ at, words, index }) => compared(at, words.slice(0, index)),
  },
  {
    is: ({ at, rule, before }) => rule === "end" && isWord(before) && Object.hasOwn(PHRASES, at),
    say: ({ at }) => [`\`${at}\` is no word of the language`, `write \`${PHRASES[at]}\``],
  },
  {
    is: ({ at, before, rule }) => rule === "end" && isNumeral(before) && CURRENCY.test(at),
    say: ({ before }) => ["an amount stands alone: its currency is that of the field", `write \`${before}\``],
  },
  {
    is: ({ at, next, before, rule }) => rule === "end" && at === "of" && next === "profiles" && isNumeral(before),
    say: ({ before }) => ["a share of all is a percentage", `write \`${before}% of profiles by "spring-test"\``],
  },
  {
    is: ({ at, index, words }) => BEGINNINGS.has(words[0] ?? "") && (index === 0 || (index === 1 && goesOn(at))),
    say: () => ["how often something happened is a number to compare", "write `count of EVENT in last 30 days >= 3`"],
  },
  {
    is: ({ before, index, rule }) => rule === "end" && index === 1 && before === "no",
    say: ({ at }) => ["what has not happened is said with `never`", `write \`never ${at} in last 30 days\``],
  },
  {
    is: ({ at, rule, words, index }) =>
      rule === "negation" && ["segment", "in", "is"].includes(at) && words.slice(index, index + 4).includes("segment"),
    say: ({ words }) => [
      "people are `in` a segment",
      `write \`in segment ${words[words.indexOf("segment") + 1] ?? "NAME"}\``,
    ],
  },
  {
    is: ({ at, before }) => before === "then" && at === "not",
    say: ({ next }) => ["what does not follow is said with `no`", `write \`then no ${next} within 1 hour\``],
  },
  {
    is: ({ at, rule, before }) => rule === "duration" && ["last", "next"].includes(before) && isUnit(at),
    say: ({ at, before }) => ["how many is missing", `write \`${before} 1 ${at}\`, or \`this ${at}\` by the calendar`],
  },
  {
    is: ({ at, expected, before }) => expected === "`[`" && before === "in" && ["the", "last"].includes(at),
    say: () => ["a window is about a number of events", "write `count of EVENT in last 30 days >= 1`"],
  },
  {
    is: ({ at, expected, before }) => expected === "`[`" && before === "in" && at === "next",
    say: () => ["a day that comes is `within` a time", "write `within next 7 days`"],
  },
];

const goesOn = (word: string) => ["least", "most"].includes(word) || isNumeral(word);

function compared(word: string, left: readonly string[]): readonly [message: string, suggestion: string] {
  return [`values are compared by signs, and not by \`${word}\``, `write \`${left.join(" ")} ${SIGNS[word]} VALUE\``];
}
