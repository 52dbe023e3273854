/**
 * Reads in a shard's turn: what is decided for a person now, who they are, and watching them. Pure functions of state and
 * instant: nothing is recorded, and nobody is created by being asked for.
 */
import { shardOfProfile } from "../model/ids.ts";
import { rebase, summarise } from "../profile/port.ts";
import { locate } from "./locate.ts";
import type { ToShard } from "./port.ts";
import type { Queued, Turn } from "./turn.ts";

export function processRead(
  turn: Turn,
  queued: Queued,
  message: Extract<ToShard, { kind: "read" | "watch" }>,
): "done" | "missing" {
  const { shard } = turn;
  const place = locate(shard, turn.residents, message.identifier, message.profile);
  if (place.is === "missing") return "missing";
  if (place.is === "moved") return turn.answer(queued, { ...place, route: 0 });
  // Whoever is just being merged is asked for where all of them will be.
  if (place.is === "absorbing")
    return turn.answer(queued, {
      is: "moved",
      shard: shardOfProfile(place.into, turn.residents.shards),
      profile: place.into,
      identifier: message.identifier,
      route: 0,
      reason: "merged",
    });
  const profile = place.is === "found" ? place.profile : undefined;
  if (profile !== undefined && profile.plan !== shard.plan) rebase(profile, shard.plan);
  // Nobody known is shown what anybody unknown is shown.
  const decisions = shard.plan.decide(profile ?? shard.nobody(), turn.instant);
  if (message.kind === "watch") {
    if (profile !== undefined) shard.watches.add(profile.id, queued.link, message.watch, decisions);
    return turn.answer(queued, { is: "watching", profile: profile?.id }, true);
  }
  const view =
    message.want === "profile" && profile !== undefined ? { ...summarise(profile), epoch: shard.epoch } : undefined;
  return turn.answer(queued, { is: "read", profile: profile?.id, decisions, view, plan: shard.plan.digest }, true);
}
