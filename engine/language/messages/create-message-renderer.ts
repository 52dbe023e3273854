/**
 * Renders messages: a pure function of (channel, template, language, a person's values, the message's own links). Made once
 * from what the rules thread has read and compiled; nothing is parsed when a message is sent, and no text of a template or
 * of a profile is ever evaluated. What cannot be said to this person comes back with the field that is the reason.
 */
import { smsSegmentsMax } from "../../model/message-limits.ts";
import { localOf } from "../../model/local-time.ts";
import { brandZone } from "../../model/local-zones.ts";
import type { MessageLinks, RenderedParts, UnrenderableReason } from "../../model/message.ts";
import type { FieldValue } from "../../model/plan.ts";
import type { RecommendedProduct } from "../../model/recommendation.ts";
import type { ReceiptValues } from "../../model/till-words.ts";
import type { ShownProperties } from "../../model/trigger.ts";
import { productsInFull } from "../recommendations/product-values.ts";
import { titleIn } from "../files/title.ts";
import { chooseLanguage } from "../templates/create-renderer.ts";
import { SHOWN_PREFIX } from "../templates/event-shown.ts";
import { readTemplateFile } from "../templates/template-file.ts";
import { cleanValues } from "./clean-values.ts";
import { compileMessage, type CompiledMessage } from "./compile-message.ts";
import type { MessageTemplates } from "./message-templates.ts";
import { MESSAGE_DIALECTS, type MessageChannel } from "./message-dialects.ts";
import { firstLacking } from "./needs.ts";

export interface MessageRequest {
  readonly channel: MessageChannel;
  readonly template: string;
  /** The customer's; undefined: the brand's first. */
  readonly language: string | undefined;
  /** Fields of the profile that are known, by name; see `Plan.messageValues`. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Of the recommendation that the template goes through. */
  readonly products?: readonly RecommendedProduct[] | undefined;
  /** Properties of the event that set it off, by name; see `SendIntent.event`. */
  readonly event?: ShownProperties | undefined;
  /** Of the receipt that a till has sent; undefined: it is no answer to one. */
  readonly receipt?: ReceiptValues | undefined;
  /** IANA name of the customer's time zone; undefined or unknown: UTC. */
  readonly zone?: string | undefined;
  readonly links: MessageLinks;
}

export type RenderedMessage =
  | { readonly is: "rendered"; readonly language: string; readonly parts: RenderedParts }
  | {
      readonly is: "unrenderable";
      /** Of the profile; behind `event.` of the event; or `template` where there is none of this name. */
      readonly field: string;
      readonly because: UnrenderableReason;
    };

export interface MessageRenderer {
  render(request: MessageRequest): RenderedMessage;
  /** `channel/name` of every template, sorted. */
  readonly names: readonly string[];
  /** Of one template; none where it is not there. */
  languagesOf(channel: MessageChannel, template: string): readonly string[];
}

export function createMessageRenderer(templates: MessageTemplates): MessageRenderer {
  const compiled = new Map<string, ReadonlyMap<string, CompiledMessage>>();
  const quiet = (): void => undefined;
  const read = templates.files.flatMap((file) => {
    const channel = file.path.split("/")[2] as MessageChannel;
    const template = readTemplateFile(file, quiet, MESSAGE_DIALECTS[channel].settings);
    return template === undefined ? [] : [template];
  });
  for (const template of read) {
    const languages = template.words.size === 0 ? ["und"] : [...template.words.keys()];
    const byLanguage = new Map<string, CompiledMessage>();
    for (const language of languages) {
      const message = compileMessage(template, language, { templates, all: read });
      if (message !== undefined) byLanguage.set(language, message);
    }
    if (byLanguage.size > 0) compiled.set(`${template.channel}/${template.name}`, byLanguage);
  }
  /** Moments as the customer's clock shows them. */
  function inZone(values: Record<string, FieldValue>, instants: readonly string[], name: string | undefined): void {
    if (instants.length === 0) return;
    const zone = brandZone(name);
    for (const field of instants) {
      const value = values[field];
      if (typeof value === "number") values[field] = localOf(zone, value);
    }
  }

  return {
    names: [...compiled.keys()].sort(),
    languagesOf: (channel, template) => [...(compiled.get(`${channel}/${template}`)?.keys() ?? [])],
    render({ channel, template, language, values: given, products = [], event, receipt, zone, links }) {
      const byLanguage = compiled.get(`${channel}/${template}`);
      if (byLanguage === undefined) return { is: "unrenderable", field: "template", because: "not there" };
      const [first = "und"] = templates.languages.filter((each) => byLanguage.has(each)).concat([...byLanguage.keys()]);
      const others = [first, ...byLanguage.keys()];
      const chosen = language === undefined ? first : chooseLanguage(language, others);
      const message = byLanguage.get(chosen);
      if (message === undefined) return { is: "unrenderable", field: "template", because: "not there" };
      const clean = cleanValues(given);
      if ("field" in clean) return { is: "unrenderable", ...clean };
      const { values } = clean;
      inZone(values, templates.instants, zone);
      const shown = cleanValues(event ?? {});
      if ("field" in shown) return { is: "unrenderable", field: SHOWN_PREFIX + shown.field, because: shown.because };
      inZone(shown.values, templates.eventInstants[template] ?? [], zone);
      const inFull = productsInFull(products, chosen, templates.site);
      const all = {
        ...values,
        event: shown.values,
        products: inFull,
        receipt: receipt && wordedReceipt(receipt, chosen),
      };
      const lacking = firstLacking(message.needs, all);
      if (lacking !== undefined) return { is: "unrenderable", field: lacking, because: "unknown" };
      const link = { ...links, site: templates.site };
      const parts = message.render(Object.assign(all, { link, address: message.addresses }));
      if (parts.is === "sms" && parts.segments > (message.segmentsMax ?? smsSegmentsMax))
        return { is: "unrenderable", field: "text", because: "too long" };
      return { is: "rendered", language: chosen, parts };
    },
  };
}

/** Titles of bonuses as this language has them, one after the other. */
function wordedReceipt({ bonuses, ...receipt }: ReceiptValues, language: string): object {
  const languages = [language, language.split("-")[0] ?? language];
  const titles = bonuses.flatMap((title) => titleIn(title, languages) ?? []);
  return { ...receipt, bonuses: titles.join(", ") };
}
