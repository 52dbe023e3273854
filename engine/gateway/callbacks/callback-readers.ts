/** What reads the callbacks of providers: pure functions of the channels, given what each proves itself by. */
import type { ReadCallback } from "../../model/message.ts";
import type { CallbackName } from "./callback-addresses.ts";

export interface CallbackReaders {
  /** By the address that is called; undefined: its provider is not configured, and the address does not exist. */
  readonly signed: Readonly<Record<CallbackName, ((called: SignedCallback) => ReadCallback) | undefined>>;
  /** What Meta shows when it makes sure that the address is ours; undefined: it is not let. */
  readonly verifyToken: string | undefined;
  /** A mail that came back, with its headers. */
  readonly email: (mail: Uint8Array) => ReadCallback;
}

export interface SignedCallback {
  /** As it was called. */
  readonly url: string;
  /** The header that proves it; undefined where there is none. */
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}
