/**
 * Durations as rules write them. Windows are exact to the millisecond, so every unit has one length: a month is 30 days
 * and a year 365. (Calendar windows, `this month`, are another thing.)
 */
import { nearestName } from "../../model/nearest-name.ts";
import { DAY_MS } from "../../model/local-time.ts";

export const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  year: 365 * DAY_MS,
};

const UNITS = Object.keys(UNIT_MS);

/** Milliseconds of a unit in singular or plural; undefined when there is no such unit. */
export function unitMs(word: string): number | undefined {
  return UNIT_MS[word] ?? (word.endsWith("s") ? UNIT_MS[word.slice(0, -1)] : undefined);
}

/** What to write instead of an unknown unit. */
export function suggestUnit(word: string): string {
  const short = UNITS.find((unit) => word.length === 1 && unit.startsWith(word.toLowerCase()));
  const near = short ?? nearestName(word.replace(/s$/, ""), UNITS);
  return near === undefined ? `units: ${UNITS.map((unit) => `\`${unit}s\``).join(", ")}` : `did you mean \`${near}s\`?`;
}

/** The canonical text: the largest of day, hour, minute, second that divides it. */
export function printDuration(ms: number): string {
  for (const unit of ["day", "hour", "minute"] as const) {
    const unitLength = UNIT_MS[unit] ?? 1;
    if (ms % unitLength === 0) return count(ms / unitLength, unit);
  }
  return count(ms / 1_000, "second");
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
