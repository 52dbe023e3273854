/** `loyalty/*.yaml`: what receipts earn, what returns take back, and what the till prints and shows. One file a brand. */
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { checkName } from "../check/vocabulary.ts";
import { type YamlText, type YamlValue } from "../source/yaml-source.ts";
import {
  choiceSchema,
  conditionDefinitions,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { bonusesSchema, readBonuses } from "./loyalty-bonuses.ts";
import { readPointsNumber, readPointsRate } from "./loyalty-rate.ts";
import { readMapping, readText, readTextList } from "./mapping.ts";
import { readNamedRule } from "./named-rule.ts";
import type { FileKind, LoyaltyDeclaration, NamedMessages } from "./rule-declarations.ts";

const form = {
  what: "a loyalty rule",
  keys: [
    "loyalty",
    "title",
    "note",
    "currency",
    "points",
    "rounding",
    "at most",
    "excluded categories",
    "bonuses",
    "balance",
    "unmatched returns",
    "sale",
    "return",
    "nobody",
  ],
  required: ["loyalty", "currency", "points", "balance", "unmatched returns"],
} as const;
const pairForm = { what: "what the till says", keys: ["print", "show"], required: [] } as const;

const ROUNDINGS = ["down", "nearest", "up"] as const;
const BALANCES = ["may be negative", "not below zero"] as const;
const UNMATCHED = ["at the rate", "nothing"] as const;

const templateName = nameSchema("The name of a template of `templates/loyalty/`.");
const contentName = nameSchema("The name of a content rule, which chooses a template of `templates/loyalty/`.");
const keys = {
  loyalty: nameSchema("The name of the rule; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  currency: textSchema("The currency of receipts (ISO 4217), such as `EUR`.", { pattern: "^[A-Z]{3}$" }),
  points: textSchema("How many points an amount earns, such as `1 per 1 EUR`."),
  rounding: choiceSchema(ROUNDINGS, "How a part of a point is rounded; `down` when absent."),
  "at most": textSchema("How many points one receipt earns at most, bonuses with it, such as `5000`."),
  "excluded categories": listSchema(textSchema("A category."), "Categories of articles that earn nothing."),
  bonuses: bonusesSchema,
  balance: choiceSchema(BALANCES, "Whether a return may take more points than are left."),
  "unmatched returns": choiceSchema(UNMATCHED, "What a return takes whose receipt is not known."),
  sale: mappingSchema(pairForm, { print: contentName, show: contentName }, "What a sale prints and shows."),
  return: mappingSchema(pairForm, { print: templateName, show: templateName }, "What a return prints and shows."),
  nobody: mappingSchema(
    pairForm,
    { print: templateName, show: templateName },
    "The same for customers without a card.",
  ),
};

export const loyaltyFile: FileKind<LoyaltyDeclaration> = {
  kind: "loyalty",
  place: "loyalty",
  schema: {
    title: "Loyalty",
    ...mappingSchema(form, keys, "What receipts earn, and what the till says."),
    definitions: conditionDefinitions,
  },
  read: (file, stem, report) => {
    const { values, name } = readNamedRule(file, stem, { key: "loyalty", form }, report);
    if (values === undefined) return { kind: "loyalty", name, loyalty: undefined };
    const currency = readCurrency(values.get("currency"), report);
    const declaration: LoyaltyDeclaration["loyalty"] = {
      currency,
      rate: readPointsRate(readText(values.get("points"), "points", report), currency, report),
      rounding: readChoice(values.get("rounding"), ROUNDINGS, { what: "rounding", report }) ?? "down",
      atMost: readPointsNumber(readText(values.get("at most"), "the most points of a receipt", report), report),
      excluded: readCategories(values.get("excluded categories"), report),
      bonuses: readBonuses(values.get("bonuses"), currency, report),
      balance: readChoice(values.get("balance"), BALANCES, { what: "balance", report }),
      unmatched: readChoice(values.get("unmatched returns"), UNMATCHED, { what: "unmatched returns", report }),
      sale: readPair(values.get("sale"), report),
      onReturn: readPair(values.get("return"), report),
      nobody: readPair(values.get("nobody"), report),
    };
    return { kind: "loyalty", name, loyalty: declaration };
  },
};

function readCurrency(value: YamlValue | undefined, report: Report): string | undefined {
  const text = readText(value, "a currency", report);
  if (text === undefined) return undefined;
  if (/^[A-Z]{3}$/.test(text.value)) return text.value;
  report({
    code: "unknown_choice",
    span: text.span,
    message: `\`${text.value}\` is not the code of a currency`,
    suggestion: /^[a-z]{3}$/i.test(text.value)
      ? `write \`${text.value.toUpperCase()}\``
      : "codes are those of ISO 4217, such as `EUR`",
  });
  return undefined;
}

function readChoice<Choice extends string>(
  value: YamlValue | undefined,
  choices: readonly Choice[],
  { what, report }: { readonly what: string; readonly report: Report },
): Choice | undefined {
  const text = readText(value, what, report);
  if (text === undefined) return undefined;
  const choice = choices.find((known) => known === text.value);
  if (choice === undefined)
    report({
      code: "unknown_choice",
      span: text.span,
      message: `\`${what}:\` is one of ${choices.map((each) => `\`${each}\``).join(", ")}, not \`${text.value}\``,
      suggestion: suggestName(text.value, choices, "choices"),
    });
  return choice;
}

function readCategories(value: YamlValue | undefined, report: Report): readonly string[] {
  if (value === undefined) return [];
  const suggestion = "write `[gift-card, deposit]`";
  const names = readTextList(value, { key: "excluded categories", what: "a category", suggestion }, report) ?? [];
  return [...new Set(names.map((name) => name.value))].sort();
}

function readPair(value: YamlValue | undefined, report: Report): NamedMessages {
  if (value === undefined) return {};
  const values = readMapping(value, pairForm, report)?.values;
  return { print: readNamed(values?.get("print"), report), show: readNamed(values?.get("show"), report) };
}

function readNamed(value: YamlValue | undefined, report: Report): YamlText | undefined {
  const text = readText(value, "the name of what is said", report);
  return text !== undefined && checkName(text, "kebab", report) ? text : undefined;
}
