/** By what a channel reaches a person, and so by what a person who writes back by it is found. */
import type { IdentifierKind } from "./identifier.ts";
import type { Channel } from "./message.ts";

/** The kinds of identifier that are a channel's address, the best first; none: it has no address of a person. */
export const REACHED_BY: Readonly<Record<Channel, readonly IdentifierKind[]>> = {
  email: ["email"],
  sms: ["phone"],
  whatsapp: ["phone"],
  // Whoever has a page open is found by the profile; the address tells whether there was ever a page.
  web: ["anonymous", "user"],
  // A till names its customer by any of them.
  loyalty: ["card", "user", "phone", "email"],
  webhook: ["user", "anonymous", "email", "phone", "card"],
  telegram: ["telegram"],
};
