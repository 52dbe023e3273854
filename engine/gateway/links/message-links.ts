/**
 * The links that a message carries, and what they say when they come back: to the page of preferences, to unsubscribe, to
 * count an open or a click, and for a provider's callback. Made by the owner of the profile, read by the gateway of any node.
 */
import { clickedUrlCharsMax, linkDays } from "../../limits-of-delivery.ts";
import { parseProfileId } from "../../model/ids.ts";
import type { Instant, ProfileId } from "../../model/ids.ts";
import { isChannel } from "../../model/message.ts";
import type { Channel, MessageLinks } from "../../model/message.ts";
import type { MessageId } from "../../model/trigger.ts";
import type { ToldMessage } from "./outcome-told.ts";
import { signLink, verifyLink } from "./signed-link.ts";
import { DAY_MS } from "../../model/local-time.ts";

const PREFERENCES = "p";
const UNSUBSCRIBE = "u";
const OPEN = "o";
const CLICK = "c";
const REFERENCE = "m";

/** What is sent to whom. */
export interface LinkedMessage {
  readonly profile: ProfileId;
  readonly message: MessageId;
  readonly channel: Channel;
  /** A purpose of consent.yaml, or `transactional`, which has no link to unsubscribe. */
  readonly category: string;
  /** Name of the trigger that has set it off: the campaign that an open or a click is of. */
  readonly trigger: string;
}

export interface LinkMaker {
  /** To the page where a person says what they want to hear of. */
  preferences(profile: ProfileId, at: Instant): string;
  /**
   * What a provider gives back with its callbacks, and the links that every message of its kind has. `at`: when they are
   * made, from which on they hold for `linkDays`.
   */
  linksOf(message: LinkedMessage, at: Instant): { readonly reference: string; readonly links: MessageLinks };
  /** A picture of one point, whose fetching says that the message was opened. */
  open(message: LinkedMessage, at: Instant): string;
  /** A way to `to` that says that it was taken; undefined where `to` is no address of the web. */
  click(message: LinkedMessage, to: string, at: Instant): string | undefined;
}

/** @param url of the data plane, as customers and providers reach it; without a `/` at its end */
export function createLinkMaker({ secret, url }: { readonly secret: string; readonly url: string }): LinkMaker {
  const dated = (kind: string, fields: readonly string[], at: Instant): string => {
    const until = Math.ceil(at / DAY_MS) + linkDays;
    return signLink(secret, { kind, fields: [...fields, until.toString(36)] });
  };
  const fieldsOf = ({ profile, message, channel, category, trigger }: LinkedMessage): readonly string[] => [
    profile,
    message,
    channel,
    category,
    trigger,
  ];
  const preferences = (profile: ProfileId, at: Instant): string => `${url}/p/${dated(PREFERENCES, [profile], at)}`;
  return {
    preferences,
    linksOf(message, at) {
      const { profile, channel, category } = message;
      const reference = signLink(secret, { kind: REFERENCE, fields: [profile, message.message, channel] });
      const callback = `${url}/v1/callbacks/${channel}/${reference}`;
      if (category === "transactional") return { reference, links: { callback } };
      const unsubscribe = `${url}/u/${dated(UNSUBSCRIBE, fieldsOf(message), at)}`;
      return { reference, links: { callback, unsubscribe, preferences: preferences(profile, at) } };
    },
    open: (message, at) => `${url}/o/${dated(OPEN, fieldsOf(message), at)}`,
    click(message, to, at) {
      if (!isWebAddress(to)) return undefined;
      const until = (Math.ceil(at / DAY_MS) + linkDays).toString(36);
      const link = signLink(secret, { kind: CLICK, fields: [...fieldsOf(message), until] }, to);
      return `${url}/c/${link}?to=${encodeURIComponent(to)}`;
    },
  };
}

/** What a link says, once it is known to be ours. */
export interface ReadLink {
  readonly profile: ProfileId;
  /** Whether its time is over: it may still lead somewhere, and changes nothing any more. */
  readonly expired: boolean;
}

export interface ReadMessageLink extends ReadLink, LinkedMessage {}

export interface LinkReader {
  preferences(link: string, at: Instant): ReadLink | undefined;
  unsubscribe(link: string, at: Instant): ReadMessageLink | undefined;
  open(link: string, at: Instant): ReadMessageLink | undefined;
  click(link: string, to: string, at: Instant): ReadMessageLink | undefined;
  /** Of a provider's callback. */
  reference(text: string): ToldMessage | undefined;
}

/** @param secrets the present one first, then those still honoured */
export function createLinkReader(secrets: readonly string[]): LinkReader {
  const message = (found: readonly string[] | undefined, at: Instant): ReadMessageLink | undefined => {
    const [profile = "", id = "", channel = "", category = "", trigger = "", until = ""] = found ?? [];
    const whose = parseProfileId(profile);
    if (found?.length !== 6 || whose === undefined || !isChannel(channel)) return undefined;
    return { profile: whose, message: id as MessageId, channel, category, trigger, expired: isOver(until, at) };
  };
  return {
    preferences(link, at) {
      const [profile = "", until = ""] = verifyLink(secrets, { kind: PREFERENCES, link }) ?? [];
      const whose = parseProfileId(profile);
      return whose === undefined ? undefined : { profile: whose, expired: isOver(until, at) };
    },
    unsubscribe: (link, at) => message(verifyLink(secrets, { kind: UNSUBSCRIBE, link }), at),
    open: (link, at) => message(verifyLink(secrets, { kind: OPEN, link }), at),
    click: (link, to, at) => message(verifyLink(secrets, { kind: CLICK, link, about: to }), at),
    reference(text) {
      const [profile = "", id = "", channel = ""] = verifyLink(secrets, { kind: REFERENCE, link: text }) ?? [];
      const whose = parseProfileId(profile);
      if (whose === undefined || !isChannel(channel)) return undefined;
      return { profile: whose, message: id as MessageId, channel };
    },
  };
}

function isOver(until: string, at: Instant): boolean {
  return !(at < Number.parseInt(until, 36) * DAY_MS);
}

/** Nothing but the web's own schemes, so that no link of ours ever runs a script or opens another program. */
export function isWebAddress(to: string): boolean {
  if (to.length > clickedUrlCharsMax || !/^https?:\/\/[^\s\p{Cc}]+$/iu.test(to) || !URL.canParse(to)) return false;
  const { protocol, username, password } = new URL(to);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}
