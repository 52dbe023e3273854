/**
 * What people are found by. A record that names its profile (an identify call, or any event with an e-mail address, phone
 * or card) is turned into terms as it is drained; what somebody types is turned into words, each of which must begin a
 * term or be a part of a phone number. Neither has case or accents. Pure; every adapter keeps and seeks the same.
 */
import { peopleTermCharsMax, peopleTermsMax, peopleWordsMax } from "../limits.ts";
import type { Event, Json } from "../model/event.ts";
import { queryableText } from "./queryable-text.ts";

export interface SoughtWord {
  /** The beginning of a word of a name, of an e-mail address or of a card number. */
  readonly word: string;
  /** A part of a phone number; "" when the word is none. */
  readonly digits: string;
}

/** What one record said of its profile, or all that is kept of one; without repetitions, the newest last. */
export interface PersonTerms {
  readonly terms: readonly string[];
  /** Digits of phone numbers, with their country's. */
  readonly phones: readonly string[];
}

const ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ";
const PLAIN = "aaaaaaceeeeiiiinooooouuuuyy";

function plainText(text: string): string {
  return [...text.normalize("NFC").toLowerCase()].map((sign) => PLAIN[ACCENTED.indexOf(sign)] ?? sign).join("");
}

function wordsOf(text: string): readonly string[] {
  return plainText(queryableText(text))
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => [...word].slice(0, peopleTermCharsMax).join(""));
}

/** At most `peopleWordsMax`, the rest is left out; none when nothing was typed that can be sought. */
export function soughtWords(typed: string): readonly SoughtWord[] {
  // A number is one word, however it is parted.
  const words = wordsOf(/^[+\d\s().-]+$/.test(typed) ? typed.replace(/\s/g, "") : typed);
  return words.slice(0, peopleWordsMax).map((word) => {
    const digits = /^[+\d().-]+$/.test(word) ? word.replace(/\D/g, "").replace(/^0+/, "") : "";
    return { word, digits: digits.length >= 3 ? digits : "" };
  });
}

type Naming = Pick<Event, "type" | "identifiers" | "body">;

const NAMES = ["name", "first_name", "firstName", "last_name", "lastName"] as const;

/** Undefined when nothing of it names anybody. Traits count as they were said; a track call's properties name nobody. */
export function termsOfEvent({ type, identifiers, body }: Naming): PersonTerms | undefined {
  const said = JSON.parse(body) as { readonly fields?: Json; readonly context?: { readonly traits?: Json } };
  const traits = { ...objectOf(said.context?.traits), ...(type === "identify" && objectOf(said.fields)) };
  const of = (kind: string): string[] =>
    identifiers.flatMap((identifier) => (identifier.kind === kind ? [identifier.value] : []));
  const emails = [...textsOf(traits, ["email"]), ...of("email")].flatMap(wordsOf);
  const terms = [
    ...textsOf(traits, NAMES).flatMap(wordsOf),
    ...emails,
    // Signs in an address part it into words.
    ...emails.flatMap((email) => email.split(/[.@_+-]/).filter((part) => part !== "")),
    ...[...textsOf(traits, ["loyaltyCard"]), ...of("card")].flatMap(wordsOf),
  ];
  const phones = [...textsOf(traits, ["phone"]), ...of("phone")]
    .map((phone) => phone.replace(/\D/g, "").slice(0, peopleTermCharsMax))
    .filter((digits) => digits.length >= 3);
  if (terms.length === 0 && phones.length === 0) return undefined;
  return { terms: newest([], terms), phones: newest([], phones) };
}

/** What is kept once more was said; `known` itself when nothing of it is new. */
export function joinTerms(known: PersonTerms, said: PersonTerms): PersonTerms {
  const isNew =
    said.terms.some((term) => !known.terms.includes(term)) ||
    said.phones.some((phone) => !known.phones.includes(phone));
  if (!isNew) return known;
  return { terms: newest(known.terms, said.terms), phones: newest(known.phones, said.phones) };
}

function newest(known: readonly string[], said: readonly string[]): readonly string[] {
  // What is said again moves to the end: what nobody says any more goes first.
  const again = new Set(said);
  return [...known.filter((term) => !again.has(term)), ...again].slice(-peopleTermsMax);
}

function objectOf(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json })
    : {};
}

function textsOf(traits: { readonly [name: string]: Json }, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const value = traits[name];
    return typeof value === "string" || typeof value === "number" ? [String(value)] : [];
  });
}
