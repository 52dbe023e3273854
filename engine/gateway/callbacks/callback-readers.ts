/** What reads the callbacks of providers: pure functions of the channels, given what each proves itself by. */
import type { ReadCallback } from "../../model/message.ts";

export interface CallbackReaders {
  /** Twilio's, of text messages and of WhatsApp; undefined: there is no account. `url`: as it was called. */
  readonly twilio: ((called: SignedCallback & { readonly url: string }) => ReadCallback) | undefined;
  readonly whatsappCloud:
    | {
        readonly read: (called: SignedCallback) => ReadCallback;
        /** What Meta shows when it makes sure that the address is ours; undefined: it is not let. */
        readonly verifyToken: string | undefined;
      }
    | undefined;
  /** A mail that came back, with its headers. */
  readonly email: (mail: Uint8Array) => ReadCallback;
}

export interface SignedCallback {
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}
