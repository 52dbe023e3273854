/** Joins the routes of callbacks with the channels that read them, each by what its provider's account is known by. */
import { readReturnedMail } from "../../../channels/email/receipt.ts";
import { readTelegramCallback } from "../../../channels/telegram/receipt.ts";
import { readTwilioCallback } from "../../../channels/twilio/callback.ts";
import { readCloudCallback } from "../../../channels/whatsapp-cloud/receipt.ts";
import type { ProviderSettings } from "../../model/provider-settings.ts";
import type { CallbackReaders, SignedCallback } from "./callback-readers.ts";

export function createCallbackReaders({ twilio, whatsappCloud: meta, telegram }: ProviderSettings): CallbackReaders {
  const { secret } = telegram ?? {};
  const byTwilio = twilio && ((called: SignedCallback) => readTwilioCallback(called, [twilio.authToken]));
  return {
    signed: {
      sms: byTwilio,
      whatsapp: byTwilio,
      "whatsapp-cloud": meta && ((called) => readCloudCallback(called, meta.appSecret)),
      telegram: secret === undefined ? undefined : (called) => readTelegramCallback(called, secret),
    },
    verifyToken: meta?.verifyToken,
    email: readReturnedMail,
  };
}
