/**
 * When an event happened, from what its sender's clock said. Segment's rule: the sender's clock is off by
 * `receivedAt - sentAt`, so timestamp = receivedAt - (sentAt - timestamp). The future is clamped to arrival; a clock too
 * far off to be corrected is a problem of its own. Source: https://segment.com/docs/connections/spec/common/#timestamps
 */
import { clockFarOffMsMax } from "../limits.ts";
import type { Instant } from "../model/ids.ts";
import type { Problem } from "../shard/port.ts";
import { DAY_MS } from "../model/local-time.ts";

/** Date and time to the minute at least, and a zone: what RFC 3339 and ISO 8601 share, and JSON clients write. */
const ISO_INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/;

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** @returns undefined when it is no instant: a date alone, a local time without a zone, 30 February */
export function parseInstant(text: string): Instant | undefined {
  const plain = parsePlainInstant(text);
  return plain === undefined ? parseAnyInstant(text) : plain;
}

export function parseAnyInstant(text: string): Instant | undefined {
  const match = ISO_INSTANT.exec(text);
  if (match === null || !isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return undefined;
  const instant = Date.parse(
    text
      .replace(" ", "T")
      .replace(",", ".")
      .toUpperCase()
      .replace(/([+-]\d{2})(\d{2})$/, "$1:$2"),
  );
  return Number.isNaN(instant) ? undefined : instant;
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_OF_MONTH[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/**
 * Exactly `YYYY-MM-DDTHH:MM:SS.mmmZ`, as Date.prototype.toISOString writes it: a tenth of Date.parse's cost. Undefined for
 * every other form, valid or not.
 */
function parsePlainInstant(text: string): Instant | undefined {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 || text.charCodeAt(10) !== 84) return undefined;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(19) !== 46) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const century = twoDigits(text, 0);
  const yearOfCentury = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const hundredths = twoDigits(text, 20);
  const last = text.charCodeAt(22) - 48;
  // One part that is no digit makes all of it negative.
  if ((century | yearOfCentury | month | day | hour | minute | second | hundredths | last) < 0 || last > 9)
    return undefined;
  const year = century * 100 + yearOfCentury;
  if (year === 0 || hour > 23 || minute > 59 || second > 59 || !isDay(year, month, day)) return undefined;
  const ofDay = (hour * 60 + minute) * 60 + second;
  return daysFromCivil(year, month, day) * DAY_MS + ofDay * 1_000 + hundredths * 10 + last;
}

/** -1 when either is no digit. */
function twoDigits(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48;
  const low = text.charCodeAt(at + 1) - 48;
  return high >>> 0 > 9 || low >>> 0 > 9 ? -1 : high * 10 + low;
}

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar, of years from 1 on: Howard Hinnant, chrono-Compatible Low-Level
 * Date Algorithms. In integers, as `| 0` tells the compiler.
 */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = (y / 400) | 0;
  const yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface WireTimes {
  readonly timestamp?: string | null;
  readonly originalTimestamp?: string | null;
  readonly sentAt?: string | null;
}

/** The event's instant, or what is wrong. An event without a timestamp happened when it was sent. */
export function eventInstant(times: WireTimes, receivedAt: Instant): Instant | Problem {
  const sentAt = times.sentAt ?? undefined;
  const said = times.timestamp ?? times.originalTimestamp ?? undefined;
  let skew = 0;
  if (sentAt !== undefined) {
    const sent = parseInstant(sentAt);
    if (sent === undefined) return notAnInstant("/sentAt");
    skew = receivedAt - sent;
    if (skew > clockFarOffMsMax || skew < -clockFarOffMsMax) return clockFarOff("/sentAt");
  }
  if (said === undefined) return receivedAt;
  const field = times.timestamp == null ? "/originalTimestamp" : "/timestamp";
  const claimed = parseInstant(said);
  if (claimed === undefined) return notAnInstant(field);
  const corrected = claimed + skew;
  if (corrected <= receivedAt) return corrected;
  return corrected - receivedAt > clockFarOffMsMax ? clockFarOff(field) : receivedAt;
}

function notAnInstant(field: string): Problem {
  return {
    code: "invalid_field",
    field,
    message: `${field} must be an ISO 8601 date and time with a zone, such as 2026-05-04T10:11:12.123Z.`,
  };
}

function clockFarOff(field: string): Problem {
  const hours = clockFarOffMsMax / 3_600_000;
  return {
    code: "clock_far_off",
    field,
    message: `${field} is more than ${hours} hours away from the time of arrival: the sender's clock must be set right.`,
  };
}
