/** The words of the pages that links in messages lead to, in French and English; purposes have theirs in consent.yaml. */
import { createHash } from "node:crypto";
import type { AskedPurpose, ConsentForm } from "../../language/port.ts";
import type { Instant } from "../../model/ids.ts";
import { type Channel, isChannel } from "../../model/message.ts";

export const PAGE_LANGUAGES = ["en", "fr"] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

const ENGLISH = {
  other: "Français",
  title: "What you hear from us",
  intro: "Say for each of these whether we may write to you, and how. You can change it whenever you like.",
  yes: "Yes",
  no: "No",
  save: "Save",
  stopAll: "No to everything",
  saved: "Saved. This holds from now on.",
  changed: "These words have changed since you opened the page. Please look again, and save once more.",
  unaskedRefused: "You have not said. Until you do, we do not write to you this way.",
  unaskedAllowed: "You have not said. Until you say no, we write to you this way.",
  uncounted: "You have not said. Until you agree, we do not count it.",
  counted: "You have not said. Until you say no, we count it.",
  saidYes: "You agreed on {date}.",
  saidNo: "You said no on {date}.",
  kept: "We keep what you say here: what, when, and to which words. What is owed to you, such as the confirmation of an order, comes in any case.",
  stopTitle: "Do you want to hear no more of this?",
  stopAsk: "We will send you nothing more about “{purpose}” {channel}.",
  stop: "Yes, stop it",
  stoppedTitle: "You will hear no more of this",
  stopped: "From now on we send you nothing more about “{purpose}” {channel}.",
  stoppedAll: "From now on we send you nothing more that you have not asked for.",
  more: "See everything that you hear from us",
  lostTitle: "This link is not valid",
  lost: "It is incomplete, or it is not one of ours. Please open the link of the message again, or copy the whole of it.",
  expiredTitle: "This link is too old",
  expired: "Links in our messages hold for a good year. Please take the one in a newer message.",
  busyTitle: "Please try again in a moment",
  busy: "Nothing was changed: we are very busy right now.",
} as const;

export type PageWords = { readonly [name in keyof typeof ENGLISH]: string };

const FRENCH: PageWords = {
  other: "English",
  title: "Ce que vous recevez de nous",
  intro:
    "Dites-nous, pour chaque sujet, si nous pouvons vous écrire, et comment. Vous pouvez changer d’avis quand vous voulez.",
  yes: "Oui",
  no: "Non",
  save: "Enregistrer",
  stopAll: "Non à tout",
  saved: "C’est enregistré, et cela vaut dès maintenant.",
  changed: "Ces textes ont changé depuis que vous avez ouvert la page. Veuillez relire, puis enregistrer à nouveau.",
  unaskedRefused: "Vous n’avez rien dit. D’ici là, nous ne vous écrivons pas ainsi.",
  unaskedAllowed: "Vous n’avez rien dit. Tant que vous ne dites pas non, nous vous écrivons ainsi.",
  uncounted: "Vous n’avez rien dit. D’ici là, nous ne comptons rien.",
  counted: "Vous n’avez rien dit. Tant que vous ne dites pas non, nous comptons.",
  saidYes: "Vous avez accepté le {date}.",
  saidNo: "Vous avez refusé le {date}.",
  kept: "Nous conservons ce que vous dites ici : quoi, quand, et devant quel texte. Ce que nous vous devons, comme la confirmation d’une commande, vous parvient toujours.",
  stopTitle: "Ne plus recevoir ces messages ?",
  stopAsk: "Nous ne vous enverrons plus rien sur « {purpose} » {channel}.",
  stop: "Oui, arrêter",
  stoppedTitle: "Vous ne recevrez plus ces messages",
  stopped: "Dès maintenant, nous ne vous envoyons plus rien sur « {purpose} » {channel}.",
  stoppedAll: "Dès maintenant, nous ne vous envoyons plus rien que vous n’ayez demandé.",
  more: "Voir tout ce que vous recevez de nous",
  lostTitle: "Ce lien n’est pas valable",
  lost: "Il est incomplet, ou il ne vient pas de nous. Veuillez rouvrir le lien du message, ou le copier en entier.",
  expiredTitle: "Ce lien est trop ancien",
  expired: "Les liens de nos messages valent un peu plus d’un an. Veuillez prendre celui d’un message plus récent.",
  busyTitle: "Veuillez réessayer dans un instant",
  busy: "Rien n’a été changé : nous sommes très sollicités en ce moment.",
};

