/**
 * Local time: what clocks show at an instant in a zone, and the instant at which they show something. Zones are known by
 * their IANA names and their rules are Node's own (ICU); what ICU says is kept as stretches of one offset, so that a hot
 * read is a comparison and an addition. Pure: the same name and instant give the same answer, whatever is kept.
 *
 * A local time that was skipped, when clocks went forward, is the first instant after the gap; one that came twice is the
 * first of the two. A local time is written as `local`: the ms since 1970 of a clock that knows no zone.
 */
import type { Instant } from "./ids.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface Zone {
  /** As ICU spells it: `Europe/Paris`. */
  readonly name: string;
  /** ms east of Greenwich; NaN for what is no instant. */
  offsetAt(instant: Instant): number;
  /** The instant at which clocks first show `local`; NaN for what is none. */
  instantOf(local: number): Instant;
  /** The first instant after `after` at which clocks show `local` or later; `after` must show less. */
  reaches(local: number, after: Instant): Instant;
  /** The end of the stretch around `instant` in which the offset stays the same. May be early, and is never late. */
  steadyUntil(instant: Instant): Instant;
}

/** Instants beyond are of no calendar (ECMAScript's own bound). */
const INSTANT_MAX = 8.64e15;
/** ICU is asked day by day over such a piece, 99 days, at once: half a millisecond. */
const PIECE_MS = 2 ** 33;
/** Pieces remembered a zone: 250 years; beyond it all are forgotten, and asked for again. */
const PIECES_MAX = 1_000;
/** Clocks are nowhere further from Greenwich, and never were. */
const OFFSET_MS_MAX = 24 * HOUR_MS;

/** Within a piece: where each stretch begins, and its offset. */
interface Piece {
  readonly starts: readonly Instant[];
  readonly offsets: readonly number[];
}

class IcuZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #pieces = new Map<number, Piece>();
  /** The stretch last looked at: [start, end). */
  #start = Number.NaN;
  #end = Number.NaN;
  #offset = Number.NaN;

  constructor(format: Intl.DateTimeFormat) {
    this.name = format.resolvedOptions().timeZone;
    this.#format = format;
  }

  offsetAt(instant: Instant): number {
    if (!(instant >= this.#start && instant < this.#end)) {
      if (!(Math.abs(instant) < INSTANT_MAX)) return Number.NaN;
      this.#look(instant);
    }
    return this.#offset;
  }

  steadyUntil(instant: Instant): Instant {
    return Number.isNaN(this.offsetAt(instant)) ? Number.POSITIVE_INFINITY : this.#end;
  }

  instantOf(local: number): Instant {
    return this.reaches(local, local - 2 * OFFSET_MS_MAX);
  }

  reaches(local: number, after: Instant): Instant {
    let at = after;
    let begins = after + 1;
    for (;;) {
      const offset = this.offsetAt(at);
      if (Number.isNaN(offset)) return Number.NaN;
      const shown = local - offset;
      // Before this stretch began, and not shown in those before it: the gap has swallowed it.
      if (shown < begins) return begins;
      const end = this.#end;
      if (shown < end) return shown;
      // Stretches far from the wanted time cannot show it; leap over them.
      at = Math.max(end, Math.floor(local - 2 * OFFSET_MS_MAX));
      begins = at === end ? end : at + 1;
    }
  }

  #look(instant: Instant): void {
    const index = Math.floor(instant / PIECE_MS);
    const { starts, offsets } = this.#piece(index);
    let at = starts.length - 1;
    while (at > 0 && (starts[at] as number) > instant) at--;
    this.#start = starts[at] as number;
    this.#end = starts[at + 1] ?? (index + 1) * PIECE_MS;
    this.#offset = offsets[at] as number;
  }

  #piece(index: number): Piece {
    const known = this.#pieces.get(index);
    if (known !== undefined) return known;
    if (this.#pieces.size >= PIECES_MAX) this.#pieces.clear();
    const piece = this.#ask(index * PIECE_MS);
    this.#pieces.set(index, piece);
    return piece;
  }

  #ask(start: Instant): Piece {
    const starts = [start];
    const offsets = [this.#icuOffset(start)];
    const end = start + PIECE_MS;
    for (let day = start; day < end; day += DAY_MS) {
      const before = offsets.at(-1) as number;
      const last = Math.min(day + DAY_MS, end - 1);
      const offset = this.#icuOffset(last);
      if (offset === before) continue;
      starts.push(this.#change(day, last, before));
      offsets.push(offset);
    }
    return { starts, offsets };
  }

  /** The first instant of (low, high] whose offset is not `before`; halving, as none changes twice a day. */
  #change(low: Instant, high: Instant, before: number): Instant {
    let [same, other] = [low, high];
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.#icuOffset(middle) === before) same = middle;
      else other = middle;
    }
    return other;
  }

  /** `1/1/1970, GMT+01:00` */
  #icuOffset(instant: Instant): number {
    const within = Math.min(Math.max(instant, -INSTANT_MAX), INSTANT_MAX);
    const [, sign, hours = "0", minutes = "0", seconds = "0"] =
      /GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(this.#format.format(within)) ?? [];
    const ms = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1_000;
    return sign === "-" ? -ms : ms;
  }
}

