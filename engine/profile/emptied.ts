/**
 * When nothing is to be left of somebody: a profile that nobody is known by, to whom nothing has happened for so long. It is
 * emptied by a record, as everything that changes a profile. From there on it says nothing, and all that it has is the
 * anonymous id that it began with, unproved, which no other open profile has of that one: so it is known until its row and
 * its cell have gone from the live store (shard.ts).
 */
import { type CellKey, cellKey, type Identifier } from "../model/identifier.ts";
import type { Plan } from "../model/plan.ts";
import { bindIdentifier } from "./apply.ts";
import { createProfile, type HeldIdentifier, type Profile } from "./profile.ts";

type WhoItIs = Pick<Profile, "sealedInto" | "identifiers">;

/** undefined: it is not emptied; else the cell that goes with it. */
export function emptiedCell({ sealedInto, identifiers }: WhoItIs): CellKey | undefined {
  const [only, other] = identifiers;
  if (sealedInto !== undefined || only === undefined || other !== undefined) return undefined;
  return only.kind === "anonymous" && only.state === "unproved" ? cellKey(only) : undefined;
}

export function isEmptied(profile: WhoItIs): boolean {
  return emptiedCell(profile) !== undefined;
}

/**
 * The one anonymous id by which a profile is met of whom nobody knows who they are: that has taken nobody over, and has
 * neither points nor messages that are still to come. What a browser says of itself without proof makes nobody known.
 */
export function anonymousId({ sealedInto, identifiers, absorbed, points, agenda }: Profile): Identifier | undefined {
  const [only, other] = identifiers.filter(({ state }) => state !== "unproved");
  if (only === undefined || other !== undefined || !isOwn(only)) return undefined;
  const holds = sealedInto !== undefined || absorbed.length > 0 || points.entries > 0 || agenda.waiting.length > 0;
  return holds ? undefined : { kind: only.kind, value: only.value };
}

function isOwn({ kind, state }: HeldIdentifier): boolean {
  return kind === "anonymous" && state === "bound";
}

/** What such a profile becomes. */
export function emptiedOf({ id }: Profile, own: Identifier, plan: Plan): Profile {
  const emptied = createProfile(id, plan);
  bindIdentifier(emptied, own, "unproved");
  return emptied;
}
