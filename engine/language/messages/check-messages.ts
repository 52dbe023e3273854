/**
 * All templates of messages against the triggers that send them and the languages of the brand: each template by itself,
 * one for every channel of every trigger, every language in each, and a way out in all that is not owed to the customer.
 */
import { smsSegmentsAllowedMax } from "../../model/message-limits.ts";
import { nearestName } from "../../model/nearest-name.ts";
import { suggestName } from "../source/nearest.ts";
import type { TriggerDeclaration } from "../files/rule-declarations.ts";
import { readText } from "../files/mapping.ts";
import { checkRecommendationName } from "../recommendations/check-recommendations.ts";
import type { PlanSource } from "../plan/checked.ts";
import type { Report } from "../source/problem.ts";
import type { Read, RuleSet } from "../check/rule-kind.ts";
import { checkTemplate, parseWord, reportTaken } from "../templates/check-template.ts";
import type { TemplateUses } from "../templates/check-template.ts";
import { templatesOfContents, templatesOfProducts } from "../templates/check-templates.ts";
import { checkShown, type EventShown, isOfEvent, SHOWN_PREFIX } from "../templates/event-shown.ts";
import { placeOfTemplate, readTemplateFile, type TemplateFile } from "../templates/template-file.ts";
import { parseMarkup } from "../templates/handlebars-tree.ts";
import { sentBy } from "../check/sent-by.ts";
import { tillTemplates } from "../check/till-templates.ts";
import { type ReceiptShown, receiptShown } from "../templates/receipt-shown.ts";
import { eventOfTemplate } from "./event-of-template.ts";
import {
  LAYOUT_NAME,
  LAYOUT_SLOT,
  MESSAGE_DIALECTS,
  type MessageChannel,
  type MessageDialect,
  TAKEN_NAMES,
} from "./message-dialects.ts";
import { type Need, needsOf } from "./needs.ts";

interface Known {
  readonly channel: MessageChannel;
  readonly report: Report;
  /** undefined: it cannot be read, which is reported. */
  readonly template: TemplateFile | undefined;
  readonly uses: TemplateUses | undefined;
}

type Triggers = readonly Read<TriggerDeclaration>[];

export interface ShownByMessages {
  /** Fields that messages of a template show, by its name, all channels together; those that show none are left out. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Properties of the event that they show, by `channel/name`. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
  /** The recommendation that an e-mail's template goes through, by its name; those that go through none are left out. */
  readonly recommendations: Readonly<Record<string, string>>;
  /** Those whose words may be sent only so long after the customer has written. */
  readonly windows: NonNullable<PlanSource["windows"]>;
  /** What those on a page need, by the names of their templates. */
  readonly pageNeeds: NonNullable<PlanSource["pageNeeds"]>;
}

