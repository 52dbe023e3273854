/** A profile as rules see it at an instant: its segments evaluated then, and nothing recorded of it. */
import type { Instant } from "../model/ids.ts";
import type { Plan, ProfileView } from "../model/plan.ts";
import type { Profile } from "./profile.ts";

/** @param plan the profile's own */
export function viewAsOf(profile: Profile, plan: Plan, at: Instant): ProfileView {
  /** What is found of segments just then. */
  const flipped = new Map<number, boolean>();
  const view: ProfileView = {
    id: profile.id,
    identifierValues: () => profile.identifierValues(),
    attribute: (index) => profile.attribute(index),
    aggregate: (index, instant) => profile.aggregate(index, instant),
    completions: (index, after, upTo) => profile.completions(index, after, upTo),
    completionsBy: (index, event, span) => profile.completionsBy(index, event, span),
    nextCompletion: (index, instant) => profile.nextCompletion(index, instant),
    aggregateText: (index, instant) => profile.aggregateText(index, instant),
    recentTexts: (index, instant, most) => profile.recentTexts(index, instant, most),
    aggregateValidUntil: (index, instant) => profile.aggregateValidUntil(index, instant),
    transitionAt: (index, entered) => (flipped.get(index) === entered ? at : profile.transitionAt(index, entered)),
    inSegment: (index) => flipped.get(index) ?? profile.inSegment(index),
  };
  plan.evaluate(view, { kind: "everything" }, at, (segment, entered) => flipped.set(segment, entered));
  return view;
}
