/**
 * A WhatsApp message as Twilio's API takes it. An approved Content template may be sent at any time, free words only within
 * 24 hours of what the customer wrote last: where the template names no Content SID the words are sent as they are, and
 * outside that window Twilio refuses them (63016). Pure.
 */
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";
import type { TwilioMessage } from "../twilio/call.ts";

export interface WhatsappSender {
  /** A Messaging Service (`MG...`), or our number in E.164. */
  readonly from: string;
}

/** https://www.twilio.com/docs/whatsapp: the length of a free text. */
const bodyCharsMax = 1600;

export function whatsappRequest(
  { parts, address, links }: OutgoingMessage,
  { from }: WhatsappSender,
): TwilioMessage | Extract<CallOutcome, { readonly is: "rejected" }> {
  if (parts.is !== "whatsapp") return { is: "rejected", reason: "unsupported" };
  if (!/^\+[1-9]\d{6,14}$/.test(address)) return { is: "rejected", reason: "bad_address" };
  const sender = /^MG[0-9a-f]{32}$/i.test(from) ? { messagingServiceSid: from } : { from: `whatsapp:${from}` };
  const callback = links.callback === undefined ? {} : { statusCallback: links.callback };
  const { twilioSid } = parts.approved;
  const about = { to: `whatsapp:${address}`, ...sender, ...callback };
  if (twilioSid !== undefined) {
    // WhatsApp refuses an empty variable, and line breaks in one.
    if (parts.variables.some((value) => value.trim() === "" || /[\r\n\t]/.test(value)))
      return { is: "rejected", reason: "content" };
    const variables = Object.fromEntries(parts.variables.map((value, index) => [String(index + 1), value]));
    return { ...about, contentSid: twilioSid, contentVariables: JSON.stringify(variables) };
  }
  if (parts.text.trim() === "" || [...parts.text].length > bodyCharsMax) return { is: "rejected", reason: "content" };
  return { ...about, body: parts.text };
}