export function checkMessages(triggers: Triggers, set: RuleSet): ShownByMessages {
  const known = new Map<string, Known>();
  const [brand] = set.reads("brand");
  const onPages = sentBy("web", set);
  const ofContents = templatesOfContents(set.reads("content"));
  for (const { file, report: told } of set.templates) {
    const place = placeOfTemplate(file.path);
    if (place === undefined || (place.channel === "web" && !onPages.has(place.name))) continue;
    const { channel, name } = place;
    // What contents show as well is checked with these.
    const report = channel === "web" && ofContents.has(name) ? () => undefined : told;
    const dialect = MESSAGE_DIALECTS[channel];
    const template = readTemplateFile(file, report, dialect.settings);
    const isLayout = channel === "email" && name === LAYOUT_NAME;
    const event = isLayout ? undefined : eventOfTemplate({ channel, name }, triggers, set);
    const receipt = channel === "loyalty" ? receiptOf(name, set) : undefined;
    const hand = { event: receipt === undefined ? event : undefined, receipt };
    const uses = template === undefined ? undefined : checkOne({ ...template, channel }, { set, ...hand }, report);
    known.set(`${channel}/${name}`, { channel, report, template, uses });
    for (const language of brand?.declaration.languages ?? []) {
      if (template === undefined || template.words.has(language) || dialect.ownWords.length === 0) continue;
      const message = `the brand's customers read \`${language}\`, and here are no words in it`;
      report({ code: "missing_key", span: { start: 4, end: 5 }, message, suggestion: `add \`${language}: {...}\`` });
    }
  }
  // A set without any template is a draft of rules, and nothing of it can be sent.
  if (set.templates.length > 0) for (const trigger of triggers) checkSent(trigger, known);
  const layout = known.get(`email/${LAYOUT_NAME}`)?.uses?.fields ?? [];
  const fields: Record<string, readonly string[]> = {};
  for (const [key, { channel, uses }] of known) {
    const name = key.slice(channel.length + 1);
    const own = [...(fields[name] ?? []), ...(uses?.fields ?? []), ...(channel === "email" ? layout : [])];
    if (own.length > 0 && !(channel === "email" && name === LAYOUT_NAME)) fields[name] = [...new Set(own)].sort();
  }
  const recommendations = Object.fromEntries(
    [...known.values()].flatMap(({ template }) => {
      const named = template?.settings.get("recommendation");
      return template !== undefined && named?.kind === "text" ? [[template.name, named.value]] : [];
    }),
  );
  const properties = new Map([...known].map(([key, { uses }]) => [key, uses?.properties ?? []] as const));
  const windows = [...known.values()].flatMap(({ channel, template }) => windowOf(channel, template, set));
  const pages = [...known.values()].flatMap(({ channel, template }) => (channel === "web" ? (template ?? []) : []));
  const pageNeeds = Object.fromEntries(pages.map((template) => [template.name, needsOnPage(template)] as const));
  return { fields, properties, recommendations, windows, pageNeeds };
}

/** In any of its languages: which of them a page is in, only the page knows. */
function needsOnPage({ markup, words }: TemplateFile): readonly Need[] {
  const quiet = (): void => undefined;
  const nodes = parseMarkup(markup, quiet)?.nodes ?? [];
  const needs = [...words.values()].flatMap((texts) =>
    needsOf(nodes, (key) => {
      const text = texts.get(key);
      return text === undefined ? undefined : parseWord(text, quiet);
    }),
  );
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}

/** Kept of everybody who may be sent such words: when they last wrote to us. */
function windowOf(
  channel: MessageChannel,
  template: TemplateFile | undefined,
  { draft }: RuleSet,
): NonNullable<PlanSource["windows"]> {
  const { window } = MESSAGE_DIALECTS[channel];
  if (window === undefined || template === undefined) return [];
  const isApproved = [...template.words.values()].every((words) => window.approvedBy.some((name) => words.has(name)));
  const stream = isApproved ? undefined : draft.stream({ event: window.after, property: null, where: null });
  if (typeof stream !== "number") return [];
  const aggregate = draft.aggregate({ stream, reduce: "last", window: { kind: "last", ms: window.ms } });
  return [{ channel, template: template.name, aggregate }];
}

interface AtHand {
  readonly event: EventShown | undefined;
  readonly receipt: ReceiptShown | undefined;
}

/** A till's own words are about its receipt; what a trigger sends to it is not, though the till may say the same. */
function receiptOf(name: string, set: RuleSet): ReceiptShown | undefined {
  const till = tillTemplates(set);
  return till === undefined || sentBy("loyalty", set).has(name) ? undefined : receiptShown(till.currency);
}

