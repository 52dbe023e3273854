/**
 * Who carries messages for this brand, as settings say it: one entry a provider, undefined where none is configured. Plain
 * JSON, since it goes to the thread that calls them. Everything here but addresses is secret: it is in no log and no answer.
 */
import type { Channel } from "./message.ts";

export interface ProviderSettings {
  readonly email?: EmailSettings | undefined;
  readonly twilio?: TwilioSettings | undefined;
  readonly whatsappCloud?: WhatsappCloudSettings | undefined;
  readonly webhook?: WebhookSettings | undefined;
  readonly telegram?: TelegramSettings | undefined;
  /** How each channel's provider is used, where something is said of it. */
  readonly perSecond?: OfChannels | undefined;
  /** At a time. */
  readonly calls?: OfChannels | undefined;
  /** How often one message is tried, and how long the pauses in between are. */
  readonly tries?: OfChannels | undefined;
  readonly pauses?: PausesOfChannels | undefined;
  /** Calls in a row that do not get through until nobody is called, and for how long. */
  readonly breakerFailures?: OfChannels | undefined;
  readonly breakerPauses?: PausesOfChannels | undefined;
}

type OfChannels = Readonly<Partial<Record<Channel, number>>>;
type PausesOfChannels = Readonly<Partial<Record<Channel, Pauses>>>;

/** The first, from which they grow, and the longest. */
export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface EmailSettings {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly url: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  /** Where bounces go. */
  readonly bounceTo: string | undefined;
  /** The server is on this computer: it may be spoken to without TLS. */
  readonly allowsPlain: boolean;
  readonly dkim: DkimSettings | undefined;
}

export interface DkimSettings {
  readonly domainName: string;
  readonly keySelector: string;
  readonly keyFile: string;
  /** In PEM; empty until the file has been read. */
  readonly privateKey: string;
}

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  /** A Messaging Service (`MG...`), a number, or a name; undefined: no SMS. */
  readonly smsFrom: string | undefined;
  /** A Messaging Service or a number; undefined: no WhatsApp by Twilio. */
  readonly whatsappFrom: string | undefined;
}

export interface WhatsappCloudSettings {
  readonly token: string;
  readonly phoneNumberId: string;
  /** Signs Meta's callbacks. */
  readonly appSecret: string;
  /** What Meta shows when it makes sure of the address of its callbacks; undefined: it is not let. */
  readonly verifyToken: string | undefined;
}

export interface TelegramSettings {
  /** Of the bot. */
  readonly token: string;
  /** What Telegram shows with its callbacks; undefined: none are taken. */
  readonly secret: string | undefined;
}

export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
  readonly allowsPrivate: boolean;
}
