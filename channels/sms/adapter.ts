/** SMS by Twilio, see limits.md. */
import type { ChannelAdapter } from "../../engine/model/message.ts";
import { callTwilio, type TwilioAccount } from "../twilio/call.ts";
import { smsRequest, type SmsSender } from "./request.ts";

export function createSmsAdapter(options: TwilioAccount & SmsSender): ChannelAdapter {
  const closing = new AbortController();
  return {
    name: "twilio-sms",
    channel: "sms",
    abilities: { idempotentForMs: 0, reports: ["delivered", "bounced", "unsubscribed", "resubscribed"] },
    async deliver(message, signal) {
      const request = smsRequest(message, options);
      return "is" in request ? request : callTwilio(options, request, AbortSignal.any([signal, closing.signal]));
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
