/** When quiet hours that cover an instant end, by the clocks of a zone. Pure. */
import type { Instant } from "../model/ids.ts";
import { DAY_MS, dayOf, localOf, timeOfDay, type Zone } from "../model/local-time.ts";
import type { QuietHours } from "../model/sending.ts";

/**
 * The first instant after `at` that is not quiet; undefined where `at` is not. Hours end when clocks first show their end, so
 * one that is skipped in spring ends with the gap, and one that comes twice in autumn ends the first time.
 */
export function quietUntil(
  { fromMs, untilMs }: Pick<QuietHours, "fromMs" | "untilMs">,
  zone: Zone,
  at: Instant,
): Instant | undefined {
  const local = localOf(zone, at);
  const time = timeOfDay(local);
  const isOverMidnight = fromMs > untilMs;
  const isQuiet = isOverMidnight ? time >= fromMs || time < untilMs : time >= fromMs && time < untilMs;
  if (!isQuiet) return undefined;
  const endsTomorrow = isOverMidnight && time >= fromMs;
  return zone.reaches((dayOf(local) + (endsTomorrow ? 1 : 0)) * DAY_MS + untilMs, at);
}
