/**
 * A trait as it came to the value of a declared field, or nothing when it is no such value: a number written as text is
 * a number, a postcode sent as a number is a text, an object is neither. Nothing is guessed: dates are ISO 8601 and
 * without a zone UTC, amounts are plain decimals.
 */
import { attributeCharsMax, attributeListMax, summableMax } from "../limits.ts";
import type { Json } from "../model/event.ts";
import type { FieldType, FieldValue } from "../model/plan.ts";

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** Milliseconds a Date can hold (ECMAScript 21.4.1.1). */
const dateMsMax = 8.64e15;

/** The value of a trait for a field of that type; undefined when it is none and is to be ignored. */
export function coerceAttribute(type: FieldType, raw: Json): FieldValue | undefined {
  switch (type) {
    case "text":
      return coerceText(raw);
    case "number":
      return coerceNumber(raw);
    case "money": {
      const amount = coerceNumber(raw);
      if (amount === undefined || Math.abs(amount) > summableMax) return undefined;
      return Math.round(amount * 10_000) + 0;
    }
    case "boolean":
      return coerceBoolean(raw);
    case "instant":
      return coerceInstant(raw);
    case "list":
      return coerceList(raw);
  }
}

function coerceText(raw: Json): string | undefined {
  if (typeof raw === "string") return cut(raw);
  if (typeof raw === "number" || typeof raw === "boolean") return String(raw);
  return undefined;
}

/** Longer texts are cut, never in the middle of a character. */
function cut(text: string): string {
  if (text.length <= attributeCharsMax) return text;
  const last = text.charCodeAt(attributeCharsMax - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? attributeCharsMax - 1 : attributeCharsMax);
}

function coerceNumber(raw: Json): number | undefined {
  // Adding 0 makes -0 the 0 that it is equal to, so that two folds never differ by it.
  if (typeof raw === "number") return raw + 0;
  if (typeof raw !== "string") return undefined;
  const text = raw.trim();
  if (text.length > 64 || !DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : undefined;
}

function coerceBoolean(raw: Json): boolean | undefined {
  if (typeof raw === "boolean") return raw;
  return raw === "true" ? true : raw === "false" ? false : undefined;
}

function coerceInstant(raw: Json): number | undefined {
  if (typeof raw === "number") return Number.isInteger(raw) && Math.abs(raw) <= dateMsMax ? raw + 0 : undefined;
  if (typeof raw !== "string") return undefined;
  const text = raw.trim();
  if (ISO_DATE.test(text)) return parseDate(text);
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  return parseDate(match[1] === undefined ? `${text.replace(" ", "T")}Z` : text.replace(" ", "T"));
}

function parseDate(text: string): number | undefined {
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

/** One text is a list of one; a list with anything but texts and numbers in it is none. */
function coerceList(raw: Json): readonly string[] | undefined {
  if (typeof raw === "string") return [cut(raw)];
  if (!Array.isArray(raw)) return undefined;
  const texts: string[] = [];
  for (const each of raw as readonly Json[]) {
    const text = typeof each === "boolean" ? undefined : coerceText(each);
    if (text === undefined) return undefined;
    if (texts.length < attributeListMax) texts.push(text);
  }
  return texts;
}
