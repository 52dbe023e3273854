/**
 * Where a person lives: from an identifier to a profile of this shard, or to the shard that knows more. A cell lives in
 * its identifier's own shard and names the profile, which may live elsewhere; a sealed profile names whom it was merged
 * into.
 */
import type { Event } from "../model/event.ts";
import { slotOfCell } from "../model/hash.ts";
import { type Identifier, cellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import { isEmptied, type Profile } from "../profile/port.ts";
import type { ToShard } from "./port.ts";
import type { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";

export type Place =
  /** Not in memory: to be fetched. */
  | { readonly is: "missing" }
  | {
      readonly is: "moved";
      readonly shard: ShardId;
      readonly profile: ProfileId | undefined;
      readonly identifier: Identifier;
      readonly reason: "home" | "merged";
    }
  /** Nobody yet. `id`: who it was before a store that went back in time lost it; the person begins again under it. */
  | { readonly is: "new"; readonly id: ProfileId | undefined }
  | { readonly is: "found"; readonly profile: Profile }
  /** Sealed, and its absorption not answered yet: who comes for it waits. */
  | { readonly is: "absorbing"; readonly profile: ProfileId; readonly into: ProfileId };

/** How a message is to be brought to its person. */
export interface Aim {
  /** The identifier by which its home is found. */
  readonly routing: Identifier;
  readonly route: number;
  /** The profile that it came with, if any. */
  readonly hint: ProfileId | undefined;
  /** The hint is what the identifier's cell said (a cell never leaves a profile that is not sealed), and no guess. */
  readonly isSure: boolean;
}

/** undefined when the event names nobody that it may be routed by. */
export function aimOf(event: Event, message: Extract<ToShard, { kind: "event" }>): Aim | undefined {
  // Without proof an event is its device's, whoever was seen with it.
  const route = event.proved ? message.route : 0;
  const routing = routingIdentifier(event, route);
  return routing && { routing, route, hint: message.profile, isSure: message.told && route === message.route };
}

/**
 * A guessed profile that does not know the identifier is somebody else's: a gateway reads identifiers off the bytes, and
 * may be fooled by who wrote them. undefined: not in memory, so nothing can be said yet.
 */
export function trustedHint(shard: Shard, residents: Residents, aim: Aim): ProfileId | undefined | null {
  const { hint, isSure, routing } = aim;
  if (hint === undefined) return null;
  if (isSure) return hint;
  if (shardOfProfile(hint, residents.shards) !== shard.id) return null;
  const profile = residents.profile(hint);
  if (profile === undefined) return undefined;
  const state = profile === null ? undefined : identifierState(profile, routing);
  return state === "bound" || state === "pending" ? hint : null;
}

export function locate(shard: Shard, residents: Residents, aim: Aim): Place {
  const { shards } = residents;
  const { routing } = aim;
  const hint = trustedHint(shard, residents, aim);
  if (hint === undefined) return { is: "missing" };
  let id = hint;
  if (hint === null) {
    const key = cellKey(routing);
    const home = shardOfSlot(slotOfCell(key), shards);
    if (home !== shard.id) return { is: "moved", shard: home, profile: undefined, identifier: routing, reason: "home" };
    const known = residents.cell(shard, key);
    if (known === undefined) return { is: "missing" };
    id = known;
  }
  if (id === null) return { is: "new", id: undefined };
  const home = shardOfProfile(id, shards);
  if (home !== shard.id) return { is: "moved", shard: home, profile: id, identifier: routing, reason: "home" };
  const profile = residents.profile(id);
  if (profile === undefined) return { is: "missing" };
  if (profile === null) return { is: "new", id };
  // Whoever comes back under its anonymous id begins anew.
  if (isEmptied(profile)) return { is: "new", id: undefined };
  const into = profile.sealedInto;
  if (into === undefined) return { is: "found", profile };
  if (shard.peers.isAbsorbing(id)) return { is: "absorbing", profile: id, into };
  return { is: "moved", shard: shardOfProfile(into, shards), profile: into, identifier: routing, reason: "merged" };
}

/**
 * The identifier by which an event finds its home: the first, and after a switch the first that is not anonymous.
 * Without proof it is the device's, whoever was seen with it; undefined when that names nobody but known people.
 */
function routingIdentifier(event: Event, route: number): Identifier | undefined {
  const [first] = event.identifiers;
  if (!event.proved) return first?.kind === "anonymous" ? first : undefined;
  return route === 0 ? first : event.identifiers.find(({ kind }) => kind !== "anonymous");
}

export function identifierState(
  profile: Profile,
  { kind, value }: Identifier,
): "bound" | "pending" | "unproved" | undefined {
  return profile.identifiers.find((known) => known.kind === kind && known.value === value)?.state;
}

/** The userId a profile goes by; a claimed one counts before its claim is answered, an unproved one never. */
export function userOf(profile: Profile): string | undefined {
  return profile.identifiers.find(({ kind, state }) => kind === "user" && state !== "unproved")?.value;
}
