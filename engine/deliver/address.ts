/** Where a channel reaches a person: one of the identifiers that are proved to be theirs. Pure. */
import type { Channel } from "../model/message.ts";
import { REACHED_BY } from "../model/reached-by.ts";
import type { HeldIdentifier, IdentifierState } from "../profile/port.ts";

/**
 * The addresses by which a channel may reach somebody, the one that came last first: those that are theirs (bound), or those
 * of which another shard is still to say so (pending). What a browser has said without proof is nobody's address.
 */
export function addressesOf(
  identifiers: readonly HeldIdentifier[],
  channel: Channel,
  state: Exclude<IdentifierState, "unproved">,
): readonly string[] {
  return REACHED_BY[channel].flatMap((kind) =>
    identifiers
      .filter((held) => held.kind === kind && held.state === state)
      .map(({ value }) => value)
      .reverse(),
  );
}
