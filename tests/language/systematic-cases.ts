/**
 * Every operator on every type, at the boundary and a smallest step to either side of it, known and unknown, and each under
 * `not`: cases as those of cases/*.json, but reckoned from the order of three values and nothing else.
 */
import type { Json } from "../../engine/model/event.ts";
import type { CaseFile } from "./case-files.ts";

/** Three values of a type, ascending: as rules write them, and as they are sent. */
interface Values {
  readonly written: readonly [string, string, string];
  readonly sent: readonly [Json, Json, Json];
}

const ORDERED: Readonly<Record<string, Values>> = {
  number: { written: ["1.9999", "2", "2.0001"], sent: [1.9999, 2, 2.0001] },
  money: { written: ["1.9999", "2", "2.0001"], sent: [1.9999, 2, 2.0001] },
  percentage: { written: ["19.99%", "20%", "20.01%"], sent: ["19.99%", "20%", "20.01%"] },
  duration: { written: ["7199 seconds", "2 hours", "7201 seconds"], sent: ["PT1H59M59S", "PT2H", 7_201_000] },
  instant: {
    written: ["2026-02-01T09:59:59.999Z", "2026-02-01T10:00Z", "2026-02-01T10:00:00.001Z"],
    sent: ["2026-02-01T09:59:59.999Z", "2026-02-01T11:00:00+01:00", "2026-02-01T10:00:00.001Z"],
  },
  date: {
    written: ["2026-01-31", "2026-02-01", "2026-02-02"],
    sent: ["2026-01-31", "2026-02-01", "2026-02-02"],
  },
  time: { written: ["09:29", "09:30", "09:31"], sent: ["09:29:00", "09:30", "09:31"] },
};
const UNORDERED: Readonly<Record<string, Values>> = {
  text: { written: ['"a"', '"b"', '"B"'], sent: ["a", "b", "B"] },
};

/** What is asked of the middle value, and of which of the three values it holds. */
const EQUALITIES: readonly (readonly [say: (of: Values["written"]) => string, holds: readonly number[]])[] = [
  [([, mid]) => `= ${mid}`, [1]],
  [([, mid]) => `is ${mid}`, [1]],
  [([, mid]) => `!= ${mid}`, [0, 2]],
  [([, mid]) => `is not ${mid}`, [0, 2]],
  [([low, mid]) => `in [${mid}, ${low}]`, [0, 1]],
  [([low, mid]) => `not in [${mid}, ${low}]`, [2]],
  [() => "is known", [0, 1, 2]],
];
const ORDERS: typeof EQUALITIES = [
  [([, mid]) => `< ${mid}`, [0]],
  [([, mid]) => `<= ${mid}`, [0, 1]],
  [([, mid]) => `> ${mid}`, [2]],
  [([, mid]) => `>= ${mid}`, [1, 2]],
  [([, mid, high]) => `between ${mid} and ${high}`, [1, 2]],
  [([low, mid]) => `between ${low} and ${mid}`, [0, 1]],
];

function* casesOf(
  type: string,
  { written, sent }: Values,
  asked: typeof EQUALITIES,
): Iterable<CaseFile["cases"][number]> {
  for (const [say, holdsOf] of [...asked, [() => "is unknown", []] as const])
    for (const value of [0, 1, 2, undefined]) {
      const isUnknown = say(written) === "is unknown";
      // Every comparison with what is not known is false.
      const holds = value === undefined ? isUnknown : !isUnknown && holdsOf.includes(value);
      const profile = value === undefined ? {} : { [`a_${type}`]: sent[value] as Json };
      const when = `a_${type} ${say(written)}`;
      yield { when, holds, profile };
      yield { when: `not ${when}`, holds: !holds, profile };
    }
}

const lists = ["any", "all", "none"].flatMap((how) =>
  [["x", "y"], ["x"], ["z"], [], undefined].flatMap((tags) => {
    const found = ["x", "y"].filter((tag) => tags?.includes(tag) === true).length;
    const holds = tags !== undefined && { any: found > 0, all: found === 2, none: found === 0 }[how as "any"];
    const profile = tags === undefined ? {} : { a_list: tags };
    const when = `a_list has ${how} of [x, y]`;
    return [
      { when, holds, profile },
      { when: `not ${when}`, holds: !holds, profile },
    ];
  }),
);

const texts = [
  ["contains", "bc", ["abcd", "bc"], ["Bc", "b c", ""]],
  ["starts with", "bc", ["bcd", "bc"], ["abc", "b", ""]],
  ["ends with", "bc", ["abc", "bc"], ["bcd", "c", ""]],
  ["matches", "b?d*", ["bcd", "bxdef"], ["bd", "abcd", ""]],
].flatMap(([how, part, right, wrong]) =>
  [...(right as string[]), ...(wrong as string[]), undefined].map((text) => ({
    when: `a_text ${String(how)} "${String(part)}"`,
    holds: text !== undefined && right?.includes(text) === true,
    profile: text === undefined ? {} : { a_text: text },
  })),
);

const booleans = [true, false, undefined].flatMap((value) =>
  (
    [
      ["a_boolean", value === true],
      ["not a_boolean", value !== true],
      ["a_boolean = true", value === true],
      ["a_boolean = false", value === false],
      ["a_boolean != true", value === false],
      ["a_boolean is not false", value === true],
      ["a_boolean is unknown", value === undefined],
    ] as const
  ).map(([when, holds]) => ({ when, holds, profile: value === undefined ? {} : { a_boolean: value } })),
);

const types = [...Object.keys(ORDERED), ...Object.keys(UNORDERED), "boolean", "list"];

export const systematicCases: CaseFile = {
  spec: 1,
  about: "Every operator on every type, about a boundary, known and unknown.",
  fields: Object.fromEntries(types.map((type) => [`a_${type}`, type])),
  events: {},
  at: "2026-03-01T12:00:00Z",
  cases: [
    ...Object.entries(ORDERED).flatMap(([type, values]) => [...casesOf(type, values, [...EQUALITIES, ...ORDERS])]),
    ...Object.entries(UNORDERED).flatMap(([type, values]) => [...casesOf(type, values, EQUALITIES)]),
    ...lists,
    ...texts,
    ...booleans,
    ...["today", "tomorrow"].flatMap((day, ahead) =>
      [0, 1, 2, undefined].flatMap((days) => {
        const profile = days === undefined ? {} : { a_date: `2026-03-0${days + 1}` };
        const isThen = days === ahead;
        return [
          { when: `a_date is ${day}`, holds: isThen, profile },
          { when: `a_date is not ${day}`, holds: days !== undefined && !isThen, profile },
        ];
      }),
    ),
  ],
};
