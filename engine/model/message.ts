/**
 * A message on its way to a customer, and what may come of it: the words that the delivery room, the channels and the
 * callbacks' routes share. An adapter is given a message that is rendered and addressed and says what came of its one call;
 * whether anything is tried again is decided by who called it, never by an adapter. Pure vocabulary: nothing is done here.
 */
import type { MessageId } from "./trigger.ts";

/** Ways to reach a customer, and `webhook`: another system that is told instead. */
export const CHANNELS = ["email", "sms", "whatsapp", "web", "loyalty", "webhook", "telegram"] as const;
export type Channel = (typeof CHANNELS)[number];

export function isChannel(name: string): name is Channel {
  return (CHANNELS as readonly string[]).includes(name);
}

/** Where nobody is called: the customer comes, to a page or to a till, and is shown there what waits for them. */
export const VISITED_CHANNELS = ["web", "loyalty"] as const satisfies readonly Channel[];
export type VisitedChannel = (typeof VISITED_CHANNELS)[number];

/** The place of a page in which messages are shown that name no other. */
export const USUAL_SLOT = "message";

export function isVisited(channel: Channel): channel is VisitedChannel {
  return (VISITED_CHANNELS as readonly Channel[]).includes(channel);
}

/** What is shown or said, by what the channel can show. Every value in it is escaped for its place already. */
export type RenderedParts =
  | {
      readonly is: "email";
      /** One line, without control characters. */
      readonly subject: string;
      /** A whole document, with `preheader` as its first, hidden words. */
      readonly html: string;
      readonly text: string;
    }
  | {
      readonly is: "sms";
      readonly text: string;
      /** What a network bills; see countSegments of the renderer. */
      readonly segments: number;
    }
  | {
      /** A template that WhatsApp has approved, with its variables in order; outside the 24 hours nothing else may be sent. */
      readonly is: "whatsapp";
      /** What each provider calls the approved template. */
      readonly approved: { readonly twilioSid: string | undefined; readonly cloudName: string | undefined };
      /** The variables {{1}}, {{2}} ... of the approved text. */
      readonly variables: readonly string[];
      /** The approved text with its variables in it: what may be said freely within the 24 hours, and what a log shows. */
      readonly text: string;
    }
  | { readonly is: "telegram"; readonly text: string }
  /** Markup for a slot of the page; see the web templates. */
  | { readonly is: "web"; readonly html: string }
  | {
      readonly is: "loyalty";
      /** Lines of at most as many columns as the till's paper has. */
      readonly print: readonly string[];
      /** Markup; empty where the template has none. */
      readonly screen: string;
      /** The same as lines of text. */
      readonly show: readonly string[];
    }
  /** What another system is told: JSON, and the CloudEvents type that names it. */
  | { readonly is: "webhook"; readonly type: string; readonly fields: Readonly<Record<string, unknown>> };

export interface OutgoingMessage {
  readonly id: MessageId;
  /** 1 the first time. Attempts of one message differ in nothing else. */
  readonly attempt: number;
  readonly channel: Channel;
  /** Normalised: an e-mail address in small letters, a phone number in E.164, a loyalty card, a Telegram chat, a URL. */
  readonly address: string;
  /** A purpose of rules/consent.yaml, or `transactional`. */
  readonly category: string;
  /** Code of the language that it is written in, such as `fr` or `pt-BR`. */
  readonly language: string;
  /** Of the rendered template. */
  readonly template: string;
  readonly parts: RenderedParts;
  /**
   * What a provider is to give back with its callbacks: it names profile and message, and is signed, so that nobody else
   * can make one. At most 200 characters of `A-Z a-z 0-9 . _ -`.
   */
  readonly reference: string;
  readonly links: MessageLinks;
}

/** Addresses of the data plane, signed for this one message; undefined where there is none. */
export interface MessageLinks {
  /** A POST to it unsubscribes at once (RFC 8058), a GET shows a page that asks. Every message but a transactional has it. */
  readonly unsubscribe?: string | undefined;
  /** What a person wants to hear of. */
  readonly preferences?: string | undefined;
  /** Where a provider reports what became of the message. */
  readonly callback?: string | undefined;
}

/** Why a message can never be sent to this address as it is. */
export type RejectedReason =
  /** Not an address, or nobody's: no such mailbox, not a mobile number, a host that does not exist. */
  | "bad_address"
  /** An address that must not be called from here: a private network, a redirect. */
  | "forbidden_address"
  /** Whoever has the address has said no to the provider: STOP, an unsubscribe, a complaint. */
  | "unsubscribed"
  /** The provider, a network or the receiving side will not carry it from us to there. */
  | "blocked"
  /** What is said is refused: too long, a template that is not approved, a wrong number of variables. */
  | "content"
  /** WhatsApp: no approved template, and the customer's last word is older than 24 hours. */
  | "outside_window"
  /** The adapter cannot send what was rendered. */
  | "unsupported";

/** Why a message has surely not been sent, this time. */
export type FailedReason =
  /** The provider could not be reached at all: no name, no connection, no TLS. */
  | "unreachable"
  /** It answered that it is out of order, or that it does not take this one now. */
  | "unavailable"
  /** It does not know us, or something is wrong with our settings there: nothing goes until the operator mends it. */
  | "credentials";

