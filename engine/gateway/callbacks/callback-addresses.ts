/**
 * Where providers call, below `/v1/callbacks/`, and by which header each proves itself; from this the routes are made, and
 * the OpenAPI document. A provider that signs nothing, or asks for more, has a route of its own in callback-routes.ts.
 */
import type { Channel } from "../../model/message.ts";

export interface CallbackAddress {
  readonly channel: Channel;
  readonly by: string;
  /** As the provider's own pages spell it. */
  readonly provedBy: string;
  readonly type: string;
  readonly called: Operation;
  /** Each message may have an address of its own, below this one: its reference. */
  readonly ofMessage?: Operation;
}

interface Operation {
  /** The OpenAPI document's `operationId`. */
  readonly id: string;
  readonly tells: string;
}

const twilio = {
  by: "Twilio",
  provedBy: "X-Twilio-Signature",
  type: "application/x-www-form-urlencoded",
};

export const CALLBACK_ADDRESSES = {
  sms: {
    ...twilio,
    channel: "sms",
    called: { id: "smsWords", tells: "what customers write, STOP and START among it" },
    ofMessage: { id: "smsStatus", tells: "what became of a text message" },
  },
  whatsapp: {
    ...twilio,
    channel: "whatsapp",
    called: { id: "whatsappWords", tells: "what customers write" },
    ofMessage: { id: "whatsappStatus", tells: "what became of a WhatsApp message" },
  },
  "whatsapp-cloud": {
    by: "Meta",
    provedBy: "X-Hub-Signature-256",
    type: "application/json",
    channel: "whatsapp",
    called: { id: "whatsappCloud", tells: "statuses, and what customers write" },
  },
  telegram: {
    by: "Telegram",
    provedBy: "X-Telegram-Bot-Api-Secret-Token",
    type: "application/json",
    channel: "telegram",
    called: { id: "telegram", tells: "what customers write, and who blocks the bot" },
  },
} as const satisfies Readonly<Record<string, CallbackAddress>>;

export type CallbackName = keyof typeof CALLBACK_ADDRESSES;

export const CALLBACKS: readonly (CallbackAddress & { readonly name: CallbackName })[] = Object.entries(
  CALLBACK_ADDRESSES,
).map(([name, address]) => ({ ...(address as CallbackAddress), name: name as CallbackName }));