function checkOne(
  template: TemplateFile & { channel: MessageChannel },
  { set, event, receipt }: AtHand & { readonly set: RuleSet },
  report: Report,
): TemplateUses {
  const { channel, name, markup, markupStart, words } = template;
  const isLayout = channel === "email" && name === LAYOUT_NAME;
  const { grammar, ownWords, allowsBlocks, ...rest } = MESSAGE_DIALECTS[channel];
  const dialect = {
    ...rest,
    taken: TAKEN_NAMES,
    ownWords: isLayout ? [] : ownWords,
    ...(grammar !== undefined && { grammar }),
    ...(isLayout && { slot: LAYOUT_SLOT }),
    ...(event !== undefined && { event }),
    hasProducts:
      hasProducts(template, set, report) ||
      (receipt !== undefined && templatesOfProducts(set.reads("content")).has(name)),
    ...(receipt !== undefined && { receipt }),
  };
  if (grammar === undefined && markup.trim() !== "") {
    const start = markupStart + markup.search(/\S/);
    const message = `a template of \`${channel}\` has nothing below its words`;
    report({ code: "template_syntax", span: { start, end: start + 1 }, message, suggestion: "put it into the words" });
  }
  const uses = checkTemplate(template, { names: set.vocabulary, dialect }, report);
  if (isLayout && !uses.hasSlot) {
    const message = "the layout says nowhere where an e-mail's own content stands";
    const suggestion = `write \`{{${LAYOUT_SLOT}}}\` once, between sections`;
    report({ code: "template_syntax", span: { start: markupStart, end: markupStart + 1 }, message, suggestion });
  }
  if (!allowsBlocks) {
    for (const text of [...words.values()].flatMap((texts) => [...texts.values()])) {
      if (parseWord(text, () => undefined)?.nodes.some(({ is }) => is === "block") !== true) continue;
      const message = "this text is sent as it was approved: only its values change, and it has no {{#if}}";
      report({ code: "template_syntax", span: text.span, message, suggestion: "write the text without it" });
    }
  }
  const told = checkSettings(template, { set, event }, report);
  if (told.length === 0) return uses;
  const properties = told.flatMap((name) => (isOfEvent(name) ? [name.slice(SHOWN_PREFIX.length)] : []));
  const fields = [...uses.fields, ...told.filter((name) => !isOfEvent(name))];
  return { ...uses, fields: [...new Set(fields)].sort(), properties: [...new Set(properties)].sort() };
}

/** @returns fields, and properties of the event, that the settings name */
function checkSettings(
  { settings, markupStart, channel }: TemplateFile,
  { set, event }: { readonly set: RuleSet; readonly event: EventShown | undefined },
  report: Report,
): readonly string[] {
  checkWhole(settings.get("segments at most"), "segments at most", [1, smsSegmentsAllowedMax]);
  checkWhole(settings.get("columns"), "columns", [32, 48]);
  if (channel !== "webhook") return [];
  const type = readText(settings.get("type"), "the type of an event", report);
  if (type === undefined && !settings.has("type")) {
    const message = "a template of `webhook` needs `type:`, by which the other system knows what it is told";
    const suggestion = "write it above the words: `type: order_thanked`";
    report({ code: "missing_key", span: { start: markupStart, end: markupStart }, message, suggestion });
  }
  const fields = settings.get("fields");
  if (fields === undefined) return [];
  if (fields.kind !== "list") {
    const suggestion = "write `fields: [first_name, city]`";
    report({ code: "wrong_shape", span: fields.span, message: "`fields` is a list of fields", suggestion });
    return [];
  }
  return fields.parts.flatMap((part, index) => {
    const text = readText(part, "the name of a field", report);
    if (text === undefined) return [];
    if (isOfEvent(text.value)) {
      checkShown(text.value, { event, count: index + 1, span: text.span }, report);
      return [text.value];
    }
    const field = set.vocabulary.fields.get(text.value);
    if (field !== undefined && TAKEN_NAMES.includes(text.value)) reportTaken(text.value, text.span, report);
    if (field?.kept?.sensitivity === "sensitive") {
      const message = `\`${text.value}\` is sensitive, and no other system is told of it`;
      const suggestion = "leave it out, or declare in fields.yaml how closely it is really kept";
      report({ code: "data_use", span: text.span, message, suggestion });
    } else if (field === undefined && set.vocabulary.fieldsWhole) {
      const suggestion = suggestName(text.value, [...set.vocabulary.fields.keys()], "fields");
      report({
        code: "unknown_name",
        span: text.span,
        message: `\`fields\` names \`${text.value}\`, which is not in fields.yaml`,
        suggestion,
      });
    }
    return field === undefined ? [] : [text.value];
  });

  function checkWhole(
    value: Parameters<typeof readText>[0],
    what: string,
    [least, most]: readonly [number, number],
  ): void {
    const text = readText(value, `\`${what}\``, report);
    if (text === undefined) return;
    const number = /^\d{1,3}$/.test(text.value) ? Number(text.value) : NaN;
    if (number >= least && number <= most) return;
    const message = `\`${what}\` is a whole number from ${least} to ${most}`;
    report({ code: "bad_number", span: text.span, message, suggestion: `write such as \`${what}: ${least}\`` });
  }
}

