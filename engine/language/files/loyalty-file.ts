/** `loyalty/*.yaml`: what receipts earn, what returns take back, and what the till prints and shows. One file a brand. */
import { MESSAGE_PLACES, placesOf, type Texts } from "../../model/loyalty.ts";
import { receiptMessagesMax, receiptTextCharsMax } from "../../limits.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import { checkName } from "../check/vocabulary.ts";
import { type YamlText, type YamlValue } from "../source/yaml-source.ts";
import {
  anyKeysSchema,
  choiceSchema,
  LANGUAGE as LANGUAGE_CODE,
  listSchema,
  mappingSchema,
  nameSchema,
  noteSchema,
  textSchema,
  titleSchema,
} from "./file-schema.ts";
import { readPointsRate } from "./loyalty-rate.ts";
import { headOf, readMap, readMapping, readText, reportEmpty, shapeName } from "./mapping.ts";
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
    "excluded categories",
    "balance",
    "unmatched returns",
    "language",
    "sale",
    "return",
    "nobody",
    "messages",
  ],
  required: ["loyalty", "currency", "points", "balance", "unmatched returns"],
} as const;
const pairForm = { what: "what the till says", keys: ["print", "show"], required: [] } as const;

const ROUNDINGS = ["down", "nearest", "up"] as const;
const BALANCES = ["may be negative", "not below zero"] as const;
const UNMATCHED = ["at the rate", "nothing"] as const;
const LANGUAGE = new RegExp(LANGUAGE_CODE);

const messageName = nameSchema("The name of a message, which stands below `messages`.");
const contentName = nameSchema("The name of a content rule, which chooses a message of `messages`.");
const keys = {
  loyalty: nameSchema("The name of the rule; the file is called the same."),
  title: titleSchema,
  note: noteSchema,
  currency: textSchema("The currency of receipts (ISO 4217), such as `EUR`.", { pattern: "^[A-Z]{3}$" }),
  points: textSchema("How many points an amount earns, such as `1 per 1 EUR`."),
  rounding: choiceSchema(ROUNDINGS, "How a part of a point is rounded; `down` when absent."),
  "excluded categories": listSchema(textSchema("A category."), "Categories of articles that earn nothing."),
  balance: choiceSchema(BALANCES, "Whether a return may take more points than are left."),
  "unmatched returns": choiceSchema(UNMATCHED, "What a return takes whose receipt is not known."),
  language: textSchema("The language of customers whose own is unknown, such as `fr`.", { pattern: LANGUAGE_CODE }),
  sale: mappingSchema(pairForm, { print: contentName, show: contentName }, "What a sale prints and shows."),
  return: mappingSchema(pairForm, { print: messageName, show: messageName }, "What a return prints and shows."),
  nobody: mappingSchema(pairForm, { print: messageName, show: messageName }, "The same for customers without a card."),
  messages: anyKeysSchema(
    anyKeysSchema(textSchema("The text; `{earned}` and `{balance}` are replaced."), "One text a language."),
    "Messages by their names, each with one text a language.",
  ),
};

export const loyaltyFile: FileKind<LoyaltyDeclaration> = {
  kind: "loyalty",
  place: "loyalty",
  schema: { title: "Loyalty", ...mappingSchema(form, keys, "What receipts earn, and what the till says.") },
  read: (file, stem, report) => {
    const { values, name } = readNamedRule(file, stem, { key: "loyalty", form }, report);
    if (values === undefined) return { kind: "loyalty", name, loyalty: undefined };
    const currency = readCurrency(values.get("currency"), report);
    const declaration: LoyaltyDeclaration["loyalty"] = {
      currency,
      rate: readPointsRate(readText(values.get("points"), "points", report), currency, report),
      rounding: readChoice(values.get("rounding"), ROUNDINGS, { what: "rounding", report }) ?? "down",
      excluded: readCategories(values.get("excluded categories"), report),
      balance: readChoice(values.get("balance"), BALANCES, { what: "balance", report }),
      unmatched: readChoice(values.get("unmatched returns"), UNMATCHED, { what: "unmatched returns", report }),
      language: readLanguage(values.get("language"), report),
      sale: readPair(values.get("sale"), report),
      onReturn: readPair(values.get("return"), report),
      nobody: readPair(values.get("nobody"), report),
      messages: readMessages(values.get("messages"), report),
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

function readLanguage(value: YamlValue | undefined, report: Report): YamlText | undefined {
  const text = readText(value, "a language", report);
  return text !== undefined && checkLanguage(text, report) ? text : undefined;
}

function checkLanguage(text: YamlText, report: Report): boolean {
  if (LANGUAGE.test(text.value)) return true;
  report({
    code: "unknown_choice",
    span: text.span,
    message: `\`${text.value}\` is not the code of a language`,
    suggestion: "codes are such as `en`, `fr`, `pt-BR`",
  });
  return false;
}

function readCategories(value: YamlValue | undefined, report: Report): readonly string[] {
  if (value === undefined) return [];
  if (value.kind !== "list") {
    const message = `\`excluded categories\` is a list, and this is ${shapeName(value)}`;
    report({ code: "wrong_shape", span: headOf(value), message, suggestion: "write `[gift-card, deposit]`" });
    return [];
  }
  const names = value.parts.flatMap((part) => readText(part, "a category", report)?.value ?? []);
  return [...new Set(names)].sort();
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

type Messages = NonNullable<LoyaltyDeclaration["loyalty"]>["messages"];

function readMessages(value: YamlValue | undefined, report: Report): Messages {
  const messages = new Map<string, { readonly name: YamlText; readonly texts: Texts }>();
  const map = value === undefined ? undefined : readMap(value, "messages", report);
  for (const { key, value: texts } of map?.entries ?? []) {
    checkName(key, "kebab", report);
    if (texts === undefined) reportEmpty(key, report);
    else messages.set(key.value, { name: key, texts: readTexts(texts, report) });
  }
  return messages;
}

function readTexts(value: YamlValue, report: Report): Texts {
  const texts: Record<string, string> = {};
  for (const { key, value: text } of readMap(value, "a message, one text a language,", report)?.entries ?? []) {
    const said = text === undefined ? undefined : readText(text, "a message", report);
    if (text === undefined) reportEmpty(key, report);
    if (!checkLanguage(key, report) || said === undefined) continue;
    checkMessage(said, report);
    texts[key.value] = said.value;
  }
  return texts;
}

function checkMessage(text: YamlText, report: Report): void {
  for (const { name, index } of placesOf(text.value)) {
    if ((MESSAGE_PLACES as readonly string[]).includes(name)) continue;
    const span = { start: text.offsetAt(index), end: text.offsetAt(index + name.length + 2) };
    const suggestion = suggestName(name, MESSAGE_PLACES, "places");
    report({ code: "unknown_name", span, message: `a till's message has no place \`{${name}}\``, suggestion });
  }
  const lines = text.value.split("\n").length;
  if (lines <= receiptMessagesMax && text.value.length <= receiptTextCharsMax) return;
  const message = `a message has at most ${receiptMessagesMax} lines and ${receiptTextCharsMax} characters`;
  report({ code: "over_limit", span: text.span, message });
}
