/**
 * What a search for a person looks for: the words that were typed, without case and accents, and the digits of a phone
 * number without the zeros that stand for a country. Pure; both adapters' statements take it.
 */
import { peopleWordsMax } from "../limits.ts";

export interface SoughtWord {
  /** The beginning of a word of a name, an e-mail address or a card number. */
  readonly word: string;
  /** A part of a phone number; "" when the word is none. */
  readonly digits: string;
}

const ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ";
const PLAIN = "aaaaaaceeeeiiiinooooouuuuyy";

/** For SQL's `translate`: what `plainText` does here. Signs in an address part it into words. */
export const ACCENTS = { from: ACCENTED, to: PLAIN } as const;

function plainText(text: string): string {
  return [...text.toLowerCase()].map((sign) => PLAIN[ACCENTED.indexOf(sign)] ?? sign).join("");
}

/** At most `peopleWordsMax`, the rest is left out; none when nothing was typed that can be sought. */
export function soughtWords(typed: string): readonly SoughtWord[] {
  const text = plainText(typed.normalize("NFC")).trim();
  // A number is one word, however it is parted.
  const words = /^[+\d\s().-]+$/.test(text) ? [text.replace(/\s/g, "")] : text.split(/\s+/);
  return words
    .filter((word) => word !== "")
    .slice(0, peopleWordsMax)
    .map((word) => {
      const digits = /^[+\d().-]+$/.test(word) ? word.replace(/\D/g, "").replace(/^0+/, "") : "";
      return { word, digits: digits.length >= 3 ? digits : "" };
    });
}
