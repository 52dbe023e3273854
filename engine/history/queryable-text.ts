/**
 * Text as the databases can query it. A record's own bytes keep everything; the columns beside them exist to be asked, and
 * one NUL or half of a surrogate pair in one row would fail every query over the whole table (PostgreSQL stores no NUL,
 * DuckDB and PostgreSQL refuse to unescape a lone surrogate). Such characters become U+FFFD. Pure.
 */
import { isWellFormed } from "../model/byte-buffer.ts";

/** A whole pair, a NUL, a lone half, or any other escape (so that an escaped backslash is not taken for a start). */
const ESCAPE =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u0000|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\./g;

/** @param json valid JSON text, as JSON.stringify writes it: control characters and lone surrogates are escaped */
export function queryableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(ESCAPE, (escape) => (escape === "\\u0000" || isLoneHalf(escape) ? "\\ufffd" : escape));
}

/** Lone surrogates become what UTF-8 encoders write for them, so that texts that are kept as one are one here. */
export function queryableText(text: string): string {
  const kept = isWellFormed(text) ? text : Buffer.from(text).toString();
  return kept.includes("\0") ? kept.replaceAll("\0", "\ufffd") : kept;
}

function isLoneHalf(escape: string): boolean {
  return escape.length === 6 && /^\\u[dD][89a-fA-F]/.test(escape);
}
