/**
 * Reads in a shard's turn: what is decided for a person now, who they are, and watching them. Pure functions of state and
 * instant: nothing is recorded, and nobody is created by being asked for.
 */
import type { Instant } from "../model/ids.ts";
import { lacksNothing } from "../model/lacking.ts";
import type { Plan, ProfileView } from "../model/plan.ts";
import { type Profile, encodeProfile, rebase, summarise, viewAsOf } from "../profile/port.ts";
import { locate } from "./locate.ts";
import type { SegmentsRead, ToShard } from "./port.ts";
import type { Shard } from "./shard.ts";
import type { Queued, Turn } from "./turn.ts";

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
  const decisions = shard.plan.decide(seen, turn.instant);
  if (message.kind === "watch") {
    if (profile !== undefined) shard.watches.add(profile.id, queued.link, message.watch, decisions);
    return turn.answer(queued, { is: "watching", profile: profile?.id }, true);
  }
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

/**
 * The profile as rules see it at this very instant: what is recorded of its segments, unless time has passed a window since
 * (its wake-up has not been worked off yet) or a new plan has not come by; then they are evaluated, and nothing is recorded.
 */
export function viewAt(shard: Shard, profile: Profile, at: Instant): ProfileView {
  if (profile.wakeUp > at && shard.hasMet(profile)) return profile;
  return viewAsOf(profile, shard.plan, at);
}
