/** A time as it stands after an option: a day of UTC (2026-01-31) or a time with its zone (2026-01-31T10:00Z). Pure. */
import type { Instant } from "../model/ids.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/;

export interface WrittenTime {
  /** Of a day, its beginning. */
  readonly at: Instant;
  readonly isDay: boolean;
}

/** @returns undefined for what is neither, or does not exist: Date.parse takes 30 February for 2 March */
export function parseWrittenTime(text: string): WrittenTime | undefined {
  if (!DAY.test(text) && !TIME.test(text)) return undefined;
  const day = text.slice(0, 10);
  const [at, midnight] = [Date.parse(text), Date.parse(day)];
  if (Number.isNaN(at) || Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day)
    return undefined;
  return { at, isDay: DAY.test(text) };
}
