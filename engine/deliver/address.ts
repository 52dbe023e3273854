/** Where a channel reaches a person: one of the identifiers that are proved to be theirs. Pure. */
import type { Channel } from "../model/message.ts";
import type { IdentifierKind } from "../model/identifier.ts";
import type { HeldIdentifier, IdentifierState } from "../profile/port.ts";

/** The kinds of identifier that are a channel's address, the best first; none: it has no address of a person. */
const KINDS: Readonly<Record<Channel, readonly IdentifierKind[]>> = {
  email: ["email"],
  sms: ["phone"],
  whatsapp: ["phone"],
  // Whoever has a page open is found by the profile; the address tells whether there was ever a page.
  web: ["anonymous", "user"],
  loyalty: ["card"],
  webhook: ["user", "anonymous", "email", "phone", "card"],
};

/**
 * The addresses by which a channel may reach somebody, the one that came last first: those that are theirs (bound), or those
 * of which another shard is still to say so (pending). What a browser has said without proof is nobody's address.
 */
export function addressesOf(
  identifiers: readonly HeldIdentifier[],
  channel: Channel,
  state: Exclude<IdentifierState, "unproved">,
): readonly string[] {
  return KINDS[channel].flatMap((kind) =>
    identifiers
      .filter((held) => held.kind === kind && held.state === state)
      .map(({ value }) => value)
      .reverse(),
  );
}