/** Why nobody knows whether a message was sent: the call went out and no answer that says so came back. */
export type UnknownReason = "no_answer" | "connection_lost" | "unclear_answer" | "aborted" | "crash";

/** What one call of an adapter has led to. `code` is the provider's own word for it: never a personal value. */
export type CallOutcome =
  /** The provider has it, under a name of its own where it gives one. */
  | { readonly is: "accepted"; readonly providerId: string | undefined }
  /** For good: the same message is never taken by this address. */
  | { readonly is: "rejected"; readonly reason: RejectedReason; readonly code?: string | undefined }
  /** Not sent, as too many were; `waitMs` is what the provider asks for, undefined where it says nothing. */
  | { readonly is: "throttled"; readonly waitMs: number | undefined; readonly code?: string | undefined }
  /** Surely not sent; may be tried again. */
  | { readonly is: "failed"; readonly reason: FailedReason; readonly code?: string | undefined }
  /** Perhaps sent. */
  | { readonly is: "unknown"; readonly reason: UnknownReason; readonly code?: string | undefined };

/** What a provider reports later. */
export type ReportedOutcome =
  | { readonly is: "delivered" }
  | { readonly is: "opened" }
  | { readonly is: "clicked"; readonly link: string | undefined }
  /** `hard`: the address is no good any more; `soft`: this message did not get there. */
  | { readonly is: "bounced"; readonly kind: "hard" | "soft"; readonly code?: string | undefined }
  /** The customer has called it spam. */
  | { readonly is: "complained" }
  | { readonly is: "unsubscribed" }
  /** Has taken an unsubscription back: START. */
  | { readonly is: "resubscribed" }
  /** Has written to us: WhatsApp's 24 hours begin anew. */
  | { readonly is: "replied" };

/** Why a message that was decided is not sent. */
export type SkippedReason =
  | "no_consent"
  | "unsubscribed"
  /** No channel of the rule reaches this customer, or the address has bounced. */
  | "unreachable"
  /** These words may be sent so long after the customer has written to us, and not later. */
  | "out_of_window"
  /** Enough has been sent to this customer. */
  | "pressure"
  /** Another message of the same window has the higher priority. */
  | "outbid"
  | "expired"
  | "holdout"
  /** What the rule asks does not hold any more. */
  | "condition"
  | "paused"
  | "stopped"
  /** The template cannot be rendered for this customer; `field` says of which value, and `because` why. */
  | "unrenderable"
  /** An operator has let it go, as it had come to nothing. */
  | "given_up"
  /**
   * It had come to nothing, and could have been tried once more, for longer than such messages are kept; or it shows something
   * of an event that is not kept any more.
   */
  | "too_old";

/** Why a value is not shown: there is none, or what somebody typed is no name. `not there`: the template itself. */
export type UnrenderableReason = "not there" | "unknown" | "too long" | "holds an address";

/** What an operator says of one that has come to nothing: to try it once more, or to let it go. */
export type OperatorWord = { readonly is: "replay" } | { readonly is: "drop" };

/** What comes of a message that no adapter is called for. */
export type UncalledOutcome =
  | {
      readonly is: "skipped";
      readonly reason: SkippedReason;
      /** Both of `unrenderable`: never the value itself. */
      readonly field?: string | undefined;
      readonly because?: UnrenderableReason | undefined;
    }
  /** An attempt was recorded and its call never made: the lease or the second of the gates was over. */
  | { readonly is: "not called" };

export type Outcome = CallOutcome | ReportedOutcome | UncalledOutcome;

/** What a callback says, and of which message or whom. */
export interface Report {
  /** As given with the message; undefined where the provider names its own id, or an address, only. */
  readonly reference: string | undefined;
  readonly providerId: string | undefined;
  /** Of the customer, normalised; undefined where the callback does not tell. */
  readonly address: string | undefined;
  readonly outcome: ReportedOutcome;
}

/** What the bytes of a callback come to. */
export type ReadCallback =
  | { readonly is: "reports"; readonly reports: readonly Report[] }
  /** Not from the provider: the signature is wrong, or there is none. */
  | { readonly is: "forged" }
  /** Of no form that the provider has. */
  | { readonly is: "malformed" };

/** What a channel's provider can do. */
export interface ChannelAbilities {
  /**
   * How long a provider knows a message by its id and takes it once only, in ms; 0: it does not, and a message of which
   * nobody knows whether it was sent may come twice when it is sent again.
   */
  readonly idempotentForMs: number;
  /** Outcomes that it reports by callback. */
  readonly reports: readonly ReportedOutcome["is"][];
}

/** Our side of one foreign system that takes messages. */
export interface ChannelAdapter {
  /** Of the provider and the way to it, such as `smtp` or `twilio-sms`; a metric's label. */
  readonly name: string;
  readonly channel: Channel;
  readonly abilities: ChannelAbilities;
  /**
   * One call, never repeated by the adapter. Does not throw for anything that a provider, a network or an address can do.
   * @param signal ends the wait: what is not answered by then is `unknown`, or `failed` where nothing was said yet
   */
  deliver(message: OutgoingMessage, signal: AbortSignal): Promise<CallOutcome>;
  /** Lets go of connections; calls that are under way end as if aborted. */
  close(): Promise<void>;
}
