/** From a loyalty file to the rule that the plan keeps, and the words of the till: its contents and templates must be there. */
import { receiptMessagesMax, receiptScreenCharsMax } from "../../limits.ts";
import type { Loyalty, MessagePair } from "../../model/loyalty.ts";
import { ticketColumns } from "../../model/message-limits.ts";
import type { ContentDeclaration, LoyaltyDeclaration, NamedMessages } from "../files/rule-declarations.ts";
import { MESSAGE_DIALECTS } from "../messages/message-dialects.ts";
import { wrapTicket } from "../messages/ticket.ts";
import type { TillSource } from "../plan/checked.ts";
import { checkBonuses } from "./check-bonuses.ts";
import { suggestName } from "../source/nearest.ts";
import type { Report } from "../source/problem.ts";
import type { YamlText } from "../source/yaml-source.ts";
import { placeOfTemplate, readTemplateFile, type TemplateFile } from "../templates/template-file.ts";
import type { CheckedPart, Read, RuleSet } from "./rule-kind.ts";
import { sentBy } from "./sent-by.ts";
import { tillTemplates, type TillTemplates } from "./till-templates.ts";

export function checkLoyaltyRule([read]: readonly Read<LoyaltyDeclaration>[], set: RuleSet): CheckedPart {
  const { loyalty: declared } = read?.declaration ?? {};
  const known = readTillTemplates(set);
  const sent = sentBy("loyalty", set);
  checkSent(sent, known);
  if (read === undefined || declared === undefined) return tillPart(tillOf(sent, known, set));
  checkNames(read, set, known);
  const used = tillTemplates(set);
  if (used !== undefined) checkTemplates(used, known);
  const bonuses = checkBonuses(read, set);
  const loyalty = loyaltyOf(read.declaration);
  if (loyalty === undefined) return {};
  const whole = bonuses.length === 0 ? loyalty : { ...loyalty, bonuses };
  const names = new Set([...(used?.print ?? []), ...(used?.show ?? []), ...sent]);
  return { plan: { loyalty: whole, ...tillPart(tillOf(names, known, set)).plan } };
}

function tillPart(till: TillSource | undefined): CheckedPart {
  return till === undefined ? {} : { plan: { till } };
}

interface Known {
  readonly file: Read["file"];
  readonly report: Report;
  /** undefined: it cannot be read, which is reported with the other templates. */
  readonly template: TemplateFile | undefined;
}

function readTillTemplates(set: RuleSet): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const { file, report } of set.templates) {
    const place = placeOfTemplate(file.path);
    if (place?.channel !== "loyalty") continue;
    const template = readTemplateFile(file, () => undefined, MESSAGE_DIALECTS.loyalty.settings);
    known.set(place.name, { file, report, template });
  }
  return known;
}

/** Every content and template that the rule names is there. A set without any template is a draft of rules. */
function checkNames(
  { declaration: { loyalty }, report }: Read<LoyaltyDeclaration>,
  set: RuleSet,
  known: ReadonlyMap<string, Known>,
): void {
  if (loyalty === undefined) return;
  const contents = new Map(set.reads("content").map(({ declaration }) => [declaration.name.name, declaration]));
  const isDraft = set.templates.length === 0;
  for (const wanted of [loyalty.sale.print, loyalty.sale.show]) {
    if (wanted === undefined) continue;
    const content = contents.get(wanted.value);
    if (content === undefined) {
      const suggestion = suggestName(wanted.value, [...contents.keys()], "contents");
      const message = `there is no content \`${wanted.value}\`: what a sale is told is chosen by a rule of \`content/\``;
      report({ code: "unknown_name", span: wanted.span, message, suggestion });
    } else if (!isDraft) checkChoices(wanted, content, known, report);
  }
  for (const { print, show } of isDraft ? [] : [loyalty.onReturn, loyalty.nobody])
    for (const wanted of [print, show]) {
      if (wanted === undefined || known.has(wanted.value)) continue;
      const message = `there is no template \`${wanted.value}\` in \`templates/loyalty/\``;
      const suggestion = suggestName(wanted.value, [...known.keys()], "templates of the till");
      report({ code: "unknown_template", span: wanted.span, message, suggestion });
    }
}

