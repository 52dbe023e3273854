/** WhatsApp by Twilio, see limits.md. */
import type { ChannelAdapter } from "../../engine/model/message.ts";
import { callTwilio, type TwilioAccount } from "../twilio/call.ts";
import { whatsappRequest, type WhatsappSender } from "./request.ts";

export function createWhatsappAdapter(options: TwilioAccount & WhatsappSender): ChannelAdapter {
  const closing = new AbortController();
  return {
    name: "twilio-whatsapp",
    channel: "whatsapp",
    abilities: {
      idempotentForMs: 0,
      reports: ["delivered", "opened", "bounced", "unsubscribed", "resubscribed", "replied"],
    },
    async deliver(message, signal) {
      const request = whatsappRequest(message, options);
      return "is" in request ? request : callTwilio(options, request, AbortSignal.any([signal, closing.signal]));
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
