/** `recommendations/*.yaml`: which products are shown to somebody, on what basis, within what limits. */
import { recommendedMax } from "../../limits-of-recommending.ts";
import { RECOMMENDATION_BASES, RECOMMENDATION_SEEDS } from "../../model/recommendation.ts";
import type { RecommendationBasis } from "../../model/recommendation.ts";
import {
  choiceSchema,
  conditionDefinitions,
  conditionSchema,
  eitherSchema,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "../files/file-schema.ts";
import { headOf, readMapping, readText } from "../files/mapping.ts";
import { readNamedRule } from "../files/named-rule.ts";
import type { FileKind, RecommendationDeclaration } from "../files/rule-declarations.ts";
import { readWhen } from "../files/when.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText, YamlValue } from "../source/yaml-source.ts";

const form = {
  what: "a recommendation",
  keys: [
    "recommendation",
    "title",
    "note",
    "based on",
    "seed",
    "number",
    "only",
    "exclude",
    "boost",
    "pin",
    "diversity",
    "otherwise",
  ],
  required: ["recommendation", "based on"],
} as const;
const boostForm = { what: "a boost", keys: ["when", "by"], required: ["when", "by"] } as const;

const basisSchema = choiceSchema(RECOMMENDATION_BASES, "How products are found.");
const boostSchema = mappingSchema(
  boostForm,
  { when: conditionSchema, by: textSchema("What the product's score is multiplied by, such as `1.5`.") },
  "Moves products up, or down where it is less than 1.",
);
const keys = {
  recommendation: nameSchema("What contents call it; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  "based on": basisSchema,
  seed: choiceSchema(RECOMMENDATION_SEEDS, "Which product others are found by; without it the first that there is."),
  number: textSchema(`How many products are shown at most; 4 without it, ${recommendedMax} at most.`),
  only: { ...conditionSchema, description: "Only products of which this holds are shown." },
  exclude: { ...conditionSchema, description: "Products of which this holds are not shown." },
  boost: listSchema(boostSchema, "Products that are to come sooner."),
  pin: listSchema(
    textSchema("The id of a product."),
    "Products that stand first, in this order, where they may be shown.",
  ),
  diversity: textSchema("Such as `at most 2 a category`."),
  otherwise: eitherSchema(
    basisSchema,
    listSchema(basisSchema, "In this order."),
    "By what the places are filled that are left empty; `popular` without it.",
  ),
};

const NUMBER_USUALLY = 4;

export const recommendationFile: FileKind<RecommendationDeclaration> = {
  kind: "recommendation",
  place: "recommendations",
  schema: {
    title: "Recommendation",
    ...mappingSchema(form, keys, "Which products are shown to somebody."),
    definitions: conditionDefinitions,
  },
  read: (file, stem, report) => {
    const { values, name } = readNamedRule(file, stem, { key: "recommendation", form }, report);
    if (values === undefined) return { kind: "recommendation", name, rule: undefined };
    const only = values.get("only");
    const exclude = values.get("exclude");
    return {
      kind: "recommendation",
      name,
      rule: {
        basis: readChoice(values.get("based on"), "a basis", RECOMMENDATION_BASES, report),
        seed: readChoice(values.get("seed"), "a seed", RECOMMENDATION_SEEDS, report) ?? null,
        number: readWhole(values.get("number"), "number", recommendedMax, report) ?? NUMBER_USUALLY,
        only: only === undefined ? undefined : readWhen(only, report),
        exclude: exclude === undefined ? undefined : readWhen(exclude, report),
        boosts: readList(values.get("boost"), "boost", "- {when: CONDITION, by: 1.5}", report).map((part) =>
          readBoost(part, report),
        ),
        pins: readList(values.get("pin"), "pin", "- PRODUCT-ID", report).flatMap((part) => {
          const id = readText(part, "a pinned product", report);
          return id === undefined ? [] : [id.value];
        }),
        perCategory: readDiversity(values.get("diversity"), report) ?? null,
        otherwise: readOtherwise(values.get("otherwise"), report),
      },
    };
  },
};

function readChoice<Choice extends string>(
  value: YamlValue | undefined,
  what: string,
  choices: readonly Choice[],
  report: Report,
): Choice | undefined {
  const text = readText(value, what, report);
  if (text === undefined) return undefined;
  const chosen = choices.find((choice) => choice === text.value);
  if (chosen === undefined) {
    const message = `\`${text.value}\` is not ${what} of a recommendation`;
    report({ code: "unknown_choice", span: text.span, message, suggestion: suggestName(text.value, choices, what) });
  }
  return chosen;
}

function readWhole(value: YamlValue | undefined, key: string, most: number, report: Report): number | undefined {
  const text = readText(value, `\`${key}\``, report);
  if (text === undefined) return undefined;
  const number = Number(text.value);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  const message = `\`${key}\` is a whole number from 1 to ${most}`;
  report({
    code: "over_limit",
    span: text.span,
    message,
    suggestion: `write such as \`${key}: ${Math.min(4, most)}\``,
  });
  return undefined;
}

function readList(value: YamlValue | undefined, key: string, example: string, report: Report): readonly YamlValue[] {
  if (value === undefined) return [];
  if (value.kind === "list") return value.parts;
  const message = `\`${key}\` is followed by a list`;
  report({ code: "wrong_shape", span: headOf(value), message, suggestion: `write each as \`${example}\`` });
  return [];
}

function readBoost(part: YamlValue, report: Report): NonNullable<RecommendationDeclaration["rule"]>["boosts"][number] {
  const values = readMapping(part, boostForm, report)?.values;
  const when = values?.get("when");
  const by = readText(values?.get("by"), "`by`", report);
  return { when: when === undefined ? undefined : readWhen(when, report), by: by && readFactor(by, report) };
}

function readFactor(text: YamlText, report: Report): number | undefined {
  const factor = Number(text.value);
  if (factor > 0 && factor <= 100) return factor;
  const message = "a boost multiplies by a number above 0 and up to 100";
  report({ code: "over_limit", span: text.span, message, suggestion: "write `by: 1.5`; to leave out use `exclude`" });
  return undefined;
}

function readDiversity(value: YamlValue | undefined, report: Report): number | undefined {
  const text = readText(value, "`diversity`", report);
  if (text === undefined) return undefined;
  const count = Number(/^at most (\d{1,2}) a category$/.exec(text.value)?.[1] ?? 0);
  if (count >= 1) return count;
  const message = "`diversity` says how many products one category may have";
  report({ code: "unknown_choice", span: text.span, message, suggestion: "write `at most 2 a category`" });
  return undefined;
}

/** Popular products are nearly always there: who writes nothing has no empty strip. */
function readOtherwise(value: YamlValue | undefined, report: Report): readonly RecommendationBasis[] {
  if (value === undefined) return ["popular"];
  const parts = value.kind === "list" ? value.parts : [value];
  return parts.flatMap((part) => readChoice(part, "a basis", RECOMMENDATION_BASES, report) ?? []);
}
