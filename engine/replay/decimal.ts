/**
 * Amounts and quantities from the text of a cell, exactly: integers of 1/10,000, as the engine keeps money. Nothing is
 * rounded that the mapping does not say to round. Pure.
 */
import { moneyDecimalsMax } from "../model/source-mapping.ts";

/** An amount or a quantity x 10^4, an integer below 2^53. */
export type Scaled = number;

const SCALE = 10 ** moneyDecimalsMax;
/** 10^9 units: what the receipts' interface takes. */
const scaledMax = 1e9 * SCALE;

/**
 * @param text such as `2.55`, `-1`, `+12,50`; a point or a comma as `mark` says; no thousands' separators
 * @param roundTo decimals to keep, half away from zero; then any form of number that computers write is taken
 * @returns undefined when it is no number, has more than four decimals, or is beyond 10^9
 */
export function parseDecimal(text: string, mark: "." | ",", roundTo: number | undefined): Scaled | undefined {
  let at = 0;
  const { length } = text;
  const sign = text.charCodeAt(0);
  if (sign === 45 || sign === 43) at = 1;
  const first = at;
  let value = 0;
  let decimals = -1;
  const markCode = mark === "." ? 46 : 44;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === markCode && decimals < 0) {
      decimals = 0;
      continue;
    }
    const digit = code - 48;
    if (digit < 0 || digit > 9) return roundTo === undefined ? undefined : parseRounded(text, mark, roundTo);
    if (decimals >= 0 && ++decimals > moneyDecimalsMax) {
      if (roundTo !== undefined) return parseRounded(text, mark, roundTo);
      // Zeros behind say nothing.
      if (digit === 0) continue;
      return undefined;
    }
    value = value * 10 + digit;
    if (value > scaledMax) return undefined;
  }
  if (at === first || (decimals >= 0 && length - first === 1)) return undefined;
  for (let i = Math.max(0, Math.min(decimals, moneyDecimalsMax)); i < moneyDecimalsMax; i++) value *= 10;
  if (value > scaledMax) return undefined;
  if (roundTo !== undefined) value = roundAt(value, roundTo);
  return sign === 45 && value !== 0 ? -value : value;
}

const ANY_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

function parseRounded(text: string, mark: "." | ",", roundTo: number): Scaled | undefined {
  const plain = mark === "," ? text.replace(",", ".") : text;
  if (!ANY_NUMBER.test(plain)) return undefined;
  const value = Number(plain);
  if (!(Math.abs(value) <= 1e9)) return undefined;
  // Beyond four decimals: what is left out is below half of what is kept, unless it stands at the middle itself.
  const rounded = roundAt(Math.round(Math.abs(value) * SCALE), roundTo);
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

/** @param value not negative */
function roundAt(value: Scaled, decimals: number): Scaled {
  const unit = 10 ** (moneyDecimalsMax - decimals);
  return unit === 1 ? value : Math.floor((value + unit / 2) / unit) * unit;
}

/** Quantity x price, rounded half away from zero to four decimals; exact in between. Undefined beyond 10^9. */
export function multiply(quantity: Scaled, price: Scaled): Scaled | undefined {
  const product = quantity * price;
  const scaled = Number.isSafeInteger(product) ? product / SCALE : Number(roundQuotient(quantity, price));
  const rounded = scaled < 0 ? -Math.floor(-scaled + 0.5) : Math.floor(scaled + 0.5);
  return Math.abs(rounded) > scaledMax ? undefined : rounded + 0;
}

function roundQuotient(quantity: Scaled, price: Scaled): bigint {
  const product = BigInt(quantity) * BigInt(price);
  const half = BigInt(SCALE / 2);
  return (product < 0n ? product - half : product + half) / BigInt(SCALE);
}

/** total / quantity, rounded half away from zero to four decimals; the total itself where the quantity is 0. */
export function divide(total: Scaled, quantity: Scaled): Scaled {
  if (quantity === 0) return total;
  const product = BigInt(total) * BigInt(SCALE) * 2n;
  const divisor = BigInt(quantity);
  const size = (product < 0n ? -product : product) / (divisor < 0n ? -divisor : divisor);
  const rounded = Number((size + 1n) / 2n);
  return total < 0 !== quantity < 0 && rounded !== 0 ? -rounded : rounded;
}

/** The shortest decimal text: 25500 is `2.55`. */
export function formatDecimal(value: Scaled): string {
  if (value % SCALE === 0) return String(value / SCALE);
  const size = Math.abs(value);
  const decimals = String(size % SCALE).padStart(moneyDecimalsMax, "0");
  const end = decimals.endsWith("00") ? 2 : decimals.endsWith("0") ? 3 : 4;
  const shown = decimals.slice(0, end);
  return `${value < 0 ? "-" : ""}${Math.floor(size / SCALE)}.${shown.endsWith("0") ? shown.slice(0, -1) : shown}`;
}
