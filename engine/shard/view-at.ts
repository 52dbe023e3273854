/** A profile as rules see it at an instant, in a shard's turn. */
import type { Instant } from "../model/ids.ts";
import type { ProfileView } from "../model/plan.ts";
import { type Profile, viewAsOf } from "../profile/port.ts";
import type { Shard } from "./shard.ts";

/**
 * The profile as rules see it at this very instant: what is recorded of its segments, unless time has passed a window since
 * (its wake-up has not been worked off yet) or a new plan has not come by; then they are evaluated, and nothing is recorded.
 */
export function viewAt(shard: Shard, profile: Profile, at: Instant): ProfileView {
  if (profile.wakeUp > at && shard.hasMet(profile)) return profile;
  return viewAsOf(profile, shard.plan, at);
}