function checkChoices(
  wanted: YamlText,
  content: ContentDeclaration,
  known: ReadonlyMap<string, Known>,
  report: Report,
): void {
  const shown = [...content.choices.map(({ show }) => show), content.otherwise];
  const lacking = [...new Set(shown)].filter((each) => each !== undefined && !known.has(each));
  if (lacking.length === 0) return;
  const names = lacking.map((each) => `\`${each}\``).join(", ");
  const message = `the content \`${wanted.value}\` shows ${names}, of which the till has no template`;
  const suggestion = `write ${lacking.map((each) => `templates/loyalty/${each}.hbs`).join(" and ")}`;
  report({ code: "unknown_template", span: wanted.span, message, suggestion });
}

/** What a trigger sends to a till has something for its paper or its screen, and both fit; that it is there is asked elsewhere. */
function checkSent(sent: ReadonlySet<string>, known: ReadonlyMap<string, Known>): void {
  const print = new Set<string>();
  for (const name of sent) {
    const { template, report } = known.get(name) ?? {};
    if (template === undefined || report === undefined) continue;
    const { words, markup, markupStart } = template;
    if ([...words.values()].some((own) => own.has("print"))) print.add(name);
    else if (markup.trim() === "") {
      const message = "a trigger sends this to the till, and there is nothing to print and nothing to show";
      const span = { start: markupStart, end: markupStart };
      report({ code: "missing_key", span, message, suggestion: "add `print:` to the words, or markup below them" });
    }
  }
  const own = new Map([...known].filter(([name]) => sent.has(name)));
  checkTemplates({ print, show: new Set(), currency: undefined }, own);
}

/** What is printed has words for the paper, what is shown has markup, and both fit. */
function checkTemplates({ print, show }: TillTemplates, known: ReadonlyMap<string, Known>): void {
  for (const [name, { template, report }] of known) {
    if (template === undefined) continue;
    const { words, markup, markupStart, settings } = template;
    const at = { start: markupStart, end: markupStart };
    const texts = [...words.values()].flatMap((own) => own.get("print") ?? []);
    if (print.has(name) && texts.length === 0) {
      const message = "the till prints this, and it has no words `print`";
      report({ code: "missing_key", span: at, message, suggestion: "add `print:` to the words of each language" });
    }
    if (show.has(name) && markup.trim() === "") {
      const message = "the till shows this, and it has no markup";
      report({ code: "missing_key", span: at, message, suggestion: "write it below the words: <p>{{t.text}}</p>" });
    }
    if (markup.length > receiptScreenCharsMax) {
      const message = `the markup of a till's screen has at most ${receiptScreenCharsMax} characters`;
      report({
        code: "over_limit",
        span: at,
        message,
        suggestion: "leave out what a glance at the till does not need",
      });
    }
    const columns = settings.get("columns");
    const width = columns?.kind === "text" ? Number(columns.value) : ticketColumns;
    for (const text of print.has(name) && width > 0 ? texts : []) {
      const lines = wrapTicket(text.value.replace(/\{\{[^}]*\}\}/g, ""), width).filter((line) => line.trim() !== "");
      if (lines.length <= receiptMessagesMax) continue;
      const message = `a till prints at most ${receiptMessagesMax} lines, and this has ${lines.length} of ${width} signs`;
      report({ code: "over_limit", span: text.span, message, suggestion: "shorten the text" });
    }
  }
}

/** Files of the templates that the till's answer is made of, as they are. */
function tillOf(used: ReadonlySet<string>, known: ReadonlyMap<string, Known>, set: RuleSet): TillSource | undefined {
  const files = [...known]
    .filter(([name]) => used.has(name))
    .map(([, { file }]) => ({ path: file.path, text: file.text }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0) return undefined;
  const brand = set.reads("brand")[0]?.declaration;
  return { files, languages: brand?.languages ?? [], site: brand?.site ?? null };
}

/** undefined: not sound, which is reported. */
function loyaltyOf({ name, loyalty }: LoyaltyDeclaration): Omit<Loyalty, "bonuses"> | undefined {
  const { currency, rate, balance, unmatched } = loyalty ?? {};
  if (loyalty === undefined || currency === undefined || rate === undefined) return undefined;
  if (balance === undefined || unmatched === undefined) return undefined;
  return {
    name: name.name,
    currency,
    ...rate,
    rounding: loyalty.rounding,
    ...(loyalty.atMost !== undefined && { atMost: loyalty.atMost }),
    excluded: loyalty.excluded,
    balance,
    unmatched,
    sale: pairOf(loyalty.sale),
    onReturn: pairOf(loyalty.onReturn),
    nobody: pairOf(loyalty.nobody),
  };
}

function pairOf({ print, show }: NamedMessages): MessagePair {
  return { print: print?.value ?? null, show: show?.value ?? null };
}
