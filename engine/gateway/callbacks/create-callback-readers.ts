/** Joins the routes of callbacks with the channels that read them, each by what its provider's account is known by. */
import { readReturnedMail } from "../../../channels/email/receipt.ts";
import { readTwilioCallback } from "../../../channels/twilio/callback.ts";
import { readCloudCallback } from "../../../channels/whatsapp-cloud/receipt.ts";
import type { ProviderSettings } from "../../model/provider-settings.ts";
import type { CallbackReaders } from "./callback-readers.ts";

export function createCallbackReaders({ twilio, whatsappCloud: meta }: ProviderSettings): CallbackReaders {
  return {
    twilio: twilio === undefined ? undefined : (called) => readTwilioCallback(called, [twilio.authToken]),
    whatsappCloud:
      meta === undefined
        ? undefined
        : { read: (called) => readCloudCallback(called, meta.appSecret), verifyToken: meta.verifyToken },
    email: readReturnedMail,
  };
}
