/**
 * A person's values as a message may show them. What somebody has typed into a form as their name is not to break a subject
 * line, to turn a sentence round, or to send others to a site of theirs in the brand's name: signs that nobody sees go, what
 * runs from right to left keeps to itself, and what is no name at all is refused, with the field named.
 */
import { shownValueCharsMax } from "../../model/message-limits.ts";
import type { FieldValue } from "../../model/plan.ts";

/** Line breaks and tabs become spaces; all other controls go. */
// oxlint-disable-next-line no-control-regex
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
/** Marks, embeddings, overrides and isolates of direction; spaces without width; what is no character. */
const UNSEEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\u00ad\u180e]/g;
/** Joiners belong between two signs, in Persian words and in emoji. */
const LOOSE_JOINERS = /(?<![\p{L}\p{M}\p{Emoji}\ufe0f])[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{M}\p{Emoji}])/gu;
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const ADDRESS = /:\/\/|\bwww\./i;

export type Refused = { readonly field: string; readonly because: "too long" | "holds an address" };

/** The text without what nobody sees, at most one space in a row; empty where nothing is left. */
export function cleanText(text: string): string {
  const seen = text
    .replace(BREAKS, " ")
    .replace(CONTROLS, "")
    .replace(UNSEEN, "")
    .replace(LONE_SURROGATES, "")
    .replace(LOOSE_JOINERS, "")
    .replace(/ {2,}/g, " ")
    .trim();
  // First strong isolate, pop directional isolate: the sentence around it keeps its own direction.
  return RIGHT_TO_LEFT.test(seen) ? `\u2068${seen}\u2069` : seen;
}

/** Values without those that are empty once they are clean; or the one that may not be shown. */
export function cleanValues(
  values: Readonly<Record<string, FieldValue>>,
): { readonly values: Record<string, FieldValue> } | Refused {
  const cleaned: Record<string, FieldValue> = Object.create(null) as Record<string, FieldValue>;
  for (const field in values) {
    const value = values[field];
    if (value === undefined) continue;
    if (typeof value === "number" || typeof value === "boolean") {
      cleaned[field] = value;
      continue;
    }
    const texts = typeof value === "string" ? [value] : value;
    for (const text of texts) {
      if (text.length > shownValueCharsMax) return { field, because: "too long" };
      if (ADDRESS.test(text)) return { field, because: "holds an address" };
    }
    if (typeof value === "string") {
      // Nearly all are clean already.
      const text = PLAIN.test(value) ? value : cleanText(value);
      if (text !== "") cleaned[field] = text;
    } else cleaned[field] = value.map(cleanText).filter((text) => text !== "");
  }
  return { values: cleaned };
}

const PLAIN = /^[\p{Script=Latin}\p{N}.,'’()&+-]+(?: [\p{Script=Latin}\p{N}.,'’()&+-]+)*$/u;
