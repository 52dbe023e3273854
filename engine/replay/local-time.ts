/**
 * Instants from the text of a cell. A local time is of the zone that the mapping names, by the rules of model/local-time.ts:
 * one that was skipped is the first instant after the gap, one that came twice is the first of the two. Pure.
 */
import type { Instant } from "../model/ids.ts";
import { HOUR_MS } from "../model/local-time.ts";
import { brandZone } from "../model/local-zones.ts";
import type { TimeForm } from "../model/source-mapping.ts";

/** undefined: the text is no time of that form. */
export type ParseTime = (text: string) => Instant | undefined;

export function createTimeParser(written: TimeForm, zone: string | undefined): ParseTime {
  const here = brandZone(zone);
  const toInstant = (local: number): Instant => here.instantOf(local);
  switch (written.is) {
    case "iso":
      return (text) => parseIso(text, toInstant);
    case "unix":
      return (text) => (/^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Math.floor(Number(text) * written.unitMs) : undefined);
    case "pattern": {
      const parse = createPatternParser(written.pattern);
      return (text) => {
        const local = parse(text);
        return local === undefined ? undefined : toInstant(local);
      };
    }
  }
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** A date alone is its midnight; without a zone of its own it is local. */
function parseIso(text: string, toInstant: (local: number) => Instant): Instant | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, date = "", time = "00:00", ownZone] = match;
  const clock = time.replace(",", ".").replace(/(\.\d{3})\d+$/, "$1");
  const local = Date.parse(`${date}T${clock}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== date) return undefined;
  if (ownZone === undefined) return toInstant(local);
  return local - offsetOf(ownZone);
}

/** ms east of Greenwich of `Z`, `+01:00` or `+0100`. */
function offsetOf(zone: string): number {
  if (zone.length === 1) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith("-") ? -1 : 1) * (hours * HOUR_MS + minutes * 60_000);
}

const PARTS = ["YYYY", "MM", "DD", "hh", "mm", "ss"] as const;

/** @returns local time as ms since 1970 of a clock without a zone */
function createPatternParser(pattern: string): (text: string) => number | undefined {
  const starts = PARTS.map((part) => pattern.indexOf(part));
  const lengths = PARTS.map((part) => part.length);
  const signs = [...pattern]
    .map((sign, at) => ({ sign: sign.charCodeAt(0), at }))
    .filter(({ at }) => !starts.some((start, part) => start >= 0 && at >= start && at < start + (lengths[part] ?? 0)));
  return (text) => {
    if (text.length !== pattern.length) return undefined;
    for (const { sign, at } of signs) if (text.charCodeAt(at) !== sign) return undefined;
    const [year, month, day, hour, minute, second] = starts.map((start, part) =>
      start < 0 ? 0 : digitsAt(text, start, lengths[part] ?? 0),
    ) as [number, number, number, number, number, number];
    if (Math.min(year, month, day, hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 59)
      return undefined;
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    const date = new Date(local);
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1000 ? local : undefined;
  };
}

/** -1 when one of them is no digit. */
function digitsAt(text: string, start: number, length: number): number {
  let value = 0;
  for (let i = start; i < start + length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
