/**
 * Reads in a shard's turn: what is decided for a person now, who they are, and watching them. Pure functions of state and
 * instant: nothing is recorded, and nobody is created by being asked for; but that somebody begins to watch is a page that
 * opens, and messages that have waited for one are shown.
 */
import { lacksNothing } from "../model/lacking.ts";
import type { Plan, ProfileView } from "../model/plan.ts";
import { encodeProfile, rebase, summarise } from "../profile/port.ts";
import { locate } from "./locate.ts";
import type { SegmentsRead, ToShard } from "./port.ts";
import { decisionsFor } from "./showing.ts";
import { lookAtMessages } from "./delivering.ts";
import type { Queued, Turn } from "./turn.ts";
import { viewAt } from "./view-at.ts";

export function processRead(
  turn: Turn,
  queued: Queued,
  message: Extract<ToShard, { kind: "read" | "watch" }>,
): "done" | "missing" {
  const { shard } = turn;
  const aim = { routing: message.identifier, route: 0, hint: message.profile, isSure: true };
  const place = locate(shard, turn.residents, aim);
  if (place.is === "missing") return "missing";
  if (place.is === "moved") return turn.answer(queued, { ...place, route: 0 });
  if (place.is === "absorbing") return turn.park(queued, place.profile);
  const profile = place.is === "found" ? place.profile : undefined;
  if (profile !== undefined && profile.plan !== shard.plan) rebase(profile, shard.plan);
  // Nobody known is shown what anybody unknown is shown.
  const seen = viewAt(shard, profile ?? shard.nobody(), turn.instant);
  if (message.kind === "watch") {
    if (profile !== undefined) {
      const known = decisionsFor(shard, profile, turn.instant);
      shard.watches.add(profile.id, queued.link, message.watch, known);
      // A page is open: what has waited for that is shown, and pushed to it.
      lookAtMessages(turn, profile);
    }
    return turn.answer(queued, { is: "watching", profile: profile?.id }, true);
  }
  // Contents only, for who asks for flags.
  const decisions =
    message.want === "segments" || profile === undefined
      ? shard.plan.decide(seen, turn.instant)
      : decisionsFor(shard, profile, turn.instant);
  if (profile !== undefined) shard.watches.read(profile.id);
  const view =
    message.want === "profile" && profile !== undefined
      ? {
          ...summarise(profile),
          segments: shard.plan.segments.filter((_, index) => seen.inSegment(index)),
          epoch: shard.epoch,
        }
      : undefined;
  const { digest } = shard.plan;
  const read = { is: "read", profile: profile?.id, decisions, view, plan: digest } as const;
  if (message.want === "segments")
    return turn.answer(queued, { ...read, segments: segmentsRead(shard.plan, seen) }, true);
  if (message.want === "strips") {
    const strips = shard.plan.strips?.({ view: seen, at: turn.instant }) ?? {};
    return turn.answer(queued, { ...read, strips }, true);
  }
  if (message.want !== "row" || profile === undefined) return turn.answer(queued, read, true);
  const row = Buffer.from(encodeProfile(profile)).toString("base64");
  const { lacking } = shard;
  return turn.answer(queued, { ...read, row, ...(!lacksNothing(lacking) && { lacking }) }, true);
}

function segmentsRead({ segments, warming = [] }: Plan, seen: ProfileView): SegmentsRead {
  return { inside: Object.fromEntries(segments.map((name, index) => [name, seen.inSegment(index)])), warming };
}