/** No clock changes there. */
const UTC: Zone = {
  name: "UTC",
  offsetAt: (instant) => (Math.abs(instant) < INSTANT_MAX ? 0 : Number.NaN),
  instantOf: (local) => (Math.abs(local) < INSTANT_MAX ? local : Number.NaN),
  reaches: (local) => (Math.abs(local) < INSTANT_MAX ? local : Number.NaN),
  steadyUntil: () => Number.POSITIVE_INFINITY,
};

/** Names looked up and remembered, wrong ones too; customers' fields may hold anything, so they are bounded. */
const NAMES_MAX = 4_096;
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const byName = new Map<string, Zone | undefined>();
const byCanonicalName = new Map<string, Zone>();

/** undefined: no zone of that name. */
export function zoneOf(name: string): Zone | undefined {
  const known = byName.get(name);
  if (known !== undefined || byName.has(name)) return known;
  if (byName.size >= NAMES_MAX) byName.clear();
  const zone = findZone(name);
  byName.set(name, zone);
  return zone;
}

export const utc: Zone = UTC;

function findZone(name: string): Zone | undefined {
  if (!NAME.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    // ICU tells an unknown name by a RangeError, and has no way to ask.
    return undefined;
  }
  const { timeZone } = format.resolvedOptions();
  if (timeZone === "UTC") return UTC;
  const same = byCanonicalName.get(timeZone);
  if (same !== undefined) return same;
  const zone = new IcuZone(format);
  byCanonicalName.set(timeZone, zone);
  return zone;
}

/** What clocks of the zone show. */
export function localOf(zone: Zone, instant: Instant): number {
  return instant + zone.offsetAt(instant);
}

/** Days since 1970 of a local time. */
export function dayOf(local: number): number {
  return Math.floor(local / DAY_MS);
}

/** ms since midnight of a local time. */
export function timeOfDay(local: number): number {
  return local - dayOf(local) * DAY_MS;
}

/** The first instant of a local day, counted from 1970. */
export function startOfDay(zone: Zone, day: number): Instant {
  return zone.instantOf(day * DAY_MS);
}

/** From 0, Monday, to 6, Sunday. 1970 began on a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The day on which the week of `day` began. @param begins a weekday, 0 for Monday */
export function weekOf(day: number, begins: number): number {
  return day - ((weekdayOf(day) - begins + 7) % 7);
}

export interface CalendarDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}

/** Of days since 1970. */
export function dateOfDay(day: number): CalendarDate {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Days since 1970; a day that the month has not, 29 February, is its last. Months beyond 12 are of years to come. */
export function dayOfDate(year: number, month: number, day: number): number {
  const first = Date.UTC(2000, month - 1, 1);
  const years = new Date(first).getUTCFullYear() - 2000;
  const within = new Date(first).getUTCMonth();
  const length = new Date(utcOf(year + years, within + 1, 0)).getUTCDate();
  return utcOf(year + years, within, Math.min(day, length)) / DAY_MS;
}

/** Date.UTC takes the years 0 to 99 for 1900 to 1999. */
function utcOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** The day on which the month of `day` began. */
export function monthOf(day: number): number {
  return day - dateOfDay(day).day + 1;
}

/** The day on which the year of `day` began. */
export function yearOf(day: number): number {
  return dayOfDate(dateOfDay(day).year, 1, 1);
}

/**
 * The earliest instant after `at` at which the local day may be `day` or later, for `day` after that of `at`; or at which a
 * clock that is put back over midnight leaves the day of `at` again.
 */
export function nextDay(zone: Zone, at: Instant, day: number): Instant {
  const reached = zone.reaches(day * DAY_MS, at);
  const end = zone.steadyUntil(at);
  const today = dayOf(localOf(zone, at));
  const leaves = end < reached && dayOf(localOf(zone, end)) < today;
  return leaves ? end : reached;
}
