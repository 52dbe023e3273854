/** From a loyalty file to the rule that the plan keeps: its messages and content rules must be there, in every language. */
import type { Loyalty, MessagePair } from "../../model/loyalty.ts";
import type { ContentDeclaration, LoyaltyDeclaration, NamedMessages } from "../files/rule-declarations.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import { attributesOf, type Vocabulary } from "./vocabulary.ts";
import type { YamlText } from "../source/yaml-source.ts";

export function checkLoyaltyRule([read]: readonly Read<LoyaltyDeclaration>[], set: RuleSet): CheckedPart {
  if (read === undefined) return {};
  const contents = new Map(set.reads("content").map((each) => [each.declaration.name.name, each]));
  const { vocabulary } = set;
  const loyalty = checkLoyalty(read.declaration, { contents, vocabulary, report: read.report });
  return loyalty === undefined ? {} : { plan: { loyalty } };
}

interface LoyaltySurroundings {
  readonly contents: ReadonlyMap<string, { readonly declaration: ContentDeclaration }>;
  readonly vocabulary: Vocabulary;
  readonly report: Report;
}

/** undefined: not sound, which is reported. */
function checkLoyalty(
  { name, loyalty }: LoyaltyDeclaration,
  { contents, vocabulary, report }: LoyaltySurroundings,
): Loyalty | undefined {
  if (loyalty === undefined) return undefined;
  const { messages, language } = loyalty;
  const names = [...messages.keys()];
  const needMessage = (wanted: YamlText | undefined): void => {
    if (wanted === undefined || messages.has(wanted.value)) return;
    const message = `there is no message \`${wanted.value}\` under \`messages:\``;
    report({
      code: "unknown_name",
      span: wanted.span,
      message,
      suggestion: suggestName(wanted.value, names, "messages"),
    });
  };
  const needContent = (wanted: YamlText | undefined): void => {
    if (wanted === undefined) return;
    const content = contents.get(wanted.value)?.declaration;
    if (content === undefined) {
      const suggestion = suggestName(wanted.value, [...contents.keys()], "contents");
      const message = `there is no content \`${wanted.value}\`: what a sale is told is chosen by a rule of \`content/\``;
      report({ code: "unknown_name", span: wanted.span, message, suggestion });
      return;
    }
    const shown = [...content.choices.map(({ show }) => show), content.otherwise];
    const unsaid = [...new Set(shown)].filter((each) => each !== undefined && !messages.has(each));
    if (unsaid.length === 0) return;
    const message = `the content \`${wanted.value}\` shows ${unsaid.map((each) => `\`${each}\``).join(", ")}, of which there is no message`;
    report({ code: "missing_key", span: wanted.span, message, suggestion: "add it under `messages:`" });
  };
  for (const wanted of [loyalty.sale.print, loyalty.sale.show]) needContent(wanted);
  for (const { print, show } of [loyalty.onReturn, loyalty.nobody])
    for (const wanted of [print, show]) needMessage(wanted);
  if (messages.size > 0 && language === undefined)
    report({
      code: "missing_key",
      span: name.span,
      message: "a loyalty rule with messages needs `language:`, for customers whose own is unknown",
      suggestion: "add a line such as `language: fr`",
    });
  for (const { name: message, texts } of messages.values())
    if (language !== undefined && !Object.hasOwn(texts, language.value))
      report({
        code: "missing_key",
        span: message.span,
        message: `the message \`${message.value}\` has no text in ${language.value}, the language of the rule`,
        suggestion: `add \`${language.value}: ...\``,
      });
  const { currency, rate, balance, unmatched } = loyalty;
  if (currency === undefined || rate === undefined || balance === undefined || unmatched === undefined)
    return undefined;
  const languageAttribute = attributesOf(vocabulary).findIndex(
    (attribute) => attribute.name === "language" && attribute.type === "text",
  );
  return {
    name: name.name,
    currency,
    ...rate,
    rounding: loyalty.rounding,
    excluded: loyalty.excluded,
    balance,
    unmatched,
    sale: pairOf(loyalty.sale),
    onReturn: pairOf(loyalty.onReturn),
    nobody: pairOf(loyalty.nobody),
    language: language?.value ?? "en",
    languageAttribute: languageAttribute < 0 ? null : languageAttribute,
    messages: Object.fromEntries([...messages].map(([each, { texts }]) => [each, texts])),
  };
}

function pairOf({ print, show }: NamedMessages): MessagePair {
  return { print: print?.value ?? null, show: show?.value ?? null };
}
