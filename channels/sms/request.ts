/** A text message as Twilio's API takes it, or the reason why it takes none. Pure. */
import type { CallOutcome, OutgoingMessage } from "../../engine/model/message.ts";
import type { TwilioMessage } from "../twilio/call.ts";

/** Of a Messaging Service (`MG...`), which picks the number and keeps who said STOP; or one number or name of ours. */
export interface SmsSender {
  readonly from: string;
}

/** https://www.twilio.com/docs/messaging/api/message-resource: Body. */
const bodyCharsMax = 1600;

export function smsRequest(
  { parts, address, links }: OutgoingMessage,
  { from }: SmsSender,
): TwilioMessage | Extract<CallOutcome, { readonly is: "rejected" }> {
  if (parts.is !== "sms") return { is: "rejected", reason: "unsupported" };
  if (!/^\+[1-9]\d{6,14}$/.test(address)) return { is: "rejected", reason: "bad_address" };
  if (parts.text.trim() === "" || [...parts.text].length > bodyCharsMax) return { is: "rejected", reason: "content" };
  return {
    to: address,
    body: parts.text,
    ...senderOf(from),
    ...(links.callback !== undefined && { statusCallback: links.callback }),
    // Our own count of segments is by the signs that we send.
    smartEncoded: false,
    shortenUrls: false,
  };
}

function senderOf(from: string): Pick<TwilioMessage, "messagingServiceSid" | "from"> {
  return /^MG[0-9a-f]{32}$/i.test(from) ? { messagingServiceSid: from } : { from };
}
