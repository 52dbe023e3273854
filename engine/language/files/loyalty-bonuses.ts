/** `bonuses:` of a loyalty file: what is earned beside the rate, by category, period and a condition of the rule language. */
import { bonusesMax } from "../../limits-of-rules.ts";
import type { BonusPoints } from "../../model/earning.ts";
import { checkName } from "../check/vocabulary.ts";
import { readInstant } from "../grammar/instant.ts";
import type { ConditionSyntax, Name } from "../grammar/syntax.ts";
import type { Report } from "../source/problem.ts";
import type { Span } from "../source/source.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";
import {
  conditionSchema,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { pointsMax, readPointsRate } from "./loyalty-rate.ts";
import { checkTitle, headOf, readMapping, readText, readTextList, shapeName } from "./mapping.ts";
import { type Title, titleOf } from "./title.ts";
import { readWhen } from "./when.ts";

/** undefined parts: not readable, which is reported. */
export interface BonusDeclaration {
  readonly name: Name;
  readonly title: Title;
  readonly earns: BonusPoints | undefined;
  readonly pointsSpan: Span;
  readonly categories: readonly YamlText[] | undefined;
  /** Days, as midnights in UTC; the last day counts. */
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly hasWhen: boolean;
  readonly when: ConditionSyntax | undefined;
  readonly whenSpan: Span | undefined;
}

const form = {
  what: "a bonus",
  keys: ["bonus", "title", "note", "points", "categories", "from", "until", "when"],
  required: ["bonus", "points"],
} as const;

const keys = {
  bonus: nameSchema("The name that it is told by, at the till and in the ledger."),
  title: titleSchema,
  note: noteSchema,
  points: textSchema(
    "What is earned beside the rate: `2 times` doubles what it gives, `1 per 2 EUR` is a rate of its own, `100` are points for the whole receipt.",
  ),
  categories: listSchema(textSchema("A category."), "The lines that count; all that the rate counts when absent."),
  from: textSchema("The first day, by the receipt's own time and the brand's clock: `2027-03-01`."),
  until: textSchema("The last day: `2027-03-31`."),
  when: conditionSchema,
};

export const bonusesSchema = listSchema(
  mappingSchema(form, keys, "Earned when its condition holds, this sale counted in."),
  "What sales earn beside the rate. Each adds to what the rate gives; none multiplies another.",
);

export function readBonuses(
  value: YamlValue | undefined,
  currency: string | undefined,
  report: Report,
): readonly BonusDeclaration[] {
  if (value === undefined) return [];
  if (value.kind !== "list") {
    const message = `\`bonuses:\` is followed by a list, and this is ${shapeName(value)}`;
    const suggestion = "write each as `- {bonus: NAME, points: 2 times, when: CONDITION}`";
    report({ code: "wrong_shape", span: headOf(value), message, suggestion });
    return [];
  }
  const seen = new Set<string>();
  const bonuses = value.parts.flatMap((part) => readBonus(part, { currency, seen }, report));
  if (bonuses.length <= bonusesMax) return bonuses;
  const message = `a loyalty rule has at most ${bonusesMax} bonuses, this one has ${bonuses.length}`;
  report({ code: "over_limit", span: headOf(value), message, suggestion: "take those out whose time is over" });
  return bonuses.slice(0, bonusesMax);
}

function readBonus(
  part: YamlValue,
  { currency, seen }: { readonly currency: string | undefined; readonly seen: Set<string> },
  report: Report,
): readonly BonusDeclaration[] {
  const values = readMapping(part, form, report)?.values;
  if (values === undefined) return [];
  const name = readText(values.get("bonus"), "the name of a bonus", report);
  checkTitle(values.get("title"), report);
  readText(values.get("note"), "a note", report);
  const points = readText(values.get("points"), "points", report);
  const when = values.get("when");
  const from = readDay(values.get("from"), report);
  const until = readDay(values.get("until"), report);
  const untilSpan = values.get("until");
  if (from !== undefined && until !== undefined && until < from && untilSpan !== undefined) {
    const message = "no day lies in this period, as its last day is before its first";
    report({
      code: "always_the_same",
      span: headOf(untilSpan),
      message,
      suggestion: "put the later day behind `until:`",
    });
  }
  const declared = {
    title: titleOf(values.get("title")),
    earns: readPoints(points, currency, report),
    pointsSpan: points?.span ?? headOf(part),
    categories: readCategories(values.get("categories"), report),
    from,
    until,
    hasWhen: when !== undefined,
    when: when === undefined ? undefined : readWhen(when, report),
    whenSpan: when === undefined ? undefined : headOf(when),
  };
  if (name === undefined || !checkName(name, "kebab", report)) return [];
  if (seen.has(name.value)) {
    const message = `there is a bonus \`${name.value}\` already: what a receipt earned is known by its name`;
    report({ code: "duplicate_name", span: name.span, message, suggestion: "give one of them another name" });
    return [];
  }
  seen.add(name.value);
  return [{ name: { name: name.value, span: name.span }, ...declared }];
}

const TIMES = /^(\d{1,3}(?:\.\d{1,2})?) +times?$/;
const FIXED = /^\d+$/;
const timesMax = 100;

function readPoints(text: YamlText | undefined, currency: string | undefined, report: Report): BonusPoints | undefined {
  if (text === undefined) return undefined;
  const { value, span } = text;
  const times = TIMES.exec(value.trim())?.[1];
  if (times !== undefined) {
    const hundredths = Math.round(Number(times) * 100) - 100;
    if (hundredths > 0 && Number(times) <= timesMax) return { is: "times", hundredths };
    const message = `a bonus is more than 1 and at most ${timesMax} times what the rate gives`;
    const suggestion = hundredths === 0 ? "`1 times` is the rate itself: leave it out" : "`2 times` doubles it";
    report({ code: "bad_number", span, message, suggestion });
    return undefined;
  }
  if (FIXED.test(value.trim())) {
    const points = Number(value);
    if (points >= 1 && points <= pointsMax) return { is: "fixed", points };
    const message = `points are a whole number from 1 to ${pointsMax}`;
    report({ code: "bad_number", span, message, suggestion: "such as `100`" });
    return undefined;
  }
  if (/\bper\b/.test(value)) {
    const rate = readPointsRate(text, currency, report);
    return rate === undefined ? undefined : { is: "rate", ...rate };
  }
  const message = "a bonus is so many times what the rate gives, a rate of its own, or a number of points";
  const suggestion = `write \`2 times\`, \`1 per 2 ${currency ?? "EUR"}\` or \`100\``;
  report({ code: "condition_syntax", span, message, suggestion });
  return undefined;
}

function readCategories(value: YamlValue | undefined, report: Report): readonly YamlText[] | undefined {
  if (value === undefined) return undefined;
  const suggestion = value.kind === "text" ? `write \`[${value.value}]\`` : "write `[shoes, bags]`";
  return readTextList(value, { key: "categories", what: "a category", suggestion }, report);
}

function readDay(value: YamlValue | undefined, report: Report): number | undefined {
  const text = readText(value, "a day", report);
  if (text === undefined) return undefined;
  const day = readInstant(text.value);
  const isDay = typeof day === "number" && !text.value.includes("T");
  if (isDay) return day;
  const problem =
    typeof day === "number"
      ? { message: "a bonus begins and ends with whole days", suggestion: `write \`${text.value.split("T")[0]}\`` }
      : day;
  report({ code: "bad_instant", span: text.span, ...problem });
  return undefined;
}