const WORDS: Readonly<Record<PageLanguage, PageWords>> = { en: ENGLISH, fr: FRENCH };

interface ChannelWords {
  readonly name: string;
  /** Within a sentence. */
  readonly by: string;
}

const CHANNELS: Readonly<Record<PageLanguage, Readonly<Record<Channel, ChannelWords>>>> = {
  en: {
    email: { name: "E-mail", by: "by e-mail" },
    sms: { name: "Text message (SMS)", by: "by text message" },
    whatsapp: { name: "WhatsApp", by: "by WhatsApp" },
    web: { name: "On our website", by: "on our website" },
    loyalty: { name: "At the till", by: "at the till" },
    webhook: { name: "By another system", by: "by another system" },
    telegram: { name: "Telegram", by: "by Telegram" },
  },
  fr: {
    email: { name: "Courriel", by: "par courriel" },
    sms: { name: "SMS", by: "par SMS" },
    whatsapp: { name: "WhatsApp", by: "par WhatsApp" },
    web: { name: "Sur notre site", by: "sur notre site" },
    loyalty: { name: "En caisse", by: "en caisse" },
    webhook: { name: "Par un autre système", by: "par un autre système" },
    telegram: { name: "Telegram", by: "par Telegram" },
  },
};

export function wordsIn(language: PageLanguage): PageWords {
  return WORDS[language];
}

export function channelWords(language: PageLanguage, channel: string): ChannelWords {
  return isChannel(channel) ? CHANNELS[language][channel] : { name: channel, by: channel };
}

/** The title of a purpose in this language, else in the first that it has one in; else its name. */
export function purposeWords(language: PageLanguage, { name, title }: AskedPurpose): string {
  return title[language] ?? title[""] ?? Object.values(title)[0] ?? name;
}

export function dateWords(language: PageLanguage, at: Instant): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long", timeZone: "UTC" }).format(
    at,
  );
}

export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Which of a page's languages: as its address says, or else what the browser would rather read (RFC 9110, 12.5.4). */
export function languageOf(asked: string | undefined, accepted: string): PageLanguage {
  const known = PAGE_LANGUAGES.find((language) => language === asked);
  if (known !== undefined) return known;
  const wanted = accepted
    .slice(0, 500)
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
      const quality = parameters.map((each) => /^\s*q=([\d.]+)\s*$/.exec(each)?.[1]).find((q) => q !== undefined);
      return { language: PAGE_LANGUAGES.find((each) => tag === each || tag.startsWith(`${each}-`)), quality };
    })
    .filter(({ quality }) => quality === undefined || Number(quality) > 0)
    .toSorted((a, b) => Number(b.quality ?? 1) - Number(a.quality ?? 1));
  return wanted.find(({ language }) => language !== undefined)?.language ?? "en";
}

/**
 * Version of what a person agrees or objects to on the page: a digest of all its words in that language. Where a word
 * changes, so does the version; the event that records an answer has the purpose's own words beside it.
 */
export function wordingOf(language: PageLanguage, { brand, purposes }: ConsentForm): string {
  const asked = purposes.map((purpose) => [
    purpose.name,
    purposeWords(language, purpose),
    purpose.unasked,
    purpose.channels.map((channel) => channelWords(language, channel).name),
  ]);
  const text = JSON.stringify([brand ?? "", WORDS[language], asked]);
  return `${language}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
}
