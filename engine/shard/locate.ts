/**
 * Where a person lives: from an identifier to a profile of this shard, or to the shard that knows more. A cell lives in
 * its identifier's own shard and names the profile, which may live elsewhere; a sealed profile names whom it was merged
 * into.
 */
import type { Event } from "../model/event.ts";
import { slotOfCell } from "../model/hash.ts";
import { type Identifier, cellKey } from "../model/identifier.ts";
import { type ProfileId, type ShardId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import type { Profile } from "../profile/port.ts";
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

/** @param hint what a cell said, elsewhere or earlier; a cell never leaves a profile that is not sealed. */
export function locate(shard: Shard, residents: Residents, routing: Identifier, hint: ProfileId | undefined): Place {
  const { shards } = residents;
  let id = hint ?? null;
  if (hint === undefined) {
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
  const profile = residents.profile(shard, id);
  if (profile === undefined) return { is: "missing" };
  if (profile === null) return { is: "new", id };
  const into = profile.sealedInto;
  if (into === undefined) return { is: "found", profile };
  if (shard.peers.isAbsorbing(id)) return { is: "absorbing", profile: id, into };
  return { is: "moved", shard: shardOfProfile(into, shards), profile: into, identifier: routing, reason: "merged" };
}

/**
 * The identifier by which an event finds its home: the first, and after a switch the first that is not anonymous.
 * Without proof it is the device's, whoever was seen with it; undefined when that names nobody but known people.
 */
export function routingIdentifier(event: Event, route: number): Identifier | undefined {
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
