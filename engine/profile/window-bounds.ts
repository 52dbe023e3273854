/** What a window counts of a stream's contributions at an instant, as keys; for windows of local time by whose clock. */
import type { Instant } from "../model/ids.ts";
import type { ProfileView } from "../model/plan.ts";
import { utc, type Zone } from "../model/local-time.ts";
import {
  type LocalClock,
  type LocalWindow,
  type Window,
  windowEnd,
  windowStart,
  windowTurns,
} from "../model/window.ts";
import { clampInstant, firstKeyAt } from "./contribution.ts";
import { type PlanLayout, REDUCE_DAYS } from "./plan-layout.ts";

/** The contributions with fromKey <= key < toKey. */
export interface Bounds {
  fromKey: number;
  toKey: number;
  /** Tells windows apart whose sums are kept: the length of a rolling one, and below 0 for the others. */
  window: number;
  /** In which days are counted; set for those who count them. */
  zone: Zone;
}

export function createBounds(): Bounds {
  return { fromKey: 0, toKey: 0, window: 0, zone: utc };
}

/** By whom local time is told: a profile. */
export type Local = Pick<ProfileView, "attribute">;

/** Fills `bounds`. @param at with the profile's clock no more than a day later */
export function setBounds(bounds: Bounds, layout: PlanLayout, aggregate: number, at: Instant, whose: Local): void {
  const windowMs = layout.windowMsOf[aggregate] as number;
  if (layout.reduceOf[aggregate] === REDUCE_DAYS) bounds.zone = zoneIn(layout, layout.windowOf[aggregate], whose);
  if (windowMs === windowMs) {
    bounds.toKey = keyAfter(at);
    bounds.fromKey = keyAfter(at - windowMs);
    bounds.window = windowMs;
    return;
  }
  const window = layout.windowOf[aggregate] as LocalWindow;
  const clock = clockOf(layout, window, whose);
  bounds.toKey = firstKeyAt(clampInstant(windowEnd(window, at, clock)));
  bounds.fromKey = Math.min(bounds.toKey, firstKeyAt(clampInstant(windowStart(window, at, clock))));
  bounds.window = -1 - aggregate;
}

/** The least key of what happens after an instant; 0 for an instant before all of them. */
export function keyAfter(at: Instant): number {
  return at < 0 ? 0 : firstKeyAt(Math.floor(at) + 1);
}

/** When a window of local time begins anew. */
export function turnOf(layout: PlanLayout, aggregate: number, at: Instant, whose: Local): Instant {
  const window = layout.windowOf[aggregate] as LocalWindow;
  return windowTurns(window, at, clockOf(layout, window, whose));
}

function clockOf(layout: PlanLayout, window: LocalWindow, whose: Local): LocalClock {
  return { zone: zoneIn(layout, window, whose), weekBegins: layout.plan.zone.weekBegins };
}

function zoneIn({ zones }: PlanLayout, window: Window | undefined, whose: Local): Zone {
  return window !== undefined && "clock" in window && window.clock === "brand" ? zones.brand : zones.of(whose);
}
