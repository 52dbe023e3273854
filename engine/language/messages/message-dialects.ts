/**
 * What a template of each channel may hold beside the words that it shows: the words that every message of the channel has,
 * the settings above them, the markup below. On a page that is what contents have.
 */
import type { Channel } from "../../model/message.ts";
import { PAGE_GRAMMAR, type MarkupGrammar } from "../templates/markup-reader.ts";
import type { TemplateDialect } from "../templates/check-template.ts";
import { EMAIL_GRAMMAR } from "./email-grammar.ts";

export type MessageChannel = Channel;

/** What a message brings along: signed addresses of its own, and the brand's site. */
export const MESSAGE_LINKS = ["link.unsubscribe", "link.preferences", "link.site"] as const;

export interface MessageDialect extends TemplateDialect {
  /** Keys beside the languages. */
  readonly settings: readonly string[];
  readonly ownWords: readonly string[];
  /** undefined: the channel has words only. */
  readonly grammar?: MarkupGrammar;
  /** Words of a language in which none of these names is there go only so long after the customer's own event. */
  readonly window?: { readonly approvedBy: readonly string[]; readonly after: string; readonly ms: number };
  /** How what is not owed to its reader is refused: by a link in the markup, or by a word of the text; absent: no other way. */
  readonly wayOut?: "link" | "word";
  /** False: the text has been approved as it is, and may not be one or another. */
  readonly allowsBlocks: boolean;
}

export const MESSAGE_DIALECTS: Readonly<Record<MessageChannel, MessageDialect>> = {
  email: {
    settings: ["recommendation"],
    ownWords: ["subject", "preheader"],
    grammar: EMAIL_GRAMMAR,
    links: MESSAGE_LINKS,
    wayOut: "link",
    allowsBlocks: true,
  },
  sms: {
    settings: ["segments at most"],
    ownWords: ["text"],
    links: MESSAGE_LINKS,
    wayOut: "word",
    allowsBlocks: true,
  },
  whatsapp: {
    settings: [],
    ownWords: ["text"],
    plainWords: ["twilio", "cloud"],
    window: { approvedBy: ["twilio", "cloud"], after: "whatsapp_replied", ms: 24 * 3_600_000 },
    links: MESSAGE_LINKS,
    wayOut: "word",
    allowsBlocks: false,
  },
  web: { settings: [], ownWords: [], grammar: PAGE_GRAMMAR, allowsBlocks: true },
  loyalty: {
    settings: ["columns"],
    ownWords: [],
    optionalWords: ["print"],
    grammar: PAGE_GRAMMAR,
    links: ["link.site"],
    allowsBlocks: true,
  },
  webhook: { settings: ["type", "fields"], ownWords: [], allowsBlocks: false },
  telegram: { settings: [], ownWords: ["text"], links: MESSAGE_LINKS, wayOut: "word", allowsBlocks: true },
};

/** What renderers put beside a person's fields, under names of their own. */
export const TAKEN_NAMES: readonly string[] = ["address", "event", "link", "products", "receipt"];

/** The frame of all e-mails: `templates/email/layout.hbs`. */
export const LAYOUT_NAME = "layout";
export const LAYOUT_SLOT = "content";