/** Whether the template names a recommendation that there is, whose products it may go through. */
function hasProducts({ settings }: TemplateFile, set: RuleSet, report: Report): boolean {
  const named = settings.get("recommendation");
  if (named === undefined) return false;
  const name = readText(named, "`recommendation`", report);
  return name !== undefined && checkRecommendationName(name, set, report);
}

/** What a trigger sends is there for each of its channels, and can be refused where it is not owed. */
function checkSent({ declaration, report }: Triggers[number], known: ReadonlyMap<string, Known>): void {
  const { template: named, by } = declaration.trigger?.send ?? {};
  if (named === undefined || by === undefined) return;
  const { value: template, span } = named;
  const isOwed = declaration.trigger?.category?.value === "transactional";
  const lacking: string[] = [];
  for (const { value: channel } of by) {
    const found = known.get(`${channel}/${template}`);
    if (found === undefined) {
      if (channel in MESSAGE_DIALECTS) lacking.push(channel);
      continue;
    }
    if (!isOwed && found.template !== undefined && found.uses !== undefined) {
      const layout = known.get(`email/${LAYOUT_NAME}`);
      const { wayOut } = MESSAGE_DIALECTS[found.channel];
      checkWayOut({ template: found.template, uses: found.uses, layout, wayOut }, found.report);
    }
  }
  if (lacking.length === 0) return;
  const paths = lacking.map((channel) => `templates/${channel}/${template}.hbs`);
  const names = [...known.keys()].filter((key) => lacking.some((channel) => key.startsWith(`${channel}/`)));
  const near = nearestName(`${lacking[0]}/${template}`, names)?.split("/")[1];
  const others = near === undefined || near === LAYOUT_NAME ? "" : `; or did you mean \`${near}\`?`;
  report({
    code: "unknown_template",
    span,
    message: `there is no template \`${template}\` for ${lacking.map((channel) => `\`${channel}\``).join(", ")}`,
    suggestion: `write ${paths.join(" and ")}${others}`,
  });
}

interface Leaving {
  readonly template: TemplateFile;
  readonly uses: TemplateUses;
  readonly layout: Known | undefined;
  readonly wayOut: MessageDialect["wayOut"];
}

function checkWayOut({ template, uses, layout, wayOut }: Leaving, report: Report): void {
  const { markup, markupStart, words } = template;
  if (wayOut === "link") {
    const hasFrame = /^\s*<mjml\b/.test(markup);
    if (uses.links.has("link.unsubscribe")) return;
    if (!hasFrame && layout?.uses?.links.has("link.unsubscribe") === true) return;
    const message = "this is sent as marketing, and has no link by which to unsubscribe";
    const suggestion =
      'write <a href="{{link.unsubscribe}}">...</a>, here or in the layout, in no other block than {{#if link.unsubscribe}}';
    report({ code: "no_way_out", span: { start: markupStart, end: markupStart + 1 }, message, suggestion });
    return;
  }
  if (wayOut === undefined) return;
  for (const texts of words.values()) {
    const text = texts.get("text");
    if (text === undefined || /\bSTOP\b|\{\{\s*link\.(?:unsubscribe|preferences)\s*\}\}/.test(text.value)) continue;
    const message = "this is sent as marketing, and does not say how to stop it";
    report({ code: "no_way_out", span: text.span, message, suggestion: "add `STOP`, or {{link.unsubscribe}}" });
  }
}
